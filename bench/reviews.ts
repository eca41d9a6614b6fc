import { readFileSync } from 'node:fs';

/** Bookinfo's productpage as a 1.36 API server sends it. */
export function reviewText(): string {
  return readFileSync(new URL('fixtures/productpage-review.json', import.meta.url), 'utf8');
}

/** The review of another workload: other names and labels everywhere, the same size within a few bytes. */
export function reviewOf(text: string, workload: number): string {
  return text.replaceAll('productpage', `page${String(workload).padStart(7, '0')}`);
}
