import { select } from '../inject/decision/selection.ts';
import { gatherFacts } from '../inject/review/request.ts';
import type { InjectionSettings } from '../inject/review/settings.ts';
import { findEmbeddedPod } from '../inject/review/workload-object.ts';
import type { InstalledRevisions } from '../model/installed-revisions.ts';
import type { NamespaceFacts } from '../model/pod.ts';
import { objectsAt, textAt, textsAt } from '../registry/json-fields.ts';
import type { SourceObject } from '../source/object-source.ts';

interface Known {
  readonly objects: readonly SourceObject[];
  readonly settings: InjectionSettings;
  readonly installed: InstalledRevisions;
  readonly namespaceOf: (name: string) => NamespaceFacts;
}

/** Which revision a pod asks for, and the image that it gives; undefined where no webhook says so. */
export function revisionNow({ objects, settings, installed, namespaceOf }: Known) {
  const images = imagesOf(objects);
  return (pod: SourceObject): { readonly revision: string; readonly image: string } | undefined => {
    const embedded = findEmbeddedPod(pod.object);
    if (embedded === undefined) return undefined;
    const facts = gatherFacts({ pod: embedded.pod, namespace: namespaceOf(pod.namespace), nodes: [] }, settings);
    const { by, revision: name } = select(facts);
    const revision = Object.hasOwn(installed.tags, name) ? (installed.tags[name] ?? '') : name;
    if (by === 'nothing' || !installed.revisions.includes(revision)) return undefined;
    return { revision, image: images.get(revision) ?? '' };
  };
}

const key = 'injection.image.proxy=';

/** By revision, from the command lines of control planes. */
function imagesOf(objects: readonly SourceObject[]): ReadonlyMap<string, string> {
  const label = ({ object }: SourceObject, name: string) => textAt(object, 'metadata', 'labels', name);
  return new Map(
    objects
      .filter((one) => one.kind === 'Deployment' && label(one, 'app') === 'outrigger')
      .map((one): [string, string] => {
        const args = objectsAt(one.object, 'spec', 'template', 'spec', 'containers').flatMap((it) =>
          textsAt(it, 'args'),
        );
        return [label(one, 'outrigger.io/rev'), args.find((arg) => arg.startsWith(key))?.slice(key.length) ?? ''];
      }),
  );
}
