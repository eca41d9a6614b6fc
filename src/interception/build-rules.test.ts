import { describe, expect, test } from 'vitest';
import { buildRules } from './build-rules.ts';
import { parseCaptureArgs } from './parse-args.ts';

const common = ['istio-iptables', '-p', '15001', '-z', '15006', '-u', '1337'];
const defaults = [...common, '-m', 'REDIRECT', '-i', '*', '-x', '', '-b', '*', '-d', '15090,15021,15020'];

/** The rules of one chain of one table, without the chain's name. */
function chain(text: string, table: string, name: string): string[] {
  const body = text.split(`*${table}\n`)[1]?.split('COMMIT')[0] ?? '';
  const rules = body.split('\n').filter((line) => line.split(' ')[1] === name && line.startsWith('-'));
  return rules.map((line) => line.replace(/^-A \w+ /, ''));
}

function v4(...args: string[]): string {
  return buildRules(parseCaptureArgs([...common, ...args])).v4;
}

test('the default pod: reference/injection.md §5.2', () => {
  const rules = buildRules(parseCaptureArgs(defaults));
  expect(chain(rules.v4, 'nat', 'PREROUTING')).toEqual(['-p tcp -j ISTIO_INBOUND']);
  expect(chain(rules.v4, 'nat', 'OUTPUT')).toEqual(['-j ISTIO_OUTPUT']);
  expect(chain(rules.v4, 'nat', 'ISTIO_REDIRECT')).toEqual(['-p tcp -j REDIRECT --to-ports 15001']);
  expect(chain(rules.v4, 'nat', 'ISTIO_IN_REDIRECT')).toEqual(['-p tcp -j REDIRECT --to-ports 15006']);
  expect(chain(rules.v4, 'nat', 'ISTIO_INBOUND')).toEqual([
    '-p tcp -m tcp --dport 15008 -j RETURN',
    '-p tcp -m tcp --dport 15090 -j RETURN',
    '-p tcp -m tcp --dport 15021 -j RETURN',
    '-p tcp -m tcp --dport 15020 -j RETURN',
    '-p tcp -j ISTIO_IN_REDIRECT',
  ]);
  expect(chain(rules.v4, 'nat', 'ISTIO_OUTPUT')).toEqual([
    '-s 127.0.0.6/32 -o lo -j RETURN',
    '! -d 127.0.0.1/32 -o lo -p tcp -m tcp ! --dport 15008 -m owner --uid-owner 1337 -j ISTIO_IN_REDIRECT',
    '-o lo -m owner ! --uid-owner 1337 -j RETURN',
    '-m owner --uid-owner 1337 -j RETURN',
    '! -d 127.0.0.1/32 -o lo -p tcp -m tcp ! --dport 15008 -m owner --gid-owner 1337 -j ISTIO_IN_REDIRECT',
    '-o lo -m owner ! --gid-owner 1337 -j RETURN',
    '-m owner --gid-owner 1337 -j RETURN',
    '-d 127.0.0.1/32 -j RETURN',
    '-j ISTIO_REDIRECT',
  ]);
  expect(rules.v4).not.toContain('*mangle');
  expect(rules.routes).toEqual(['-6 addr add ::6/128 dev lo']);
});

test('IPv6 differs from IPv4 by its addresses alone', () => {
  const rules = buildRules(parseCaptureArgs(defaults));
  expect(rules.v6).toBe(rules.v4.replaceAll('127.0.0.6/32', '::6/128').replaceAll('127.0.0.1/32', '::1/128'));
});

