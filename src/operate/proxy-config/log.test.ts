import { expect, test } from 'vitest';
import { levelPaths, printLevels, readLevels } from './log.ts';

const answer = 'active loggers:\n  http: warning\n  router: info\n  admin: off\n';

test('levels are read, printed in order, and set one by one or all at once', () => {
  const levels = readLevels(answer, 'p');
  expect(printLevels(levels)).toBe('active loggers:\n  admin: off\n  http: warning\n  router: info\n');
  expect(levelPaths('debug', levels.keys())).toEqual(['/logging?level=debug']);
  expect(levelPaths('http:debug,router=warn', levels.keys())).toEqual([
    '/logging?http=debug',
    '/logging?router=warning',
  ]);
  expect(() => levelPaths('htp:debug', levels.keys())).toThrow('did you mean http?');
  expect(() => levelPaths('loud', levels.keys())).toThrow('OR2539 loud is no level');
  expect(() => levelPaths('', levels.keys())).toThrow('OR2539');
});

test('what lists no logger is no answer', () => {
  expect(() => readLevels('<html><body>hello: world</body>', 'p')).toThrow(
    'OR2533 p: /logging answers no list of loggers',
  );
});
