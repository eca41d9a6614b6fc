import { analyze } from '../../src/analysis/analyze.ts';
import type { Finding } from '../../src/analysis/finding.ts';
import { readConfig } from '../../src/app/config.ts';
import { meshSettings } from '../../src/app/mesh/mesh-settings.ts';
import { analysisWorld } from '../../src/cli/analysis-world.ts';
import { type NamedText, parseAnalyzed } from '../../src/cli/analyzed-files.ts';
import { noCluster } from '../../src/cli/cluster-objects.ts';
import { fileFinding, knownFrom } from '../../src/cli/judged.ts';

/** What `outrigger analyze --use-kube=false` finds in files. */
export async function findingsIn(texts: readonly NamedText[]): Promise<readonly Finding[]> {
  const config = readConfig({ file: undefined, env: {}, flags: {}, sets: [] });
  const files = parseAnalyzed(texts);
  const world = analysisWorld({
    ...{ objects: files.objects, config, settings: meshSettings(config), offline: true, judged: () => true },
    knows: knownFrom(files.objects, noCluster),
    proxyImage: config.injection.image.proxy,
    systemNamespace: config.injection.systemNamespace,
  });
  return [...files.faults.map(fileFinding), ...analyze(world)].map((one) => ({
    ...one,
    origin: files.placed(one.origin),
  }));
}
