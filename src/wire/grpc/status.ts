/** https://github.com/grpc/grpc/blob/master/doc/statuscodes.md: those that this server answers. */
export const statusCodes = {
  OK: 0,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

export type StatusCode = (typeof statusCodes)[keyof typeof statusCodes];

/** The end of a call. */
export interface Status {
  readonly code: StatusCode;
  /** One sentence for the log of the client. */
  readonly message: string;
}

/** `Status-Message` of https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md: UTF-8, percent-encoded but for printable ASCII. */
export function statusHeaders({ code, message }: Status): { 'grpc-status': string; 'grpc-message': string } {
  const encoded = [...Buffer.from(message)].map((byte) =>
    byte >= 0x20 && byte <= 0x7e && byte !== 0x25
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return { 'grpc-status': String(code), 'grpc-message': encoded.join('') };
}
