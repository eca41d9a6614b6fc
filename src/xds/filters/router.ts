import type { Message } from '../resource.ts';
import { extension } from '../translate/common.ts';

/** Always the last. */
export const routerFilter: Message = extension('envoy.filters.http.router', 'extensions.filters.http.router.v3.Router');
