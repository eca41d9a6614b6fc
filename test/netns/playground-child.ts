import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startPlayground } from '../../src/playground/start-playground.ts';
import { script } from './init-container.ts';
import { filesOf, startWebhookAlone } from './playground-fixture.ts';

/**
 * A playground with one meshed pod in a process of its own, to be killed: tells where it is and what it runs. Arguments:
 * the Envoy binary, a folder for manifests.
 */
const [envoy, folder = ''] = process.argv.slice(2);
const pod = `
apiVersion: v1
kind: Pod
metadata: {name: app, labels: {sidecar.istio.io/inject: "true"}}
spec: {containers: [{name: app, image: outrigger/sample-app}]}
`;
writeFileSync(join(folder, 'pod.yaml'), pod);
const playground = await startPlayground({
  files: filesOf(folder),
  startControlPlane: startWebhookAlone({}),
  envoy,
  proxyScript: script,
  onProblem: (error) => console.error(error.message),
});
await playground.ready(30);
const running = playground.cluster.pods[0]?.kept?.running;
const pids = ['app', 'istio-proxy'].map((name) => running?.container(name).process.pid);
console.info(JSON.stringify({ folder: playground.folder, pids }));
