#!/bin/bash
# The one script of the proxy image.
#
#   outrigger-proxy init             init container: applies the traffic capture rules that the injector computed
#   outrigger-proxy wait [SECONDS]   postStart: holds the other containers until the proxy is ready (60)
#   outrigger-proxy drain [SECONDS]  preStop: drains inbound traffic, then stays at least SECONDS (5) and until the app
#                                    has ended and nothing is in flight; 0 returns at once (native sidecars)
#
# Exit codes: 0 done, 1 it could not be done (the reason is on stderr), 2 wrong use.
set -euo pipefail

readonly ADMIN_PORT="${OUTRIGGER_ADMIN_PORT:-15000}"
readonly READY_PORT="${OUTRIGGER_READY_PORT:-15021}"

say() { echo "outrigger-proxy: $*" >&2; }
die() { say "$@"; exit 1; }

# --- init ---------------------------------------------------------------------------------------------------
#
# Input, all from the injector: OUTRIGGER_IPTABLES_V4 and OUTRIGGER_IPTABLES_V6 are iptables-restore texts in the
# form in which iptables-save prints them, OUTRIGGER_ROUTES holds one `ip` argument list a line.
#
# What is ours in a network namespace: every chain named ISTIO_*, every rule that jumps to one, and every rule of a
# built-in chain that is word for word one of the wanted ones. Where such chains are, an earlier run with other settings
# may also have left rules that pass over an interface or use the TPROXY marks. The rest belongs to others and stays.

# A restore or save text as lines "TABLE CHAIN RULE", grouped by chain; a chain itself has the rule "chain".
normalise() {
  awk '
    /^\*/ { table = $1; next }
    /^:ISTIO_/ { print table, substr($1, 2), "chain"; next }
    /^-[AI] / { chain = $2; rule = $0; sub(/^-A [^ ]+ |^-I [^ ]+ [0-9]+ /, "", rule); print table, chain, rule }
  ' <<<"$1" | LC_ALL=C sort -s -k1,2
}

# What is ours in save text $2, given wanted lines $1.
ours() {
  local earlier=0
  [[ "$2" != *$'\n:ISTIO_'* ]] || earlier=1
  normalise "$2" | awk -v earlier="$earlier" '
    NR == FNR { wanted[$0]; next }
    $2 ~ /^ISTIO_/ || / ISTIO_/ || ($0 in wanted) { print; next }
    earlier && ($2 == "PREROUTING" || $2 == "OUTPUT") && (/ -[io] [^ ]+ -j RETURN$/ || / 0x53[9a]([ \/]|$)/)
  ' <(printf '%s\n' "$1") -
}

# One restore text that takes away what is ours now ($1, lines) and puts the wanted text $2 in its place. A table is
# committed as a whole, so packets meet the old rules or the new ones.
replace() {
  awk '
    function undo(table,  i) {
      for (i = 1; i <= count; i++) if (tables[i] == table && chains[i] !~ /^ISTIO_/) print "-D", chains[i], rules[i]
      for (i = 1; i <= count; i++) if (stale(i, table)) print "-X", chains[i]
    }
    function flush(table,  i) { for (i = 1; i <= count; i++) if (stale(i, table)) print ":" chains[i], "- [0:0]" }
    function stale(i, table) { return tables[i] == table && rules[i] == "chain" && !((table, chains[i]) in wanted) }
    FILENAME == "/dev/stdin" && /^\*/ { scan = $1 }
    FILENAME == "/dev/stdin" { if (NF) text[++lines] = $0; if (/^:/) wanted[scan, substr($1, 2)]; next }
    NF { count++; tables[count] = $1; chains[count] = $2; rules[count] = $0; sub(/^[^ ]+ [^ ]+ /, "", rules[count]) }
    END {
      for (n = 1; n <= lines; n++) {
        if (text[n] ~ /^\*/) { table = text[n]; seen[table]; undone = 0; print table; flush(table); continue }
        if (!undone && text[n] !~ /^:/) { undo(table); undone = 1 }
        print text[n]
      }
      for (i = 1; i <= count; i++) if (!(tables[i] in seen)) {
        seen[tables[i]]; print tables[i]; flush(tables[i]); undo(tables[i]); print "COMMIT"
      }
    }
  ' /dev/stdin <(printf '%s\n' "$1") <<<"$2"
}

