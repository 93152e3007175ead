#!/usr/bin/env bash
# Sigstore's verification cases through the command, and each through the entry program that their
# suite drives; and the suite itself around that program. Builds nothing but what the steps before it
# left. The cases of sigstore/sigstore-conformance stand in the folder of other projects' data, which
# REFEREE_VECTORS names; REFEREE_SIGSTORE_CONFORMANCE names a checkout of the suite.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

cases=${REFEREE_VECTORS:-../shared/vectors}/sigstore-bundle-verify
suite=${REFEREE_SIGSTORE_CONFORMANCE:-}
# It is no setting of the command.
unset REFEREE_SIGSTORE_CONFORMANCE

told=0
if [ ! -d "$cases" ]; then
	echo "SKIPPED Sigstore's cases: no folder $cases; set REFEREE_VECTORS"
	told=$((told + 1))
fi
if [ ! -f "$suite/test/test_bundle.py" ]; then
	echo "SKIPPED Sigstore's suite: no checkout of sigstore-conformance at '$suite'; set REFEREE_SIGSTORE_CONFORMANCE"
	told=$((told + 1))
fi
[ "$told" -lt 2 ] || exit 0

# What the tests built: by itself it would have other features, and be built anew.
cargo test --workspace --locked --no-run || exit 1
bin=$(realpath "${CARGO_TARGET_DIR:-target}/debug") || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

bad=0

# command_cases FOLDER: the cases through `referee conformance sigstore`.
command_cases() {
	"$bin/referee" conformance sigstore --cases "$1" --output json >"$work/cases" || bad=1
	grep -v '"folder"' "$work/cases"
	printf 'FIGURE %s\n' "$(tail -n 1 "$work/cases")"
}

# The suite's own way: a program for each case, which says by its exit code what it found.
program_cases() {
	local passed=0 failed=0 case name artifact who root digest subject status expected identity issuer
	for case in "$cases"/*/; do
		name=$(basename "$case")
		artifact=$cases/a.txt
		[ ! -f "$case/artifact" ] || artifact=$case/artifact
		if [ -f "$case/key.pub" ]; then
			who=(--key "$case/key.pub")
		else
			identity=https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main
			issuer=https://token.actions.githubusercontent.com
			[ ! -f "$case/identity" ] || identity=$(cat "$case/identity")
			[ ! -f "$case/issuer" ] || issuer=$(cat "$case/issuer")
			who=(--certificate-identity "$identity" --certificate-oidc-issuer "$issuer")
		fi
		root=()
		[ ! -f "$case/trusted_root.json" ] || root=(--trusted-root "$case/trusted_root.json")
		digest=sha256:$(sha256sum "$artifact" | cut -d ' ' -f 1)
		for subject in "$artifact" "$digest"; do
			"$bin/sigstore-client" verify-bundle --bundle "$case/bundle.sigstore.json" "${who[@]}" "${root[@]}" "$subject" >/dev/null 2>&1
			status=$?
			case $name in *_fail) expected=$((status != 0)) ;; *) expected=$((status == 0)) ;; esac
			if [ "$expected" -eq 1 ]; then
				passed=$((passed + 1))
			else
				failed=$((failed + 1))
				echo "$name: exit code $status for $subject"
			fi
		done
	done
	echo "FIGURE sigstore-client: $passed of $((passed + failed)) calls as expected"
	[ "$failed" -eq 0 ] || bad=1
}

# The environment that the suite asks for, kept as long as it asks for the same.
suite_python() {
	local wanted venv
	command -v python3 >/dev/null || return 1
	wanted=$(sha256sum "$suite/requirements.txt" | cut -c 1-16)
	venv=${XDG_CACHE_HOME:-$HOME/.cache}/referee-sigstore-conformance/$wanted
	if [ ! -f "$venv/complete" ]; then
		rm -rf "$venv"
		python3 -m venv "$venv" || return 1
		"$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$suite/requirements.txt" || return 1
		touch "$venv/complete"
	fi
	printf '%s\n' "$venv/bin/python"
}

# Every test that does not sign. Before each the suite fetches a token to sign with, which none of
# these looks at: one that says nothing stands in for it, so nothing of the network is reached.
whole_suite() {
	local python
	if ! python=$(suite_python 2>"$work/venv"); then
		tail -n 5 "$work/venv"
		echo "SKIPPED Sigstore's suite: no Python environment with what its requirements.txt asks for"
		return
	fi
	cat >"$work/no_token.py" <<'PYTHON'
import base64
import json
import types

import urllib3


def request(method, url, **options):
    assert url.endswith("/untrusted-testing-token.txt"), url
    claims = {"email": "nobody@example.invalid", "iss": "https://issuer.example.invalid", "exp": 0}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
    return types.SimpleNamespace(data=f".{payload}.".encode())


urllib3.request = request
PYTHON
	(
		cd "$suite" || exit 1
		export PYTHONPATH=$work PYTHONDONTWRITEBYTECODE=1
		"$python" -m pytest -q -rfE -p no_token -p no:cacheprovider test \
			--skip-signing --entrypoint "$bin/sigstore-client"
	) >"$work/suite" 2>&1 || bad=1
	[ "$bad" -eq 0 ] || tail -n 60 "$work/suite"
	echo "FIGURE sigstore-conformance: $(tail -n 1 "$work/suite")"
}

if [ -d "$cases" ]; then
	command_cases "$cases"
	program_cases
fi
if [ -f "$suite/test/test_bundle.py" ]; then
	command_cases "$suite/test/assets/bundle-verify"
	whole_suite
fi
exit "$bad"
