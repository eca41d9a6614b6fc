import type { AnalysisInput } from './analysis-input.ts';
import type { Finding } from './finding.ts';
import type { FindingCode } from './finding-catalogue.ts';

/** One thing that is looked for: a pure function of what there is. */
export interface Analyzer {
  /** `virtual-service.destinations` */
  readonly name: string;
  readonly description: string;
  /** All that it may find. */
  readonly codes: readonly FindingCode[];
  /** Its doubts about a resource are told when that is written, too: it looks at nothing but what the registry has. */
  readonly atAdmission: boolean;
  analyze(input: AnalysisInput): Iterable<Finding>;
}