# apply TOOL VARIANT TEXT: changes nothing when the rules are in place.
apply() {
  local tool="$1-$2" text="$3" saved wanted present
  saved="$("$tool-save" 2>&1)" || { echo "$tool-save: $saved"; return 1; }
  wanted="$(normalise "$text")"
  present="$(ours "$wanted" "$saved")"
  if [[ "$present" == "$wanted" ]]; then
    say "$tool: the rules are in place, nothing to do"
    return 0
  fi
  if ! replace "$present" "$text" | "$tool-restore" --noflush 2>&1; then
    # A table may have been committed before the one that failed.
    present="$(ours "$wanted" "$("$tool-save" 2>/dev/null)")"
    replace "$present" "" | "$tool-restore" --noflush 2>/dev/null || true
    return 1
  fi
  say "$tool: $(grep -c -e '^-' <<<"$text" || true) rules applied${present:+, earlier ones replaced}"
}

# A namespace where somebody used the legacy tables stays with them: the two must not be mixed.
variants() {
  if [[ -n "$(cat "/proc/net/$2" 2>/dev/null)" ]] && [[ "$("$1-legacy-save" 2>/dev/null)" == *$'\n-A '* ]]; then
    echo legacy nft
  else
    echo nft legacy
  fi
}

# capture TOOL NAMES_FILE TEXT: by the first variant that works.
capture() {
  local variant problem
  for variant in $(variants "$1" "$2"); do
    problem="$(apply "$1" "$variant" "$3")" && return 0
    say "$1-$variant: ${problem//$'\n'/ }"
  done
  return 1
}

# Has the pod an address of this family that others can reach? Link-local IPv6 alone does not make an IPv6 pod.
has_address() {
  local scope=()
  [[ "$1" == 6 ]] && scope=(scope global)
  ip -o "-$1" addr show "${scope[@]}" 2>/dev/null | awk '$2 != "lo" { found = 1 } END { exit !found }'
}

routes() {
  local family="$1" line problem
  while IFS= read -r line; do
    [[ "$line" == "-$family "* ]] || continue
    # The kernel takes the same rule twice.
    [[ "$line" == *" rule add "* && "$(ip "-$family" rule show)" == *" ${line#* rule add }"* ]] && continue
    # shellcheck disable=SC2086 # a list of arguments on purpose
    if ! problem="$(ip $line 2>&1)" && [[ "$problem" != *"File exists"* && "$problem" != *"already assigned"* ]]; then
      say "ip $line: ${problem//$'\n'/ }"
      return 1
    fi
  done <<<"${OUTRIGGER_ROUTES:-}"
}

# family NUMBER TOOL NAMES_FILE TEXT: prints yes when captured; a failure counts where the pod has such an address.
family() {
  local number="$1"
  if [[ "$number" == 6 && -z "$(cat /proc/net/if_inet6 2>/dev/null)" ]]; then
    say "no IPv6 in this pod"
    return 0
  fi
  if routes "$number" && capture "$2" "$3" "$4"; then
    echo yes
  elif has_address "$number"; then
    die "the pod has an IPv$number address, and its traffic cannot be captured (see above): the node's kernel needs" \
      "iptables' nat table (and mangle for TPROXY), and this container NET_ADMIN, NET_RAW and user 0"
  else
    say "the pod has no IPv$number address that others reach: it goes on without capture of IPv$number"
  fi
}

