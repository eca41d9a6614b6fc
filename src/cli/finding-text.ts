import { type Finding, printRequest } from '../analysis/finding.ts';
import type { FindingSeverity } from '../analysis/finding-catalogue.ts';

const colours: Readonly<Record<FindingSeverity, string>> = { Error: '\x1b[31m', Warning: '\x1b[33m', Info: '\x1b[36m' };

/**
 * As istioctl prints it, with what to do and, of an error, a request that shows it:
 *
 *     Error [OR3001] (VirtualService shop/cart cart.yaml:12:15) spec.http[0]…: there is no host …
 *       from shop/client: GET http://cart.shop.svc.cluster.local:8080/ -> 503
 *       Correct the host, or make the Service …
 */
export function printFinding({ code, severity, origin, message, remedy, request }: Finding, colour: boolean): string {
  const title = colour ? `${colours[severity]}${severity}\x1b[0m` : severity;
  const name = origin.namespace === '' ? origin.name : `${origin.namespace}/${origin.name}`;
  const at = origin.at === undefined ? '' : ` ${origin.at}`;
  const field = origin.field === undefined ? '' : `${origin.field}: `;
  return [
    `${title} [${code}] (${origin.kind} ${name}${at}) ${field}${message}`,
    ...(request === undefined ? [] : [`  ${printRequest(request)}`]),
    `  ${remedy}`,
  ].join('\n');
}

/** As data: the names of istioctl's JSON, and what it has not. */
export function describeFinding({ code, severity, origin, message, remedy, request }: Finding): object {
  const { kind, namespace, name, field, at } = origin;
  return {
    ...{ code, level: severity, origin: `${kind} ${namespace === '' ? name : `${namespace}/${name}`}` },
    ...(field === undefined ? {} : { field }),
    ...(at === undefined ? {} : { reference: at }),
    ...{ message, remedy },
    ...(request === undefined ? {} : { request: { ...request, text: printRequest(request) } }),
  };
}
