import { writeFileSync } from 'node:fs';
import { analyzers } from '../src/analysis/analyzers.ts';
import { findingCatalogue } from '../src/analysis/finding-catalogue.ts';
import { configKeys } from '../src/app/config.ts';
import { type ConfigKey, describeType } from '../src/app/config-keys.ts';
import { catalogue } from '../src/errors.ts';
import { checks } from '../src/inject/decision/checks.ts';
import { reasonTexts, reasonVerdicts } from '../src/inject/decision/reason-texts.ts';
import {
  type AnnotationState,
  annotationCatalogue,
  annotationPrefixes,
} from '../src/inject/render/annotation-catalogue.ts';
import { linkerdCatalogue } from '../src/inject/render/linkerd/catalogue.ts';
import { apiLines } from './api-page.ts';
import { meshConfigLines } from './mesh-config-page.ts';
import { page, table } from './page.ts';

/** The pages that `npm run docs` writes, by name; `test/docs.test.ts` keeps each equal to its source. */
export const pages: Readonly<Record<string, () => string>> = {
  'api.md': () => page('API', 'src/policy and test/api', apiLines()),
  'mesh-config.md': () => page('meshConfig', 'src/app/mesh-config/rules.ts', meshConfigLines()),
  'errors.md': errorsPage,
  'findings.md': findingsPage,
  'annotations.md': annotationsPage,
  'reasons.md': reasonsPage,
  'configuration.md': configurationPage,
};

/** What a reader of a code finds. */
function errorsPage(): string {
  const rows = Object.entries(catalogue).map(([code, entry]) => [code, `${entry.status}`, entry.title, entry.remedy]);
  return page('Errors', 'src/error-catalogue/', [
    'A code keeps its meaning for ever.',
    ...['', ...table(['code', 'HTTP', 'what', 'what to do'], rows)],
  ]);
}

/** What `outrigger analyze` finds, and what of it is told when a resource is written. */
function findingsPage(): string {
  const entries = new Map(Object.entries(findingCatalogue));
  const rows = analyzers.flatMap(({ name, codes, atAdmission }) =>
    codes.map((code) => {
      const { severity, title, remedy } = entries.get(code) ?? { severity: '', title: '', remedy: '' };
      return [code, severity, title, remedy, `\`${name}\``, atAdmission ? 'yes' : ''];
    }),
  );
  return page('Findings', 'src/analysis/', [
    'What `outrigger analyze` tells beside the codes of [errors.md](errors.md): what the schema refuses is an Error there, fields without effect (OR2404)',
    'and parts that are left out (OR2406, OR2408, OR2454 to OR2456, OR2461) are Warnings. A code keeps its meaning for ever.',
    '',
    'An **Error** comes with a request that shows it; where none can be told it is a Warning. `test/analysis/cases` has for each code what fires and what',
    'nearly does, and `test/mesh/analysis.test.ts` sends the requests of the errors through real proxies. What is told *at admission* is a warning of',
    '`kubectl apply`. `--suppress "CODE=KIND NAMESPACE/NAME"`, or the annotation `outrigger.io/analyze-suppress: CODE` (also Istio\'s',
    '`galley.istio.io/analyze-suppress`) leave a finding out.',
    '',
    'Files alone tell only of what they have: nothing is said to be missing of a kind that a namespace of the files has none of.',
    '',
    ...table(['code', 'severity', 'what', 'what to do', 'analyzer', 'at admission'], rows),
  ]);
}

