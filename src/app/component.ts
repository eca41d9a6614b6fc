import type { Logger } from '../telemetry/logger.ts';

/** One running part of the program. Building one opens nothing; `start` does. */
export interface Component {
  readonly name: string;
  /** Resolves when the part does its work. The signal aborts when the program is to end. */
  start(signal: AbortSignal): Promise<void>;
  /** Resolves when nothing of it is left. Called for each started part, last started first. */
  stop?(): Promise<void>;
}

/**
 * Starts the parts in order; each may count on those before it. When one fails, those already started are
 * stopped again and its error is thrown. The answer stops them all.
 */
export async function startAll(
  components: readonly Component[],
  signal: AbortSignal,
  logger: Logger,
): Promise<() => Promise<void>> {
  const started: Component[] = [];
  const stopAll = async (): Promise<void> => {
    for (const component of started.splice(0).reverse()) {
      try {
        await component.stop?.();
      } catch (error) {
        logger.error({ component: component.name, err: error }, 'a part did not stop cleanly');
      }
    }
  };
  for (const component of components) {
    started.push(component);
    try {
      await component.start(signal);
    } catch (error) {
      await stopAll();
      throw error;
    }
  }
  return stopAll;
}
