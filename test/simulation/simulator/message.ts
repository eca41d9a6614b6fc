/** Protobuf JSON as our server prints it: snake_case, defaults left out. All readers answer with the default of proto3. */
export type Message = Readonly<Record<string, unknown>>;

const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function at(message: Message | undefined, ...path: readonly string[]): Message | undefined {
  let found: unknown = message;
  for (const key of path) found = isMessage(found) ? found[key] : undefined;
  return isMessage(found) ? found : undefined;
}

export function list(message: Message | undefined, key: string): readonly Message[] {
  const value = message?.[key];
  return Array.isArray(value) ? value.filter(isMessage) : [];
}

export function texts(message: Message | undefined, key: string): readonly string[] {
  const value = message?.[key];
  return Array.isArray(value) ? value.map(String) : [];
}

export function text(message: Message | undefined, key: string): string {
  const value = message?.[key];
  return value === undefined || isMessage(value) ? '' : String(value);
}

/** Also of wrapped values (`{value: 3}`) and of 64-bit numbers, which are texts in JSON. */
export function number(message: Message | undefined, key: string): number | undefined {
  const value = message?.[key];
  if (value === undefined) return undefined;
  return Number(isMessage(value) ? (value['value'] ?? 0) : value);
}

export function flag(message: Message | undefined, key: string): boolean | undefined {
  const value = message?.[key];
  if (value === undefined) return undefined;
  return isMessage(value) ? value['value'] === true : value === true;
}

/** `type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC` -> `RBAC`. */
export const typeOf = (config: Message | undefined) => text(config, '@type').split('.').at(-1) ?? '';
