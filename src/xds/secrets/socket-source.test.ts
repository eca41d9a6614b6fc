import { expect, test } from 'vitest';
import { ownCertificate } from '../translate/upstream-tls.ts';
import { socketSecrets } from './socket-source.ts';

const names = { certificate: 'svid', roots: 'bundle' };

test('own secrets are looked for behind the socket, under its names; all else stays the same object', () => {
  const foreign = { name: 'kubernetes://credential', sds_config: { ads: {}, resource_api_version: 'V3' } };
  const other = { name: 'default', alt: [{ deep: 1 }] };
  const message = {
    kept: { foreign, other },
    tls: { certificates: [ownCertificate, foreign], validation: { ...ownCertificate, name: 'ROOTCA' } },
  };
  const moved = socketSecrets(message, names) as typeof message;
  expect(moved.kept).toBe(message.kept);
  expect(moved.tls.certificates[1]).toBe(foreign);
  const source = { api_config_source: expect.objectContaining({ api_type: 'GRPC' }), initial_fetch_timeout: '0s' };
  expect(moved.tls.certificates[0]).toMatchObject({ name: 'svid', sds_config: source });
  expect(moved.tls.validation).toMatchObject({ name: 'bundle', sds_config: source });
});

test('a message that names none is the same object', () => {
  const message = { tls: [{ name: 'x', sds_config: { ads: {} } }] };
  expect(socketSecrets(message, names)).toBe(message);
  // Moved once, it is not moved again.
  const once = socketSecrets({ tls: ownCertificate }, { certificate: 'default', roots: 'ROOTCA' });
  expect(socketSecrets(once, names)).toBe(once);
});
