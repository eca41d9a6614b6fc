import { spawnSync } from 'node:child_process';
import { isRequired, locateEnvoy } from '../envoy/binary.ts';

/** The Envoy binary when this machine can run the suite; undefined with one line on why not; an error when it must. */
export function findRequirements(): string | undefined {
  const lacking = lackings();
  if (lacking === undefined) return locateEnvoy('netns');
  if (isRequired('netns')) throw new Error(`the netns suite must run here, but ${lacking}`);
  console.info(`netns suite skipped: ${lacking}`);
  return undefined;
}

function lackings(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'this is not root on Linux';
  const tools = ['iptables-nft-restore', 'iptables-legacy-restore', 'ip', 'nft', 'curl', 'setpriv', 'unshare'];
  const absent = tools.filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0);
  if (absent.length > 0) return `${absent.join(', ')} missing: run test/netns/install.sh`;
  if (locateEnvoy('netns') === undefined) return 'there is no Envoy: run test/envoy/install.sh';
  return undefined;
}
