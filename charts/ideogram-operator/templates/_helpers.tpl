{{/* Names: the release's, unless it says the chart's name already. */}}
{{- define "ideogram-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "ideogram-operator.fullname" -}}
{{- $name := include "ideogram-operator.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* Cluster-scoped names carry the namespace: two releases of one name must not share their permissions. */}}
{{- define "ideogram-operator.clusterName" -}}
{{- $fullname := include "ideogram-operator.fullname" . }}
{{- if eq $fullname .Release.Namespace }}
{{- $fullname }}
{{- else }}
{{- printf "%s-%s" .Release.Namespace $fullname }}
{{- end }}
{{- end }}

{{- define "ideogram-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "ideogram-operator.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- required "serviceAccount.create is false: name the account to use in serviceAccount.name" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "ideogram-operator.leaseNamespace" -}}
{{- default .Release.Namespace .Values.leaderElection.namespace }}
{{- end }}

{{- define "ideogram-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "ideogram-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "ideogram-operator.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "ideogram-operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "ideogram-operator.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}
{{- end }}

{{- define "ideogram-operator.port" -}}
{{- regexFind "[0-9]+$" .Values.listen }}
{{- end }}

{{- define "ideogram-operator.caFile" -}}
{{- if and .Values.caFile.configMapName .Values.caFile.secretName }}
{{- fail "caFile: give configMapName or secretName, not both" }}
{{- end }}
{{- if or .Values.caFile.configMapName .Values.caFile.secretName -}}
/etc/ideogram-operator/ca/{{ .Values.caFile.key }}
{{- end }}
{{- end }}

{{/* What the operator needs where it works: exactly the verbs it uses. */}}
{{- define "ideogram-operator.rules" -}}
{{- $read := list "get" "list" "watch" }}
{{- $write := ternary $read (append $read "patch") .Values.readOnly }}
# The integrations; patch is for the finalizer, by which a deleted one gives its targets back first.
- apiGroups: [ideogram-operator.io]
  resources: [ideogramintegrations]
  verbs: {{ toJson $write }}
- apiGroups: [ideogram-operator.io]
  resources: [ideogramintegrations/status]
  verbs: [patch]
# The targets.
- apiGroups: [apps]
  resources: [deployments, statefulsets, daemonsets]
  verbs: {{ toJson $write }}
- apiGroups: [batch]
  resources: [cronjobs]
  verbs: {{ toJson $write }}
- apiGroups: [""]
  resources: [configmaps]
  verbs: {{ toJson $write }}
# The key, by its name and when it is needed: Secrets are never listed or watched.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get]
# For the preflight: how many pods a target may have at most, and where they are scraped.
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [list]
- apiGroups: [keda.sh]
  resources: [scaledobjects]
  verbs: [list]
- apiGroups: [""]
  resources: [pods]
  verbs: [list]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}
