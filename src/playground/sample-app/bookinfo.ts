import type { CallResult } from './call.ts';
import type { Settings } from './settings.ts';

export interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Asks one of the peers by its name. */
export type Ask = (peer: string, path: string) => Promise<CallResult>;

/** Bookinfo by role: what a path answers; undefined where the role has no such page. */
export async function bookinfo(settings: Settings, path: string, ask: Ask): Promise<Reply | undefined> {
  switch (settings.role) {
    case 'productpage':
      return isAny(path, ['/', '/productpage', '/api/v1/products/0']) ? productpage(ask) : undefined;
    case 'details':
      return path.startsWith('/details') ? { status: 200, body: details } : undefined;
    case 'reviews':
      return path.startsWith('/reviews') ? reviews(settings, ask) : undefined;
    case 'ratings':
      return path.startsWith('/ratings')
        ? { status: 200, body: { ratings: { Reviewer1: 5, Reviewer2: 4 } } }
        : undefined;
    default:
      return undefined;
  }
}

const details = { author: 'William Shakespeare', year: 1595, type: 'paperback', pages: 200, language: 'English' };

async function productpage(ask: Ask): Promise<Reply> {
  const [book, opinions] = await Promise.all([ask('details', '/details/0'), ask('reviews', '/reviews/0')]);
  // As the original: the page comes whole, with an excuse where a part is missing.
  return { status: 200, body: { title: 'The Comedy of Errors', details: shown(book), reviews: shown(opinions) } };
}

/** v1 has no stars, v2 black ones, v3 red ones. */
async function reviews({ version }: Settings, ask: Ask): Promise<Reply> {
  const texts = [
    { reviewer: 'Reviewer1', text: 'An extremely entertaining play.' },
    { reviewer: 'Reviewer2', text: 'Absolutely fun and entertaining.' },
  ];
  if (version === 'v1') return { status: 200, body: { reviews: texts } };
  const ratings = await ask('ratings', '/ratings/0');
  return { status: 200, body: { reviews: texts, color: version === 'v2' ? 'black' : 'red', ratings: shown(ratings) } };
}

function shown({ status, body, error }: CallResult): unknown {
  return status === 200 ? body : { unavailable: true, status, ...(error === undefined ? {} : { error }) };
}

function isAny(path: string, paths: readonly string[]): boolean {
  return paths.includes(path);
}
