import { isIn } from './address.ts';
import type { Headers, Place } from './call.ts';
import { matchesHeader, matchesString } from './matchers.ts';
import { at, flag, list, type Message, number, text } from './message.ts';
import { matchesTemplate, pathOf } from './path.ts';

/** What a policy can ask about. */
export interface Asked {
  readonly source: string;
  /** The client as the last proxy before has named it, or the source. */
  readonly client: string;
  readonly destination: Place;
  readonly sni: string;
  readonly peer: string | undefined;
  /** With `:method`, `:path` and `:authority`; undefined where there are only bytes. */
  readonly headers: Headers | undefined;
}

/** Whether config.rbac.v3.RBAC lets it by: no rules do; shadow rules only count. */
export function isAllowed(rules: Message | undefined, asked: Asked): boolean {
  if (rules === undefined) return true;
  const policies = Object.values(at(rules, 'policies') ?? {}) as Message[];
  const matched = policies.some((policy) => matchesPolicy(policy, asked));
  const action = text(rules, 'action');
  if (action === 'LOG') return true;
  return action === 'DENY' ? !matched : matched;
}

function matchesPolicy(policy: Message, asked: Asked): boolean {
  return (
    list(policy, 'permissions').some((rule) => matchesPermission(rule, asked)) &&
    list(policy, 'principals').some((id) => matchesPrincipal(id, asked))
  );
}

export function matchesPermission(rule: Message, asked: Asked): boolean {
  const of = (key: string) => list(at(rule, key), 'rules');
  const [kind = ''] = Object.keys(rule);
  switch (kind) {
    case 'and_rules':
      return of(kind).every((inner) => matchesPermission(inner, asked));
    case 'or_rules':
      return of(kind).some((inner) => matchesPermission(inner, asked));
    case 'not_rule':
      return !matchesPermission(at(rule, kind) ?? {}, asked);
    case 'any':
      return flag(rule, kind) === true;
    case 'header':
      return asked.headers !== undefined && matchesHeader(at(rule, kind) ?? {}, asked.headers);
    case 'url_path':
      return matchesPath((path) => matchesString(at(rule, kind, 'path'), path), asked);
    case 'uri_template': {
      const template = text(at(rule, kind, 'typed_config'), 'path_template');
      return matchesPath((path) => matchesTemplate(template, path), asked);
    }
    case 'destination_ip':
      return isIn(asked.destination.address, at(rule, kind) ?? {});
    case 'destination_port':
      return number(rule, kind) === asked.destination.port;
    case 'requested_server_name':
      return matchesString(at(rule, kind), asked.sni);
    case 'metadata':
      return hasNoMetadata(rule);
    default:
      throw new Error(`no permission is called ${kind}`);
  }
}

export function matchesPrincipal(id: Message, asked: Asked): boolean {
  const of = (key: string) => list(at(id, key), 'ids');
  const [kind = ''] = Object.keys(id);
  switch (kind) {
    case 'and_ids':
      return of(kind).every((inner) => matchesPrincipal(inner, asked));
    case 'or_ids':
      return of(kind).some((inner) => matchesPrincipal(inner, asked));
    case 'not_id':
      return !matchesPrincipal(at(id, kind) ?? {}, asked);
    case 'any':
      return flag(id, kind) === true;
    case 'header':
      return asked.headers !== undefined && matchesHeader(at(id, kind) ?? {}, asked.headers);
    case 'url_path':
      return matchesPath((path) => matchesString(at(id, kind, 'path'), path), asked);
    case 'direct_remote_ip':
      return isIn(asked.source, at(id, kind) ?? {});
    case 'remote_ip':
      return isIn(asked.client, at(id, kind) ?? {});
    case 'authenticated':
      return isPeer(at(id, kind, 'principal_name'), asked.peer);
    case 'metadata':
      return hasNoMetadata(id);
    default:
      throw new Error(`no principal is called ${kind}`);
  }
}

/** Any peer with a certificate, where no name is asked. */
function isPeer(name: Message | undefined, peer: string | undefined): boolean {
  if (peer === undefined) return false;
  return name === undefined || matchesString(name, peer);
}

/** The path without its query. */
function matchesPath(matches: (path: string) => boolean, { headers }: Asked): boolean {
  const path = headers?.find(([name]) => name === ':path')?.[1];
  return path !== undefined && matches(pathOf(path));
}

/** Nothing here writes metadata, so all of it is absent. */
const hasNoMetadata = (rule: Message) => flag(at(rule, 'metadata'), 'invert') === true;
