import { expect, test } from 'vitest';
import { makeMeshRoot } from '../../identity/workload/make-mesh-root.ts';
import { federatedRoots } from './federated-roots.ts';

test('each root once, whatever stands between them', async () => {
  const [one, two] = [(await makeMeshRoot(new Date())).rootsPem, (await makeMeshRoot(new Date())).rootsPem];
  expect(federatedRoots([{ pem: `one:\n${one}${two}` }, { pem: one }])).toBe(`${one}${two}`);
  expect(federatedRoots([])).toBe('');
});

test.each(['nonsense', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])('%j is refused', (pem) => {
  expect(() => federatedRoots([{ pem }])).toThrow(
    expect.objectContaining({ code: 'OR1002', at: 'mesh.caCertificates[0].pem' }),
  );
});
