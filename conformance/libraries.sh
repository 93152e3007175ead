#!/bin/sh
# Runs the tests of policy libraries under OPA and under Referee and compares them, test by test.
#
#   libraries.sh LIST
#
# LIST holds a library a line: a folder, then the flags both runners are given (--v0-compatible,
# --capabilities FILE). Programs are taken from OPA, REFEREE and COMPARE where those are set. The
# exit code is 1 where any test has another result.
set -u
list=${1:?"a list of libraries"}
opa=${OPA:-opa}
referee=${REFEREE:-referee}
compare=${COMPARE:-compare-tests}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
while read -r folder flags; do
	case $folder in '' | '#'*) continue ;; esac
	# shellcheck disable=SC2086 # flags are several words
	(cd "$folder" && "$opa" test . --format json --timeout 60s $flags) >"$work/opa" 2>"$work/opa.err"
	# shellcheck disable=SC2086
	(cd "$folder" && "$referee" test . --output json --timeout 60s $flags) >"$work/ours" 2>"$work/ours.err"
	printf '== %s %s\n' "$folder" "$flags"
	if ! "$compare" "$work/opa" "$work/ours"; then
		bad=1
		head -n 5 "$work/ours.err"
	fi
done <"$list"
exit $bad
