#!/usr/bin/env bash
# The readers of documents beside what others read and write: Python's reference libraries of
# CycloneDX, SPDX, licences, CVSS and package URLs; the documents in their source packages, which
# are those of the specifications' own tests; cyclonedx-npm and syft; and what scanners and builders
# keep as test data in their Go modules (reports, VEX, provenance). All of them at the versions
# pinned here and in documents-python.txt.
#
# They are kept under ${XDG_CACHE_HOME:-$HOME/.cache}/referee-peers, so that a second run fetches
# nothing. What cannot be had is named, and the tests run without it. A place that the environment
# names already (REFEREE_PYTHON and so on) is taken as it is.
#
# `documents.sh` runs the tests with them; `documents.sh --environment FILE` writes to FILE what names
# them, for a shell that runs the tests itself.
set -uo pipefail
environment_file=
if [ "${1:-}" = --environment ]; then
	environment_file=$(realpath "${2:?a file}") || exit 1
fi
cd "$(dirname "$0")/.." || exit 1

readonly CYCLONEDX_SOURCE=cyclonedx-python-lib==11.12.0
readonly SPDX_SOURCE=spdx-tools==0.8.5
readonly CYCLONEDX_NPM=6.0.1
# Read in Go's own cache of modules (engine/document/tests/findings_support).
readonly MODULES=(
	github.com/anchore/grype@v0.121.2
	github.com/aquasecurity/trivy@v0.69.3
	github.com/openvex/go-vex@v0.2.9
	github.com/gocsaf/csaf/v3@v3.3.0
)
# Read as if they were checkouts: what of them is not large.
readonly CHECKOUTS=(
	slsa-framework/slsa-verifier=github.com/slsa-framework/slsa-verifier/v2@v2.7.1
	tektoncd/chains=github.com/tektoncd/chains@v0.26.2
	ratify-project/ratify=github.com/ratify-project/ratify@v1.4.4
)

peers=${XDG_CACHE_HOME:-$HOME/.cache}/referee-peers
folder=$peers/python
mkdir -p "$folder" || exit 1
peers=$(realpath "$peers") || exit 1
folder=$peers/python
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

# skipped WHAT WHY: says what the tests run without, and the end of what was tried.
skipped() {
	tail -n 5 "$log" | sed 's/^/| /'
	echo "SKIPPED $1: $2"
}

# quiet COMMAND...: keeps its output for the case that it fails.
quiet() { "$@" >"$log" 2>&1; }

# Not for long where there is no network.
pip() { quiet "$folder/venv/bin/python" -m pip --disable-pip-version-check --retries 2 --timeout 20 "$@"; }

# The environment, made anew where what it is made of has changed. Only a complete one is marked.
environment() {
	local wanted
	wanted=$(sha256sum .ci/documents-python.txt | cut -c 1-16)
	[ ! -f "$folder/venv/complete-$wanted" ] || return 0
	rm -rf "$folder/venv"
	quiet python3 -m venv "$folder/venv" || return 1
	pip install --requirement .ci/documents-python.txt || return 1
	touch "$folder/venv/complete-$wanted"
}

