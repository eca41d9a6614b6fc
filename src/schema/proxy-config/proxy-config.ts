import { isVariableName, reservedVariables } from '../../model/reserved-variables.ts';
import { int32, mapOf, message, text } from '../build.ts';
import { WorkloadSelector } from '../common/label.ts';
import { type Check, printValue } from '../problem.ts';

const checkVariables: Check<Record<string, string>> = (variables, report) => {
  for (const name of Object.keys(variables)) {
    if (!isVariableName(name))
      report({
        at: [name],
        code: 'OR1657',
        message: `${printValue(name)} must be the name of an environment variable`,
      });
    if (reservedVariables.includes(name))
      report({ at: [name], code: 'OR1657', message: `${name} is set by injection itself` });
  }
};

const Image = message(
  {
    imageType: text('The last part of the image tag, like debug.', (value, report) => {
      if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(value))
        report({ code: 'OR1657', message: `${printValue(value)} must be a part of an image tag, such as debug` });
    }),
  },
  { description: 'The image of the proxy.' },
);

export const ProxyConfigSpec = message(
  {
    selector: WorkloadSelector,
    concurrency: int32('Worker threads; 0 is one for each core.', { minimum: 0, maximum: 1024 }),
    environmentVariables: mapOf(text('The value.'), 'Variables of the proxy, its metadata among them.', checkVariables),
    image: Image,
  },
  { description: 'How the proxies of pods run; read when a pod is made.' },
);
