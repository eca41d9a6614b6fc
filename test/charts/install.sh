#!/bin/sh
# Builds helm from its Go module into a cache folder outside of the work tree, once. Needs Go >= 1.26; two minutes on two cores.
set -eu

VERSION=3.22.0
HERE=$(cd "$(dirname "$0")" && pwd)
TARGET="${OUTRIGGER_CACHE:-$HOME/.cache/outrigger}/helm-$VERSION"

[ -x "$TARGET/helm" ] && { echo "$TARGET"; exit 0; }
command -v go >/dev/null 2>&1 || { echo "test/charts: Go >= 1.26 is absent, so helm cannot be built" >&2; exit 1; }
mkdir -p "$TARGET"
# Built beside its final name and renamed, so that an interrupted build never leaves a half-written binary.
(cd "$HERE/helm" && nice go build -mod=readonly -trimpath -ldflags "-s -w" -o "$TARGET/.helm.$$" helm.sh/helm/v3/cmd/helm)
mv "$TARGET/.helm.$$" "$TARGET/helm"
echo "$TARGET"
