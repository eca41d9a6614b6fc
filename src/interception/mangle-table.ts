import { skipInboundPorts, skipInterfaces } from './nat-table.ts';
import { type Family, port, type Rule, type Table } from './rule.ts';
import type { CaptureSettings } from './settings.ts';

/** Marks packets that belong to the proxy's inbound listener; also the mark of its connections to the app. */
export const tproxyMark = 1337;
/** Marks what the proxy sends to its own pod by a service address. */
const outboundMark = 1338;

const inbound = 'ISTIO_INBOUND';
const divert = 'ISTIO_DIVERT';
const tproxy = 'ISTIO_TPROXY';

/** The `mangle` table: TPROXY's inbound side, and dropping of packets that conntrack calls invalid. */
export function buildMangle(settings: CaptureSettings, family: Family): Table {
  const useTproxy = settings.mode === 'TPROXY';
  return {
    name: 'mangle',
    rules: [
      ...(useTproxy ? [...skipInterfaces(settings), ...leaveToNat(settings)] : []),
      ...(settings.dropInvalid ? dropInvalid : []),
      ...(useTproxy
        ? [...loopGuards(family), ...captureInbound(settings, family), ...keepMarks(settings, family)]
        : []),
    ],
  };
}

/**
 * What comes from a virtual machine counts as outbound, which `nat` takes; this table comes first and would make it
 * inbound. Istio's rules do (decision 0020).
 */
function leaveToNat(settings: CaptureSettings): Rule[] {
  return settings.rerouteInterfaces.map((name) => ({ chain: 'PREROUTING', inInterface: name, target: 'RETURN' }));
}

/** Packets outside their window are dropped; the kernel would answer them with a reset and end the connection. */
const dropInvalid: readonly Rule[] = [
  { chain: 'PREROUTING', matches: ['-m conntrack --ctstate INVALID'], target: 'ISTIO_DROP' },
  { chain: 'ISTIO_DROP', target: 'DROP' },
];

/** Before any capture: the proxy's own connections to the app, by mark or by source, and the app's to itself. */
function loopGuards(family: Family): Rule[] {
  return [
    { chain: inbound, protocol: 'tcp', matches: [`-m mark --mark ${hex(tproxyMark)}`], target: 'RETURN' },
    { chain: inbound, source: family.passthroughSource, inInterface: 'lo', protocol: 'tcp', target: 'RETURN' },
    {
      chain: inbound,
      inInterface: 'lo',
      protocol: 'tcp',
      matches: [`-m mark ! --mark ${hex(outboundMark)}`],
      target: 'RETURN',
    },
  ];
}

/** Packets of connections that exist are diverted to their socket, new ones go to the proxy by TPROXY. */
function captureInbound(settings: CaptureSettings, family: Family): Rule[] {
  const included = settings.includeInboundPorts;
  if (included !== '*' && included.length === 0) return [];
  const capture = (matches: readonly string[]): Rule[] => [
    {
      chain: inbound,
      protocol: 'tcp',
      matches: [...matches, '-m conntrack --ctstate RELATED,ESTABLISHED'],
      target: divert,
    },
    { chain: inbound, protocol: 'tcp', matches, target: tproxy },
  ];
  return [
    { chain: divert, target: setMark(tproxyMark) },
    { chain: divert, target: 'ACCEPT' },
    {
      chain: tproxy,
      notDestination: family.loopback,
      protocol: 'tcp',
      target: `TPROXY --on-port ${settings.inboundPort} --on-ip ${family.unspecified} --tproxy-mark ${hex(tproxyMark)}/0xffffffff`,
    },
    { chain: 'PREROUTING', protocol: 'tcp', target: inbound },
    ...(included === '*'
      ? [...skipInboundPorts(settings), ...capture([])]
      : included.flatMap((number) => capture([port(number)]))),
  ];
}

/** The mark that the proxy's original-source filter sets lives on the connection, so that answers find their way. */
function keepMarks(settings: CaptureSettings, family: Family): Rule[] {
  const allBits = '--nfmask 0xffffffff --ctmask 0xffffffff';
  const toItself = (owner: string): Rule => ({
    chain: 'OUTPUT',
    notDestination: family.loopback,
    outInterface: 'lo',
    protocol: 'tcp',
    matches: [`-m owner ${owner}`],
    target: setMark(outboundMark),
  });
  return [
    {
      chain: 'PREROUTING',
      protocol: 'tcp',
      matches: [`-m mark --mark ${hex(tproxyMark)}`],
      target: `CONNMARK --save-mark ${allBits}`,
    },
    {
      chain: 'OUTPUT',
      outInterface: 'lo',
      protocol: 'tcp',
      matches: [`-m mark --mark ${hex(tproxyMark)}`],
      target: 'RETURN',
    },
    ...settings.proxyUids.map((uid) => toItself(`--uid-owner ${uid}`)),
    ...settings.proxyGids.map((gid) => toItself(`--gid-owner ${gid}`)),
    {
      chain: 'OUTPUT',
      protocol: 'tcp',
      matches: [`-m connmark --mark ${hex(tproxyMark)}`],
      target: `CONNMARK --restore-mark ${allBits}`,
    },
  ];
}

function setMark(mark: number): string {
  return `MARK --set-xmark ${hex(mark)}/0xffffffff`;
}

function hex(mark: number): string {
  return `0x${mark.toString(16)}`;
}
