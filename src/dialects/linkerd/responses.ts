import { isObject, type Json } from '../../model/json.ts';
import { fieldAt, objectsAt } from '../../model/json-fields.ts';

type Statuses = (status: number) => boolean;

/**
 * When a response is tried again, as `retryOn` has it: those that the response classes of a route call failures, 5xx where
 * none of them fits. Undefined where nothing is a failure.
 */
export function retryConditions(route: Json): string | undefined {
  const classes = objectsAt(route, 'responseClasses').map((entry) => ({
    fits: statusesOf(fieldAt(entry, 'condition')),
    isFailure: fieldAt(entry, 'isFailure') === true,
  }));
  const isFailure = (status: number) => classes.find(({ fits }) => fits(status))?.isFailure ?? status >= 500;
  const failing = Array.from({ length: 500 }, (_, index) => index + 100).filter(isFailure);
  if (failing.length === 0) return undefined;
  const server = failing.filter((status) => status >= 500);
  const others = failing.filter((status) => status < 500);
  // The one word of Envoy's that means answers and connections that break.
  const broken =
    server.length === 100 ? ['5xx'] : ['reset', 'connect-failure', 'refused-stream', ...server.map(String)];
  return [...broken, ...others.map(String)].join(',');
}

function statusesOf(condition: Json | undefined): Statuses {
  if (!isObject(condition)) return () => false;
  const parts = Object.entries(condition).map(([name, value]) => partOf(name, value));
  return (status) => parts.length > 0 && parts.every((fits) => fits(status));
}

function partOf(name: string, value: Json): Statuses {
  if (name === 'status') return rangeOf(value);
  if (name === 'not') {
    const inner = statusesOf(value);
    return (status) => !inner(status);
  }
  const inner = Array.isArray(value) ? value.map(statusesOf) : [];
  if (name === 'all') return (status) => inner.every((fits) => fits(status));
  return (status) => inner.some((fits) => fits(status));
}

/** One of both alone is that very status. */
function rangeOf(value: Json): Statuses {
  const [min, max] = [fieldAt(value, 'min'), fieldAt(value, 'max')].map((end) =>
    typeof end === 'number' ? end : undefined,
  );
  const from = min ?? max ?? 600;
  const to = max ?? from;
  return (status) => status >= from && status <= to;
}
