import { choice, int32, message, port, text } from '../build.ts';
import { checkHeaderText } from '../common/header.ts';
import { checkRegex } from '../common/regex.ts';
import { type Finding, printValue } from '../problem.ts';

export const Redirect = message(
  {
    uri: text('The new path.', checkHeaderText),
    prefixRewrite: text('What the matched prefix of the path becomes.', checkHeaderText),
    authority: text('The new authority.', checkHeaderText),
    port: port('The new port.'),
    derivePort: choice(['FROM_PROTOCOL_DEFAULT', 'FROM_REQUEST_PORT'], 'Where the new port comes from.'),
    scheme: text('The new scheme: http or https.', (value, report) => {
      if (value !== 'http' && value !== 'https')
        report({ code: 'OR1644', message: `${printValue(value)} must be http or https` });
    }),
    redirectCode: int32('Status: 301 (the default), 302, 303, 307 or 308.', { minimum: 300, maximum: 399 }),
  },
  {
    description: 'Answers with a redirect.',
    choices: [{ of: ['port', 'derivePort'] }, { of: ['uri', 'prefixRewrite'] }],
    check: (redirect, report) => {
      const { redirectCode: code = 301, ...target } = redirect;
      const message = `${code} must be 301, 302, 303, 307 or 308`;
      if (![301, 302, 303, 307, 308].includes(code))
        report({ at: ['redirectCode'], severity: 'warning', code: 'OR1653', message });
      if (Object.keys(target).length === 0)
        report({ code: 'OR1642', message: 'one of uri, authority, port, derivePort and scheme must be given' });
    },
  },
);

export const DirectResponse = message(
  {
    body: message(
      { string: text('As text.'), bytes: text('As base64.', checkBase64) },
      { description: 'The body.', choices: [{ of: ['string', 'bytes'] }] },
    ),
  },
  {
    description: 'Answers with a fixed response.',
    needs: { status: int32('HTTP status.', { minimum: 200, maximum: 599 }) },
    check: ({ body }, report) => {
      if ((body?.string ?? body?.bytes ?? '').length > 1024 * 1024)
        report({ at: ['body'], code: 'OR1646', message: 'the body must have at most 1 MiB' });
    },
  },
);

/** Of the standard alphabet or of that for URLs, as Protobuf's JSON has it: https://protobuf.dev/programming-guides/json/ */
function checkBase64(value: string, report: (finding: Finding) => void): void {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(value))
    report({ code: 'OR1644', message: `${printValue(value)} must be base64` });
}

export const Rewrite = message(
  {
    uri: text('What the path, or its matched prefix, becomes.', checkHeaderText),
    authority: text('What the authority becomes.', checkHeaderText),
    uriRegexRewrite: message(
      { rewrite: text('The replacement; \\1 is the first group.', checkHeaderText) },
      {
        description: 'Replaces the parts of the path that a regular expression matches.',
        needs: { match: text('A regular expression of RE2.', checkRegex) },
      },
    ),
  },
  {
    description: 'Changes requests before they are sent on.',
    choices: [{ of: ['uri', 'uriRegexRewrite'] }],
    check: (rewrite, report) => {
      if (Object.keys(rewrite).length === 0)
        report({ code: 'OR1642', message: 'one of uri, uriRegexRewrite and authority must be given' });
    },
  },
);
