#!/usr/bin/env bash
# The packs, the library and the example that puts packs together in OPA itself: they must be formatted, check in strict mode, and pass
# their tests there as they do here. Takes `opa` from $OPA, $REFEREE_PEERS or the PATH; to have it:
#   go install github.com/open-policy-agent/opa@v1.20.2
set -euo pipefail
cd "$(dirname "$0")/.."
opa=${OPA:-}
for place in "${REFEREE_PEERS:-/nonexistent}/opa" "${XDG_CACHE_HOME:-$HOME/.cache}/referee-peers/bin/opa"; do
    if [ -z "$opa" ] && [ -x "$place" ]; then opa=$place; fi
done
if [ -z "$opa" ]; then opa=$(command -v opa || true); fi
if [ -z "$opa" ]; then
    echo "SKIPPED packs in OPA: opa is not on this machine"
    exit 0
fi
unformatted=$("$opa" fmt --list lib packs ../examples/production)
if [ -n "$unformatted" ]; then
    echo "not formatted: $unformatted"
    exit 1
fi
total=0
# One pack at a time: the defaults of all of them stand at data.parameters.
for pack in packs/*/; do
    "$opa" check --strict lib "$pack"/*.rego
    output=$("$opa" test lib "$pack") || { echo "$output"; exit 1; }
    passed=$(sed -n 's/^PASS: \([0-9]*\)\/.*/\1/p' <<<"$output")
    total=$((total + passed))
done
# The example imports several; their tests and defaults stay out, as in Referee.
mapfile -t policies < <(printf '%s\n' packs/*/policy.rego)
"$opa" check --strict lib "${policies[@]}" ../examples/production
output=$("$opa" test lib "${policies[@]}" ../examples/production) || { echo "$output"; exit 1; }
total=$((total + $(sed -n 's/^PASS: \([0-9]*\)\/.*/\1/p' <<<"$output")))
echo "FIGURE packs in OPA $("$opa" version | awk '/^Version/{print $2}'): $total tests in Rego"
