import { useState } from 'preact/hooks';
import { ask, Failure, open } from '../data/api.ts';
import { unreadable } from '../data/use-resource.ts';
import { PreviewResult } from '../preview/preview-result.tsx';
import { type Preview, previewsOf } from '../preview/preview-types.ts';
import { Diff } from '../ui/diff.tsx';
import { Failed } from '../ui/states.tsx';

const sample = `apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: web}
spec:
  containers:
    - name: web
      image: nginx
`;

interface Answer {
  readonly previews: readonly Preview[];
  readonly diff: string;
}

export function PreviewPage() {
  const [yaml, setYaml] = useState(sample);
  const [namespace, setNamespace] = useState('default');
  const [labels, setLabels] = useState('istio-injection=enabled');
  const [answer, setAnswer] = useState<Answer | undefined>(undefined);
  const [failure, setFailure] = useState<Failure | undefined>(undefined);

  const run = async () => {
    const query = new URLSearchParams([
      ['namespace', namespace],
      ...(labels.trim() === '' ? [] : [['labels', labels]]),
    ]);
    const request = { method: 'POST', body: yaml, contentType: 'application/yaml' } as const;
    try {
      const [found, diff] = await Promise.all([
        ask<Preview>(`injection-preview?${query}`, request),
        open(`injection-preview?${query}`, { ...request, accept: 'text/plain' }).then((response) => response.text()),
      ]);
      setFailure(undefined);
      setAnswer({ previews: previewsOf(found), diff });
    } catch (error) {
      setFailure(error instanceof Failure ? error : unreadable(error));
    }
  };
  return (
    <main class="page" id="main">
      <h1>Injection preview</h1>
      <p class="lead">What the mesh would do to a pod or a workload, and why. Nothing is written.</p>
      <form
        class="preview-form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <label class="field wide">
          YAML of a pod, a workload, or several
          <textarea rows={14} spellcheck={false} value={yaml} onInput={(event) => setYaml(event.currentTarget.value)} />
        </label>
        <div class="fields">
          <label class="field">
            Namespace
            <input value={namespace} onInput={(event) => setNamespace(event.currentTarget.value)} />
          </label>
          <label class="field">
            Labels of the namespace (empty: as they are)
            <input value={labels} onInput={(event) => setLabels(event.currentTarget.value)} />
          </label>
          <button type="submit" class="primary">
            Preview
          </button>
        </div>
      </form>
      {failure === undefined ? null : <Failed failure={failure} />}
      {answer === undefined || failure !== undefined ? null : (
        <div role="status">
          {answer.previews.map((preview) => (
            <PreviewResult key={`${preview.kind}/${preview.namespace}/${preview.name}`} preview={preview} />
          ))}
          <h2>Difference</h2>
          <Diff text={answer.diff} />
        </div>
      )}
    </main>
  );
}
