#!/usr/bin/env bash
# Makes the fixtures of this folder: what the real tools sign and attest, keyless and with a key,
# against a Sigstore instance of our own made of the real servers (servers/instance.sh).
#
# Usage: engine/verify/tests/data/sigstore/make.sh [--keep]
#          --keep   leave the scratch folder (private keys and logs too) and say where it is
#
# Writes, replacing what is there (signing is not reproducible, so every run changes all of it):
#   trusted_root.json         the instance's certificates, logs and timestamp authority
#   other_root.json           those of another instance, which vouches for nothing here
#   release.pub, other.pub    the key that signs, and one that does not
#   layouts/NAME/             OCI image layouts: an image and all that refers to it
#   blobs/artifact, blobs/NAME.sigstore.json    a file, and bundles for it
#   MANIFEST.json             what each fixture is, and what the two cosigns say of it
#
# Beside what the tools sign, two bundles are made by hand (servers/byhand.sh), for a certificate
# out of time.
#
# Needs what .ci/peers.sh installs with `.ci/peers.sh sigstore`, and curl, openssl 3 and python3;
# sigstore-python (`sigstore`) and sigstore-js (npm's `sigstore`, in $SIGSTORE_JS/node_modules)
# where they are to sign, too. It runs on loopback alone: the registries are reached as
# registry.example through HTTP_PROXY, and HTTPS_PROXY leads nowhere.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export_layout=$here/../../../../../examples/fixtures/export.py
peers=${REFEREE_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/referee-peers/bin}
export PATH=$peers:$PATH
die() { echo "make: $*" >&2; exit 1; }
for tool in docker-registry ferro-oci-server crane cosign2 cosign3 fulcio trillian createtree \
	ct_server rekor-v1-server rekor-server timestamp-server curl openssl python3 go; do
	command -v "$tool" >/dev/null || die "$tool is not here: run .ci/peers.sh sigstore"
done

work=$(mktemp -d)
# shellcheck source-path=SCRIPTDIR source=servers/instance.sh
source "$here/servers/instance.sh"
finish() {
	instance_stop
	if [[ ${keep_scratch:-} ]]; then echo "make: scratch folder: $work" >&2; else rm -rf "$work"; fi
}
trap finish EXIT
if [[ ${1:-} == --keep ]]; then keep_scratch=yes; fi

export COSIGN_PASSWORD=example TUF_ROOT=$work/tuf DOCKER_CONFIG=$work/docker
export PYTHONDONTWRITEBYTECODE=1 NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
unset HTTP_PROXY http_proxy https_proxy ALL_PROXY all_proxy COSIGN_EXPERIMENTAL COSIGN_REPOSITORY
mkdir -p "$work/docker"
# What is here stays until all is made.
out=$work/out
mkdir -p "$out"/{layouts,blobs}
: >"$work/fixtures.tsv"

instance_start other
cp "$instance/trusted_root.json" "$out/other_root.json"
instance_stop
instance_start acme
instance_registries
root=$out/trusted_root.json
cp "$instance/trusted_root.json" "$root"

# quietly COMMAND...: run it, and show what it said only where it fails.
quietly() {
	HTTPS_PROXY=http://127.0.0.1:9 "$@" >"$work/said" 2>&1 || die "$1 ${2:-}: $(cat "$work/said")"
	cat "$work/said" >>"$work/cosign.log"
}

for key in release other; do
	(cd "$work" && quietly cosign3 generate-key-pair --output-key-prefix "$key")
	cp "$work/$key.pub" "$out/"
done
# cosign 2 takes the instance from the environment where it does not take a trusted root.
export SIGSTORE_ROOT_FILE=$instance/fulcio.crt SIGSTORE_REKOR_PUBLIC_KEY=$instance/rekor1.pub
export SIGSTORE_CT_LOG_PUBLIC_KEY_FILE=$instance/ct.pub

# ---- who signs -----------------------------------------------------------------------------------

person() { printf '{"iss":"http://accounts.example","sub":"%s","email":"%s@acme.example","email_verified":true}' "$1" "$1"; }
readonly WORKFLOW='{"iss":"http://workflows.example","sub":"repo:acme/app:ref:refs/tags/v1.4.0",
	"job_workflow_ref":"acme/app/.github/workflows/release.yml@refs/tags/v1.4.0",
	"job_workflow_sha":"1111111111111111111111111111111111111111","sha":"2222222222222222222222222222222222222222",
	"event_name":"push","workflow":"release","repository":"acme/app","ref":"refs/tags/v1.4.0",
	"repository_id":"101","repository_owner":"acme","repository_owner_id":"102","repository_visibility":"public",
	"runner_environment":"github-hosted","workflow_ref":"acme/app/.github/workflows/release.yml@refs/tags/v1.4.0",
	"workflow_sha":"1111111111111111111111111111111111111111","run_id":"7","run_attempt":"1"}'

