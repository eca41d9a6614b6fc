/** How a request or connection ended that is worth a word. */
export interface Answer {
  /** 0: it got none; null for connections of TCP. */
  readonly status: number | null;
  /** Of gRPC. */
  readonly grpc: number | null;
  /** Envoy's response flags, `UF,URX`; '' for none. */
  readonly flags: string;
}

/** As one name that it is counted by. */
export function printAnswer({ status, grpc, flags }: Answer): string {
  return `${status ?? ''}/${grpc ?? ''}/${flags}`;
}

export function readAnswer(text: string): Answer {
  const [status = '', grpc = '', ...flags] = text.split('/');
  return { status: numberOf(status), grpc: numberOf(grpc), flags: flags.join('/') };
}

function numberOf(text: string): number | null {
  return text === '' ? null : Number(text);
}
