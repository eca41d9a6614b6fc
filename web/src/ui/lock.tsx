import type { MutualTls } from '../../../src/dashboard/api-types.ts';
import { formatShare } from '../format/numbers.ts';
import { LockGlyph, lockOf } from './marks.tsx';
import { Because } from './plaintext-cause.tsx';

/** The lock with its words. */
export function Lock({ mtls }: { readonly mtls: MutualTls }) {
  const state = lockOf(mtls.share);
  return (
    <span class="mark" title={lockSentence(mtls)}>
      <LockGlyph state={state} />
      <span class={`lock-${state}`}>{lockWords(mtls)}</span>
    </span>
  );
}

/** The lock, and whose doing it is where it is open. */
export function LockWithCause({ mtls }: { readonly mtls: MutualTls }) {
  return (
    <>
      <Lock mtls={mtls} /> <Because because={mtls.because} />
    </>
  );
}

export function lockWords({ share }: MutualTls): string {
  const state = lockOf(share);
  if (state === 'closed') return 'mutual TLS';
  if (state === 'open') return 'plaintext';
  return state === 'unknown' ? 'not told' : `${formatShare(share)} mutual TLS`;
}

export function lockSentence(mtls: MutualTls): string {
  const state = lockOf(mtls.share);
  if (state === 'closed') return 'All that the destination counted came by mutual TLS.';
  if (state === 'open') return 'Nothing that the destination counted came by mutual TLS.';
  if (state === 'unknown')
    return 'No destination has told how this arrived: it has no proxy of the mesh, or nothing arrived yet.';
  return `${formatShare(mtls.share)} of what the destination counted came by mutual TLS, the rest in plaintext.`;
}
