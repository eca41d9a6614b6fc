import { configurators } from '../app/mesh/configurators.ts';
import { gatewayProblemCode } from '../app/mesh/gateway-problem-code.ts';
import { Encoder } from '../discovery/encoder.ts';
import { patchProblems } from '../discovery/patches.ts';
import type { ErrorCode } from '../errors.ts';
import type { MeshSettings } from '../model/mesh-settings.ts';
import { type Origin, printOrigin } from '../model/origin.ts';
import type { Workload } from '../model/workload.ts';
import type { RegistryProblem } from '../registry/registry-problem.ts';
import type { Snapshot } from '../registry/snapshot.ts';

interface Told {
  readonly origins: readonly Origin[];
  readonly message: string;
}

/** So many kinds of sidecars are translated for: pods of one workload are alike. */
const mostSidecars = 200;

/** What is left out when proxies are configured: it is found by configuring them. */
export function translationProblems(snapshot: Snapshot, settings: MeshSettings): readonly RegistryProblem[] {
  const problems: RegistryProblem[] = [];
  const tell =
    (code: ErrorCode) =>
    ({ origins, message }: Told): void => {
      const [origin] = origins;
      if (origin !== undefined) problems.push({ severity: 'warning', code, message, origin });
    };
  const encoder = new Encoder(({ origins, name }, error) =>
    tell('OR2403')({ origins, message: `${name} cannot be sent: ${error.message}` }),
  );
  const configurator = configurators(settings, encoder, {
    onGatewayProblem: (problem) => {
      // What is not there is told by the analyzers, with a request.
      if (problem.fault !== 'unknown-destination') tell(gatewayProblemCode(problem.fault))(problem);
    },
    onPolicyProblem: tell('OR2454'),
    onLimitProblem: tell('OR2461'),
    onTelemetryProblem: tell('OR2455'),
    onPatchProblem: tell('OR2456'),
  })();
  for (const config of snapshot.envoyFilters) for (const problem of patchProblems(config)) tell('OR2456')(problem);
  for (const workload of kindsOfProxies(snapshot)) configurator.configure({ snapshot, workload, delta: true });
  // A proxy that a patch is for says the same of it once more.
  return [...new Map(problems.map((one) => [`${printOrigin(one.origin)} ${one.message}`, one])).values()];
}

/** One pod of each workload that has a proxy. */
function kindsOfProxies({ workloads }: Snapshot): readonly Workload[] {
  const meshed = [...workloads.values()].filter((workload) => workload.meshed);
  const one = new Map(meshed.map((workload) => [`${workload.namespace}/${workload.workloadName}`, workload]));
  const all = [...one.values()];
  const sidecars = all.filter(({ role }) => role === 'sidecar').slice(0, mostSidecars);
  return [...all.filter(({ role }) => role === 'gateway'), ...sidecars];
}
