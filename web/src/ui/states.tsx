import type { ComponentChildren } from 'preact';
import type { Failure } from '../data/api.ts';
import type { Resource } from '../data/use-resource.ts';

export function Loading({ what }: { readonly what: string }) {
  return (
    <p class="state loading" role="status">
      Loading {what}…
    </p>
  );
}

export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="state empty">
      <h2>{title}</h2>
      {children === undefined ? null : <p>{children}</p>}
    </div>
  );
}

export function Failed({ failure, reload }: { readonly failure: Failure; readonly reload?: () => void }) {
  const { code, message, remedy } = failure.answer;
  // Whoever has to sign in is asked to, and comes back to a page that asks again.
  if (failure.kind === 'unauthenticated') return null;
  return (
    <div class="state failed" role="alert">
      <h2>
        <bdi>{message}</bdi>
      </h2>
      {remedy === '' ? null : (
        <p>
          <bdi>{remedy}</bdi>
        </p>
      )}
      <p class="muted">
        <code>{code}</code>
        {reload === undefined ? null : (
          <button type="button" onClick={reload}>
            Try again
          </button>
        )}
      </p>
    </div>
  );
}

/** A failure while the last good answer is still shown. */
export function FailedStrip({ failure }: { readonly failure: Failure }) {
  // That there is no connection stands above every page; who has to sign in sees another one.
  if (failure.kind === 'unreachable' || failure.kind === 'unauthenticated') return null;
  return (
    <p class="strip bad" role="alert">
      <strong>Not refreshed:</strong> <bdi>{failure.answer.message}</bdi> <code>{failure.answer.code}</code>
    </p>
  );
}

interface WithProps<T> {
  readonly resource: Resource<T>;
  readonly what: string;
  readonly children: (value: T) => ComponentChildren;
}

/** The one way from an answer to a page: loading, failed, or the value, with a strip when it is not refreshed any more. */
export function With<T>({ resource, what, children }: WithProps<T>) {
  const { value, failure, reload } = resource;
  if (value === undefined) return failure === undefined ? <Loading what={what} /> : <Failed {...{ failure, reload }} />;
  return (
    <>
      {failure === undefined ? null : <FailedStrip failure={failure} />}
      {children(value)}
    </>
  );
}
