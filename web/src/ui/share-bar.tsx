import { formatShare } from '../format/numbers.ts';

/** A share as bar and figure. */
export function ShareBar({ share, words }: { readonly share: number; readonly words?: string }) {
  const width = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return (
    <span class="share">
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect class="share-ground" width="100" height="8" />
        <rect class="share-part" width={width} height="8" />
      </svg>
      <span>{words ?? formatShare(share)}</span>
    </span>
  );
}
