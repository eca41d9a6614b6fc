import type { Json, JsonObject } from '../../model/json.ts';
import { fieldAt, objectsAt, textAt, textsAt } from '../../model/json-fields.ts';
import type { PathForm } from './matches.ts';

/** Where requests come in, for redirects that name no port; of sidecars each port of the service. */
export interface Listening {
  readonly port: number;
  readonly scheme: 'http' | 'https';
}

/** What the filters of a rule make of it, for one form of its condition. */
export interface Filtered {
  /** Fields of a rule of a VirtualService, without mirrors. */
  readonly fields: JsonObject;
  /** It answers by itself, and has no backends. */
  readonly answers: boolean;
  readonly mirrors: readonly Mirror[];
  /** What cannot be done: requests of the rule are answered by 500 then, as the specification has it. */
  readonly unknown: string | undefined;
}

export interface Mirror {
  readonly reference: Json;
  /** Per cent; undefined is all. */
  readonly percent: number | undefined;
}

/** Filters of rules: https://gateway-api.sigs.k8s.io/reference/spec/ HTTPRouteFilter */
export function filteredBy(filters: readonly JsonObject[], form: PathForm, listening: Listening | undefined): Filtered {
  const parts = filters.map((filter) => partOf(filter, form, listening));
  const headers: JsonObject = Object.assign({}, ...parts.map((part) => part.headers ?? {}));
  const fields: JsonObject = Object.assign({}, ...parts.map((part) => part.fields ?? {}));
  return {
    fields: { ...fields, ...(Object.keys(headers).length === 0 ? {} : { headers }) },
    mirrors: parts.flatMap(({ mirror }) => mirror ?? []),
    unknown: parts.find(({ unknown }) => unknown !== undefined)?.unknown,
    answers: fields['redirect'] !== undefined,
  };
}

interface Part {
  readonly headers?: JsonObject;
  readonly fields?: JsonObject;
  readonly mirror?: Mirror;
  readonly unknown?: string;
}

function partOf(filter: JsonObject, form: PathForm, listening: Listening | undefined): Part {
  const type = textAt(filter, 'type');
  switch (type) {
    case 'RequestHeaderModifier':
      return { headers: { request: headersOf(fieldAt(filter, 'requestHeaderModifier')) } };
    case 'ResponseHeaderModifier':
      return { headers: { response: headersOf(fieldAt(filter, 'responseHeaderModifier')) } };
    case 'RequestRedirect':
      return { fields: { redirect: redirectOf(fieldAt(filter, 'requestRedirect'), form, listening) } };
    case 'URLRewrite': {
      const rewrite = rewriteOf(fieldAt(filter, 'urlRewrite'), form);
      return Object.keys(rewrite).length === 0 ? {} : { fields: { rewrite } };
    }
    case 'RequestMirror':
      return { mirror: mirrorOf(fieldAt(filter, 'requestMirror')) };
    default:
      return { unknown: `a filter of type ${type || '(none)'} is not known` };
  }
}

/** `set` and `add` are lists of names and values, `remove` one of names. */
export function headersOf(modifier: Json | undefined): JsonObject {
  const mapOf = (list: readonly JsonObject[]) =>
    Object.fromEntries(list.map((entry) => [textAt(entry, 'name'), textAt(entry, 'value')]).reverse());
  const [set, add] = [mapOf(objectsAt(modifier, 'set')), mapOf(objectsAt(modifier, 'add'))];
  const remove = textsAt(modifier, 'remove');
  return {
    ...(Object.keys(set).length === 0 ? {} : { set }),
    ...(Object.keys(add).length === 0 ? {} : { add }),
    ...(remove.length === 0 ? {} : { remove }),
  };
}

function redirectOf(redirect: Json | undefined, form: PathForm, listening: Listening | undefined): JsonObject {
  const [scheme, authority] = [textAt(redirect, 'scheme'), textAt(redirect, 'hostname')];
  const [code, given] = [fieldAt(redirect, 'statusCode'), fieldAt(redirect, 'port')];
  const port = typeof given === 'number' ? given : scheme === '' ? unusualPort(listening) : undefined;
  const path = pathOf(fieldAt(redirect, 'path'), form);
  const target = {
    ...(scheme === '' ? {} : { scheme }),
    ...(authority === '' ? {} : { authority }),
    ...(port === undefined ? {} : { port }),
    ...(listening === undefined && scheme === '' && port === undefined ? { derivePort: 'FROM_REQUEST_PORT' } : {}),
    ...(path?.kind === 'full' ? { uri: path.value } : {}),
    ...(path?.kind === 'prefix' ? { prefixRewrite: path.value } : {}),
  };
  const redirectCode = typeof code === 'number' ? code : 302;
  // A redirect to where the request came from says so by its scheme.
  return { ...(Object.keys(target).length === 0 ? { scheme: listening?.scheme ?? 'http' } : target), redirectCode };
}

/** Of the listener, where the scheme does not say it. */
function unusualPort(listening: Listening | undefined): number | undefined {
  if (listening === undefined) return undefined;
  const usual = listening.scheme === 'https' ? 443 : 80;
  return listening.port === usual ? undefined : listening.port;
}

function rewriteOf(rewrite: Json | undefined, form: PathForm): JsonObject {
  const authority = textAt(rewrite, 'hostname');
  const path = pathOf(fieldAt(rewrite, 'path'), form);
  const substitution = path?.kind === 'full' ? path.value.replace(/\\/g, '\\\\') : '';
  return {
    ...(authority === '' ? {} : { authority }),
    ...(path?.kind === 'full' ? { uriRegexRewrite: { match: '^.*$', rewrite: substitution } } : {}),
    ...(path?.kind === 'prefix' ? { uri: path.value } : {}),
  };
}

interface NewPath {
  readonly kind: 'full' | 'prefix';
  readonly value: string;
}

/** A prefix is replaced by whole segments: `/a` by `/b` turns `/a/x` into `/b/x`, and `/a` by `/` into `/x`. */
function pathOf(path: Json | undefined, { prefix }: PathForm): NewPath | undefined {
  const type = textAt(path, 'type');
  if (type === 'ReplaceFullPath') return { kind: 'full', value: textAt(path, 'replaceFullPath') };
  if (type !== 'ReplacePrefixMatch' || prefix === undefined) return undefined;
  const given = textAt(path, 'replacePrefixMatch').replace(/\/+$/, '');
  return { kind: 'prefix', value: prefix.endsWith('/') ? `${given}/` : given || '/' };
}

function mirrorOf(mirror: Json | undefined): Mirror {
  const percent = fieldAt(mirror, 'percent');
  const [numerator, denominator] = [
    fieldAt(mirror, 'fraction', 'numerator'),
    fieldAt(mirror, 'fraction', 'denominator'),
  ];
  const ofFraction =
    typeof numerator === 'number'
      ? (numerator / (typeof denominator === 'number' && denominator > 0 ? denominator : 100)) * 100
      : undefined;
  return {
    reference: fieldAt(mirror, 'backendRef') ?? {},
    percent: typeof percent === 'number' ? percent : ofFraction,
  };
}
