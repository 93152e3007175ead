#!/bin/sh
# Builds opa-oracle, the real OPA behind pipes, into a cache folder and prints where it is.
#
# The folder is REFEREE_PEERS, or referee-peers/bin in the user's cache folder. Needs Go; the version
# of OPA is the one of go.mod, and go.sum holds its digests.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bin=${REFEREE_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/referee-peers/bin}
mkdir -p "$bin"
cd "$here"
CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$bin/opa-oracle" .
echo "$bin/opa-oracle"