# source_package NAME==VERSION: unpacks a source package of PyPI, and says where it lies.
source_package() {
	local place=$folder/${1/==/-} scratch archive
	if [ ! -d "$place" ]; then
		[ -x "$folder/venv/bin/python" ] || return 1
		scratch=$(mktemp -d "$folder/fetch.XXXXXX") || return 1
		if pip download --no-deps --no-binary "${1%==*}" --dest "$scratch" "$1" &&
			archive=$(ls "$scratch"/*.tar.gz 2>>"$log") &&
			mkdir "$scratch/source" &&
			quiet tar -xzf "$archive" -C "$scratch/source" --strip-components=1; then
			mv "$scratch/source" "$place"
		fi
		rm -rf "$scratch"
	fi
	[ -d "$place" ] && printf '%s\n' "$place"
}

# cyclonedx_npm: installs the command, without the scripts of what it depends on; says where it lies.
cyclonedx_npm() {
	local place=$peers/npm/cyclonedx-npm-$CYCLONEDX_NPM
	local command=$place/node_modules/.bin/cyclonedx-npm
	if ! quiet "$command" --version; then
		rm -rf "$place"
		mkdir -p "$place" || return 1
		# It waits for minutes where there is no network.
		quiet timeout 180 npm install --prefix "$place" --ignore-scripts --no-audit --no-fund \
			--fetch-retries 1 --fetch-retry-mintimeout 1000 --fetch-timeout 20000 "@cyclonedx/cyclonedx-npm@$CYCLONEDX_NPM" || return 1
		quiet "$command" --version || return 1
	fi
	printf '%s\n' "$command"
}

# go_module MODULE@VERSION [CACHE]: fetches a module and nothing that it needs; says where it lies.
go_module() {
	local cache=${2:-$(go env GOMODCACHE)} place
	# Outside of any module, whose go.mod would have its say.
	place=$(cd "$folder" && GOMODCACHE=$cache GOFLAGS='' timeout 120 go mod download -json "$1" 2>"$log" |
		sed -n 's/^.*"Dir": "\(.*\)".*$/\1/p')
	[ -d "$place" ] && printf '%s\n' "$place"
}

# checkouts: unpacks them side by side, without what is over a megabyte; says where they lie.
checkouts() {
	local root=$peers/checkouts one name module place scratch source
	for one in "${CHECKOUTS[@]}"; do
		name=${one%%=*} module=${one#*=}
		place=$root/$name
		[ "$(cat "$place/.module" 2>/dev/null)" != "$module" ] || continue
		scratch=$(mktemp -d "$folder/fetch.XXXXXX") || return 1
		rm -rf "$place"
		if source=$(go_module "$module" "$scratch/cache") && mkdir -p "$place" &&
			(cd "$source" && find . -type f -size -1024k -print0 | tar --null --files-from=- -cf -) |
			tar -xf - -C "$place" && chmod -R u+w "$place"; then
			echo "$module" >"$place/.module"
		else
			skipped "$name" "the module $module cannot be had" >&2
			rm -rf "$place"
		fi
		chmod -R u+w "$scratch"
		rm -rf "$scratch"
	done
	[ -d "$root" ] && printf '%s\n' "$root"
}

if [ -z "${REFEREE_PYTHON:-}" ]; then
	if ! command -v python3 >/dev/null; then
		echo "SKIPPED reference libraries: there is no python3 here"
	elif environment; then
		export REFEREE_PYTHON=$folder/venv/bin/python
	else
		skipped "reference libraries" "they cannot be installed, see above"
	fi
fi
if [ -z "${REFEREE_CYCLONEDX_SPECIFICATION:-}" ]; then
	if place=$(source_package "$CYCLONEDX_SOURCE"); then
		export REFEREE_CYCLONEDX_SPECIFICATION=$place
	else
		skipped "CycloneDX's documents" "the source of $CYCLONEDX_SOURCE cannot be had"
	fi
fi
if [ -z "${REFEREE_SPDX_EXAMPLES:-}" ]; then
	if place=$(source_package "$SPDX_SOURCE"); then
		export REFEREE_SPDX_EXAMPLES=$place
	else
		skipped "SPDX's documents" "the source of $SPDX_SOURCE cannot be had"
	fi
fi
if [ -z "${REFEREE_CYCLONEDX_NPM:-}" ]; then
	if ! command -v npm >/dev/null; then
		echo "SKIPPED cyclonedx-npm: there is no npm here"
	elif place=$(cyclonedx_npm); then
		export REFEREE_CYCLONEDX_NPM=$place
	else
		skipped "cyclonedx-npm" "it cannot be installed, see above"
	fi
fi

if ! command -v go >/dev/null; then
	echo "SKIPPED scanners' reports, VEX and provenance of others: there is no go here to fetch them with"
else
	for module in "${MODULES[@]}"; do
		go_module "$module" >/dev/null || skipped "$module" "the module cannot be had"
	done
	if [ -z "${REFEREE_CHECKOUTS:-}" ] && place=$(checkouts); then
		export REFEREE_CHECKOUTS=$place
	fi
fi

if [ -n "$environment_file" ]; then
	for name in REFEREE_PYTHON REFEREE_CYCLONEDX_SPECIFICATION REFEREE_SPDX_EXAMPLES REFEREE_CYCLONEDX_NPM REFEREE_CHECKOUTS; do
		[ -z "${!name:-}" ] || printf 'export %s=%q\n' "$name" "${!name}"
	done >"$environment_file"
	exit 0
fi

status=0
cargo test -p referee --locked --test cli ratify -- --nocapture || status=1
cargo test -p referee-document --locked --no-fail-fast -- --nocapture || status=1
exit $status
