import { stringify } from 'yaml';
import { tagParameter } from '../../model/revision-tag.ts';
import { labelled, render } from '../build-manifests.ts';
import type { GatewayView } from '../gateways.ts';
import { gatewayViews } from '../gateways.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import { defaultManifestOptions, rootSecretName } from '../manifest-options.ts';
import { volumesOf } from '../server-pod.ts';
import { buildDefaultTagValidation, buildValidatingConfiguration } from '../validating-configuration.ts';
import { buildWebhook } from '../webhook-configuration.ts';
import { defaultEntries, revisionEntries, type WebhookEntry } from '../webhook-entries.ts';
import { type ChartMarks, createMarks, onlyWhen } from './chart-marks.ts';

const head = '{{- /* Generated from manifests/ by `npm run charts`. */}}\n';

/** The templates of the chart by file name: the same objects as `buildManifests`, with Helm's expressions for the options. */
export function chartTemplates(): ReadonlyMap<string, string> {
  return new Map([
    ['control-plane.yaml', head + controlPlane()],
    ['webhooks.yaml', head + webhooks()],
    ['validation.yaml', head + validation()],
    ['ingress-gateway.yaml', head + gateway('ingress')],
    ['egress-gateway.yaml', head + gateway('egress')],
  ]);
}

const print = (value: unknown): string =>
  stringify(value, { version: '1.1', aliasDuplicateObjects: false, lineWidth: 0 });

const anyGateway = 'or .Values.gateways.ingress .Values.gateways.egress';

function controlPlane(): string {
  const marks = createMarks();
  const namespace = marks.text('.Release.Namespace');
  const context = {
    namespace,
    revision: marks.text('.Values.revision'),
    name: marks.text('include "outrigger.name" .'),
    clusterName: marks.text('include "outrigger.clusterName" .'),
    rootSecret: rootSecretName,
    image: marks.text('.Values.image'),
    replicas: marks.raw('.Values.replicas'),
    args: marks.block('include "outrigger.args" .'),
    recorded: marks.text('include "outrigger.recorded" .'),
    meshConfigText: marks.text('toYaml .Values.meshConfig'),
    gateways: { ingress: true, egress: true, namespace: marks.text('.Values.gateways.namespace') },
    ...volumesOf({ ...defaultManifestOptions, caPem: '', servingSecret: marks.text('.Values.servingSecret') }),
  };
  const documents = render('base', context)
    // The namespace of a release is there before the release.
    .filter(({ kind, metadata }) => kind !== 'Namespace' || metadata.name !== namespace)
    .map((object) => labelled(keptNamespace(object), { namespace }));
  return documents.map((object) => wrapped(object, marks.replace(print(object)))).join('---\n');
}

/** Policies of users are in it. */
function keptNamespace(object: KubernetesObject): KubernetesObject {
  if (object.kind !== 'Namespace') return object;
  return { ...object, metadata: { ...object.metadata, annotations: { 'helm.sh/resource-policy': 'keep' } } };
}

function wrapped(object: KubernetesObject, text: string): string {
  const only = (condition: string) => `{{- if ${condition} }}\n${text}{{- end }}\n`;
  const { kind, metadata } = object;
  if (kind === 'Namespace') return only('.Values.gateways.createNamespace');
  if (metadata.name.endsWith('-gateway-secrets')) return only(anyGateway);
  if (kind === 'ConfigMap' && metadata.name === 'istio') return only('.Values.meshConfig');
  if (kind !== 'Deployment') return text;
  const mounts = onlyWhen(text, 'volumeMounts', '.Values.servingSecret');
  return onlyWhen(mounts, 'volumes', '.Values.servingSecret');
}

function gateway(which: 'ingress' | 'egress'): string {
  const marks = createMarks();
  const namespace = marks.text('.Release.Namespace');
  const documents = [false, true].flatMap((autoscale) => {
    const [view] = gatewayViews({
      ...defaultManifestOptions,
      ...{ caPem: '', revision: marks.text('.Values.revision') },
      gateways: {
        namespace: marks.text('.Values.gateways.namespace'),
        ...{ ingress: which === 'ingress', egress: which === 'egress', autoscale },
        cpu: marks.text('.Values.gateways.cpu'),
        memory: marks.text('.Values.gateways.memory'),
        serviceType: marks.text('.Values.gateways.serviceType'),
      },
    });
    if (view === undefined) return [];
    const objects = render('gateways', { gateway: withRevision(view, marks) });
    return objects.filter(({ kind }) => (kind === 'HorizontalPodAutoscaler') === autoscale);
  });
  const texts = documents.map((object) => {
    const text = marks.replace(print(labelled(fewerReplicas(object, marks), { namespace })));
    const scaled = object.kind === 'HorizontalPodAutoscaler';
    return scaled ? `{{- if .Values.gateways.autoscale }}\n${text}{{- end }}\n` : text;
  });
  return `{{- if .Values.gateways.${which} }}\n${texts.join('---\n')}{{- end }}\n`;
}

