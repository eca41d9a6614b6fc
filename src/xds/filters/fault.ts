import type { FaultIR } from '../../ir/types/route.ts';
import type { Message } from '../resource.ts';
import { any, duration, extension, fraction, given } from '../translate/common.ts';

const name = 'envoy.filters.http.fault';
const type = 'extensions.filters.http.fault.v3.HTTPFault';

/** Does nothing but where a route says so. */
export const faultFilter: Message = extension(name, type);

export function faultOfRoute(fault: FaultIR | undefined): Message {
  if (fault === undefined) return {};
  const { delay, abort } = fault;
  return {
    [name]: any(
      type,
      given({
        delay: delay && { fixed_delay: duration(delay.ms), percentage: fraction(delay.percent) },
        abort:
          abort &&
          given({ http_status: abort.httpStatus, grpc_status: abort.grpcStatus, percentage: fraction(abort.percent) }),
      }),
    ),
  };
}
