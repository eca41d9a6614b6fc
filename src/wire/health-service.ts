import { OutriggerError } from '../errors.ts';
import { encodeHealthChecks, type HealthMessage, readHealthMessage } from '../xds/encode/health-checks.ts';
import type { Message } from '../xds/resource.ts';
import { bearerToken } from './bearer-token.ts';
import type { Clock } from './clock.ts';
import type { GrpcCall } from './grpc/grpc-call.ts';
import { Rate, type RateLimit } from './rate.ts';
import type { NodeClaims, PeerAuthenticator, ProvenPeer } from './session.ts';
import { statusOf } from './stream-status.ts';

/** What machines are to look at, and what they find. */
export interface MachineProbes {
  /** Undefined where there is nothing to look at. Throws a coded error for who is no machine. */
  begin(peer: ProvenPeer, node: NodeClaims): MachineProbe | undefined;
}

export interface MachineProbe {
  /** envoy.service.health.v3.HealthCheckSpecifier */
  readonly specifier: Message;
  /** Milliseconds before it is first looked at. */
  readonly delayMs: number;
  report(healthy: boolean): void;
}

export interface HealthServiceOptions {
  readonly authenticator: PeerAuthenticator;
  readonly probes: MachineProbes;
  readonly clock: Clock;
  readonly firstMessageMs: number;
  /** Of new streams, all together: whether a token is one, the API server is asked. */
  readonly rate: RateLimit;
  /** A place among the streams of the server, whose answer frees it. Throws OR2007, OR2008 where there is none. */
  readonly enter: () => () => void;
}

/** Of one stream. Envoy tells once a second; what comes faster waits, and with it this machine alone. */
const reports: RateLimit = { perSecond: 5, burst: 20 };
/** Of one report: there is one endpoint to tell of. */
const mostReportBytes = 64 * 1024;
/** Timers of Node end at 24.8 days. */
const longestTimerMs = 2_000_000_000;

export const healthMethod = '/envoy.service.health.v3.HealthDiscoveryService/StreamHealthCheck';

/** Envoy's Health Discovery Service: proxies of machines probe their apps, as the kubelet does pods (docs/decisions/0351). */
export function healthService(options: HealthServiceOptions): (call: GrpcCall) => void {
  const rate = new Rate(options.rate, options.clock.now());
  return (call) => {
    try {
      if (!rate.take(options.clock.now())) throw new OutriggerError('OR2007', 'too many machines come at once');
      serve(call, options, options.enter());
    } catch (error) {
      call.end(statusOf(error, 'opening').status);
    }
  };
}

function serve(
  call: GrpcCall,
  { authenticator, probes, clock, firstMessageMs }: HealthServiceOptions,
  leave: () => void,
): void {
  const rate = new Rate(reports, clock.now());
  const aborted = new AbortController();
  let probe: MachineProbe | undefined;
  const fail = (error: unknown): void => {
    call.end(statusOf(error, 'authentication').status);
    close();
  };
  const late = new OutriggerError('OR2005', `there was no message within ${firstMessageMs} ms`);
  let cancel = clock.after(firstMessageMs, () => fail(late));
  let cancelEnd: () => void = () => undefined;
  const close = (): void => {
    cancel();
    cancelEnd();
    aborted.abort();
    leave();
  };
  const begin = async ({ node }: HealthMessage): Promise<void> => {
    cancel();
    if (node === undefined) throw new OutriggerError('OR2003', 'the first message names no node');
    const peer = await authenticator.authenticate(bearerToken(call.header('authorization')), aborted.signal);
    if (aborted.signal.aborted) return;
    const found = probes.begin(peer, { ...node, delta: true });
    probe = found;
    if (found === undefined) return;
    // Here, where what cannot be written is told to the machine: in a timer it would end the process.
    const checks = encodeHealthChecks(found.specifier);
    const write = () => void call.write(checks);
    cancel = clock.after(Math.min(longestTimerMs, found.delayMs), write);
    // Whoever had the token may tell for as long as it is one; the proxy comes again with a fresh one.
    const leftMs = Math.max(0, peer.expiresAt - clock.now());
    const ended = new OutriggerError('OR2008', 'the token of the stream ends');
    cancelEnd = clock.after(Math.min(longestTimerMs, leftMs), () => fail(ended));
  };
  let isBegun = false;
  call.listen({
    message: (bytes) => {
      if (!rate.take(clock.now())) {
        call.pause();
        clock.after(rate.waitMs, () => call.resume());
      }
      try {
        if (isBegun && bytes.length > mostReportBytes)
          throw new OutriggerError('OR2003', `a report of ${bytes.length} bytes is longer than one of a machine`);
        const message = readMessage(bytes);
        if (isBegun && message.healthy !== undefined) probe?.report(message.healthy);
        if (!isBegun) begin(message).catch(fail);
        isBegun = true;
      } catch (error) {
        fail(error);
      }
    },
    halfClosed: () => {
      call.end({ code: 0, message: '' });
      close();
    },
    drained: () => undefined,
    closed: close,
  });
}

/** Throws OR2003. */
function readMessage(bytes: Buffer): HealthMessage {
  try {
    return readHealthMessage(bytes);
  } catch (cause) {
    throw new OutriggerError('OR2003', 'it is no message of the Health Discovery Service', { cause });
  }
}
