import { nearest } from '../../model/nearest.ts';
import { message, text, texts } from '../build.ts';
import { isAddress, isCidr } from '../common/address.ts';
import { printValue } from '../problem.ts';
import { checkPortText } from './operation.ts';

const keys = [
  ...['source.ip', 'remote.ip', 'source.namespace', 'source.principal', 'source.serviceAccount', 'source.trustDomain'],
  ...['request.auth.principal', 'request.auth.audiences', 'request.auth.presenter'],
  ...['destination.ip', 'destination.port', 'connection.sni'],
];
const prefixes = ['request.headers', 'request.auth.claims', 'experimental.envoy.filters.'];

const isKey = (key: string): boolean =>
  keys.includes(key) ||
  /^request\.(?:headers|auth\.claims)(?:\[[^[\]]+\])+$/.test(key) ||
  /^experimental\.envoy\.filters\.[^[\]]+(?:\[[^[\]]*\])?$/.test(key);

export const Condition = message(
  { values: texts('Values of which one must fit.'), notValues: texts('Values of which none may fit.') },
  {
    description: 'A further condition.',
    needs: {
      key: text('What is compared, like request.headers[user-agent].', (key, report) => {
        if (isKey(key)) return;
        const near = nearest(key.replace(/\[.*$/s, ''), [...keys, ...prefixes]);
        const hint = near === undefined ? ', like source.ip or request.headers[name]' : `; did you mean ${near}?`;
        report({ code: 'OR1644', message: `${printValue(key)} must be a known key${hint}` });
      }),
    },
    check: (condition, report) => {
      const all = [...(condition.values ?? []), ...(condition.notValues ?? [])];
      if (all.length === 0) report({ code: 'OR1642', message: 'one of values and notValues must be given' });
      for (const name of ['values', 'notValues'] as const) {
        for (const [index, value] of (condition[name] ?? []).entries()) {
          const at = [name, index];
          if (condition.key.endsWith('.ip') && !isAddress(value) && !isCidr(value))
            report({
              at,
              code: 'OR1650',
              message: `${printValue(value)} must be an IP address or block, like 10.0.0.0/8`,
            });
          if (condition.key === 'destination.port') checkPortText(value, (finding) => report({ ...finding, at }));
        }
      }
    },
  },
);
