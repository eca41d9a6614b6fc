import type { PolicyRef } from '../../../src/dashboard/api-types.ts';
import { printRoute } from '../data/route.ts';
import { Name } from './name.tsx';

export function PolicyList({ policies }: { readonly policies: readonly PolicyRef[] }) {
  return (
    <section>
      <h2>Policies that apply</h2>
      {policies.length === 0 ? <p class="muted">None: the defaults of the mesh apply.</p> : null}
      <ul class="plain">
        {policies.map(({ kind, namespace, name, effect }) => (
          <li key={`${kind}/${namespace}/${name}`}>
            <a href={printRoute(['config', kind, namespace, name])}>
              {kind} <Name text={`${namespace}/${name}`} />
            </a>{' '}
            <bdi class="muted">{effect}</bdi>
          </li>
        ))}
      </ul>
    </section>
  );
}
