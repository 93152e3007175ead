#!/usr/bin/env bash
# Makes what the tests beside Ratify look at, with the real tools:
#
#   layouts/NAME     an image signed by cosign, and what else was attached to it
#   keys/signer.pub  the key that signed
#   reports/*.json   what the real Ratify reports of each case of cases.rs (the test in
#                    ../peers/ratify.rs writes them, and holds them to what it sees each time)
#
# Usage: cli/tests/ratify/make.sh           all of it
#        cli/tests/ratify/make.sh reports   the reports only
#
# Needs crane, cosign2 and ferro-oci-server of .ci/peers.sh, `.ci/peers.sh ratify`, curl, python3.
# Nothing but loopback is used. The private keys go with the scratch folder.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../../..
peers=${REFEREE_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/referee-peers/bin}
export PATH=$peers:$PATH

layouts() {
	work=$(mktemp -d)
	server=
	trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	host=127.0.0.1:$port
	FERRO_OCI_LISTEN=$host ferro-oci-server >"$work/server.log" 2>&1 &
	server=$!
	for _ in {1..100}; do
		curl -s -o "$work/answer" "http://$host/v2/" && break
		sleep 0.1
	done
	rm -rf "$here/layouts" "$here/keys"
	mkdir -p "$here/layouts" "$here/keys"
	export COSIGN_PASSWORD=
	(cd "$work" && cosign2 generate-key-pair --output-key-prefix signer)
	cp "$work/signer.pub" "$here/keys/"
	echo content >"$work/file"
	tar --format=ustar -cf "$work/layer.tar" -C "$work" file
	for name in supplied unknown undated broken; do
		image=$host/team/$name
		crane append --insecure --oci-empty-base -f "$work/layer.tar" -t "$image:1.4"
		crane mutate --insecure --label "example.layout=$name" -t "$image:1.4" "$image:1.4"
		digest=$(crane digest --insecure "$image:1.4")
		sign "$image@$digest"
		python3 "$here/attach.py" "$host" "team/$name" "$digest" "$name" >"$work/attached"
		while read -r attached; do
			[ "$name" != supplied ] || sign "$image@$attached"
		done <"$work/attached"
		(cd "$root" && cargo run --quiet --locked -p referee -- copy "$image:1.4" \
			"oci-layout:$here/layouts/$name:1.4" --plain-http "$host")
	done
	kill "$server"
	server=
}

sign() {
	cosign2 sign --yes --key "$work/signer.key" --tlog-upload=false "$1"
}

[ "${1:-}" = reports ] || layouts
cd "$root"
REFEREE_BLESS=1 cargo test --locked -p referee --test interop -- --nocapture ratify
