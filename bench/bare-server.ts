import { writeFileSync } from 'node:fs';
import Fastify from 'fastify';
import { issueLeaf, makeRoot } from '../src/identity/make-certificates.ts';

/** The reference: Fastify over TLS that reads the same body as text and answers with as many bytes. */
const [caFile = '', answerBytes = ''] = process.argv.slice(2);
const now = new Date();
const root = await makeRoot(now);
const leaf = await issueLeaf({ root, names: ['localhost'], now, lifetimeMs: 3_600_000 } as never);
writeFileSync(caFile, root.certificatePem);
const app = Fastify({ https: { cert: leaf.chainPem, key: leaf.keyPem }, logger: false });
app.removeAllContentTypeParsers();
app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body));
const answer = `{"x":"${'x'.repeat(Number(answerBytes))}"}`;
app.post('/bare', (_request, reply) => reply.header('content-type', 'application/json').send(answer));
await app.listen({ port: 0, host: 'localhost' });
const address = app.server.address();
console.log(JSON.stringify({ port: typeof address === 'object' ? address?.port : 0, caFile }));
