import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { readQuestion, writeAnswer } from './message.ts';
import { answerQuestion, type Zone } from './zone.ts';

/** What every resolver takes by UDP without having said so (https://www.dnsflagday.net/2020/). */
const mostUdpBytes = 1232;

/** The cluster's DNS, by UDP and TCP. */
export class DnsServer {
  #zone: Zone = new Map();
  #udp: UdpSocket | undefined;
  #tcp: Server | undefined;

  setZone(zone: Zone): void {
    this.#zone = zone;
  }

  async start(host: string, port = 53): Promise<void> {
    const udp = createSocket('udp4');
    udp.on('message', (query, from) => {
      const answer = this.#answer(query, mostUdpBytes);
      if (answer !== undefined) udp.send(answer, from.port, from.address, () => {});
    });
    const tcp = createServer((socket) => this.#serve(socket));
    [this.#udp, this.#tcp] = [udp, tcp];
    await new Promise<void>((resolve, reject) => {
      udp.once('error', reject);
      udp.bind(port, host, resolve);
    });
    await new Promise<void>((resolve, reject) => {
      tcp.once('error', reject);
      tcp.listen(port, host, resolve);
    });
    udp.on('error', () => {});
  }

  stop(): void {
    this.#udp?.close();
    this.#tcp?.close();
  }

  #answer(query: Buffer, most: number): Buffer | undefined {
    const question = readQuestion(query);
    if (question === undefined) return undefined;
    return writeAnswer(query, question, answerQuestion(this.#zone, question), most);
  }

  /** Each message with two bytes of length before it. */
  #serve(socket: Socket): void {
    let pending = Buffer.alloc(0);
    socket.setTimeout(10_000, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const size = pending.readUInt16BE(0);
        const answer = this.#answer(pending.subarray(2, 2 + size), 65_535);
        pending = pending.subarray(2 + size);
        if (answer === undefined) return void socket.destroy();
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length);
        socket.write(Buffer.concat([length, answer]));
      }
    });
  }
}
