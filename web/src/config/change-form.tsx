import { useEffect, useMemo, useState } from 'preact/hooks';
import type { ChangeAnswer, ConfigPage } from '../../../src/dashboard/api-types.ts';
import { ask, Failure } from '../data/api.ts';
import { unreadable } from '../data/use-resource.ts';
import { Code } from '../ui/code.tsx';
import { Diff } from '../ui/diff.tsx';
import { FindingList } from '../ui/findings.tsx';
import { Failed } from '../ui/states.tsx';
import { readEditable, writeMode, writeRoute } from './editable.ts';
import { ModeForm } from './mode-form.tsx';
import { RouteForm } from './route-form.tsx';

interface ChangeFormProps {
  readonly page: ConfigPage;
  readonly path: string;
  readonly onApplied: () => void;
  /** What is shown may be of before. */
  readonly onRefused: () => void;
}

/** Characters, as the control plane takes them. */
const mostText = 128 * 1024;

/**
 * The common changes as a form: first the YAML and the difference, then the write. Nothing is offered that may not be written. What
 * somebody has begun stays when the resource is changed meanwhile, is said to be of before, and would be refused.
 */
export function ChangeForm({ page: newest, path, onApplied, onRefused }: ChangeFormProps) {
  const [page, setPage] = useState(newest);
  const [yaml, setYaml] = useState(page.yaml);
  const [answer, setAnswer] = useState<ChangeAnswer | undefined>(undefined);
  const [failure, setFailure] = useState<Failure | undefined>(undefined);
  const isBegun = yaml !== page.yaml && answer?.applied !== true;
  const isOld = newest.version !== page.version;
  const take = () => {
    setPage(newest);
    setYaml(newest.yaml);
    setAnswer(undefined);
    setFailure(undefined);
  };
  useEffect(() => {
    if (isOld && !isBegun) take();
  }, [isOld, isBegun]);
  const isLong = newest.yaml.length > mostText;
  const editable = useMemo(() => (isLong ? undefined : readEditable(page.kind, yaml)), [isLong, page.kind, yaml]);
  if (isLong) return <p class="muted">It is too long for the form: change it with kubectl.</p>;
  if (editable === undefined) return null;
  if (!newest.mayWrite)
    return <p class="muted">You may look at it, not change it: that takes an account with the right to.</p>;

  const edit = (next: string) => {
    setYaml(next);
    setAnswer(undefined);
  };
  const send = async (method: 'POST' | 'PUT') => {
    setFailure(undefined);
    try {
      const at = method === 'POST' ? 'config/preview' : path;
      const found = await ask<ChangeAnswer>(at, {
        method,
        body: yaml,
        contentType: 'application/yaml',
        ifMatch: page.version,
      });
      setAnswer(found);
      if (found.applied) onApplied();
    } catch (error) {
      setFailure(error instanceof Failure ? error : unreadable(error));
      onRefused();
    }
  };
  return (
    <section class="card">
      <h2>Change it</h2>
      {isOld && isBegun ? (
        <p class="strip warn" role="status">
          Somebody has changed it meanwhile. What you have begun is of before, and would be refused.{' '}
          <button type="button" onClick={take}>
            Begin with what it is now
          </button>
        </p>
      ) : null}
      {editable.kind === 'mode' ? (
        <ModeForm editable={editable} onMode={(mode) => edit(writeMode(yaml, editable.path, mode))} />
      ) : (
        editable.routes.map((route) => (
          <RouteForm key={route.index} route={route} onChange={(after) => edit(writeRoute(yaml, route, after))} />
        ))
      )}
      <p class="actions">
        <button type="button" class="primary" disabled={yaml === page.yaml} onClick={() => void send('POST')}>
          Show the difference
        </button>
        <button type="button" disabled={yaml === page.yaml} onClick={() => edit(page.yaml)}>
          Start over
        </button>
      </p>
      {failure === undefined ? null : <Failed failure={failure} />}
      {answer === undefined ? null : <Review answer={answer} onApply={() => void send('PUT')} />}
    </section>
  );
}

function Review({ answer, onApply }: { readonly answer: ChangeAnswer; readonly onApply: () => void }) {
  const refused = answer.findings.some((one) => one.severity === 'Error');
  return (
    <div role="status">
      <h3>Difference</h3>
      <Diff text={answer.diff} />
      <FindingList findings={answer.findings} />
      <details>
        <summary>The whole YAML</summary>
        <Code text={answer.yaml} label="YAML after the change" />
      </details>
      {answer.applied ? (
        <p class="good">Applied.</p>
      ) : (
        <p class="actions">
          <button type="button" class="primary" disabled={refused} onClick={onApply}>
            Apply
          </button>
          {refused ? <span class="bad">It would be refused: mend the errors first.</span> : null}
        </p>
      )}
    </div>
  );
}
