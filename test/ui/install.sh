#!/bin/sh
# What the ui suite needs on a Debian machine: its Chromium. Run as root.
set -eu
command -v chromium >/dev/null && exit 0
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium
