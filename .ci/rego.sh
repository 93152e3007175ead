#!/usr/bin/env bash
# The Rego engine beside OPA: OPA's own cases, and random programs that both run.
#
# The cases of about OPA 1.14 lie beside the checkout (REFEREE_OPA_CASES names another folder);
# the newest are taken from OPA's Go module, where there is Go. Each suite is held to the list of
# cases that are expected to fail, strictly both ways.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

peers=${REFEREE_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/referee-peers/bin}
# How many random programs, and the first seed: always the same, so that CI says the same of the
# same tree. Who looks for new divergences takes another.
programs=${REFEREE_FUZZ_PROGRAMS:-10000}
seed=${REFEREE_FUZZ_SEED:-70000000}
bad=0

# What the tests built: by itself it would have other features, and be built anew.
cargo test --workspace --locked --no-run || exit 1
bin=${CARGO_TARGET_DIR:-target}/debug

# suite NAME FOLDER [LIST]
suite() {
	local list=()
	[ -z "${3:-}" ] || list=(--expect "$3")
	if "$bin/opa-cases" --cases "$2" --suite "$1" "${list[@]}" >"$scratch/suite"; then
		:
	else
		bad=1
		grep -A2 '^FAIL' "$scratch/suite" | head -n 60
	fi
	printf 'FIGURE %s\n' "$(tail -n 1 "$scratch/suite")"
}

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

cases=${REFEREE_OPA_CASES:-../shared/opa-cases/v1}
if [ -d "$cases" ]; then
	suite opa-v1-of-1.14 "$cases" conformance/expected/native-v1.14.yaml
else
	echo "SKIPPED OPA's cases of 1.14: no folder $cases; set REFEREE_OPA_CASES"
fi

module=
if command -v go >/dev/null; then
	module=$(cd conformance/opa && go mod download github.com/open-policy-agent/opa && go list -m -f '{{.Dir}}' github.com/open-policy-agent/opa)
fi
if [ -d "$module/v1/test/cases/testdata/v1" ]; then
	suite opa-v1 "$module/v1/test/cases/testdata/v1"
	suite opa-v0 "$module/v1/test/cases/testdata/v0"
	suite opa-compile "$module/v1/test/compilecases/testdata"
else
	echo "SKIPPED OPA's newest cases: they are in its Go module, and there is no Go here"
fi

if [ -x "$peers/opa-oracle" ]; then
	mkdir -p "$scratch/divergences"
	if "$bin/rego-fuzz" --count "$programs" --seed "$seed" --engine native --level codes --out "$scratch/divergences" >"$scratch/fuzz" 2>&1; then
		:
	else
		bad=1
		find "$scratch/divergences" -name '*.json' | head -n 3 | while read -r file; do
			printf '%s\n' "$file"
			head -c 4000 "$file"
		done
	fi
	printf 'FIGURE random programs from seed %s: %s\n' "$seed" "$(tail -n 1 "$scratch/fuzz")"
else
	echo "SKIPPED random programs: opa-oracle is not on this machine"
fi
exit $bad
