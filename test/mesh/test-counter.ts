import { Server, ServerCredentials } from '@grpc/grpc-js';
import protobuf from 'protobufjs';

/**
 * A service that counts, as proxies are to ask it: a server of ours that speaks the protocol of
 * `envoy.service.ratelimit.v3`, in which the limits come with the questions. It never forgets what it counted.
 */
export interface TestCounter {
  /** `domain limit=default/server/0,x-user=a 5/HOUR` */
  readonly asked: string[];
  stop(): Promise<void>;
}

const { root } = protobuf.parse(
  `
  syntax = "proto3";
  message Question { string domain = 1; repeated Descriptor descriptors = 2; }
  message Descriptor { repeated Entry entries = 1; Limit limit = 2; }
  message Entry { string key = 1; string value = 2; }
  message Limit { uint32 requests_per_unit = 1; uint32 unit = 2; }
  message Answer { uint32 overall_code = 1; repeated Status statuses = 2; }
  message Status { uint32 code = 1; Limit current_limit = 2; uint32 limit_remaining = 3; Duration duration_until_reset = 4; }
  message Duration { int64 seconds = 1; }
`,
  { keepCase: true },
);
const [questionType, answerType] = [root.lookupType('Question'), root.lookupType('Answer')];

interface Question {
  readonly domain: string;
  readonly descriptors: readonly {
    readonly entries: readonly { readonly key: string; readonly value: string }[];
    readonly limit?: { readonly requests_per_unit: number; readonly unit: number };
  }[];
}

const units = ['UNKNOWN', 'SECOND', 'MINUTE', 'HOUR', 'DAY'];
const [ok, overLimit] = [1, 2];
const same = (bytes: Buffer): Buffer => bytes;

export async function startCounter(host: string, port: number): Promise<TestCounter> {
  const asked: string[] = [];
  const counts = new Map<string, number>();
  const answer = (bytes: Buffer): Buffer => {
    const { domain, descriptors } = questionType.toObject(questionType.decode(bytes), { arrays: true }) as Question;
    const statuses = descriptors.map(({ entries, limit }) => {
      const key = `${domain} ${entries.map(({ key: name, value }) => `${name}=${value}`).join()}`;
      const most = limit?.requests_per_unit ?? 0;
      asked.push(`${key} ${most}/${units[limit?.unit ?? 0]}`);
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      const code = count > most ? overLimit : ok;
      return {
        code,
        current_limit: limit,
        limit_remaining: Math.max(most - count, 0),
        duration_until_reset: { seconds: 60 },
      };
    });
    const overall = statuses.some(({ code }) => code === overLimit) ? overLimit : ok;
    return Buffer.from(answerType.encode({ overall_code: overall, statuses }).finish());
  };
  const server = new Server();
  server.addService(
    {
      ask: {
        path: '/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit',
        ...{ requestStream: false, responseStream: false, originalName: 'ask' },
        ...{ requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same },
      },
    },
    {
      ask: (call: { request: Buffer }, reply: (error: null, bytes: Buffer) => void) =>
        reply(null, answer(call.request)),
    },
  );
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    ),
  );
  return {
    asked,
    stop: async () => server.forceShutdown(),
  };
}
