import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export interface LogSettings {
  readonly level: (typeof logLevels)[number];
  /** Lines are collected up to this many bytes, or for a fifth of a second; 0 writes each at once. */
  readonly bufferBytes: number;
}

export interface LogHandle {
  readonly logger: Logger;
  /** Writes what is collected, synchronously: for the end of the process. */
  flush(): void;
}

/** JSON lines to a file descriptor. With a buffer, `flush` must be called at the end. */
export function createLogger(settings: LogSettings, fd = 1): LogHandle {
  const buffered = settings.bufferBytes > 0;
  const destination = pino.destination({
    dest: fd,
    sync: !buffered,
    ...(buffered ? { minLength: settings.bufferBytes, maxWrite: 2 * settings.bufferBytes, periodicFlush: 200 } : {}),
  });
  return { logger: loggerTo(destination, settings.level), flush: () => flushQuietly(destination) };
}

/** For tests and the command line: the same lines to any stream. */
export function loggerTo(destination: DestinationStream, level: LogSettings['level']): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

function flushQuietly(destination: ReturnType<typeof pino.destination>): void {
  try {
    destination.flushSync();
  } catch {
    // The descriptor is not open yet, or closed already: no line can be written any more.
  }
}
