#!/usr/bin/env bash
# Installs the real tools that our fixtures and peer tests are made and checked with:
#
#   docker-registry    Debian's package (2.8.x): a registry without the referrers API
#   cargo-deny         0.20.2, built with cargo
#   ferro-oci-server   1.0.0, built with cargo: a registry with the OCI 1.1 referrers API
#   crane              v0.21.9, built with go
#   cosign3            cosign v3.1.2, built with go
#   cosign2            cosign v2.6.4, built with go (the last v2 when this was written)
#   opa                v1.20.2, built with go
#   opa-oracle         the same behind pipes (conformance/opa), built with go
#   opa-bench          the same for benchmarks (benches/opa), built with go
#   oras               v1.3.3, built with go
#   conftest           v0.71.1, built with go
#   rekor-server       v2.3.0 of rekor-tiles (the log on plain files), built with go
#   timestamp-server   v2.1.3 of Sigstore's timestamp authority, built with go
#
# and, only where they are asked for,
#
#   ratify             v1.4.4, with its plugins sbom and vulnerabilityreport in ratify-plugins, built
#                      with go: what cli/tests/ratify is made with, and the test beside it needs
#
# and the servers of a private Sigstore instance, which the
# fixtures in engine/verify/tests/data/sigstore are made with:
#
#   fulcio             v1.8.8, built with go
#   ct_server          v1.3.3 of certificate-transparency-go, built with go
#   createtree         v1.7.3 of Trillian, built with go
#   rekor-v1-server    v1.5.4 of Rekor, built with go
#   trillian           Trillian in memory (engine/verify/tests/data/sigstore/servers/trillian)
#
# Usage: .ci/peers.sh            install what is missing, then print a version of each
#        .ci/peers.sh NAME ...   the same for the named tools only
#        .ci/peers.sh sigstore   the same for all that makes the Sigstore fixtures
#
# Everything but docker-registry goes to $REFEREE_PEERS, by default
# ${XDG_CACHE_HOME:-$HOME/.cache}/referee-peers/bin. A tool that is there at the right version is
# left alone, so a second run costs nothing; a cold one builds for some ten minutes on two cores.
#
# A tool that cannot be had is named on standard error, and again at the end, and the script goes
# on: it exits 0 all the same. Who needs a tool checks for it.
set -uo pipefail

readonly DENY_VERSION=0.20.2
readonly FERRO_VERSION=1.0.0
readonly CRANE_VERSION=v0.21.9
readonly COSIGN3_VERSION=v3.1.2
readonly COSIGN2_VERSION=v2.6.4
readonly ORAS_VERSION=v1.3.3
readonly CONFTEST_VERSION=v0.71.1
readonly OPA_VERSION=v1.20.2
readonly REKOR_VERSION=v2.3.0
readonly TIMESTAMP_VERSION=v2.1.3
readonly FULCIO_VERSION=v1.8.8
readonly CT_VERSION=v1.3.3
readonly TRILLIAN_VERSION=v1.7.3
readonly REKOR_V1_VERSION=v1.5.4
readonly RATIFY_VERSION=v1.4.4
readonly SIGSTORE=(docker-registry ferro-oci-server crane cosign2 cosign3 rekor-server
	timestamp-server fulcio ct_server createtree rekor-v1-server trillian)

here=$(cd "$(dirname "$0")" && pwd)
peers=${REFEREE_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/referee-peers/bin}
mkdir -p "$peers" || { echo "peers: cannot create $peers" >&2; exit 1; }

scratch=$(mktemp -d) || exit 1
trap 'chmod -R u+w "$scratch" 2>/dev/null; rm -rf "$scratch"' EXIT

missing=()
rows=()

# have NAME VERSION: note a tool that can be used.
have() { rows+=("$(printf '%-18s %s' "$1" "$2")"); }

# lack NAME REASON: say that a tool cannot be had, loudly.
lack() {
	missing+=("$1")
	rows+=("$(printf '%-18s MISSING: %s' "$1" "$2")")
	echo "peers: ***** $1 COULD NOT BE HAD: $2 *****" >&2
}

# build COMMAND...: run a build politely, keeping its output for the case that it fails.
build() {
	nice "$@" >"$scratch/log" 2>&1 && return 0
	sed 's/^/peers: | /' "$scratch/log" | tail -n 15 >&2
	return 1
}

