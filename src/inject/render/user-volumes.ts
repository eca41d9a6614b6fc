import { OutriggerError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../model/json.ts';
import type { AnnotationReader } from './annotation-reader.ts';

export interface UserVolumes {
  readonly volumes: readonly JsonObject[];
  readonly mounts: readonly JsonObject[];
}

const volumeKey = 'sidecar.istio.io/userVolume';
const mountKey = 'sidecar.istio.io/userVolumeMount';
/** Volumes and folders that injection makes itself. */
const ownVolumes = ['istio-podinfo', 'istio-token', 'istiod-ca-cert', 'custom-bootstrap-volume'];
const ownPaths = ['/var/run/secrets/istio', '/var/run/secrets/tokens', '/etc/istio/pod', '/etc/istio/custom-bootstrap'];

/** Volumes and mounts that a pod adds to its proxy. @throws OutriggerError OR1201 */
export function readUserVolumes(reader: AnnotationReader): UserVolumes {
  const volumes = reader.namedObjects(volumeKey);
  const mounts = reader.namedObjects(mountKey);
  for (const volume of volumes) {
    if (ownVolumes.includes(String(volume['name']))) throw taken(reader, volumeKey, String(volume['name']));
    if (!Object.values(volume).some(isObject))
      throw reader.bad(volumeKey, 'a source in each volume, such as {"emptyDir":{}}');
  }
  const paths = new Set<string>();
  for (const mount of mounts) {
    const path = mount['mountPath'];
    if (typeof path !== 'string' || !path.startsWith('/'))
      throw reader.bad(mountKey, 'an absolute mountPath in each mount');
    if (ownPaths.includes(path)) throw taken(reader, mountKey, path);
    if (paths.has(path)) throw reader.bad(mountKey, `each mountPath once; ${path} stands twice`);
    paths.add(path);
  }
  return { volumes, mounts };
}

function taken(reader: AnnotationReader, key: string, name: string): OutriggerError {
  return new OutriggerError('OR1201', `${name} is used by injection itself: take another name`, { at: reader.at(key) });
}
