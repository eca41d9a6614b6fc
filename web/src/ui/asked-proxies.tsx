import type { AskedProxy, EndpointRow, ServicePage } from '../../../src/dashboard/api-types.ts';
import { Name } from './name.tsx';

const words: Record<AskedProxy['state'], string> = {
  told: 'told which at',
  asking: 'is being asked which.',
  silent: 'does not tell which: see',
};

/** Envoy's words, as people say it. */
const flagWords: Readonly<Record<string, string>> = {
  failed_outlier_check: 'ejected',
  failed_active_hc: 'failed its check',
  failed_eds_health: 'unhealthy as told',
};

/** By whom an endpoint is left out, and since when that is known. */
export function LeftBy({ leftBy }: Pick<EndpointRow, 'leftBy'>) {
  return (
    <ul class="plain">
      {leftBy.map(({ client, subset, flags, since }) => (
        <li key={`${client} ${subset}`}>
          {flags.map((flag) => flagWords[flag] ?? flag).join(', ')} by <Name text={client} />
          {subset === '' ? null : (
            <>
              {' '}
              for <Name text={subset} />
            </>
          )}
          <span class="muted">, seen since {new Date(since).toLocaleTimeString()}</span>
        </li>
      ))}
    </ul>
  );
}

/** `shop/cart-0` is `cart-0.shop` in a terminal. */
function Command({ proxy }: { readonly proxy: string }) {
  const [namespace, ...name] = proxy.split('/');
  const pod = name.length === 0 ? proxy : `${name.join('/')}.${namespace}`;
  return (
    <code>
      outrigger proxy-config endpoint <Name text={pod} />
    </code>
  );
}

/** Who was asked which endpoints it has ejected, and what became of it. */
export function AskedProxies({ asked }: Pick<ServicePage, 'asked'>) {
  const { proxies, others } = asked;
  return (
    <ul class="plain muted">
      {proxies.map(({ proxy, state, at }) => (
        <li key={proxy}>
          <Name text={proxy} /> {words[state]} {at === null ? null : `${new Date(at).toLocaleTimeString()}.`}
          {state === 'silent' ? <Command proxy={proxy} /> : null}
        </li>
      ))}
      {others === 0 ? null : (
        <li>
          {others === 1 ? '1 more proxy has' : `${others} more proxies have`} ejected some and{' '}
          {others === 1 ? 'was' : 'were'} not asked: <Command proxy="POD" />
        </li>
      )}
    </ul>
  );
}
