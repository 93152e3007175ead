#!/usr/bin/env bash
# README's first command, as a stranger would run it; prints what it printed.
set -euo pipefail
cd "$(dirname "$0")/.."
command=$(awk '/^<!-- run -->/{f=1;next} f&&/^```sh/{g=1;next} g&&/^```/{exit} g' README.md)
test -n "$command" || { echo "README has no first command"; exit 1; }
output=$(bash -c "$command" 2>&1) || { echo "$output"; exit 1; }
printf '%s\n' "$output"
grep -q ALLOW <<<"$output" || { echo "the first command does not allow"; exit 1; }
echo "1 passed, 0 failed"
