import { analysisErrors } from './error-catalogue/analysis.ts';
import { commandLineErrors } from './error-catalogue/command-line.ts';
import { dashboardErrors } from './error-catalogue/dashboard.ts';
import { dialectErrors } from './error-catalogue/dialects.ts';
import { emergencyErrors } from './error-catalogue/emergency.ts';
import type { CatalogueEntry } from './error-catalogue/entry.ts';
import { injectionErrors } from './error-catalogue/injection.ts';
import { installationErrors } from './error-catalogue/installation.ts';
import { operationErrors } from './error-catalogue/operation.ts';
import { playgroundErrors } from './error-catalogue/playground.ts';
import { registryErrors } from './error-catalogue/registry.ts';
import { requestsErrors } from './error-catalogue/requests.ts';
import { surroundingsErrors } from './error-catalogue/surroundings.ts';
import { translationErrors } from './error-catalogue/translation.ts';
import { wireErrors } from './error-catalogue/wire.ts';
import { workloadIdentityErrors } from './error-catalogue/workload-identity.ts';

/**
 * The catalogue of coded errors. A code is never reused and never changes its meaning; `docs/errors.md`
 * is generated from it (`npm run docs`) and a test keeps the two equal.
 *
 * Ranges: 10xx configuration, 11xx requests, 12xx annotations and pods, 13xx templates and patch,
 * 14xx traffic capture, 15xx certificates, 16xx sources, 17xx cluster, 18xx command line, 19xx internal,
 * 20xx configuration streams, 21xx registry, 22xx workload identity, 23xx playground, 24xx translation,
 * 25xx installation, operation and analysis, 40xx telemetry and dashboard.
 */
export type { CatalogueEntry };

export const catalogue = {
  ...requestsErrors,
  ...injectionErrors,
  ...surroundingsErrors,
  ...commandLineErrors,
  ...wireErrors,
  ...registryErrors,
  ...workloadIdentityErrors,
  ...playgroundErrors,
  ...translationErrors,
  ...installationErrors,
  ...operationErrors,
  ...emergencyErrors,
  ...analysisErrors,
  ...dialectErrors,
  ...dashboardErrors,
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;

export interface ErrorContext {
  /** Where in the input: a field path (`metadata.annotations["x"]`) or `file:line`. */
  readonly at?: string;
  readonly cause?: unknown;
}

const longestDetail = 1000;

/** An expected failure: a code of the catalogue, and a sentence on this very case. */
export class OutriggerError extends Error {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly at: string | undefined;

  constructor(code: ErrorCode, text: string, context: ErrorContext = {}) {
    // A quoted value may be as long as its author likes; messages go into logs and answers.
    const detail = text.length > longestDetail ? `${text.slice(0, longestDetail)}…` : text;
    super(`${code} ${context.at === undefined ? '' : `${context.at}: `}${detail}`, { cause: context.cause });
    this.name = 'OutriggerError';
    this.code = code;
    this.detail = detail;
    this.at = context.at;
  }

  get entry(): CatalogueEntry {
    return catalogue[this.code];
  }

  get remedy(): string {
    return this.entry.remedy;
  }
}

/** What a user sees of any thrown value: a coded error as it is, anything else as OR1901 without its text. */
export function asOutriggerError(error: unknown): OutriggerError {
  if (error instanceof OutriggerError) return error;
  return new OutriggerError('OR1901', 'an unexpected error stopped this operation', { cause: error });
}

/** The JSON form of an error, as HTTP answers and `-o json` carry it. Never holds a stack. */
export function describeError(error: OutriggerError): {
  code: string;
  title: string;
  message: string;
  remedy: string;
  at?: string;
} {
  return {
    code: error.code,
    title: error.entry.title,
    message: error.detail,
    remedy: error.remedy,
    ...(error.at === undefined ? {} : { at: error.at }),
  };
}
