import { buildMangle, tproxyMark } from './mangle-table.ts';
import { buildNat } from './nat-table.ts';
import { type Family, ipv4, ipv6, printTable } from './rule.ts';
import type { CaptureRules, CaptureSettings } from './settings.ts';

/** The routing table that brings packets marked by TPROXY back to loopback. Istio's number. */
const routeTable = 133;

/**
 * Capture settings to what the init container applies. The rules are those of Istio's `istio-iptables`
 * (reference/injection.md §5.2, §5.3) in the form in which `iptables-save` prints them.
 */
export function buildRules(settings: CaptureSettings): CaptureRules {
  return {
    v4: printFamily(settings, ipv4),
    v6: printFamily(settings, ipv6),
    routes: buildRoutes(settings),
  };
}

function printFamily(settings: CaptureSettings, family: Family): string {
  return [buildMangle(settings, family), buildNat(settings, family)].map(printTable).join('');
}

/**
 * `::6` must exist to be bound as a source; IPv4 has all of 127.0.0.0/8 from the start. With TPROXY, marked packets
 * are delivered locally whatever their destination.
 */
function buildRoutes(settings: CaptureSettings): string[] {
  const source = ['-6 addr add ::6/128 dev lo'];
  if (settings.mode !== 'TPROXY') return source;
  return [
    ...source,
    `-4 rule add fwmark 0x${tproxyMark.toString(16)} lookup ${routeTable}`,
    `-4 route add local 0.0.0.0/0 dev lo table ${routeTable}`,
    `-6 rule add fwmark 0x${tproxyMark.toString(16)} lookup ${routeTable}`,
    `-6 route add local ::/0 dev lo table ${routeTable}`,
  ];
}
