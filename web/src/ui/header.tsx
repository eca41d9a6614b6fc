import type { DashboardState } from '../../../src/dashboard/api-types.ts';
import { signInWanted, signOut, token } from '../data/api.ts';
import { Name } from './name.tsx';
import { theme, themes } from './theme.ts';

export const titles: Readonly<Record<string, string>> = {
  graph: 'Graph',
  security: 'Security',
  services: 'Services',
  workloads: 'Workloads',
  config: 'Config',
  injection: 'Injection',
  'fan-out': 'Fan-out',
};

const tabs = ['graph', 'services', 'workloads', 'security', 'config', 'injection', 'fan-out'];
const places = { cluster: 'cluster', playground: 'playground', files: 'files' };

interface HeaderProps {
  readonly state: DashboardState | undefined;
  readonly current: string;
}

export function Header({ state, current }: HeaderProps) {
  return (
    <header class="header">
      <a class="brand" href="#/graph">
        Outrigger
      </a>
      <nav aria-label="Pages">
        {tabs.map((name) => (
          <a key={name} href={`#/${name}`} aria-current={current === name ? 'page' : undefined}>
            {titles[name]}
          </a>
        ))}
      </nav>
      <div class="who">
        {state === undefined ? null : (
          <span class="muted who-text">
            {places[state.place]} {state.version} · <Name text={state.user.name} />
            {state.user.mayWrite ? '' : ' (read only)'}
          </span>
        )}
        <Account place={state?.place} />
        <label>
          <span class="hidden">Colours</span>
          <select
            value={theme.value}
            onChange={(event) => {
              theme.value = themes.find((one) => one === event.currentTarget.value) ?? 'system';
            }}
          >
            {themes.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
      </div>
    </header>
  );
}

/** A cluster knows accounts. Whoever came without a token may show one to change what that account may change. */
function Account({ place }: { readonly place: DashboardState['place'] | undefined }) {
  if (token.value !== '')
    return (
      <button type="button" onClick={signOut}>
        Sign out
      </button>
    );
  if (place !== 'cluster' || signInWanted.value !== undefined) return null;
  const ask = () => {
    signInWanted.value = { code: '', message: 'What you may see and change follows from your account.', remedy: '' };
  };
  return (
    <button type="button" onClick={ask}>
      Sign in
    </button>
  );
}
