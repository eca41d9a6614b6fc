#!/bin/sh
# Installs what the cluster tests need: Debian's etcd-server (as root, when etcd is absent) and the Kubernetes API
# server, controller manager and kubectl, built once from their Go modules into a cache folder outside the work tree.
# Idempotent: a second run finds the pieces and does nothing. Needs Go >= 1.26; about 4 to 6 minutes on two cores.
set -eu

VERSION=1.36.3
HERE=$(cd "$(dirname "$0")" && pwd)
TARGET="${OUTRIGGER_CACHE:-$HOME/.cache/outrigger}/kubernetes-$VERSION"

if ! command -v etcd >/dev/null 2>&1; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "test/cluster: etcd is absent: install Debian's etcd-server (or any etcd >= 3.4) and run this again" >&2
    exit 1
  fi
  apt-get install -y --no-install-recommends etcd-server >/dev/null 2>&1 ||
    { apt-get update >/dev/null && apt-get install -y --no-install-recommends etcd-server >/dev/null; }
fi

# For charts.test.ts; where it cannot be built that test says so.
sh "$HERE/../charts/install.sh" >/dev/null || true

missing=""
for name in kube-apiserver kube-controller-manager kubectl; do
  [ -x "$TARGET/$name" ] || missing="$missing $name"
done
[ -z "$missing" ] && { echo "$TARGET"; exit 0; }

command -v go >/dev/null 2>&1 || { echo "test/cluster: Go >= 1.26 is absent, so$missing cannot be built" >&2; exit 1; }
mkdir -p "$TARGET"
for name in $missing; do
  echo "test/cluster: building $name $VERSION" >&2
  # Built beside its final name and renamed, so that an interrupted build never leaves a half-written binary.
  (cd "$HERE/kubernetes" && nice go build -mod=readonly -trimpath \
    -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=v$VERSION -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36" \
    -o "$TARGET/.$name.$$" "./$name")
  mv "$TARGET/.$name.$$" "$TARGET/$name"
done
echo "$TARGET"
