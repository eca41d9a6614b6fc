import type { OtherReplicasOptions, Replica } from './other-replicas.ts';
import type { DeliveryCounts, OtherDeliveries } from './pages/deliveries.ts';

/** How long a page waits for a replica. Milliseconds. */
const answerMs = 3000;
/** Each is a connection. */
const mostAsked = 32;
const mostResources = 200_000;

export type DeliveryQuestion = Pick<OtherReplicasOptions, 'list' | 'ask' | 'after'>;

/** What proxies of the other replicas have taken, by whoever answers in time. */
export async function otherDeliveries(question: DeliveryQuestion): Promise<OtherDeliveries> {
  const replicas = question.list().slice(0, mostAsked);
  const answers = await Promise.all(replicas.map((replica) => askOne(replica, question)));
  const silent = replicas.flatMap(({ name }, index) => {
    const reason = answers[index];
    return typeof reason === 'string' ? [{ replica: name, reason }] : [];
  });
  const counts = answers.filter((answer) => typeof answer !== 'string');
  return { counts, replicas: { asked: replicas.length, silent } };
}

/** A text says why there is no answer. */
function askOne(replica: Replica, { ask, after }: DeliveryQuestion): Promise<DeliveryCounts | string> {
  return new Promise((resolve) => {
    const counts = new Map<string, { readonly taken: number; readonly of: number }>();
    let close = (): void => undefined;
    const cancel = after(answerMs, () => over(`no answer within ${answerMs} ms`));
    const over = (answer: DeliveryCounts | string): void => {
      cancel();
      close();
      resolve(answer);
    };
    close = ask(
      replica,
      {},
      {
        event: ({ event, data }) => {
          if (event === 'end') over(counts);
          else if (!take(data, counts)) over('what it says is no count of proxies');
        },
        ended: over,
      },
    );
  });
}

/** `[["VirtualService default/reviews", 2, 3]]`: false where it is none. */
function take(data: unknown, counts: Map<string, { readonly taken: number; readonly of: number }>): boolean {
  if (!Array.isArray(data) || counts.size + data.length > mostResources) return false;
  for (const entry of data) {
    const [key, taken, of] = Array.isArray(entry) ? entry : [];
    if (typeof key !== 'string' || !isCount(taken) || !isCount(of)) return false;
    counts.set(key, { taken, of });
  }
  return true;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