describe('variants: reference/injection.md §5.3', () => {
  test('no inbound ports: nothing inbound is captured', () => {
    expect(chain(v4('-b', ''), 'nat', 'PREROUTING')).toEqual([]);
    expect(chain(v4('-b', ''), 'nat', 'ISTIO_INBOUND')).toEqual(['-p tcp -m tcp --dport 15008 -j RETURN']);
  });

  test('listed inbound ports: those alone, whatever is excluded', () => {
    expect(chain(v4('-b', '80,81', '-d', '80'), 'nat', 'ISTIO_INBOUND')).toEqual([
      '-p tcp -m tcp --dport 15008 -j RETURN',
      '-p tcp -m tcp --dport 80 -j ISTIO_IN_REDIRECT',
      '-p tcp -m tcp --dport 81 -j ISTIO_IN_REDIRECT',
    ]);
  });

  test('excluded outbound ports come first, included ones after the excluded blocks', () => {
    const output = chain(
      v4('-i', '10.0.0.0/8,fd00::/8', '-x', '10.9.0.0/16', '-q', '443', '-o', '3306'),
      'nat',
      'ISTIO_OUTPUT',
    );
    expect(output.slice(0, 2)).toEqual([
      '-p tcp -m tcp --dport 3306 -j RETURN',
      '-p udp -m udp --dport 3306 -j RETURN',
    ]);
    expect(output.slice(-4)).toEqual([
      '-d 127.0.0.1/32 -j RETURN',
      '-d 10.9.0.0/16 -j RETURN',
      '-p tcp -m tcp --dport 443 -j ISTIO_REDIRECT',
      '-d 10.0.0.0/8 -j ISTIO_REDIRECT',
    ]);
  });

  test('the families take their own blocks', () => {
    const rules = buildRules(parseCaptureArgs([...common, '-i', '10.0.0.0/8,fd00::/8', '-x', 'fd00:1::/32']));
    expect(chain(rules.v6, 'nat', 'ISTIO_OUTPUT').slice(-2)).toEqual([
      '-d fd00:1::/32 -j RETURN',
      '-d fd00::/8 -j ISTIO_REDIRECT',
    ]);
    expect(chain(rules.v4, 'nat', 'ISTIO_OUTPUT').slice(-1)).toEqual(['-d 10.0.0.0/8 -j ISTIO_REDIRECT']);
  });

  test('no included block: the chain ends after the exclusions', () => {
    expect(chain(v4('-i', ''), 'nat', 'ISTIO_OUTPUT').at(-1)).toBe('-d 127.0.0.1/32 -j RETURN');
  });

  test('an included loopback block: the app talking to itself is captured too, in both families', () => {
    const rules = buildRules(parseCaptureArgs([...common, '-i', '127.1.2.3/32']));
    expect(`${rules.v4}${rules.v6}`).not.toMatch(/owner ! --[ug]id-owner/);
  });

  test('excluded interfaces come before everything', () => {
    const rules = v4('-i', '*', '-b', '*', '-c', 'net1,net2');
    expect(chain(rules, 'nat', 'PREROUTING')).toEqual([
      '-i net1 -j RETURN',
      '-i net2 -j RETURN',
      '-p tcp -j ISTIO_INBOUND',
    ]);
    expect(chain(rules, 'nat', 'OUTPUT')).toEqual(['-o net1 -j RETURN', '-o net2 -j RETURN', '-j ISTIO_OUTPUT']);
  });

  test('rerouted interfaces are put first, the last one foremost', () => {
    expect(chain(v4('-i', '*', '-k', 'vm0,vm1'), 'nat', 'PREROUTING')).toEqual([
      '-I PREROUTING 1 -i vm1 -j ISTIO_REDIRECT',
      '-I PREROUTING 2 -i vm0 -j ISTIO_REDIRECT',
      '-I PREROUTING 3 -i vm1 -j RETURN',
      '-I PREROUTING 4 -i vm0 -j RETURN',
    ]);
    expect(chain(v4('-i', '10.0.0.0/8', '-k', 'vm0'), 'nat', 'PREROUTING')[0]).toBe(
      '-I PREROUTING 1 -d 10.0.0.0/8 -i vm0 -j ISTIO_REDIRECT',
    );
  });

  test('several owners: the block of three for each, uids first', () => {
    const owners = [...v4('-u', '1337,4711', '-g', '1,2').matchAll(/lo -m owner ! (--.id-owner \d+)/g)].map(
      (hit) => hit[1],
    );
    expect(owners).toEqual(['--uid-owner 1337', '--uid-owner 4711', '--gid-owner 1', '--gid-owner 2']);
  });

  test('drop-invalid', () => {
    const rules = v4('--drop-invalid');
    expect(chain(rules, 'mangle', 'PREROUTING')).toEqual(['-m conntrack --ctstate INVALID -j ISTIO_DROP']);
    expect(chain(rules, 'mangle', 'ISTIO_DROP')).toEqual(['-j DROP']);
  });

  test('TPROXY takes inbound in mangle, and routes marked packets to loopback', () => {
    const rules = buildRules(
      parseCaptureArgs([...common, '-m', 'TPROXY', '-i', '*', '-b', '*', '-d', '15021', '-c', 'net1']),
    );
    expect(chain(rules.v4, 'nat', 'PREROUTING')).toEqual(['-i net1 -j RETURN']);
    expect(chain(rules.v4, 'mangle', 'PREROUTING')).toEqual([
      '-i net1 -j RETURN',
      '-p tcp -j ISTIO_INBOUND',
      '-p tcp -m mark --mark 0x539 -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff',
    ]);
    expect(chain(rules.v4, 'mangle', 'ISTIO_INBOUND')).toEqual([
      '-p tcp -m mark --mark 0x539 -j RETURN',
      '-s 127.0.0.6/32 -i lo -p tcp -j RETURN',
      '-i lo -p tcp -m mark ! --mark 0x53a -j RETURN',
      '-p tcp -m tcp --dport 15021 -j RETURN',
      '-p tcp -m conntrack --ctstate RELATED,ESTABLISHED -j ISTIO_DIVERT',
      '-p tcp -j ISTIO_TPROXY',
    ]);
    expect(rules.routes).toContain('-4 rule add fwmark 0x539 lookup 133');
    expect(rules.routes).toContain('-6 route add local ::/0 dev lo table 133');
  });

  test('TPROXY leaves rerouted interfaces to nat, unlike Istio: decision 0020', () => {
    const rules = v4('-m', 'TPROXY', '-i', '*', '-b', '*', '-k', 'vm0');
    expect(chain(rules, 'mangle', 'PREROUTING').slice(0, 2)).toEqual(['-i vm0 -j RETURN', '-p tcp -j ISTIO_INBOUND']);
    expect(chain(rules, 'nat', 'PREROUTING')[0]).toBe('-I PREROUTING 1 -i vm0 -j ISTIO_REDIRECT');
  });

  test('a block of everything has no address in its rule, as iptables-save prints it', () => {
    expect(chain(v4('-i', '0.0.0.0/0'), 'nat', 'ISTIO_OUTPUT').at(-1)).toBe('-j ISTIO_REDIRECT');
  });
});

