import { useState } from 'preact/hooks';
import type { ConfigPage as Answer } from '../../../src/dashboard/api-types.ts';
import { ChangeForm } from '../config/change-form.tsx';
import { pathOf } from '../data/api.ts';
import { useResource } from '../data/use-resource.ts';
import { Code } from '../ui/code.tsx';
import { FindingList } from '../ui/findings.tsx';
import { Name } from '../ui/name.tsx';
import { ReplicaNote } from '../ui/replica-note.tsx';
import { With } from '../ui/states.tsx';
import { Delivered } from './config-list-page.tsx';

interface ConfigPageProps {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export function ConfigPage({ kind, namespace, name }: ConfigPageProps) {
  const path = `config/${pathOf(kind, namespace, name)}`;
  const resource = useResource<Answer>(path, 10_000);
  const [applied, setApplied] = useState('');
  const onApplied = () => {
    setApplied(new Date().toLocaleTimeString());
    resource.reload();
  };
  return (
    <main class="page" id="main">
      <p class="crumbs">
        <a href="#/config">Config</a> / <Name text={kind} /> / <Name text={namespace} />
      </p>
      <h1>
        <Name text={name} />
      </h1>
      <With resource={resource} what="the resource">
        {(page) => (
          <>
            <dl class="facts">
              <dt>Proxies that have it</dt>
              <dd>
                <Delivered delivered={page.delivered} />
                <ReplicaNote />
              </dd>
              <dt>Affects</dt>
              <dd>
                {page.affects.length === 0 ? <span class="muted">nothing</span> : null}
                <ul class="plain">
                  {page.affects.map((one) => (
                    <li key={one}>
                      <Name text={one} />
                    </li>
                  ))}
                </ul>
              </dd>
            </dl>
            <h2>Validation</h2>
            <FindingList findings={page.findings} />
            <ChangeForm key={path} page={page} path={path} onApplied={onApplied} onRefused={resource.reload} />
            {applied === '' ? null : (
              <p class="good" role="status">
                Applied at {applied}.
              </p>
            )}
            <h2>As it is</h2>
            <Code text={page.yaml} label="YAML" />
          </>
        )}
      </With>
    </main>
  );
}
