{{- /* Generated from src/install/chart/_helpers.tpl by `npm run charts`. The same as src/install/server-pod.ts says for `manifest generate`. */}}
{{- define "outrigger.suffix" -}}
{{- if ne .Values.revision "default" }}-{{ .Values.revision }}{{ end -}}
{{- end }}

{{- define "outrigger.name" -}}
outrigger{{ include "outrigger.suffix" . }}
{{- end }}

{{- define "outrigger.clusterName" -}}
{{ include "outrigger.name" . }}{{ if ne .Release.Namespace "outrigger-system" }}-{{ .Release.Namespace }}{{ end }}
{{- end }}

{{- define "outrigger.recorded" -}}
{{- $values := pick .Values "revision" "image" "proxyImage" "replicas" "enableNamespacesByDefault" "timeoutSeconds" "servingSecret" "webhookUrl" "meshConfig" "settings" -}}
{{- $gateways := pick .Values.gateways "namespace" "ingress" "egress" "autoscale" "cpu" "memory" "serviceType" -}}
{{- toRawJson (merge (dict "gateways" $gateways) $values) -}}
{{- end }}

{{- define "outrigger.args" -}}
{{- $service := include "outrigger.name" . -}}
{{- $place := printf "%s.%s.svc" $service .Release.Namespace -}}
{{- $settings := dict "injection.systemNamespace" .Release.Namespace "injection.revision" .Values.revision "injection.image.proxy" .Values.proxyImage "injection.discoveryAddress" (printf "%s:15012" $place) "server.preStopDelaySeconds" 6 -}}
{{- if .Values.enableNamespacesByDefault }}{{ $_ := set $settings "injection.enableNamespacesByDefault" true }}{{ end -}}
{{- if ne .Release.Namespace "outrigger-system" }}{{ $_ := set $settings "mesh.rootNamespaces" (list .Release.Namespace "istio-system") }}{{ end -}}
{{- if or .Values.gateways.ingress .Values.gateways.egress }}{{ $_ := set $settings "mesh.secretNamespaces" (list .Values.gateways.namespace) }}{{ end -}}
{{- range $key, $value := .Values.settings }}{{ $_ := set $settings $key $value }}{{ end -}}
- serve
- --kubernetes
- "on"
{{- if .Values.servingSecret }}
- --tls-cert-file
- /etc/outrigger/serving/tls.crt
- --tls-key-file
- /etc/outrigger/serving/tls.key
{{- else }}
- --tls-names
- {{ printf "%s,%s.cluster.local" $place $place | quote }}
{{- end }}
{{- range $key := keys $settings | sortAlpha }}
{{- $value := index $settings $key }}
- --set
- {{ printf "%s=%s" $key (ternary $value (toRawJson $value) (kindIs "string" $value)) | quote }}
{{- end }}
{{- end }}

{{- define "outrigger.caBundle" -}}
{{- $root := lookup "v1" "Secret" .Release.Namespace "outrigger-webhook-root" -}}
{{- if .Values.caBundle -}}
{{ .Values.caBundle | b64enc }}
{{- else if $root -}}
{{ index $root.data "ca.crt" }}
{{- else -}}
{{ fail "caBundle is needed: the certificate of the webhook's root, --set-file caBundle=ca.crt. Its key goes into the Secret outrigger-webhook-root before the chart; docs/security.md has the commands. A chart that made it would make another one at each upgrade." }}
{{- end -}}
{{- end }}

{{- /* `.path` of the webhook, `.root` the chart. */}}
{{- define "outrigger.clientConfig" -}}
{{- if .root.Values.webhookUrl -}}
url: {{ printf "%s%s" .root.Values.webhookUrl .path | quote }}
{{- else -}}
service:
  name: {{ include "outrigger.name" .root | quote }}
  namespace: {{ .root.Release.Namespace | quote }}
  path: {{ .path }}
  port: 443
{{- end }}
caBundle: {{ include "outrigger.caBundle" .root }}
{{- end }}
