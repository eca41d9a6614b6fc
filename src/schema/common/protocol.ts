import { text } from '../build.ts';
import { printValue } from '../problem.ts';

const protocols = [
  ...['HTTP', 'HTTPS', 'HTTP2', 'GRPC', 'GRPC-WEB', 'HTTP_PROXY', 'TCP', 'TLS', 'UDP'],
  ...['MONGO', 'REDIS', 'MYSQL', 'HBONE', 'QUIC'],
];

export const protocol = (description: string) =>
  text(description, (value, report) => {
    if (!protocols.includes(value.toUpperCase()))
      report({
        code: 'OR1644',
        message: `${printValue(value)} must be a protocol, like HTTP, HTTPS, HTTP2, GRPC, TLS or TCP`,
      });
  });

/** Where Envoy terminates or passes TLS. */
export const isTls = (value: string): boolean => ['HTTPS', 'TLS'].includes(value.toUpperCase());
export const isHttp = (value: string): boolean =>
  ['HTTP', 'HTTP2', 'GRPC', 'GRPC-WEB', 'HTTP_PROXY'].includes(value.toUpperCase());
