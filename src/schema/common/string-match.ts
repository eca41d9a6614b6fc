import { message, text } from '../build.ts';
import { checkRegex, checkRegexOrStar } from './regex.ts';

const match = (description: string, regexCheck: typeof checkRegex) =>
  message(
    {
      exact: text('The whole text.'),
      prefix: text('How it begins.', (value, report) => {
        const message = 'the prefix must not be empty: leave it out';
        if (value === '') report({ code: 'OR1657', message, istioTakesIt: true });
      }),
      regex: text('A regular expression of RE2 for the whole text.', regexCheck),
    },
    { description, choices: [{ of: ['exact', 'prefix', 'regex'] }] },
  );

export const stringMatch = (description: string) => match(description, checkRegex);
/** For what may be absent: nothing given, or the regex `*`, means that it is there. */
export const presenceMatch = (description: string) => match(description, checkRegexOrStar);