# go_version BINARY: the version of the main module that a Go binary was built from.
go_version() { go version -m "$1" 2>/dev/null | awk '$1 == "mod" { print $3; exit }'; }

# go_tool NAME PACKAGE VERSION: go install PACKAGE@VERSION as NAME.
go_tool() {
	local name=$1 package=$2 version=$3 built
	if ! command -v go >/dev/null; then
		lack "$name" "there is no go here to build it with"
		return
	fi
	if [[ -x $peers/$name && $(go_version "$peers/$name") == "$version" ]]; then
		have "$name" "$version"
		return
	fi
	echo "peers: building $name $version" >&2
	rm -rf "$scratch/gobin"
	if ! build env GOBIN="$scratch/gobin" GOFLAGS= CGO_ENABLED=0 go install "$package@$version"; then
		lack "$name" "go install $package@$version failed, see above"
		return
	fi
	built=("$scratch"/gobin/*)
	if mv "${built[0]}" "$peers/$name"; then
		have "$name" "$(go_version "$peers/$name")"
	else
		lack "$name" "cannot write to $peers"
	fi
}

# go_program NAME SCRIPT: a Go program of this project, built by its own script. It is quick where
# nothing has changed.
go_program() {
	if ! command -v go >/dev/null; then
		lack "$1" "there is no go here to build it with"
	elif build env REFEREE_PEERS="$peers" GOFLAGS= sh "$here/../$2"; then
		have "$1" "$OPA_VERSION of OPA"
	else
		lack "$1" "$2 failed, see above"
	fi
}

# go_module MODULE VERSION PLACE PACKAGE...: builds packages of a module in its own tree into PLACE,
# by the sums that it keeps itself: not all that it needs is in the public database of sums.
go_module() {
	local module=$1 version=$2 place=$3 source
	shift 3
	# Outside of any module, whose go.mod would have its say.
	source=$(cd "$scratch" && GOFLAGS='' go mod download -json "$module@$version" 2>"$scratch/log" |
		sed -n 's/^.*"Dir": "\(.*\)".*$/\1/p')
	if [[ -z $source ]]; then
		sed 's/^/peers: | /' "$scratch/log" | tail -n 15 >&2
		return 1
	fi
	rm -rf "$scratch/module"
	cp -r "$source" "$scratch/module" && chmod -R u+w "$scratch/module" && mkdir -p "${place%/*}" &&
		build env CGO_ENABLED=0 GOFLAGS=-mod=readonly go build -C "$scratch/module" -buildvcs=false \
			-ldflags "-s -w" -o "$place" "$@"
}

ratify_and_plugins() {
	local module=github.com/ratify-project/ratify plugins=$peers/ratify-plugins
	if ! command -v go >/dev/null; then
		lack ratify "there is no go here to build it with"
		return
	fi
	# A binary that was built in a tree does not know its version.
	if [[ ! -x $peers/ratify || $(cat "$plugins/.version" 2>/dev/null) != "$RATIFY_VERSION" ]]; then
		echo "peers: building ratify $RATIFY_VERSION" >&2
		rm -rf "$plugins"
		if ! go_module "$module" "$RATIFY_VERSION" "$plugins/" ./plugins/verifier/sbom ./plugins/verifier/vulnerabilityreport ||
			! go_module "$module" "$RATIFY_VERSION" "$peers/ratify" ./cmd/ratify; then
			lack ratify "$module@$RATIFY_VERSION does not build, see above"
			return
		fi
		echo "$RATIFY_VERSION" >"$plugins/.version"
	fi
	have ratify "$RATIFY_VERSION"
}

# trillian_in_memory: our own program, of the packages of Trillian that its go.mod names.
trillian_in_memory() {
	local source=$here/../engine/verify/tests/data/sigstore/servers/trillian
	if ! command -v go >/dev/null; then
		lack trillian "there is no go here to build it with"
	elif build env CGO_ENABLED=0 GOFLAGS= go build -C "$source" -o "$peers/trillian" .; then
		have trillian "$TRILLIAN_VERSION of Trillian"
	else
		lack trillian "it does not build, see above"
	fi
}

docker_registry() {
	if ! command -v docker-registry >/dev/null && command -v apt-get >/dev/null && [[ $(id -u) == 0 ]]; then
		echo "peers: installing docker-registry" >&2
		export DEBIAN_FRONTEND=noninteractive
		build apt-get install -y --no-install-recommends docker-registry ||
			{ build apt-get update && build apt-get install -y --no-install-recommends docker-registry; }
	fi
	if command -v docker-registry >/dev/null; then
		have docker-registry "$(docker-registry --version | awk '{ print $NF }')"
	else
		lack docker-registry "not installed, and it takes root and apt-get to install it"
	fi
}

# cargo_tool NAME VERSION [FLAG]: cargo install NAME. Not every binary can be asked for its version
# (ferro-oci-server starts whatever it is told), so cargo's own record of what it installed is
# what counts. FLAG: `--debug` for what need not be fast, which saves minutes.
cargo_tool() {
	local name=$1 version=$2 root=$peers/../cargo record
	shift 2
	record=$(grep -so "\"$name $version " "$root/.crates2.json")
	if [[ ! -x $peers/$name || -z $record ]]; then
		if ! command -v cargo >/dev/null; then
			lack "$name" "there is no cargo here to build it with"
			return
		fi
		echo "peers: building $name $version" >&2
		mkdir -p "$root"
		if ! build env CARGO_TARGET_DIR="$scratch/target" CARGO_PROFILE_DEV_DEBUG=false cargo install "$name" --locked "$@" \
			--version "$version" --root "$root" --force; then
			lack "$name" "cargo install failed, see above"
			return
		fi
		if ! cp "$root/bin/$name" "$peers/$name"; then
			lack "$name" "cannot write to $peers"
			return
		fi
	fi
	have "$name" "$version"
}

install_peer() {
	case $1 in
	docker-registry) docker_registry ;;
	cargo-deny) cargo_tool cargo-deny "$DENY_VERSION" --debug ;;
	ferro-oci-server) cargo_tool ferro-oci-server "$FERRO_VERSION" ;;
	crane) go_tool crane github.com/google/go-containerregistry/cmd/crane "$CRANE_VERSION" ;;
	cosign3) go_tool cosign3 github.com/sigstore/cosign/v3/cmd/cosign "$COSIGN3_VERSION" ;;
	cosign2) go_tool cosign2 github.com/sigstore/cosign/v2/cmd/cosign "$COSIGN2_VERSION" ;;
	opa) go_tool opa github.com/open-policy-agent/opa "$OPA_VERSION" ;;
	opa-oracle) go_program opa-oracle conformance/opa/build.sh ;;
	opa-bench) go_program opa-bench benches/opa/build.sh ;;
	oras) go_tool oras oras.land/oras/cmd/oras "$ORAS_VERSION" ;;
	conftest) go_tool conftest github.com/open-policy-agent/conftest "$CONFTEST_VERSION" ;;
	rekor-server)
		go_tool rekor-server github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix "$REKOR_VERSION"
		;;
	timestamp-server)
		go_tool timestamp-server github.com/sigstore/timestamp-authority/v2/cmd/timestamp-server "$TIMESTAMP_VERSION"
		;;
	fulcio) go_tool fulcio github.com/sigstore/fulcio "$FULCIO_VERSION" ;;
	ct_server)
		go_tool ct_server github.com/google/certificate-transparency-go/trillian/ctfe/ct_server "$CT_VERSION"
		;;
	createtree) go_tool createtree github.com/google/trillian/cmd/createtree "$TRILLIAN_VERSION" ;;
	rekor-v1-server) go_tool rekor-v1-server github.com/sigstore/rekor/cmd/rekor-server "$REKOR_V1_VERSION" ;;
	trillian) trillian_in_memory ;;
	ratify) ratify_and_plugins ;;
	*) lack "$1" "no such peer" ;;
	esac
}

if (($# == 0)); then
	set -- docker-registry cargo-deny ferro-oci-server crane cosign3 cosign2 opa opa-oracle opa-bench oras conftest rekor-server timestamp-server
fi
if [[ $* == sigstore ]]; then
	set -- "${SIGSTORE[@]}"
fi
for peer in "$@"; do
	install_peer "$peer"
done

echo "peers in $peers:"
printf '  %s\n' "${rows[@]}"
if ((${#missing[@]})); then
	echo "peers: ***** could not be had: ${missing[*]} *****" >&2
fi
exit 0
