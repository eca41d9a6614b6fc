import type { Pod } from '../../model/pod.ts';
import type { InjectRequest } from '../review/request.ts';
import type { InjectionSettings } from '../review/settings.ts';
import type { Workload } from '../review/workload.ts';
import type { SidecarOptions } from './options.ts';

/** What the context of the templates and the facts of the bootstrap are made of. */
export interface ContextInput {
  readonly request: InjectRequest;
  /** The pod without what an earlier injection added. */
  readonly userPod: Pod;
  readonly workload: Workload;
  readonly options: SidecarOptions;
  readonly settings: InjectionSettings;
}
