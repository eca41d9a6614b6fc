import type { Container, Pod } from '../../model/pod.ts';

/** A network namespace that a pod runs in. */
export interface PodNamespace {
  readonly name: string;
  /** The command line that runs a command inside. */
  readonly enter: (command: readonly string[]) => string[];
}

/** What an image would bring. The rest of a container's root file system is that of this machine. */
export interface ImageContent {
  /** Files and folders by their path in the container: where they are on this machine. */
  readonly files: Readonly<Record<string, string>>;
  /** What runs when the container names no command. */
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export type ImageResolver = (container: Container, pod: Pod) => ImageContent;

/** What all containers of a pod share. */
export interface PodSandbox {
  readonly pod: Pod;
  readonly namespace: PodNamespace;
  readonly podIp: string;
  readonly nodeIp: string;
  readonly volumes: ReadonlyMap<string, string>;
  /** ConfigMaps of the namespace, for variables of the environment. */
  readonly configMaps: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly image: ImageResolver;
  /** Texts of files below /etc, by name: hosts, resolv.conf. */
  readonly etc: Readonly<Record<string, string>>;
  /** A folder for the containers' root file systems and logs. */
  readonly root: string;
}
