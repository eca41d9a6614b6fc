import { createServer } from 'node:http';

/** Runs inside a namespace: answers on each port that is named, for both families, with `app PORT`. */
for (const port of process.argv.slice(2)) {
  createServer((_, response) => response.setHeader('connection', 'close').end(`app ${port}`)).listen(
    Number(port),
    '::',
  );
}
