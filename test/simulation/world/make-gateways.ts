import type { Dice } from './dice.ts';
import { objectOf } from './make-services.ts';
import { outsideHosts, virtualHosts } from './vocabulary.ts';
import type { KubernetesObject } from './world.ts';

type Json = KubernetesObject['metadata'][string];
type Part = Record<string, Json>;

const hosts = ['*', '*', '*.test', '*.test', ...virtualHosts, ...outsideHosts, 'a.default.svc.cluster.local'];

function server(dice: Dice, index: number): Part {
  const some = dice.some(hosts, 1, 2);
  return dice.one<() => Part>([
    () => ({
      port: { number: 80, name: `http-${index}`, protocol: 'HTTP' },
      hosts: some,
      ...dice.maybe(0.2, () => ({ tls: { httpsRedirect: true } })),
    }),
    () => ({ port: { number: 443, name: `https-${index}`, protocol: 'HTTPS' }, hosts: some, tls: tls(dice) }),
    () => ({
      port: { number: 443, name: `tls-${index}`, protocol: 'TLS' },
      hosts: some,
      tls: dice.chance(0.6) ? { mode: 'PASSTHROUGH' } : tls(dice),
    }),
    () => ({ port: { number: 9000, name: `tcp-${index}`, protocol: 'TCP' }, hosts: ['*'] }),
  ])();
}

const tls = (dice: Dice): Part =>
  dice.one<Part>([
    { mode: 'SIMPLE', credentialName: 'certificate' },
    { mode: 'SIMPLE', credentialName: 'certificate' },
    { mode: 'SIMPLE', credentialName: 'certificate' },
    { mode: 'MUTUAL', credentialName: 'mutual' },
    { mode: 'OPTIONAL_MUTUAL', credentialName: 'mutual', subjectAltNames: ['nobody.test'] },
    { mode: 'MUTUAL', credentialName: 'mutual', subjectAltNames: ['nobody.test'], insecureSkipVerify: true },
    { mode: 'ISTIO_MUTUAL' },
  ]);

export function makeGateways(dice: Dice): KubernetesObject[] {
  return dice.times(dice.chance(0.2) ? 0 : 1, 2, (index) => {
    const spec = { selector: { istio: 'ingressgateway' }, servers: dice.times(1, 2, (place) => server(dice, place)) };
    return objectOf('networking.istio.io/v1', 'Gateway', ['default', `gw-${index}`], { spec });
  });
}
