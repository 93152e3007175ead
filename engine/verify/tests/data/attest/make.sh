#!/usr/bin/env bash
# Makes what the tests of attestations read: an image that real tools attested and attached SBOMs to.
#
# Usage: make.sh
#
# Writes beside itself, replacing what is there (signing is not reproducible, so every run changes
# all of it):
#   attester.pub   the key that attested
#   blobs/         manifests and blobs by their SHA-256
#   refs.json      the digests of the image and of its tags `.att` and `.sbom`
#
# Needs crane and cosign2 (v2.6), which .ci/peers.sh installs. Everything runs on loopback; the
# private key lives in a scratch folder and goes with it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PATH=${REFEREE_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/referee-peers/bin}:$PATH
work=$(mktemp -d)
crane registry serve --address 127.0.0.1:5917 >"$work/registry.log" 2>&1 &
server=$!
trap 'kill $server; rm -rf "$work"' EXIT
cd "$work"
export COSIGN_PASSWORD=example TUF_ROOT=$work/tuf DOCKER_CONFIG=$work/docker
export HTTPS_PROXY=http://127.0.0.1:9 NO_PROXY=127.0.0.1
image=127.0.0.1:5917/team/app

until curl -fs "http://127.0.0.1:5917/v2/" >/dev/null; do sleep 0.1; done
echo app >app && tar --owner=0 --group=0 --mtime=@0 -cf layer.tar app
crane append --insecure --oci-empty-base -f layer.tar -t "$image:1" >/dev/null
digest=$(crane digest --insecure "$image:1")
cosign2 generate-key-pair >/dev/null 2>&1

printf 'SPDXVersion: SPDX-2.3\nDocumentName: app\n' >app.spdx
echo '{"spdxVersion":"SPDX-2.3","name":"app"}' >app.spdx.json
echo '{"bomFormat":"CycloneDX","specVersion":"1.6"}' >app.cdx.json
echo 'all is well' >note.txt
attest() { cosign2 attest --yes --tlog-upload=false --key cosign.key --allow-insecure-registry --type "$1" --predicate "$2" "$image@$digest" 2>>log || { cat log >&2; exit 1; }; }
attest spdx app.spdx
attest spdx app.spdx.json
attest spdxjson app.spdx.json
attest cyclonedx app.cdx.json
attest custom note.txt
attach() { cosign2 attach sbom --allow-insecure-registry --type "$1" --sbom "$2" "$image@$digest" 2>>log || { cat log >&2; exit 1; }; }
attach spdx app.spdx

rm -rf "$here/blobs" && mkdir "$here/blobs"
save() { sha=$(sha256sum <"$1" | cut -d' ' -f1); cp "$1" "$here/blobs/$sha"; echo "sha256:$sha"; }
fetch() {
	crane manifest --insecure "$1" >manifest
	for blob in $(grep -o '"digest":"[^"]*"' manifest | cut -d'"' -f4); do
		crane blob --insecure "$image@$blob" >blob && save blob >/dev/null
	done
	save manifest
}
tag=${digest/:/-}
printf '{\n "subject": "%s",\n "att": "%s",\n "sbom": "%s"\n}\n' \
	"$(fetch "$image@$digest")" "$(fetch "$image:$tag.att")" "$(fetch "$image:$tag.sbom")" >"$here/refs.json"
cp cosign.pub "$here/attester.pub"
