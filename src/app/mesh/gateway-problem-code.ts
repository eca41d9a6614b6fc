import type { GatewayFault } from '../../ir/types/gateway.ts';

const codes: Readonly<Partial<Record<GatewayFault, 'OR2454' | 'OR2461'>>> = {
  'no-authorizer': 'OR2454',
  'no-counter': 'OR2461',
};

/** The code that a problem of a Gateway is told by. */
export const gatewayProblemCode = (fault: GatewayFault) => codes[fault] ?? 'OR2406';
