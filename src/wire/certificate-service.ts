import protobuf from 'protobufjs/minimal.js';
import { OutriggerError } from '../errors.ts';
import { bearerToken } from './bearer-token.ts';
import type { Clock } from './clock.ts';
import type { GrpcCall } from './grpc/grpc-call.ts';
import { Rate, type RateLimit } from './rate.ts';
import type { PeerAuthenticator, ProvenPeer } from './session.ts';
import { statusOf } from './stream-status.ts';

/** Certifies the key of a workload: `lifetimeMs` is what it asks for, 0 when it does not. The chain, leaf first, roots last. */
export type CertifyKey = (peer: ProvenPeer, csrPem: string, lifetimeMs: number) => Promise<readonly string[]>;

export interface CertificateServiceOptions {
  readonly authenticator: PeerAuthenticator;
  readonly certify: CertifyKey;
  readonly clock: Clock;
  readonly rate: RateLimit;
  readonly answerMs: number;
}

export const certificateMethod = '/istio.v1.auth.IstioCertificateService/CreateCertificate';

/** Istio's service for workloads that make their own keys: its agents, gateways and processes on machines. */
export function certificateService(options: CertificateServiceOptions): (call: GrpcCall) => void {
  const rate = new Rate(options.rate, options.clock.now());
  return (call) => {
    const aborted = new AbortController();
    const fail = (error: unknown): void => call.end(statusOf(error, 'certificate').status);
    const late = new OutriggerError('OR2005', `there was no request within ${options.answerMs} ms`);
    const cancel = options.clock.after(options.answerMs, () => fail(late));
    call.listen({
      message: (bytes) => {
        call.pause();
        if (!rate.take(options.clock.now()))
          return fail(new OutriggerError('OR2007', 'too many certificates are asked for'));
        answer(call, bytes, options, aborted.signal).catch(fail);
      },
      halfClosed: () => undefined,
      drained: () => undefined,
      closed: () => {
        cancel();
        aborted.abort();
      },
    });
  };
}

async function answer(
  call: GrpcCall,
  bytes: Buffer,
  { authenticator, certify }: CertificateServiceOptions,
  signal: AbortSignal,
): Promise<void> {
  const { csr, lifetimeMs } = readRequest(bytes);
  const peer = await authenticator.authenticate(bearerToken(call.header('authorization')), signal);
  const writer = protobuf.Writer.create();
  // IstioCertificateResponse.cert_chain (1).
  for (const block of await certify(peer, csr, lifetimeMs)) writer.uint32(10).string(block);
  call.write(Buffer.from(writer.finish()));
  call.end({ code: 0, message: '' });
}

/** IstioCertificateRequest: csr (1), validity_duration (3) in seconds. Throws OR2003. */
function readRequest(bytes: Buffer): { readonly csr: string; readonly lifetimeMs: number } {
  let [csr, seconds] = ['', 0];
  try {
    const reader = protobuf.Reader.create(bytes);
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag === 10) csr = reader.string();
      else if (tag === 24) seconds = Number(reader.int64());
      else reader.skipType(tag & 7);
    }
  } catch {
    throw new OutriggerError('OR2003', 'it is no IstioCertificateRequest');
  }
  return { csr, lifetimeMs: Number.isFinite(seconds) ? Math.max(0, seconds) * 1000 : 0 };
}
