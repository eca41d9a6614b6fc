/** One listener that calls each in order; one that throws does not keep the event from the rest. */
export function eachListener<Event>(
  listeners: readonly ((event: Event) => void)[],
  onFault: (error: unknown) => void,
): (event: Event) => void {
  return (event) => {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        onFault(error);
      }
    }
  };
}
