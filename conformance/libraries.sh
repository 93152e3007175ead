#!/bin/sh
# Runs the tests of public policy libraries under OPA and under Referee and compares them, test by
# test: the same tests with the same results, and the same errors.
#
#   conformance/libraries.sh [LIST [PATTERN]]
#
# LIST is conformance/libraries.txt unless another is given; PATTERN takes the repositories whose
# name it is part of. A line of the list is
#
#   OWNER/NAME COMMIT FOLDER FLAGS...
#
# FOLDER may have wildcards: each folder is a run of its own. Flags go to both programs as they are
# (--v0-compatible, --bundle, --schema ...), but for two words:
#   modules    the folder's .json and .yaml files are no data for its tests (inputs, manifests)
#   builtins   the library calls builtins of its own tool (conformance/libraries-builtins.txt):
#              they are declared, and calls of them end with the same error in both
#
# Repositories are cloned from GitHub, at their commit, into LIBRARIES (~/.cache/referee-peers/
# libraries) as OWNER+NAME; what is there already is taken as it is. Programs are taken from OPA,
# REFEREE and COMPARE (`cargo build -p referee-conformance --bin compare-tests`) where those are set.
# Nothing of a library is kept in this repository. The exit code is 1 where any test has another
# result, is missing, or is there too much.
set -u
here=$(cd "$(dirname "$0")" && pwd)
list=${1:-$here/libraries.txt}
pattern=${2:-}
libraries=${LIBRARIES:-${XDG_CACHE_HOME:-$HOME/.cache}/referee-peers/libraries}
opa=${OPA:-opa}
referee=${REFEREE:-referee}
compare=${COMPARE:-compare-tests}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$libraries"

# OPA's own capabilities, with the builtins of other tools beside them.
"$opa" capabilities --current | awk -v extra="$here/libraries-builtins.txt" '
	{ print }
	/"builtins": \[/ { while ((getline line < extra) > 0) print line }
' >"$work/capabilities.json"

fetch() { # OWNER/NAME COMMIT FOLDER
	[ -d "$3" ] && return
	rm -rf "$3.part"
	git init --quiet "$3.part" &&
		git -C "$3.part" fetch --quiet --depth 1 "https://github.com/$1" "$2" &&
		git -C "$3.part" checkout --quiet FETCH_HEAD &&
		mv "$3.part" "$3"
}

run() { # NAME FOLDER FLAGS...
	name=$1 folder=$2
	shift 2
	(cd "$folder" && "$opa" test . --format json --timeout 60s "$@") >"$work/opa" 2>"$work/opa.err"
	(cd "$folder" && "$referee" test . --output json --timeout 60s "$@") >"$work/ours" 2>"$work/ours.err"
	"$compare" --errors "$work/opa" "$work/ours" >"$work/said" 2>&1 && verdict=same || verdict=DIFFERENT
	modules=$(find "$folder" -name '*.rego' | wc -l)
	printf '%-9s %s (%d modules): %s\n' "$verdict" "$name" "$modules" "$(tail -n 1 "$work/said")"
	if [ "$verdict" != same ]; then
		sed '$d' "$work/said"
		head -n 3 "$work/opa.err" "$work/ours.err"
	fi
}

grep -v -e '^#' -e '^$' "$list" | grep -F -e "$pattern" | while read -r repository commit folders flags; do
	root=$libraries/$(printf %s "$repository" | tr / +)
	if ! fetch "$repository" "$commit" "$root"; then
		echo "DIFFERENT $repository: not to be had"
		continue
	fi
	set --
	for flag in $flags; do
		case $flag in
		modules) set -- "$@" --ignore '*.json' --ignore '*.yaml' --ignore '*.yml' ;;
		builtins) set -- "$@" --capabilities "$work/capabilities.json" ;;
		*) set -- "$@" "$flag" ;;
		esac
	done
	for folder in "$root"/$folders; do
		[ -d "$folder" ] && run "$repository ${folder#"$root/"}" "$folder" "$@"
	done
done | tee "$work/all"
awk '
	$1 == "same" || $1 == "DIFFERENT" { runs++ }
	$1 == "DIFFERENT" { bad++ }
	match($0, /\([0-9]+ modules\)/) { modules += substr($0, RSTART + 1) }
	match($0, /[0-9]+ the same, /) { same += substr($0, RSTART) }
	match($0, /[0-9]+ different, /) { different += substr($0, RSTART) }
	match($0, /[0-9]+ not run, /) { missing += substr($0, RSTART) }
	match($0, /[0-9]+ run here only/) { extra += substr($0, RSTART) }
	match($0, /[0-9]+ with another error/) { errors += substr($0, RSTART) }
	END {
		printf "%d runs over %d modules: %d tests the same, %d different, %d not run, ", runs, modules, same, different, missing
		printf "%d run here only, %d with another error\n", extra, errors
		exit bad > 0
	}
' "$work/all"
