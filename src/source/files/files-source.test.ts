import { chmod, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/eventually.ts';
import { FilesSource, type Reload } from './files-source.ts';

let folder: string;
let source: FilesSource;
let reloads: Reload[];
let look: () => void;
let stop: AbortController;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outrigger-'));
  reloads = [];
  look = () => {};
  stop = new AbortController();
  source = new FilesSource({
    folder,
    pollMs: 1000,
    gatherMs: 10,
    watchFolder: () => () => {},
    after: (_, task) => {
      look = task;
      return () => {};
    },
    onReload: (reload) => reloads.push(reload),
  });
});
afterEach(async () => {
  stop.abort();
  await rm(folder, { recursive: true, force: true });
});

const namespace = (name: string, label = 'enabled') =>
  `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${name}\n  labels: {istio-injection: ${label}}\n`;
const put = (name: string, text: string) => writeFile(join(folder, name), text);
const labelOf = (name: string) => source.namespace(name)?.labels['istio-injection'];
const problems = () =>
  source.problems().map((problem) => `${problem.code} ${problem.at?.replace(`${folder}/`, '')}: ${problem.detail}`);

/** One reading, as a poll would do it. */
async function reread(): Promise<void> {
  await source.fetchNamespace('');
}

describe('reading', () => {
  test('kinds without effect are told once each, and are no problems: the rest lives', async () => {
    await put(
      'a.yaml',
      `${namespace('one')}---\napiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: t}\n`,
    );
    await source.start(stop.signal);
    await put('b.yaml', namespace('two'));
    await reread();
    expect(reloads.map(({ notices, freshNotices }) => [notices.length, freshNotices.length])).toEqual([
      [1, 1],
      [1, 0],
    ]);
    expect(reloads[0]?.notices[0]?.message).toBe(`OR2407 ${folder}/a.yaml:8:7: WasmPlugin has no effect yet`);
    expect(problems()).toEqual([]);
    expect([labelOf('one'), labelOf('two')]).toEqual(['enabled', 'enabled']);
  });

  test('namespaces and nodes of documents, Lists, JSON and subfolders', async () => {
    await put('a.yaml', `${namespace('one')}---\n${namespace('two')}---\n# nothing\n`);
    await mkdir(join(folder, 'sub', 'deeper'), { recursive: true });
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } };
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [{ ...node, status: { nodeInfo: { kubeletVersion: 'v1.34.1' } } }],
    };
    await put('sub/deeper/b.json', JSON.stringify(list));
    await put('readme.md', 'not: [read');
    await put('.hidden.yaml', 'not: [read');
    await source.start(stop.signal);
    expect(source.synced).toBe(true);
    expect(source.namespace('two')).toEqual({
      name: 'two',
      labels: { 'istio-injection': 'enabled', 'kubernetes.io/metadata.name': 'two' },
      annotations: {},
    });
    expect(source.nodes()).toEqual([{ name: 'n', kubeletVersion: 'v1.34.1' }]);
    expect(problems()).toEqual([]);
  });

  test('other kinds are counted, not judged', async () => {
    await put('a.yaml', 'apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: x}\n');
    await source.start(stop.signal);
    expect([...(reloads[0]?.ignored ?? [])]).toEqual([['serving.knative.dev/v1 Service', 1]]);
  });

  test('a missing folder is OR1605 with its path', async () => {
    await rm(folder, { recursive: true });
    await expect(source.start(stop.signal)).rejects.toMatchObject({ code: 'OR1605', at: folder });
  });

  test('YAML anchors and merge keys work', async () => {
    await put(
      'b.yaml',
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Namespace\n  metadata: {name: a, labels: &l {k: v}}\n' +
        '- apiVersion: v1\n  kind: Namespace\n  metadata: {name: b, labels: {<<: *l, m: w}}\n',
    );
    await source.start(stop.signal);
    expect(source.namespace('b')?.labels).toMatchObject({ k: 'v', m: 'w' });
  });
});

