import type { FastifyRequest } from 'fastify';

/** Who asks. */
export interface Visitor {
  readonly name: string;
  /** What they have shown; undefined for those who were let in otherwise, and may only read. */
  readonly token: string | undefined;
  /** They came from this machine, as by a forwarded port. */
  readonly isHere: boolean;
  /** For what lasts: rejects as at the beginning once the token or the right is gone. */
  readonly renew: () => Promise<void>;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Of every request below `/api/`. */
    visitor: Visitor;
  }
}

export type Recognize = (request: FastifyRequest) => Promise<Visitor>;
