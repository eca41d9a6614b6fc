import type { JsonObject } from './json.ts';
import { textAt } from './json-fields.ts';

/** Where the API keeps the webhooks that say which revisions and tags there are (0300). */
export const webhooksPath = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
export const ownWebhooks = { labelSelector: 'app=outrigger' } as const;

/** What the webhooks of a cluster say of its control planes. */
export interface InstalledRevisions {
  readonly revisions: readonly string[];
  /** Tag to revision. */
  readonly tags: Readonly<Record<string, string>>;
}

/** From MutatingWebhookConfigurations, those of others among them. Pure. */
export function installedRevisions(webhooks: readonly JsonObject[]): InstalledRevisions {
  const found = webhooks
    .filter((webhook) => textAt(webhook, 'metadata', 'labels', 'app') === 'outrigger')
    .map((webhook) => ({
      revision: textAt(webhook, 'metadata', 'labels', 'outrigger.io/rev'),
      tag: textAt(webhook, 'metadata', 'labels', 'outrigger.io/tag'),
    }))
    .filter(({ revision }) => revision !== '');
  const tags = found.filter(({ tag }) => tag !== '').map(({ tag, revision }): [string, string] => [tag, revision]);
  return { revisions: [...new Set(found.map(({ revision }) => revision))].sort(), tags: Object.fromEntries(tags) };
}

/** Settings of an injector, as far as they tell who is asked. */
interface Asked {
  readonly revision: string;
  readonly otherRevisions: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

/** The same that know which revisions and tags there are; what they say themselves wins. Pure. */
export function knowing<T extends Asked>(settings: T, installed: InstalledRevisions): T {
  return {
    ...settings,
    otherRevisions: [...new Set([...settings.otherRevisions, ...installed.revisions])],
    tags: { ...installed.tags, ...settings.tags },
  };
}

/**
 * Settings by which every installed revision is this one: whoever asks for any of them is answered. A `revision` of the settings
 * other than `default` is one that was asked for: then pods of the others are told as such. Pure.
 */
export function asAnyOf<T extends Asked>(settings: T, installed: InstalledRevisions): T {
  const { revisions, tags } = installed;
  if (settings.revision !== 'default' || revisions.length === 0) return knowing(settings, installed);
  const revision = revisions.includes('default') ? 'default' : (revisions[0] ?? '');
  const names = [...revisions, ...Object.keys(tags)].filter((name) => name !== revision);
  return {
    ...settings,
    revision,
    tags: { ...Object.fromEntries(names.map((name) => [name, revision])), ...settings.tags },
  };
}
