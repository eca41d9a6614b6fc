import { OutriggerError } from '../errors.ts';
import { parseCidrList, parseInterfaceList, parsePortList } from './parse-lists.ts';
import type { CaptureSettings } from './settings.ts';

/** Flags of `istio-iptables` that say what is captured, by their short and long names. */
const names: Readonly<Record<string, string>> = {
  '-p': 'envoy-port',
  '-z': 'inbound-capture-port',
  '-u': 'proxy-uid',
  '-g': 'proxy-gid',
  '-m': 'istio-inbound-interception-mode',
  '-b': 'istio-inbound-ports',
  '-d': 'istio-local-exclude-ports',
  '-i': 'istio-service-cidr',
  '-x': 'istio-service-exclude-cidr',
  '-q': 'istio-outbound-ports',
  '-o': 'istio-local-outbound-ports-exclude',
  '-k': 'kube-virt-interfaces',
  '-c': 'istio-exclude-interfaces',
};
const valued = new Set(Object.values(names));

/**
 * The settings that a command line of Istio's `istio-iptables` asks for, its defaults included (no `-b` captures
 * nothing inbound, no `-g` repeats the uids). Long flags that do not change what is captured are passed over.
 *
 * @throws OutriggerError OR1401–OR1404.
 */
export function parseCaptureArgs(args: readonly string[]): CaptureSettings {
  const flags = readFlags(args);
  const value = (flag: string): string => flags.get(flag) ?? '';
  const ports = (flag: string): number[] => {
    const list = parsePortList(value(flag), { wildcard: false, at: `--${flag}` });
    return list === '*' ? [] : list;
  };
  const uids = parseIds(value('proxy-uid') || '1337', '--proxy-uid');
  const excluded = parseCidrList(value('istio-service-exclude-cidr'), {
    wildcard: false,
    at: '--istio-service-exclude-cidr',
  });
  return {
    mode: value('istio-inbound-interception-mode') === 'TPROXY' ? 'TPROXY' : 'REDIRECT',
    outboundPort: ports('envoy-port')[0] ?? 15001,
    inboundPort: ports('inbound-capture-port')[0] ?? 15006,
    proxyUids: uids,
    proxyGids: flags.has('proxy-gid') ? parseIds(value('proxy-gid'), '--proxy-gid') : uids,
    includeInboundPorts: parsePortList(value('istio-inbound-ports'), { wildcard: true, at: '--istio-inbound-ports' }),
    excludeInboundPorts: ports('istio-local-exclude-ports'),
    includeOutboundCidrs: parseCidrList(value('istio-service-cidr'), { wildcard: true, at: '--istio-service-cidr' }),
    excludeOutboundCidrs: excluded === '*' ? [] : excluded,
    includeOutboundPorts: ports('istio-outbound-ports'),
    excludeOutboundPorts: ports('istio-local-outbound-ports-exclude'),
    excludeInterfaces: parseInterfaceList(value('istio-exclude-interfaces'), { at: '--istio-exclude-interfaces' }),
    rerouteInterfaces: parseInterfaceList(value('kube-virt-interfaces'), { at: '--kube-virt-interfaces' }),
    dns: flags.has('redirect-dns') && value('redirect-dns') !== 'false',
    dropInvalid: flags.has('drop-invalid') && value('drop-invalid') !== 'false',
  };
}

/** Long name to value. `--flag=value`, `--flag value` for the flags above, a bare `--flag` for the others. */
function readFlags(args: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>();
  const rest = [...(args[0] === 'istio-iptables' ? args.slice(1) : args)];
  for (let head = rest.shift(); head !== undefined; head = rest.shift()) {
    const [flag = '', ...inline] = head.split('=');
    const long = longName(flag);
    const takesNext = inline.length === 0 && valued.has(long);
    const value = takesNext ? rest.shift() : inline.join('=');
    if (value === undefined) throw new OutriggerError('OR1404', `${flag} has no value after it`);
    flags.set(long, value);
  }
  return flags;
}

function longName(flag: string): string {
  const long = names[flag] ?? (flag.startsWith('--') ? flag.slice(2) : undefined);
  if (long === undefined) throw new OutriggerError('OR1404', `${JSON.stringify(flag)} is not a flag`);
  return long;
}

function parseIds(text: string, at: string): number[] {
  return text.split(',').map((item) => {
    const id = /^[0-9]{1,10}$/.test(item.trim()) ? Number(item) : Number.NaN;
    if (id < 2 ** 32) return id;
    throw new OutriggerError('OR1404', `${JSON.stringify(item)} is not a user or group id`, { at });
  });
}
