import { OutriggerError } from '../errors.ts';
import type { KubeConnection } from '../source/kubernetes/connection.ts';
import { type Destination, exchange, follow, Refusal } from './exchange.ts';
import { isRunning, listPods, nameOf, type PodName } from './pods.ts';
import type { PodPorts } from './port-forward.ts';
import { wordsOf } from './proxy-admin.ts';

export const dashboardPort = 15_014;

export interface DashboardPlace {
  readonly connection: KubeConnection;
  readonly ports: PodPorts;
  /** Of the control plane. */
  readonly namespace: string;
  /** Where it is when no port is to be forwarded. */
  readonly url?: URL | undefined;
}

/** What the dashboard of one replica answers, any of them: each knows the whole mesh. Throws OR2535, or what it refuses with. */
export async function askDashboard(place: DashboardPlace, path: string): Promise<unknown> {
  const problems: string[] = [];
  for (const { name, to } of await destinations(place)) {
    try {
      return JSON.parse(await exchange(to, { method: 'GET', path }));
    } catch (error) {
      if (error instanceof Refusal) throw error.error;
      problems.push(`${name}: ${wordsOf(error)}`);
    }
  }
  throw new OutriggerError('OR2535', problems.join('; '));
}

export interface FollowedEvent {
  readonly replica: string;
  readonly event: string;
  /** JSON. */
  readonly data: unknown;
}

/**
 * Server-sent events of every replica at once, until `signal`, or until each has ended: what proxies tell comes to the one that serves
 * them. Replicas that fail are told to `problem`. Throws OR2535 when none can be asked, or what each of them refuses with.
 */
export async function followDashboards(
  place: DashboardPlace,
  path: string,
  { signal, tell, problem }: FollowOptions,
): Promise<void> {
  const problems: string[] = [];
  const refusals: Refusal[] = [];
  const all = await destinations(place);
  await Promise.all(
    all.map(async ({ name, to }) => {
      try {
        for await (const event of eventsOf(await follow(to, path, signal))) tell({ replica: name, ...event });
      } catch (error) {
        if (signal.aborted) return;
        problems.push(`${name}: ${wordsOf(error)}`);
        if (error instanceof Refusal) refusals.push(error);
        else problem(problems.at(-1) ?? '');
      }
    }),
  );
  if (signal.aborted) return;
  const [refusal] = refusals;
  if (refusal !== undefined && refusals.length === all.length) throw refusal.error;
  if (problems.length === all.length) throw new OutriggerError('OR2535', problems.join('; '));
  for (const { message } of refusals) problem(message);
}

export interface FollowOptions {
  readonly signal: AbortSignal;
  readonly tell: (event: FollowedEvent) => void;
  readonly problem: (text: string) => void;
}

/** Each is a line `event:` and one `data:`, and ends with an empty one. */
async function* eventsOf(answer: AsyncIterable<Buffer>): AsyncGenerator<Omit<FollowedEvent, 'replica'>> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const part of answer) {
    const events = (rest + decoder.decode(part, { stream: true })).split('\n\n');
    rest = events.pop() ?? '';
    for (const text of events) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(text) ?? [];
      if (event !== undefined && data !== undefined) yield { event, data: JSON.parse(data) as unknown };
    }
  }
}

async function destinations(place: DashboardPlace): Promise<{ readonly name: string; readonly to: Destination }[]> {
  if (place.url !== undefined) return [{ name: place.url.host, to: { kind: 'address', url: place.url } }];
  const pods = await controlPlanePods(place);
  return pods.map(({ namespace, name }) => {
    const open = () => place.ports.open(namespace, name, dashboardPort);
    return { name, to: { kind: 'forwarded', tls: false, open } };
  });
}

/** Throws OR2535 where none runs. */
export async function controlPlanePods({ connection, namespace }: DashboardPlace): Promise<PodName[]> {
  const pods = (await listPods(connection, namespace, 'app=outrigger')).filter(isRunning);
  if (pods.length === 0) throw new OutriggerError('OR2535', `no pod app=outrigger runs in ${namespace}`);
  return pods.map(nameOf);
}
