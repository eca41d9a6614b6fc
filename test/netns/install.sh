#!/bin/sh
# What the netns suite needs on a Debian machine: iptables of both kinds, nft, ip, setpriv, unshare, curl. Run as root.
set -eu
missing=""
command -v iptables-nft-restore >/dev/null && command -v iptables-legacy-restore >/dev/null || missing="iptables"
command -v ip >/dev/null || missing="$missing iproute2"
command -v curl >/dev/null || missing="$missing curl"
command -v nft >/dev/null || missing="$missing nftables"
command -v setpriv >/dev/null && command -v unshare >/dev/null || missing="$missing util-linux"
[ -n "$missing" ] || exit 0
apt-get update -qq
# shellcheck disable=SC2086 # a list of packages on purpose
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing
