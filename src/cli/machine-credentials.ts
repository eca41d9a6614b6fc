import { join } from 'node:path';
import { OutriggerError } from '../errors.ts';
import { LocalTokens } from '../identity/tokens/local-tokens.ts';
import { loadTokenKey } from '../identity/tokens/token-key.ts';
import { tokenAudience } from '../identity/tokens/token-peer.ts';
import { MeshRootFile } from '../identity/workload/mesh-root-file.ts';
import { isObject } from '../model/json.ts';

export interface MachineCredentialsFlags {
  readonly stateDir?: string;
  readonly tokenSeconds: number;
  readonly kubeconfig?: string;
  readonly context?: string;
}

interface Account {
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** A token of the service account, bound to no pod, and what the control plane is trusted by. */
export async function machineCredentials(
  flags: MachineCredentialsFlags,
  account: Account,
): Promise<{ token: string; rootsPem: string }> {
  return flags.stateDir === undefined ? ofCluster(flags, account) : ofFolder(flags.stateDir, flags, account);
}

async function ofFolder(stateDir: string, { tokenSeconds }: MachineCredentialsFlags, account: Account) {
  const rootFile = join(stateDir, 'mesh-root.pem');
  const root = await new MeshRootFile(rootFile).load();
  if (root === undefined) throw new OutriggerError('OR2243', 'there is no such file', { at: rootFile });
  const tokens = new LocalTokens({ key: await loadTokenKey(join(stateDir, 'token-key.pem')), now: Date.now });
  return { token: tokens.issue({ ...account, pod: undefined }, tokenSeconds * 1000), rootsPem: root.rootsPem };
}

/** With the rights of the operator. Throws OR1630, OR1632, OR1635. */
async function ofCluster({ kubeconfig, context, tokenSeconds }: MachineCredentialsFlags, account: Account) {
  const { openConnection } = await import('./talking-connection.ts');
  const { createCredentials } = await import('../source/kubernetes/credentials.ts');
  const given = { ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) };
  const connection = openConnection(createCredentials(given));
  const path = `/api/v1/namespaces/${account.namespace}`;
  const asked = `${path}/serviceaccounts/${account.serviceAccount}/token`;
  const spec = { audiences: [tokenAudience], expirationSeconds: tokenSeconds };
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
  const [answer, roots] = await Promise.all([
    connection.json({ method: 'POST', path: asked, body }),
    connection.json({ method: 'GET', path: `${path}/configmaps/istio-ca-root-cert` }),
  ]);
  const status = isObject(answer.body) && isObject(answer.body['status']) ? answer.body['status'] : {};
  const data = isObject(roots.body) && isObject(roots.body['data']) ? roots.body['data'] : {};
  const [token, rootsPem] = [status['token'], data['root-cert.pem']];
  if (typeof token !== 'string') throw new OutriggerError('OR1632', `POST ${asked} answered ${answer.status}`);
  if (typeof rootsPem !== 'string')
    throw new OutriggerError('OR1632', `the ConfigMap istio-ca-root-cert of ${account.namespace}: ${roots.status}`);
  return { token, rootsPem };
}
