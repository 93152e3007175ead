#!/usr/bin/env bash
# Starts a server on port 8181 and runs tests against it, in a network namespace that nobody else is
# in (.ci/clients.sh): alone.sh SERVER... -- TESTS...  The address is put behind the server's words.
set -uo pipefail

server=()
while [ "$1" != -- ]; do
	server+=("$1")
	shift
done
shift

ip link set lo up || exit 1
log=$(mktemp) || exit 1
"${server[@]}" 127.0.0.1:8181 >"$log" 2>&1 &
pid=$!
trap 'kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; rm -f "$log"' EXIT
for _ in $(seq 600); do
	kill -0 "$pid" 2>/dev/null || { cat "$log"; echo "the server ended"; exit 1; }
	(exec 3<>/dev/tcp/127.0.0.1/8181) 2>/dev/null && break
	sleep 0.1
done
"$@"
