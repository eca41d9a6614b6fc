import { texts } from '../build.ts';
import { type Finding, printValue } from '../problem.ts';
import { isDnsLabel, isHostName } from './host-name.ts';

/** `mesh`, `name`, `namespace/name`, or the older `name.namespace.svc…`. */
export const gatewayNames = (description: string) =>
  texts(description, (value, report) => {
    const parts = value.split('/');
    const right =
      parts.length === 1
        ? isHostName(value)
        : parts.length === 2 && isDnsLabel(parts[0] ?? '') && isHostName(parts[1] ?? '');
    if (!right)
      report({ code: 'OR1657', message: `${printValue(value)} must be mesh, a Gateway, or namespace/Gateway` });
    else if (parts.length === 1 && value.includes('.')) report(legacyName(value));
  });

function legacyName(value: string): Finding {
  const [name, namespace] = value.split('.');
  const message = `names with dots are deprecated: use ${namespace}/${name}`;
  return { severity: 'warning', code: 'OR1653', message };
}
