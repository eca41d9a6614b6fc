import type { ApiClient, ApiObject } from './api.ts';
import { waitFor } from './child.ts';

/** A token of the TokenRequest API for ten minutes, the shortest time it gives. */
export async function requestToken(
  api: ApiClient,
  account: { namespace: string; name: string },
  boundObjectRef?: ApiObject,
): Promise<string> {
  const body = { spec: { expirationSeconds: 600, ...(boundObjectRef === undefined ? {} : { boundObjectRef }) } };
  const answer = await api.must(
    'POST',
    `/api/v1/namespaces/${account.namespace}/serviceaccounts/${account.name}/token`,
    body,
  );
  return String((answer.status as { token?: string } | undefined)?.token);
}

/** Pods of a namespace are refused until the controller manager has made its service account. */
export async function defaultServiceAccount(api: ApiClient, namespace: string): Promise<void> {
  await waitFor(
    async () => {
      const answer = await api.call('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/default`);
      return answer.status === 200 || undefined;
    },
    { what: `the default service account of ${namespace}` },
  );
}
