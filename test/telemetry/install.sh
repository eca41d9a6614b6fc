#!/bin/sh
# Puts Debian's Prometheus and promtool into the cache and prints their folder. Only the programs: no service is set up.
# The cache is $OUTRIGGER_CACHE or $HOME/.cache/outrigger; what is there is not fetched again.
set -eu

folder="${OUTRIGGER_CACHE:-$HOME/.cache/outrigger}/prometheus"
if [ -x "$folder/prometheus" ] && [ -x "$folder/promtool" ]; then
  echo "$folder"
  exit 0
fi

mkdir -p "$folder"
work="$(mktemp -d "$folder/download.XXXXXX")"
trap 'rm -rf "$work"' EXIT
# apt downloads as a user of its own where it may, and complains where that user cannot write.
chmod 755 "$work"
apt-get update -qq >&2
(cd "$work" && apt-get download -qq -o APT::Sandbox::User=root prometheus >&2)
dpkg-deb -x "$work"/prometheus_*.deb "$work/root"
mv "$work/root/usr/bin/prometheus" "$work/root/usr/bin/promtool" "$folder/"
"$folder/prometheus" --version >&2
echo "$folder"