function withRevision(view: GatewayView, marks: ChartMarks): GatewayView {
  const rev = marks.when('ne .Values.revision "default"', '.Values.revision | quote');
  return { ...view, podLabels: { ...view.podLabels, 'istio.io/rev': rev } };
}

function fewerReplicas(object: KubernetesObject, marks: ChartMarks): KubernetesObject {
  if (object.kind !== 'Deployment') return object;
  const replicas = marks.when('not .Values.gateways.autoscale', '1');
  return { ...object, spec: { ...(object['spec'] as object), replicas } };
}

/** One configuration for the revision, one for each tag: `.name` is which, `.path` of its address, `.root` the chart. */
function webhooks(): string {
  const marks = createMarks();
  const lists = {
    revision: revisionEntries(marks.text('.name')),
    defaults: defaultEntries({ namespacesByDefault: false }),
    auto: defaultEntries({ namespacesByDefault: true }),
  };
  // Printed below their key, for their depth.
  const text = (entries: readonly WebhookEntry[]) =>
    marks.replace(print({ webhooks: entries.map((entry) => webhookOf(entry, marks)) }).replace('webhooks:\n', ''));
  return [
    '{{- define "outrigger.webhooks" -}}',
    'webhooks:',
    `${text(lists.revision)}{{- if eq .name "default" }}`,
    `{{- if .root.Values.enableNamespacesByDefault }}\n${text(lists.auto)}{{- else }}`,
    `${text(lists.defaults)}{{- end }}`,
    '{{- end }}',
    '{{- end }}',
    configuration,
  ].join('\n');
}

function webhookOf(entry: WebhookEntry, marks: ChartMarks): object {
  const options = {
    ...{ revision: '', tags: [], service: '', caPem: '', namespacesByDefault: false, timeoutSeconds: 0 },
    namespace: marks.text('.root.Release.Namespace'),
  };
  const webhook = buildWebhook(entry, options, '');
  return {
    ...webhook,
    clientConfig: marks.block('include "outrigger.clientConfig" (dict "root" .root "path" .path)'),
    timeoutSeconds: marks.raw('.root.Values.timeoutSeconds'),
  };
}

/** Resources that name no revision are the default one's to check. */
function validation(): string {
  const marks = createMarks();
  const namespace = marks.text('.Release.Namespace');
  const configurationOf = (revision: string): KubernetesObject => {
    const called = { revision, namespace, service: '', url: undefined, caPem: '', timeoutSeconds: 0 };
    return labelled(buildValidatingConfiguration(called), { namespace });
  };
  const ofDefaultTag = (revision: string): KubernetesObject => {
    const called = { revision, namespace, service: '', url: undefined, caPem: '', timeoutSeconds: 0 };
    return labelled(buildDefaultTagValidation(called), { namespace });
  };
  const asked = (object: KubernetesObject) => {
    const clientConfig = marks.block('include "outrigger.clientConfig" (dict "root" $ "path" "/validate")');
    const timeoutSeconds = marks.raw('.Values.timeoutSeconds');
    const entries = (object['webhooks'] as object[]).map((entry) => ({ ...entry, clientConfig, timeoutSeconds }));
    return marks.replace(print({ ...object, webhooks: entries }));
  };
  return [
    `{{- if eq .Values.revision "default" }}\n${asked(configurationOf('default'))}{{- else }}`,
    `${asked(configurationOf(marks.text('.Values.revision')))}{{- if has "default" .Values.revisionTags }}\n---`,
    `${asked(ofDefaultTag(marks.text('.Values.revision')))}{{- end }}\n{{- end }}\n`,
  ].join('\n');
}

const configuration = `{{- $root := . }}
{{- $names := concat (list "") (.Values.revisionTags | uniq | sortAlpha) }}
{{- range $tag := $names }}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata:
  {{- if $tag }}
  name: outrigger-revision-tag-{{ $tag }}
  {{- else }}
  name: outrigger-sidecar-injector{{ include "outrigger.suffix" $root }}
  {{- end }}
  labels:
    app: outrigger
    outrigger.io/rev: {{ $root.Values.revision | quote }}
    {{- if $tag }}
    outrigger.io/tag: {{ $tag | quote }}
    {{- end }}
    app.kubernetes.io/part-of: outrigger
    outrigger.io/installation: {{ $root.Release.Namespace | quote }}
{{- $path := ternary (printf "/inject/${tagParameter}/%s" $tag) "/inject" (ne $tag "") }}
{{ include "outrigger.webhooks" (dict "root" $root "path" $path "name" (default $root.Values.revision $tag)) }}
{{- end }}
`;
