import type { PlaintextCause } from '../../../src/dashboard/api-types.ts';
import { printRoute } from '../data/route.ts';
import { Name } from './name.tsx';

/** Whose doing it is, and the resource to change. */
export function Because({ because }: { readonly because: PlaintextCause | undefined }) {
  if (because === undefined) return null;
  return (
    <span class="muted because">
      <bdi>{because.reason}</bdi>
      {because.by.map(({ kind, namespace, name }, index) => (
        <span key={`${kind}/${namespace}/${name}`}>
          {index === 0 ? ': ' : ', '}
          <a href={printRoute(['config', kind, namespace, name])}>
            {kind} <Name text={`${namespace}/${name}`} />
          </a>
        </span>
      ))}
    </span>
  );
}
