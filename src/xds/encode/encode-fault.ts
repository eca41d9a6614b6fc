import { OutriggerError } from '../../errors.ts';

/** A value that Envoy's API has no place for. The path is put together on the way out, so that good values pay nothing. */
export class EncodeFault extends Error {
  readonly code: 'OR2001' | 'OR2002';
  readonly #path: (string | number)[] = [];

  constructor(code: 'OR2001' | 'OR2002', message: string) {
    super(message);
    this.name = 'EncodeFault';
    this.code = code;
  }

  within(key: string | number): this {
    this.#path.unshift(key);
    return this;
  }

  /** `filter_chains[0].filters[1].typed_config.stat_prefix` */
  get path(): string {
    return printFieldPath(this.#path);
  }
}

export function printFieldPath(path: readonly (string | number)[]): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`))
    .join('');
}

export function unknownField(type: string, field: string): EncodeFault {
  return new EncodeFault('OR2001', `${type} has no field ${JSON.stringify(field)}`);
}

export function wrongValue(wanted: string, value: unknown): EncodeFault {
  return new EncodeFault('OR2002', `${wanted} is wanted, not ${print(value)}`);
}

function print(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** Rethrows with one more step of the path; what is no fault of the value goes on as it is. */
export function inside(key: string | number, error: unknown): unknown {
  return error instanceof EncodeFault ? error.within(key) : error;
}

/** The coded form: `where` names the resource. */
export function codedFault(where: string, error: unknown): unknown {
  if (!(error instanceof EncodeFault)) return error;
  return new OutriggerError(error.code, error.message, {
    at: error.path === '' ? where : `${where}: ${error.path}`,
    cause: error,
  });
}
