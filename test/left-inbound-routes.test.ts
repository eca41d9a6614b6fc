import { expect, test } from 'vitest';
import { decodeResource } from '../src/xds/encode/decode-resource.ts';
import { app } from './gateway-fixture.ts';
import { registryOf, sidecarConfigs, workloadOf } from './mesh-fixture.ts';

const deny = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: closed}
spec: {action: DENY, rules: [{to: [{operation: {paths: [/closed]}}]}]}
---
`;

test.each([1000, 0])(
  'the routes of a port that no service names any more let open connections go on, under the policies',
  (pushedHosts) => {
    const registry = registryOf(app('a', '10.0.0.1'), deny);
    const configs = sidecarConfigs({ pushedHosts });
    const routesNow = () => {
      const { snapshot } = registry;
      const config = configs.find({
        snapshot,
        workload: workloadOf(snapshot, 'default/a-1'),
        delta: true,
        before: undefined,
      });
      const [name = ''] = [...config.parts.inboundRoutes.keys()].filter((key) => key.startsWith('inbound|'));
      return { name, config };
    };
    const { name } = routesNow();
    expect(name).not.toBe('');
    registry.apply({ upserts: [], removals: ['Service default/a'] });
    const { name: left, config } = routesNow();
    expect(left).toBe('');
    const routes = config.named('route', name);
    if (routes === undefined) throw new Error(`there are no routes ${name}`);
    const text = JSON.stringify(decodeResource(routes));
    expect(text).toContain('"cluster":"InboundPassthroughCluster"');
    expect(text).toContain('/closed');
    expect(config.named('route', name)).toBe(routes);
  },
);
