import type { Static } from 'typebox';
import { mapOf, message, text, texts } from '../build.ts';
import { type Check, printValue, type Report } from '../problem.ts';

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export const isHeaderName = (value: string): boolean => token.test(value) && value.length <= 1024;

export const checkHeaderName: Check<string> = (value, report) => {
  if (!isHeaderName(value)) report({ code: 'OR1656', message: `${printValue(value)} must be the name of a header` });
};

/** Where Istio takes any text. */
export const checkHeaderNameOfEnvoy: Check<string> = (value, report) =>
  checkHeaderName(value, (finding) => report({ ...finding, istioTakesIt: true }));

/** What no text of a header may hold. */
export const breaksHeader = (value: string): boolean => /[\0\r\n]/.test(value);

/** Text that Envoy puts into a header: Istio takes any. */
export const checkHeaderText: Check<string> = (value, report) => {
  if (breaksHeader(value))
    report({
      code: 'OR1656',
      message: `${printValue(value)} must be without control characters, as a header holds it`,
      istioTakesIt: true,
    });
};

/** The name may be that of the authority, which such an operation rewrites. */
const checkOperations =
  (kind: 'request' | 'response'): Check<Record<string, string>> =>
  (headers, report) => {
    for (const [name, value] of Object.entries(headers)) {
      checkOperationName(kind, { name, at: [name] }, report);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be in a header
      if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value))
        report({ at: [name], code: 'OR1656', message: 'the value of a header must not hold control characters' });
    }
  };

function checkOperationName(
  kind: string,
  { name, at }: { name: string; at: (string | number)[] },
  report: Report,
): void {
  const authority = kind === 'request' && /^(?::authority|host)$/i.test(name);
  if (authority || (isHeaderName(name) && name.toLowerCase() !== 'host')) return;
  const what =
    isHeaderName(name) || name.startsWith(':')
      ? 'must be a header that may be changed'
      : 'must be the name of a header';
  const istioTakesIt = /^(?!host$)[^:]/i.test(name) ? { istioTakesIt: true as const } : {};
  report({ at, code: 'OR1656', message: `${printValue(name)} ${what}`, ...istioTakesIt });
}

const operations = (kind: 'request' | 'response') =>
  message(
    {
      set: mapOf(text('The value.'), 'Headers that are given this value, whatever they had.', checkOperations(kind)),
      add: mapOf(text('The value.'), 'Headers that this value is added to.', checkOperations(kind)),
      remove: texts('Names of headers that are removed.', (name, report) =>
        checkOperationName('removal', { name, at: [] }, report),
      ),
    },
    { description: `What is done to the headers of the ${kind}.` },
  );

export const Headers = message(
  { request: operations('request'), response: operations('response') },
  { description: 'Headers that are set, added and removed.' },
);

export type Headers = Static<typeof Headers>;