# material SIGNER: the options by which cosign signs as release (a key), dev, ops or workflow.
material() {
	case $1 in
	release) with=(--key "$work/release.key") ;;
	workflow) with=(--identity-token "$(instance_token "$WORKFLOW")") ;;
	*) with=(--identity-token "$(instance_token "$(person "$1")")") ;;
	esac
}

# The options for the services: cosign 2, and cosign 3 in the old layout, take them one by one.
services() {
	case $1 in
	v1) using=(--fulcio-url "$fulcio" --rekor-url "$rekor1") ;;
	stamped) using=(--fulcio-url "$fulcio" --tlog-upload=false --timestamp-server-url "$tsa/api/v1/timestamp") ;;
	v1-stamped) using=(--fulcio-url "$fulcio" --rekor-url "$rekor1" --timestamp-server-url "$tsa/api/v1/timestamp") ;;
	esac
}

# ---- images ----------------------------------------------------------------------------------------

readonly TAG=1.4
readonly INSECURE=(--allow-http-registry --allow-insecure-registry --yes)
mkdir "$work/rootfs"
echo hello >"$work/rootfs/hello"
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 --format=ustar \
	-C "$work/rootfs" -cf "$work/layer.tar" hello

# image REGISTRY NAME: a new image, its own by a label.
image() {
	registry=$1
	export HTTP_PROXY=http://$registry
	reference=registry.example/team/$2
	crane append --insecure --oci-empty-base -f "$work/layer.tar" -t "$reference:$TAG" >>"$work/crane.log" 2>&1
	crane mutate --insecure --set-platform linux/amd64 -t "$reference:$TAG" --label "example.layout=$2" \
		"$reference:$TAG" >>"$work/crane.log" 2>&1
	subject=$(crane digest --insecure "$reference:$TAG")
}

