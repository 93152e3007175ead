#!/usr/bin/env bash
# Sigstore's verification cases through the command, and each through the entry program that their
# suite drives. Builds nothing but what the steps before it left; needs the cases of
# sigstore/sigstore-conformance (REFEREE_VECTORS names the folder of other projects' data).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

cases=${REFEREE_VECTORS:-../shared/vectors}/sigstore-bundle-verify
if [ ! -d "$cases" ]; then
	echo "SKIPPED Sigstore's cases: no folder $cases; set REFEREE_VECTORS"
	exit 0
fi

# One by one, as the steps before built them: together they would share features and be built anew.
cargo build --release --locked || exit 1
cargo build --release --locked -p referee-conformance --bins || exit 1
bin=${CARGO_TARGET_DIR:-target}/release

bad=0
"$bin/referee" conformance sigstore --cases "$cases" --output json >"${TMPDIR:-/tmp}/sigstore-cases.$$" || bad=1
grep -v '"folder"' "${TMPDIR:-/tmp}/sigstore-cases.$$"
printf 'FIGURE %s\n' "$(tail -n 1 "${TMPDIR:-/tmp}/sigstore-cases.$$")"
rm -f "${TMPDIR:-/tmp}/sigstore-cases.$$"

# The suite's own way: a program for each case, which says by its exit code what it found.
passed=0
failed=0
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
exit "$bad"