test("DNS goes to the proxy after what is its own, and before what goes out; a resolver on loopback is the app's", () => {
  const output = chain(v4('-i', '*', '--redirect-dns'), 'nat', 'ISTIO_OUTPUT');
  expect(output.slice(-5)).toEqual([
    '-m owner --gid-owner 1337 -j RETURN',
    '-p tcp -m tcp --dport 53 -j REDIRECT --to-ports 15053',
    '-p udp -m udp --dport 53 -j REDIRECT --to-ports 15053',
    '-d 127.0.0.1/32 -j RETURN',
    '-j ISTIO_REDIRECT',
  ]);
  expect(output).toContain('-o lo -m owner ! --uid-owner 1337 -j RETURN');
});

describe('the flags of istio-iptables', () => {
  test('without flags: its defaults', () => {
    expect(parseCaptureArgs(['istio-iptables'])).toEqual({
      mode: 'REDIRECT',
      outboundPort: 15001,
      inboundPort: 15006,
      proxyUids: [1337],
      proxyGids: [1337],
      includeInboundPorts: [],
      excludeInboundPorts: [],
      includeOutboundCidrs: [],
      excludeOutboundCidrs: [],
      includeOutboundPorts: [],
      excludeOutboundPorts: [],
      excludeInterfaces: [],
      rerouteInterfaces: [],
      dns: false,
      dropInvalid: false,
    });
  });

  test('long flags, with = or not, and those that do not matter', () => {
    const settings = parseCaptureArgs([
      '--istio-inbound-ports=80',
      '--envoy-port',
      '1',
      '--run-validation',
      '--drop-invalid',
      '-g',
      '5',
    ]);
    expect(settings).toMatchObject({ includeInboundPorts: [80], outboundPort: 1, dropInvalid: true, proxyGids: [5] });
  });

  test.each([
    [['-b'], 'OR1404'],
    [['stray'], 'OR1404'],
    [['-u', 'root'], 'OR1404'],
    [['-x', '*'], 'OR1401'],
    [['-c', '9'], 'OR1403'],
    [['-o', 'x'], 'OR1402'],
  ])('refuses %j', (args, code) => {
    expect(() => parseCaptureArgs(args)).toThrow(code);
  });
});
