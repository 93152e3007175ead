#!/usr/bin/env bash
# OPA's REST API: the requests of `referee conformance opa-api` to the real OPA and to Referee's
# server, which must answer alike but for what conformance/expected/opa-api.yaml lists with reasons.
# Builds nothing but what the steps before it left. Where there is no opa (.ci/peers.sh) it is
# skipped, aloud.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

work=$(mktemp -d) || exit 1
# shellcheck source=.ci/servers.sh
. .ci/servers.sh
trap 'stop_servers; rm -rf "$work"' EXIT

if [ ! -x "$peers/opa" ]; then
	echo "SKIPPED OPA's REST API: opa is not on this machine (.ci/peers.sh opa)"
	exit 0
fi

# What the tests built: by itself it would have other features, and be built anew.
cargo test --workspace --locked --no-run || exit 1
bin=$(realpath "${CARGO_TARGET_DIR:-target}/debug") || exit 1

start_servers || exit 1
bad=0
"$bin/referee" conformance opa-api --reference "$reference" --target "$target" \
	--expect conformance/expected/opa-api.yaml --output json >"$work/cases" || bad=1
grep -vE '"folder"|"expected_failure"' "$work/cases" | head -n 80
printf 'FIGURE %s, of the failures expected: %s\n' "$(tail -n 1 "$work/cases")" \
	"$(grep -c '"expected_failure"' "$work/cases")"
exit "$bad"
