import type { Applied } from './apply-part.ts';

/** What is told while something is installed. */
export type Progress =
  | { readonly kind: 'warning'; readonly text: string }
  | { readonly kind: 'done'; readonly title: string; readonly applied?: Applied }
  /** `trouble`: a pod says that it cannot run. */
  | { readonly kind: 'waiting'; readonly title: string; readonly problem: string; readonly trouble?: string };
