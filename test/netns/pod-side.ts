import { startHttpsApp } from '../envoy/test-app.ts';
import { selfSigned } from '../envoy/test-certificates.ts';

/** A second container of played pods: HTTPS on 8443 with a certificate of nobody, a redirect, an exec hook that asks for its end. */
const server = await startHttpsApp(8443, '::', {
  identity: selfSigned('nobody.example'),
  handler: (request, response) => {
    if (request.url === '/') response.writeHead(302, { location: '/ready' });
    response.end();
  },
});
console.info('side listens');
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
