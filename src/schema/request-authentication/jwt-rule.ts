import type { Static } from 'typebox';
import { parseKeySet } from '../../model/key-set.ts';
import { flag, listOf, message, text, texts } from '../build.ts';
import { duration } from '../common/duration.ts';
import { checkHeaderName, checkHeaderNameOfEnvoy } from '../common/header.ts';
import { type Check, printValue } from '../problem.ts';

const checkNotEmpty: Check<string> = (value, report) => {
  if (value.trim() === '') report({ code: 'OR1657', message: 'the text must not be empty' });
};
const values = (description: string) => texts(description, checkNotEmpty);

const checkUri: Check<string> = (value, report) => {
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol))
    report({ code: 'OR1657', message: `${printValue(value)} must be an address that begins with https:// or http://` });
};

/** Keys that cannot be used are left out; without one that can, no token of the issuer is taken. */
const checkKeys: Check<string> = (value, report) => {
  const { keys, faults, isKeySet } = parseKeySet(value);
  if (!isKeySet) {
    report({ code: 'OR1657', message: `it must be a JSON Web Key Set, like {"keys": [...]}: ${faults.join('; ')}` });
    return;
  }
  const instead = keys.length === 0 ? 'no token of this issuer is taken' : 'the others are used';
  for (const fault of faults) report({ severity: 'warning', code: 'OR1657', message: `${fault}; ${instead}` });
};

const checkPrefix: Check<string> = (value, report) => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be in a header
  if (/[\u0000-\u001f\u007f]/.test(value))
    report({ code: 'OR1656', message: 'the value of a header must not hold control characters' });
};

const FromHeader = message(
  { prefix: text('What stands before the token, like "Bearer ".', checkPrefix) },
  { description: 'A header that holds a token.', needs: { name: text('Its name.', checkHeaderNameOfEnvoy) } },
);

const ClaimHeader = message(
  {},
  {
    description: 'A claim that is copied into a header.',
    needs: {
      header: text('The name of the header.', checkHeaderName),
      claim: text('The name of the claim; a dot leads into a nested one.', checkNotEmpty),
    },
  },
);

const fields = {
  audiences: values('Audiences of which a token must have one; none given takes any.'),
  jwksUri: text('Where the keys of the issuer are read.', checkUri),
  jwks_uri: text('The same as jwksUri.', checkUri),
  jwks: text('The keys of the issuer, a JSON Web Key Set.', checkKeys),
  fromHeaders: listOf(FromHeader, 'Headers that hold the token; the default is Authorization with "Bearer ".'),
  fromParams: values('Parameters of the query that hold the token; the default is access_token.'),
  fromCookies: values('Cookies that hold the token.'),
  outputPayloadToHeader: text('A header that gets the payload of the token, in base64url.', checkHeaderNameOfEnvoy),
  forwardOriginalToken: flag('Leave the token in the request.'),
  outputClaimToHeaders: listOf(ClaimHeader, 'Claims that are copied into headers.'),
  timeout: duration('How long reading the keys may take; 5s is the default.'),
  spaceDelimitedClaims: values('Claims whose text is a list of words; scope and permission always are.'),
};

const Form = message(fields, { description: 'Form', needs: { issuer: text('Issuer') } });
export type JwtRule = Static<typeof Form>;

const checkRule: Check<JwtRule> = (rule, report) => {
  const given = (['jwks', 'jwksUri', 'jwks_uri'] as const).filter((name) => rule[name] !== undefined);
  if (given.length > 1)
    report({ code: 'OR1645', message: `only one of jwks and jwksUri may be given, not ${given.join(' and ')}` });
  const issuer = URL.parse(rule.issuer);
  if (given.length === 0 && (issuer === null || !/^https?:$/.test(issuer.protocol)))
    report({
      severity: 'warning',
      code: 'OR1657',
      message: `${printValue(rule.issuer)} is no address whose keys could be found: give jwksUri or jwks, until then no token of it is taken`,
    });
};

export const JwtRule = message(fields, {
  description: 'An issuer of tokens and where requests have them.',
  needs: { issuer: text('The issuer, as the claim iss has it.', checkNotEmpty) },
  check: checkRule,
});