init() {
  [[ -n "${OUTRIGGER_IPTABLES_V4:-}${OUTRIGGER_IPTABLES_V6:-}" ]] ||
    die "OUTRIGGER_IPTABLES_V4 and OUTRIGGER_IPTABLES_V6 are empty: this pod was not injected by Outrigger"
  # The root file system is read-only, and nobody else changes this namespace while an init container runs.
  export XTABLES_LOCKFILE=/dev/null
  local captured
  captured="$(family 4 iptables ip_tables_names "${OUTRIGGER_IPTABLES_V4:-}")"
  captured+="$(family 6 ip6tables ip6_tables_names "${OUTRIGGER_IPTABLES_V6:-}")"
  [[ -n "$captured" ]] || die "no traffic is captured: neither IPv4 nor IPv6 rules could be applied (see above)"
}

# --- wait, drain --------------------------------------------------------------------------------------------

# request METHOD PORT PATH: the answer, status line first; fails when nobody answers within 3 s.
request() {
  local line
  # shellcheck disable=SC2261 # two descriptors: the connection, and what bash says of a refused one
  {
    exec 3<>"/dev/tcp/127.0.0.1/$2" || return 1
  } 2>/dev/null
  printf '%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n' "$1" "$3" >&3
  while IFS= read -r -t 3 line <&3 || [[ -n "$line" ]]; do printf '%s\n' "${line%$'\r'}"; done
  exec 3>&-
}

wait_ready() {
  local limit="${1:-60}" answer="" state="nobody listens on port $READY_PORT"
  until ((SECONDS >= limit)); do
    if answer="$(request GET "$READY_PORT" /healthz/ready)"; then
      [[ "$answer" == "HTTP/1.1 200"* ]] && return 0
      state="the answer is ${answer%%$'\n'*} (${answer##*$'\n'})"
    fi
    sleep 0.2
  done
  die "the proxy is not ready after $limit s: $state. Without the control plane it never is: see the log of istio-proxy"
}

# Connections and listeners of the app: TCP sockets of this network namespace that belong to another user than the proxy.
app_sockets() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    awk -v own="$(id -u)" '($4 == "01" || $4 == "0A") && $8 != own { count++ } END { print count + 0 }'
}

# Requests in flight through the proxy, hooks of the app on the status port too; readiness, metrics and admin left out.
in_flight() {
  request GET "$ADMIN_PORT" '/stats?filter=downstream_rq_active$' |
    awk '/^http\.(admin|ready|metrics)\./ { next } /downstream_rq_active: / { sum += $2 } END { print sum + 0 }'
}

drain() {
  local least="${1:-5}" answer
  # Listeners keep accepting (the endpoint may still be known), answers carry `connection: close`; outbound is untouched.
  answer="$(request POST "$ADMIN_PORT" '/drain_listeners?graceful&inboundonly&skip_exit')" ||
    die "the proxy's admin interface on port $ADMIN_PORT does not answer: nothing to drain"
  [[ "$answer" == "HTTP/1.1 200"* ]] || die "the proxy refused to drain: ${answer%%$'\n'*}"
  ((least > 0)) || return 0
  sleep "$least"
  # Until the app has closed all it had open and nothing has been in flight for a second: it may have a last call to
  # make. No limit here, as the kubelet ends this hook with the pod's grace period.
  local quiet=0
  until ((quiet >= 5)); do
    if (($(in_flight) + $(app_sockets) > 0)); then quiet=0; else ((quiet += 1)); fi
    sleep 0.2
  done
}

seconds() { [[ "${1:-0}" =~ ^[0-9]{1,5}$ ]] || { say "'$1' is not a number of seconds"; exit 2; }; }

case "${1:-}" in
  init) init ;;
  wait) seconds "${2:-}"; wait_ready "${2:-}" ;;
  drain) seconds "${2:-}"; drain "${2:-}" ;;
  *) say "use: outrigger-proxy init | wait [SECONDS] | drain [SECONDS]"; exit 2 ;;
esac
