import { message, texts } from '../build.ts';
import { type Check, printValue } from '../problem.ts';
import { checkNotEmpty } from './source.ts';

const values = (description: string) => texts(description, checkNotEmpty);

export const checkPortText: Check<string> = (value, report) => {
  if (!/^[1-9]\d{0,4}$/.test(value) || Number(value) > 65_535)
    report({ code: 'OR1646', message: `${printValue(value)} must be a port from 1 to 65535, in quotes` });
};

const literal = "[-A-Za-z0-9._~%!$&'()+,;:@=]+";
/** Segments, of which `{*}` is any one; then `{**}` for any number, and fixed ones. */
const template = new RegExp(`^(?:/(?:\\{\\*\\}|${literal}))*(?:/\\{\\*\\*\\}(?:/${literal})*)?/?$`);

/** Envoy 1.40 does not refuse a template that it cannot read: it ends, and with it every proxy of the workload. */
const checkPath: Check<string> = (value, report) => {
  checkNotEmpty(value, report);
  if (!value.includes('{') && !value.includes('}')) return;
  if (!template.test(value) || value.length > 1024)
    report({
      code: 'OR1657',
      message: `${printValue(value)} must begin with /, and have {*} or one {**}, the last of them, as whole segments, and no other star`,
    });
};
const paths = (description: string) => texts(description, checkPath);

const Operation = message(
  {
    hosts: values('Hosts of the request.'),
    notHosts: values('Hosts that are none of these.'),
    ports: texts('Ports of the pod, in quotes.', checkPortText),
    notPorts: texts('Ports that are none of these.', checkPortText),
    methods: values('Methods in capital letters.'),
    notMethods: values('Methods that are none of these.'),
    paths: paths('Paths: exact, prefix*, *suffix, or a template with {*} and {**}.'),
    notPaths: paths('Paths that are none of these.'),
  },
  {
    description: 'What; every field that is given must fit.',
    check: (operation, report) => {
      if (Object.values(operation).every((list) => (list ?? []).length === 0))
        report({ code: 'OR1642', message: 'one field with a value must be given' });
    },
  },
);

export const To = message({}, { description: 'An operation.', needs: { operation: Operation } });
