import { HealthGlyph, LockGlyph } from '../ui/marks.tsx';

const healths = ['healthy', 'degraded', 'failing', 'idle', 'unknown'] as const;
const locks = [
  ['closed', 'mutual TLS'],
  ['partly', 'partly'],
  ['open', 'plaintext'],
  ['unknown', 'not told'],
] as const;

export function Legend() {
  return (
    <ul class="legend" aria-label="Legend">
      {healths.map((state) => (
        <li key={state}>
          <HealthGlyph state={state} /> {state}
        </li>
      ))}
      {locks.map(([state, words]) => (
        <li key={state}>
          <LockGlyph state={state} /> {words}
        </li>
      ))}
      <li class="muted">Keys: arrows go from node to node, Enter opens, + − 0 zoom</li>
    </ul>
  );
}
