import type { Static } from 'typebox';
import { message, port, text } from '../build.ts';
import { type Check, printValue } from '../problem.ts';
import { checkDnsLabel, checkWildcardHost } from './host-name.ts';

const checkHost: Check<string> = (value, report) => {
  if (value === '*')
    report({ code: 'OR1649', message: `${printValue(value)} must be a service: a star alone is none` });
  else checkWildcardHost(value, report);
};

export const PortSelector = message(
  {},
  { description: 'A port of a service.', needs: { number: port('The port number.') } },
);

export const Destination = message(
  {
    subset: text('A subset that a DestinationRule of the host defines.', checkDnsLabel),
    port: PortSelector,
  },
  {
    description: 'Where requests go.',
    needs: { host: text('A service, by short or full name.', checkHost) },
  },
);

export type Destination = Static<typeof Destination>;
