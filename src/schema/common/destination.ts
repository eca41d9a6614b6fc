import { message, port, text } from '../build.ts';
import { checkHostName } from './host-name.ts';

export const PortSelector = message(
  {},
  { description: 'A port of a service.', needs: { number: port('The port number.') } },
);

export const Destination = message(
  {
    subset: text('A subset that a DestinationRule of the host defines.'),
    port: PortSelector,
  },
  {
    description: 'Where requests go.',
    needs: { host: text('A service, by short or full name.', checkHostName) },
  },
);
