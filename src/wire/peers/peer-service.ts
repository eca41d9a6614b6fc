import { OutriggerError } from '../../errors.ts';
import type { Clock } from '../clock.ts';
import type { GrpcCall } from '../grpc/grpc-call.ts';
import { statusCodes } from '../grpc/status.ts';
import { statusOf } from '../stream-status.ts';
import { type PeerEvent, readObject, writeEvent } from './peer-messages.ts';

/** What a replica tells another one. */
export interface PeerMethod {
  /** Of its HTTP/2 requests. */
  readonly path: string;
  /** By the certificate of whoever asks, `spiffe://…`. */
  isPeer(id: string): boolean;
  /** Tells of the proxies of this replica; the answer ends that. Throws a coded error where it cannot. */
  open(asked: Readonly<Record<string, unknown>>, output: PeerOutput): () => void;
}

export interface PeerOutput {
  /** `data` is JSON text. */
  send(event: string, data: string): void;
  close(): void;
}

export interface PeerServiceOptions {
  readonly method: Omit<PeerMethod, 'path'>;
  readonly clock: Clock;
  readonly firstMessageMs: number;
}

export const peerTapMethod = '/outrigger.peers.v1.Peers/Tap';
export const peerDeliveriesMethod = '/outrigger.peers.v1.Peers/Deliveries';
export const peerEndpointsMethod = '/outrigger.peers.v1.Peers/Endpoints';

/** Bytes that may wait for a peer that does not read, room for a count of 200,000 resources; then it is cut off, and comes again if it is there. */
const mostWaiting = 16 * 1024 * 1024;

/** An answer for another replica, which has asked what its user may. One message each way of JSON: the question, and each event. */
export function peerService({ method, clock, firstMessageMs }: PeerServiceOptions): (call: GrpcCall) => void {
  return (call) => {
    let close: () => void = () => undefined;
    let waiting = 0;
    const fail = (error: unknown) => call.end(statusOf(error, 'opening').status);
    if (!method.isPeer(call.provenId)) {
      fail(new OutriggerError('OR2011', `${call.provenId || 'who shows no certificate of the mesh'} is no replica`));
      return;
    }
    const cancel = clock.after(firstMessageMs, () => fail(new OutriggerError('OR2005', 'nothing was asked')));
    const send = (event: PeerEvent['event'], data: string) => {
      const message = writeEvent(event, data);
      waiting = call.write(message) ? 0 : waiting + message.length;
      if (waiting > mostWaiting) fail(new OutriggerError('OR2008', 'the peer does not read'));
    };
    call.listen({
      message: (bytes) => {
        call.pause();
        cancel();
        try {
          close = method.open(readObject(bytes), {
            send,
            close: () => call.end({ code: statusCodes.OK, message: 'it is over' }),
          });
        } catch (error) {
          fail(error);
        }
      },
      halfClosed: () => undefined,
      drained: () => {
        waiting = 0;
      },
      closed: () => {
        cancel();
        close();
      },
    });
  };
}
