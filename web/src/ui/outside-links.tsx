import type { DashboardState } from '../../../src/dashboard/api-types.ts';

interface OutsideLinksProps {
  readonly links: DashboardState['links'];
  /** What stands for `{name}` in an address; '' is not known, and the link is left out. */
  readonly values: Readonly<Record<string, string>>;
}

/** Only where somebody has configured what they lead to; only to http and https. */
export function OutsideLinks({ links, values }: OutsideLinksProps) {
  const given = [
    ['Recent traces', links.tracing],
    ['Grafana', links.grafana],
    ['Prometheus', links.prometheus],
  ] as const;
  const found = given.flatMap(([words, address = '']) => {
    const href = fill(address, values);
    return href !== undefined && /^https?:\/\//i.test(href) ? [{ words, href }] : [];
  });
  if (found.length === 0) return null;
  return (
    <p>
      {found.map(({ words, href }) => (
        <a key={words} class="outside" href={href} rel="noreferrer" target="_blank">
          {words}
        </a>
      ))}
    </p>
  );
}

function fill(address: string, values: OutsideLinksProps['values']): string | undefined {
  const isKnown = [...address.matchAll(/\{(service|workload)\}/g)].every(
    ([, name = '']) => (values[name] ?? '') !== '',
  );
  if (!isKnown) return undefined;
  return address.replace(/\{(service|workload)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
}
