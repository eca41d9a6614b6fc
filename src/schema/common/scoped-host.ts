import { texts } from '../build.ts';
import { type Check, printValue } from '../problem.ts';
import { isDnsLabel, isWildcardHost } from './host-name.ts';

/** `host`, or `namespace/host` where the namespace may be one of `marks`. */
const checkScopedHost =
  (marks: readonly string[], scoped: 'must' | 'may'): Check<string> =>
  (value, report) => {
    const slash = value.indexOf('/');
    const host = value.slice(slash + 1);
    const namespace = value.slice(0, Math.max(slash, 0));
    const right = slash < 0 ? scoped === 'may' : marks.includes(namespace) || isDnsLabel(namespace);
    if (!right)
      report({
        code: 'OR1657',
        message: `${printValue(value)} must be namespace/host, where the namespace may be ${marks.join(' or ')}`,
      });
    else if (!isWildcardHost(host))
      report({
        code: 'OR1649',
        message: `${printValue(host)} must be a host name; a star may only be at its start, like *.example.com`,
      });
  };

export const gatewayHosts = (description: string) => texts(description, checkScopedHost(['.', '*'], 'may'));
export const importedHosts = (description: string) => texts(description, checkScopedHost(['.', '*', '~'], 'must'));
