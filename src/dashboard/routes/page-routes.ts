import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import { OutriggerError } from '../../errors.ts';
import { fanOutOf } from '../../observe/fan-out.ts';
import { kindOf, kinds } from '../../schema/kinds.ts';
import type { UserAccess } from '../../source/kubernetes/user-access.ts';
import type { ChangeAnswer, FanOutPage } from '../api-types.ts';
import { applyChange, type Change, previewChange, readChange } from '../pages/change.ts';
import { type ConfigParts, type ConfigPlace, configPage, findObject, listConfig } from '../pages/config.ts';
import { listCosts } from '../pages/cost.ts';
import { AllFindings } from '../pages/findings.ts';
import { securityPage } from '../pages/security.ts';
import { listServices, servicePage } from '../pages/services.ts';
import { workloadPage } from '../pages/workloads.ts';
import { pageRange, type World } from '../pages/world.ts';
import type { Visitor } from '../visitor.ts';

/** Milliseconds that the first who asks waits for something to be counted. */
const firstTickMs = 4000;

interface Named {
  readonly Params: { readonly ns: string; readonly name: string };
}
interface OfKind {
  readonly Params: ConfigPlace;
}

/** The data of each page. Nothing is written but by `PUT`, and that with the token and the rights of whoever asks. */
export function pageRoutes(world: World, users: UserAccess | undefined): FastifyPluginCallback {
  const parts: ConfigParts = { world, findings: new AllFindings(world) };
  return (app, _, done) => {
    /** Pages with figures count while they are looked at. */
    const counted =
      <R extends FastifyRequest, A>(answer: (request: R) => A | Promise<A>) =>
      async (request: R): Promise<A> => {
        const unwatch = world.counts.watch();
        try {
          await world.counts.ready(pageRange * 1000, firstTickMs);
          return await answer(request);
        } finally {
          unwatch();
        }
      };
    app.get(
      '/api/services',
      counted(() => listServices(world)),
    );
    app.get<Named>(
      '/api/services/:ns/:name',
      counted(async (request: FastifyRequest<Named>) => {
        // Prometheus is not asked who has ejected whom.
        await world.useKnown(firstTickMs);
        return servicePage(world, request.params.ns, request.params.name);
      }),
    );
    app.get<Named>(
      '/api/workloads/:ns/:name',
      counted((request: FastifyRequest<Named>) => workloadPage(world, request.params.ns, request.params.name)),
    );
    app.get(
      '/api/security',
      counted(() => securityPage(world)),
    );
    app.get(
      '/api/fan-out',
      counted(
        (): FanOutPage => ({ entries: fanOutOf(world.graphs.graph(pageRange), world.counts.within(pageRange * 1000)) }),
      ),
    );
    app.get(
      '/api/cost',
      counted(() => listCosts(world)),
    );
    app.get('/api/config', () => listConfig(parts));
    app.get('/api/changes', async () => world.changes());
    app.get<OfKind>('/api/config/:kind/:namespace/:name', async ({ params, visitor }) => {
      const { apiVersion } = findObject(world, params);
      const mayWrite = await mayChange(users, visitor.token, { ...params, apiVersion });
      return configPage(parts, params, mayWrite);
    });
    app.post('/api/config/preview', ({ body }) => previewChange(world, readChange(textOf(body))));
    app.put<OfKind>('/api/config/:kind/:namespace/:name', ({ params, body, visitor, headers }) =>
      write(world, users, visitor, { place: params, change: readChange(textOf(body)), headers }),
    );
    done();
  };
}

interface Writing {
  readonly place: ConfigPlace;
  readonly change: Change;
  /** They say which version was looked at. */
  readonly headers: IncomingHttpHeaders;
}

/** `If-Match: "4711"`. Throws OR4036. */
function readOf({ 'if-match': given }: IncomingHttpHeaders): string {
  const version = /^"([^"\s]{1,100})"$/.exec(given ?? '')?.[1];
  if (version === undefined) throw new OutriggerError('OR4036', 'a change says what it changes: If-Match: "version"');
  return version;
}

/** Throws OR4032, OR4033, OR4036, OR4038, OR4039, OR4042. */
async function write(
  world: World,
  users: UserAccess | undefined,
  { name: user, token }: Visitor,
  { place, change, headers }: Writing,
): Promise<ChangeAnswer> {
  if (users === undefined) throw new OutriggerError('OR4038', 'there is no API server');
  if (token === undefined) throw new OutriggerError('OR4032', 'a change needs a token');
  if (!isSame(place, change.place)) throw new OutriggerError('OR4036', 'the body is another resource than the path');
  if (!(await mayChange(users, token, { ...place, apiVersion: String(change.object['apiVersion']) })))
    throw new OutriggerError('OR4033', `${user} may not patch ${place.kind} of ${place.namespace}`);
  const read = readOf(headers);
  const answer = previewChange(world, change);
  const error = answer.findings.find(({ severity }) => severity === 'Error');
  if (error !== undefined) throw new OutriggerError('OR4039', `${error.code} ${error.message}`);
  await applyChange(users.connection(token), change, read);
  return { ...answer, applied: true };
}

function isSame(a: ConfigPlace, b: ConfigPlace): boolean {
  return a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;
}

async function mayChange(
  users: UserAccess | undefined,
  token: string | undefined,
  { kind, namespace, apiVersion }: ConfigPlace & { readonly apiVersion: string },
): Promise<boolean> {
  const definition = kindOf(apiVersion, kind) ?? kinds.find((one) => one.kind === kind);
  if (users === undefined || token === undefined || definition === undefined) return false;
  const { group, plural } = definition;
  return users.allowed(token, { verb: 'patch', group, resource: plural, namespace });
}

/** YAML as it is; JSON is YAML, too. */
function textOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body ?? null);
}