function annotationsPage(): string {
  const rows = (state: AnnotationState) =>
    Object.entries(annotationCatalogue)
      .filter(([, entry]) => entry.state === state)
      .map(([key, entry]) => [`\`${key}\``, entry.text]);
  const linkerds = (state: AnnotationState) =>
    Object.entries(linkerdCatalogue)
      .filter(([, entry]) => entry.state === state)
      .map(([key, entry]) => [`\`${key}\``, entry.text]);
  return page('Annotations', 'src/inject/render/annotation-catalogue.ts', [
    "What Outrigger does with each annotation of Istio's injection API. `linkerd.io/inject` is in [reasons.md](reasons.md).",
    ...['', '## What works', ''],
    ...table(['annotation', 'what it does'], rows('works')),
    ...['', '## What is accepted and has no effect', ''],
    'Using one of these gives an admission warning with the reason.',
    ...['', ...table(['annotation', 'why it has none'], rows('reported'))],
    ...['', "## Linkerd's", ''],
    'On a pod or its namespace; the pod wins, and so does an annotation of Istio on the pod. A value that is none has no effect.',
    'Each that has none, or is unknown, gives an admission warning.',
    ...['', ...table(['annotation', 'what it does'], linkerds('works'))],
    ...['', ...table(['annotation without effect', 'what to do'], linkerds('reported'))],
    ...['', '## Any other key', ''],
    'A key that is in neither table and starts with one of these gives a warning, with the nearest known key if there is one:',
    `${annotationPrefixes.map((prefix) => `\`${prefix}\``).join(', ')}.`,
  ]);
}

function reasonsPage(): string {
  const rows = Object.entries(reasonTexts).map(([code, text]) => [
    `\`${code}\``,
    Object.entries(reasonVerdicts)
      .flatMap(([key, verdicts]) => (key === code ? verdicts : []))
      .join(', '),
    text,
  ]);
  return page('Reasons', 'src/inject/decision/reason-texts.ts', [
    'Why a pod is injected or not. All checks run, in this order, and the first that has a say decides:',
    `${checks.map((check) => `\`${check.name}\``).join(', ')}.`,
    '',
    'Each check gives a code and a verdict: `inject` decides to inject, `skip` and `refuse` not to (`refuse` comes before',
    "the pod's own word), `none` is no say. The table has the verdicts with which a code decides.",
    '',
    ...table(['code', 'decides to', 'when'], rows),
  ]);
}

/** Shown on the page of the configuration; the test reads it. */
export const exampleConfig = `log:
  level: debug
injection:
  discoveryAddress: outrigger.outrigger-system.svc:15012
  proxy:
    logLevel: info
`;

function configurationPage(): string {
  const sections = Map.groupBy(configKeys, sectionOf);
  return page('Configuration', 'src/app/config-schema.ts', [
    'A key is given in the file of `--config-file` (or `OUTRIGGER_CONFIG_FILE`), by its variable of the environment, by',
    '`--set key=value`, or by its flag (`outrigger serve`). The later of these wins over the earlier; `--istio-values` stands',
    "between the file and the environment, and with them Istio's own `ENABLE_NATIVE_SIDECARS` and `PLATFORM`. A key or",
    'variable `OUTRIGGER_…` that is none is an error that names the nearest right one. In variables, `--set` and flags a list',
    'is `a,b` and a map is `a=b,c=d`; both, and whatever is deeper, may also be written as JSON or in the flow style of YAML.',
    ...['', '```yaml', ...exampleConfig.trimEnd().split('\n'), '```'],
    ...[...sections].flatMap(([section, keys]) => [
      ...['', `## ${section}`, ''],
      ...table(['key', 'variable', 'flag', 'value', 'default', 'what'], keys.map(configRow)),
    ]),
  ]);
}

/** `injection.proxy.logLevel` → `injection.proxy` */
function sectionOf(key: ConfigKey): string {
  return key.path.split('.').slice(0, -1).join('.') || 'Top level';
}

function configRow(key: ConfigKey): readonly string[] {
  return [
    `\`${key.path}\``,
    `\`${key.env}\``,
    key.flag === undefined ? '' : `\`--${key.flag}\``,
    describeType(key.schema),
    `\`${JSON.stringify(key.default)}\``,
    key.description,
  ];
}

if (import.meta.main) {
  for (const [name, render] of Object.entries(pages)) writeFileSync(new URL(name, import.meta.url), render());
}
