import { message, text, texts } from '../build.ts';
import { checkAddressOrCidr } from '../common/address.ts';
import { type Check, printValue } from '../problem.ts';

export const checkNotEmpty: Check<string> = (value, report) => {
  if (value.trim() === '') report({ code: 'OR1657', message: 'the text must not be empty' });
};

const values = (description: string) => texts(description, checkNotEmpty);
const blocks = (description: string) => texts(description, checkAddressOrCidr);

const checkServiceAccount: Check<string> = (value, report) => {
  const parts = value.split('/');
  if (parts.length > 2 || parts.some((part) => part === '' || part.includes('*')) || value.length > 320)
    report({ code: 'OR1657', message: `${printValue(value)} must be name or namespace/name, without stars` });
};
const accounts = (description: string) => texts(description, checkServiceAccount);

const Source = message(
  {
    principals: values('Identities: trust domain/ns/namespace/sa/account.'),
    notPrincipals: values('Identities that are none of these.'),
    requestPrincipals: values('Identities of tokens: issuer/subject.'),
    notRequestPrincipals: values('Identities of tokens that are none of these.'),
    namespaces: values('Namespaces of clients.'),
    notNamespaces: values('Namespaces that are none of these.'),
    serviceAccounts: accounts('Service accounts of clients: name or namespace/name.'),
    notServiceAccounts: accounts('Service accounts that are none of these.'),
    trustDomains: values('Trust domains of clients.'),
    notTrustDomains: values('Trust domains that are none of these.'),
    ipBlocks: blocks('Addresses of the connection.'),
    notIpBlocks: blocks('Addresses of the connection that are none of these.'),
    remoteIpBlocks: blocks('Addresses of the client, as forwarded headers tell.'),
    notRemoteIpBlocks: blocks('Addresses of the client that are none of these.'),
  },
  {
    description: 'Who; every field that is given must fit.',
    check: (source, report) => {
      if (Object.values(source).every((list) => (list ?? []).length === 0))
        report({ code: 'OR1642', message: 'one field with a value must be given' });
      const accounts = (source.serviceAccounts ?? source.notServiceAccounts) !== undefined;
      const others = (['principals', 'notPrincipals', 'namespaces', 'notNamespaces'] as const).filter(
        (name) => source[name] !== undefined,
      );
      if (accounts && others.length > 0)
        report({ code: 'OR1645', message: `service accounts and ${others.join(', ')} exclude each other` });
    },
  },
);

export const From = message({}, { description: 'A source.', needs: { source: Source } });

export const Provider = message(
  {},
  { description: 'Who decides.', needs: { name: text('Its name in the mesh configuration.') } },
);
