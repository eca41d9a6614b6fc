import type { Analyzer } from './analyzer.ts';
import { destinations } from './analyzers/destinations.ts';

/** Everything that is looked for, in the order in which it is told. */
export const analyzers: readonly Analyzer[] = [destinations];
