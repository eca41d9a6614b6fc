import { type MeshConfigRule, meshConfigRules } from '../src/app/mesh-config/rules.ts';
import { table } from './page.ts';

/** What becomes of each key of Istio's MeshConfig. */
export function meshConfigLines(): readonly string[] {
  const works = meshConfigRules.filter(({ convert }) => convert !== undefined);
  const rest = meshConfigRules.filter(({ convert }) => convert === undefined);
  return [
    "Every key of Istio's [MeshConfig](https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig). It is read from",
    "`meshConfig` of `--istio-values` (Helm's values or an IstioOperator), and followed in the ConfigMap `istio`, key `mesh`, of the first root",
    'namespace that has one (`mesh.rootNamespaces`). The ConfigMap wins over `--istio-values` and the configuration file; environment and flags',
    'win over it. A change reaches proxies, and the pods that are made from then on, without a restart. A bad one is reported (OR2462) and the',
    'last good one stays; a key without effect is reported (OR2463). Its key `meshNetworks` is `mesh.meshNetworks` (0291).',
    ...['', '## What works', ''],
    ...table(['key', 'key of the configuration', 'a running control plane'], works.map(worksRow)),
    ...['', '## What has no effect', ''],
    ...table(
      ['key', 'why, or what to do instead'],
      rest.map(({ key, text }) => [`\`${key}\``, text]),
    ),
  ];
}

function worksRow({ key, text, atStart }: MeshConfigRule): string[] {
  return [`\`${key}\``, text, atStart === true ? 'does not follow it: set our key' : 'follows it'];
}
