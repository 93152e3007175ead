#!/bin/sh
# Builds opa-bench into the peers' cache folder and prints where it is. Needs Go.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bin=${REFEREE_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/referee-peers/bin}
mkdir -p "$bin"
cd "$here"
CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$bin/opa-bench" .
echo "$bin/opa-bench"