describe('a broken file', () => {
  test.each([
    ['a tab', 'a: 1\n\tb: 2\n', /^OR1601 bad.yaml:2:\d+: /],
    ['an open bracket', 'a: [1\n', /^OR1601 bad.yaml:\d+:\d+: /],
    ['a key twice', 'a: 1\nb: 2\na: 3\n', /^OR1601 bad.yaml:3:1: DUPLICATE_KEY/],
    ['a second document', `${namespace('x')}---\nfoo\n`, /^OR1606 bad.yaml:7:1: /],
    ['no kind', 'apiVersion: v1\n', /^OR1606 bad.yaml:1:1: .*kind/],
    ['no name', 'apiVersion: v1\nkind: Namespace\nmetadata:\n  labels: {}\n', /^OR1606 bad.yaml:4:3: metadata.name/],
    ['a number as label', namespace('x', '1'), /^OR1606 bad.yaml:5:\d+: .*\["istio-injection"\] must be text/],
    [
      'labels as list',
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: x, labels: []}\n',
      /^OR1606 bad.yaml:3:\d+: /,
    ],
    ['a node of no version', 'apiVersion: v1\nkind: Node\nmetadata: {name: x}\n', /^OR1606 bad.yaml:1:1: .*kubelet/],
    ['deep nesting', '['.repeat(50_000), /^OR1601 bad.yaml:\d+:\d+: /],
  ])('with %s is reported with its place, the rest lives', async (_, text, expected) => {
    await put('good.yaml', namespace('good'));
    await put('bad.yaml', text);
    await source.start(stop.signal);
    expect(problems()).toEqual([expect.stringMatching(expected)]);
    expect(labelOf('good')).toBe('enabled');
    expect(source.synced).toBe(true);
  });

  test('never has its content quoted', async () => {
    await put('bad.yaml', 'kind: Secret\nstringData: {a: hunter2, a: hunter2 "x\n');
    await source.start(stop.signal);
    expect(problems()).toHaveLength(1);
    expect(problems().join()).not.toContain('hunter2');
  });

  test('of aliases that expand without end is refused quickly', async () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 12; level++) {
      lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`);
    }
    await put('bomb.yaml', `apiVersion: v1\nkind: Bomb\n${lines.join('\n')}\n`);
    await source.start(stop.signal);
    expect(problems()).toEqual([expect.stringMatching(/^OR1607 bomb.yaml:1:1/)]);
  });

  test('larger than 1 MiB is refused', async () => {
    await put('big.yaml', `# ${'x'.repeat(1024 * 1024)}\n`);
    await source.start(stop.signal);
    expect(problems()).toEqual([expect.stringMatching(/^OR1602 big.yaml: it has 1048579 bytes/)]);
  });

  test('keeps its last good content until it is repaired or gone', async () => {
    await put('a.yaml', namespace('a'));
    await source.start(stop.signal);
    await put('a.yaml', 'kind: [');
    await reread();
    expect(problems()).toEqual([expect.stringMatching(/^OR1601 a.yaml/)]);
    expect(labelOf('a')).toBe('enabled');
    await put('a.yaml', namespace('a', 'disabled'));
    await reread();
    expect(problems()).toEqual([]);
    expect(labelOf('a')).toBe('disabled');
    await rm(join(folder, 'a.yaml'));
    await reread();
    expect(source.namespace('a')).toBeUndefined();
    expect(reloads.map((reload) => reload.fresh.length)).toEqual([0, 1, 0, 0]);
  });
});

test('two definitions: the first counts, the second is reported with both places', async () => {
  await put('a.yaml', namespace('x', 'enabled'));
  await put('b.yaml', namespace('x', 'disabled'));
  await source.start(stop.signal);
  expect(labelOf('x')).toBe('enabled');
  expect(problems()).toEqual([`OR1603 b.yaml:1:1: Namespace x is also at ${folder}/a.yaml:1:1`]);
});

test('links that form a loop or lead nowhere are reported, not followed', async () => {
  await put('a.yaml', namespace('a'));
  await symlink('.', join(folder, 'loop'));
  await symlink('self.yaml', join(folder, 'self.yaml'));
  await symlink('nowhere', join(folder, 'dangling.yaml'));
  await source.start(stop.signal);
  expect(problems().map((problem) => problem.split(':')[0])).toEqual([
    'OR1604 dangling.yaml',
    'OR1608 loop',
    'OR1608 self.yaml',
  ]);
  expect(labelOf('a')).toBe('enabled');
});

test.skipIf(process.getuid?.() === 0)('an unreadable file is reported, its last good content stays', async () => {
  await put('a.yaml', namespace('a'));
  await source.start(stop.signal);
  await chmod(join(folder, 'a.yaml'), 0);
  await reread();
  expect(problems()).toEqual([expect.stringMatching(/^OR1604 a.yaml: EACCES/)]);
  expect(labelOf('a')).toBe('enabled');
});

test('a ConfigMap mount is swapped as a whole', async () => {
  const mount = async (version: string, text: string) => {
    await mkdir(join(folder, `..${version}`));
    await put(`..${version}/a.yaml`, text);
    await symlink(`..${version}`, join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  };
  await mount('1', namespace('a', 'enabled'));
  await symlink('..data/a.yaml', join(folder, 'a.yaml'));
  await source.start(stop.signal);
  expect(labelOf('a')).toBe('enabled');
  await mount('2', namespace('a', 'disabled'));
  await reread();
  expect(labelOf('a')).toBe('disabled');
  expect(problems()).toEqual([]);
});

test('the folder going away leaves everything as it was, and is a problem', async () => {
  await put('a.yaml', namespace('a'));
  await source.start(stop.signal);
  await rm(folder, { recursive: true });
  await reread();
  expect(problems()).toEqual([expect.stringMatching(/^OR1605/)]);
  expect(labelOf('a')).toBe('enabled');
});

test('an edit of the same length is noticed, a reading that finds nothing new is silent', async () => {
  await put('a.yaml', namespace('a', 'enabled'));
  await source.start(stop.signal);
  await reread();
  expect(reloads).toHaveLength(1);
  await put('a.yaml', namespace('a', 'enableD'));
  await utimes(join(folder, 'a.yaml'), new Date(0), new Date(0));
  await reread();
  expect(labelOf('a')).toBe('enableD');
  expect(reloads).toHaveLength(2);
});

test('the poll finds what no watch has told, and ends with the signal', async () => {
  await source.start(stop.signal);
  await put('a.yaml', namespace('a'));
  look();
  await eventually(() => expect(labelOf('a')).toBe('enabled'));
});

test('a folder that never rests is read all the same, soon after the first hint', async () => {
  const waits: { readonly ms: number; readonly task: () => void; over: boolean }[] = [];
  let hint: () => void = () => {};
  source = new FilesSource({
    ...{ folder, pollMs: 1000, gatherMs: 10, onReload: (reload) => reloads.push(reload) },
    watchFolder: (_, told) => {
      hint = told;
      return () => {};
    },
    after: (ms, task) => {
      const wait = { ms, task, over: false };
      waits.push(wait);
      return () => {
        wait.over = true;
      };
    },
  });
  const due = () => waits.filter(({ over }) => !over);
  await source.start(stop.signal);
  for (const name of ['a', 'b', 'c']) {
    await put(`${name}.yaml`, namespace(name));
    hint();
  }
  const [gathered] = due();
  expect(due().map(({ ms }) => ms)).toEqual([10]);
  expect(waits.filter(({ ms }) => ms === 10)).toHaveLength(1);
  gathered?.task();
  await eventually(() => expect(labelOf('c')).toBe('enabled'));
  // What is told of while it reads is read after it.
  await put('d.yaml', namespace('d'));
  hint();
  await eventually(() => expect(due().map(({ ms }) => ms)).toEqual([10]));
});
