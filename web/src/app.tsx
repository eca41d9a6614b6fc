import { useEffect } from 'preact/hooks';
import type { DashboardState } from '../../src/dashboard/api-types.ts';
import { ask, enter, signInWanted, visit } from './data/api.ts';
import { probeWith } from './data/connection.ts';
import { dashboardState } from './data/dashboard-state.ts';
import { route } from './data/route.ts';
import { useResource } from './data/use-resource.ts';
import { GraphPage } from './graph/graph-page.tsx';
import { ConfigListPage } from './pages/config-list-page.tsx';
import { ConfigPage } from './pages/config-page.tsx';
import { FanOutPage } from './pages/fan-out-page.tsx';
import { PreviewPage } from './pages/preview-page.tsx';
import { SecurityPage } from './pages/security-page.tsx';
import { ServicePage } from './pages/service-page.tsx';
import { ServicesPage } from './pages/services-page.tsx';
import { WorkloadPage } from './pages/workload-page.tsx';
import { WorkloadsPage } from './pages/workloads-page.tsx';
import { ConnectionBanner } from './ui/connection-banner.tsx';
import { Header, titles } from './ui/header.tsx';
import { SignIn } from './ui/sign-in.tsx';
import { Empty } from './ui/states.tsx';

probeWith(async () => void (await ask<DashboardState>('state').catch(() => {})));

export function App() {
  const state = useResource<DashboardState>('state', 5000).value;
  useEffect(() => {
    dashboardState.value = state;
    if (state !== undefined) enter(state.user.name);
  }, [state]);
  const [first = 'graph'] = route.value.path;
  useEffect(() => {
    document.title = `${titles[first] ?? 'Not found'} · Outrigger`;
  }, [first]);
  return (
    <>
      <button
        type="button"
        class="skip"
        onClick={() => {
          const main = document.getElementById('main');
          main?.setAttribute('tabindex', '-1');
          main?.focus();
        }}
      >
        To the content
      </button>
      <Header state={state} current={first} />
      <ConnectionBanner />
      {state?.emergencies.map((one) => (
        <p key={`${one.scope} ${one.level}`} class="strip bad" role="alert">
          <strong>
            Emergency “<bdi>{one.level}</bdi>” for <bdi>{one.scope}</bdi>
          </strong>{' '}
          until {new Date(one.until).toLocaleTimeString()}: <bdi>{one.reason}</bdi>
        </p>
      ))}
      {signInWanted.value === undefined ? null : <SignIn />}
      {/* What somebody has begun outlives a token that ends; nobody else finds it. */}
      <div key={visit.value} class="all" hidden={signInWanted.value !== undefined}>
        <Page state={state} />
      </div>
    </>
  );
}

function Page({ state }: { readonly state: DashboardState | undefined }) {
  const [first = 'graph', a, b, c] = route.value.path;
  if (first === 'graph') return <GraphPage />;
  if (first === 'security') return <SecurityPage />;
  if (first === 'services' && a !== undefined && b !== undefined)
    return <ServicePage namespace={a} name={b} links={state?.links ?? {}} />;
  if (first === 'services') return <ServicesPage />;
  if (first === 'workloads' && a !== undefined && b !== undefined)
    return <WorkloadPage namespace={a} name={b} links={state?.links ?? {}} />;
  if (first === 'workloads') return <WorkloadsPage />;
  if (first === 'config' && a !== undefined && b !== undefined && c !== undefined)
    return <ConfigPage kind={a} namespace={b} name={c} />;
  if (first === 'config') return <ConfigListPage />;
  if (first === 'injection') return <PreviewPage />;
  if (first === 'fan-out') return <FanOutPage />;
  return (
    <main class="page" id="main">
      <h1>Not found</h1>
      <Empty title="There is no such page">
        <a href="#/graph">To the service graph</a>
      </Empty>
    </main>
  );
}