# The four ways of signing and attesting: SIGNER SERVICES [OPTION...].
old2() { material "$1"; services "$2"; quietly cosign2 sign "${with[@]}" "${using[@]}" "${INSECURE[@]}" "${@:3}" "$reference@$subject"; }
attest2() { material "$1"; services "$2"; quietly cosign2 attest "${with[@]}" "${using[@]}" "${INSECURE[@]}" "${@:3}" "$reference@$subject"; }
readonly OLD3=(--new-bundle-format=false --use-signing-config=false)
old3() { material "$1"; services "$2"; quietly cosign3 sign "${with[@]}" "${using[@]}" "${OLD3[@]}" "${INSECURE[@]}" "${@:3}" "$reference@$subject"; }
new3() { material "$1"; quietly cosign3 sign "${with[@]}" --signing-config "$instance/$2.json" --trusted-root "$root" "${INSECURE[@]}" "${@:3}" "$reference@$subject"; }
attest3() { material "$1"; quietly cosign3 attest "${with[@]}" --signing-config "$instance/$2.json" --trusted-root "$root" "${INSECURE[@]}" "${@:3}" "$reference@$subject"; }
# With bundles cosign 2 does without TLS only for a loopback name; the bundle names no registry.
new2() { material "$1"; quietly cosign2 sign "${with[@]}" --signing-config "$instance/$2.json" --trusted-root "$root" --new-bundle-format "${INSECURE[@]}" "${@:3}" "$registry/team/${reference##*/}@$subject"; }
slsa=(--type slsaprovenance1 --predicate "$here/predicates/slsa.json")
spdx=(--type spdxjson --predicate "$here/predicates/spdx.json")
vuln=(--type vuln --predicate "$here/predicates/vuln.json")
review=(--type https://acme.example/review/v1 --predicate "$here/predicates/review.json")

# keep NAME LAYOUT PURPOSE SERVICES SIGNERS TOOL: export the image, and note what it is.
keep() {
	[[ $("$export_layout" "http://$registry" "team/$1" "$TAG" "$out/layouts/$1") == "$subject" ]]
	printf '%s\t' "$1" "$2" "$3" "$4" "$5" "$6" >>"$work/fixtures.tsv"
	printf '%s\n' "$subject" >>"$work/fixtures.tsv"
	echo "make: $1" >&2
}

version() { go version -m "$(command -v "$1")" | awk '$1 == "mod" { print $3; exit }'; }
c2="cosign $(version cosign2)" c3="cosign $(version cosign3)"

# The old layout: tags, on a registry without the referrers API.
for signer in release dev workflow; do
	image "$plain_registry" "old-$signer-v1"
	old2 "$signer" v1
	keep "old-$signer-v1" legacy signature v1 "$signer" "$c2"
done
image "$plain_registry" old-workflow-stamped
old2 workflow stamped
keep old-workflow-stamped legacy signature stamped workflow "$c2"
image "$plain_registry" old-dev-v1-stamped
old2 dev v1-stamped
keep old-dev-v1-stamped legacy signature v1-stamped dev "$c2"
image "$plain_registry" old3-workflow-v1
old3 workflow v1
keep old3-workflow-v1 legacy signature v1 workflow "$c3"
image "$plain_registry" old-two-identities
old2 dev v1
old2 workflow v1
keep old-two-identities legacy signature v1 dev,workflow "$c2"
image "$plain_registry" old-attested
attest2 workflow v1 "${slsa[@]}"
attest2 workflow v1 "${spdx[@]}"
attest2 workflow v1 "${vuln[@]}"
attest2 dev v1 "${vuln[@]}"
attest2 release v1 "${review[@]}"
keep old-attested legacy attestation v1 workflow,workflow,workflow,dev,release "$c2"

# Bundles: as referrers, and listed by the referrers tag schema.
for signer in release dev workflow; do
	image "$referrers_registry" "new-$signer-v1"
	new3 "$signer" v1
	keep "new-$signer-v1" bundle signature v1 "$signer" "$c3"
	image "$referrers_registry" "new-$signer-v2"
	new3 "$signer" v2
	keep "new-$signer-v2" bundle signature v2 "$signer" "$c3"
done
image "$referrers_registry" new-workflow-v1-stamped
new3 workflow v1-stamped
keep new-workflow-v1-stamped bundle signature v1-stamped workflow "$c3"
image "$referrers_registry" new-workflow-stamped
new3 workflow stamped
keep new-workflow-stamped bundle signature stamped workflow "$c3"
image "$referrers_registry" new2-workflow-v1
new2 workflow v1
keep new2-workflow-v1 bundle signature v1 workflow "$c2"
image "$referrers_registry" new-two-identities
new3 dev v2
new3 workflow v1
keep new-two-identities bundle signature mixed dev,workflow "$c3"
image "$referrers_registry" new-attested
attest3 workflow v2 "${slsa[@]}"
attest3 workflow v1 "${spdx[@]}"
attest3 workflow v2 "${vuln[@]}"
attest3 dev v2 "${vuln[@]}"
attest3 release v2 "${review[@]}"
keep new-attested bundle attestation mixed workflow,workflow,workflow,dev,release "$c3"
image "$plain_registry" new-tag-schema
new3 dev v2
keep new-tag-schema tag-schema signature v2 dev "$c3"

# ---- files -------------------------------------------------------------------------------------------

artifact=$out/blobs/artifact
printf 'a file that is signed\n' >"$artifact"
subject=sha256:$(sha256sum "$artifact" | cut -d' ' -f1)
unset HTTP_PROXY

# blob NAME PURPOSE SERVICES SIGNER TOOL: note what blobs/NAME.sigstore.json is.
blob() {
	[[ -s $out/blobs/$1.sigstore.json ]] || die "$1 was not made"
	printf '%s\t' "$1" blob "$2" "$3" "$4" "$5" >>"$work/fixtures.tsv"
	printf '%s\n' "$subject" >>"$work/fixtures.tsv"
	echo "make: $1" >&2
}
blob3() {
	material "$3"
	quietly cosign3 "$2" "${with[@]}" --signing-config "$instance/$4.json" --trusted-root "$root" --yes \
		--bundle "$out/blobs/$1.sigstore.json" "${@:5}" "$artifact"
}
for signer in release dev workflow; do
	for services in v1 v2; do
		blob3 "blob-$signer-$services" sign-blob "$signer" "$services"
		blob "blob-$signer-$services" signature "$services" "$signer" "$c3"
	done
done
blob3 blob-attested-workflow-v2 attest-blob workflow v2 "${slsa[@]}"
blob blob-attested-workflow-v2 attestation v2 workflow "$c3"
blob3 blob-attested-dev-v1 attest-blob dev v1 "${review[@]}"
blob blob-attested-dev-v1 attestation v1 dev "$c3"
material dev
services v1
quietly cosign2 sign-blob "${with[@]}" "${using[@]}" --new-bundle-format --yes \
	--bundle "$out/blobs/blob2-dev-v1.sigstore.json" "$artifact"
blob blob2-dev-v1 signature v1 dev "$c2"

"$here/servers/others.sh" "$work" "$instance" "$out/blobs" "$(instance_token "$(person dev)")" \
	"$(instance_token "$WORKFLOW")" "$fulcio" "$rekor1" "$tsa"
while IFS=$'\t' read -r name purpose services signer tool; do
	blob "$name" "$purpose" "$services" "$signer" "$tool"
done <"$work/others.tsv"

"$here/servers/byhand.sh" "$work" "$instance" "$out/blobs" "$tsa"
ssl="openssl $(openssl version | awk '{ print $2 }')"
blob byhand-dev-stamped signature by-hand dev "$ssl"
blob late-dev-stamped signature by-hand dev "$ssl"

# ---- what was made -----------------------------------------------------------------------------------

"$here/servers/record.py" "$out" "$work/fixtures.tsv"
rm -rf "$here"/{layouts,blobs} "$here"/*_root.json "$here"/*.pub "$here/MANIFEST.json"
mv "$out"/* "$here/"
echo "make: $(find "$here/layouts" "$here/blobs" -type f -printf '%s\n' | awk '{ n += $1 } END { print n }') bytes" >&2
