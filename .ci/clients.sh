#!/usr/bin/env bash
# Clients of OPA's API, as they are, against the real OPA and against Referee's server:
#
#   @open-policy-agent/opa 2.0.0 and @styra/opa 1.7.10 (npm), opa-python 0.0.9 (PyPI): a program
#       each (.ci/clients), which must print the same for both servers
#   opa-python-client 3.0.0 (PyPI): its own integration tests, which come with it
#
# They are installed once, into the folder `clients` beside that of the peers (REFEREE_PEERS), at the
# versions of .ci/clients/package-lock.json and .ci/clients/requirements.txt. What this machine lacks
# is skipped, aloud. Builds nothing but what the steps before it left.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

work=$(mktemp -d) || exit 1
# shellcheck source=.ci/servers.sh
. .ci/servers.sh
trap 'stop_servers; rm -rf "$work"' EXIT
place=$(dirname "$peers")/clients

if [ ! -x "$peers/opa" ]; then
	echo "SKIPPED OPA's clients: opa is not on this machine (.ci/peers.sh opa)"
	exit 0
fi

# install_npm: the packages of the lock file, without their scripts.
install_npm() {
	local wanted
	wanted=$(sha256sum .ci/clients/package-lock.json | cut -c 1-16)
	if [ ! -f "$place/npm/complete-$wanted" ]; then
		rm -rf "$place/npm"
		mkdir -p "$place/npm" || return 1
		cp .ci/clients/package.json .ci/clients/package-lock.json "$place/npm/" || return 1
		(cd "$place/npm" && timeout 300 npm ci --ignore-scripts --no-audit --no-fund) >"$work/npm" 2>&1 || {
			tail -n 5 "$work/npm"
			return 1
		}
		touch "$place/npm/complete-$wanted"
	fi
	# Modules are looked for beside the program.
	cp .ci/clients/sdk.mjs "$place/npm/sdk.mjs"
}

install_python() {
	local wanted
	wanted=$(sha256sum .ci/clients/requirements.txt | cut -c 1-16)
	[ ! -f "$place/venv/complete-$wanted" ] || return 0
	rm -rf "$place/venv"
	mkdir -p "$place" && python3 -m venv "$place/venv" &&
		timeout 300 "$place/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
			--requirement .ci/clients/requirements.txt >"$work/pip" 2>&1 || {
		tail -n 5 "$work/pip"
		return 1
	}
	touch "$place/venv/complete-$wanted"
}

bad=0

# alike NAME COMMAND...: the command, given a URL, prints the same for both servers.
alike() {
	local name=$1 lines
	shift
	timeout 120 "$@" "$reference" >"$work/reference" 2>"$work/reference.err" || {
		echo "$name fails with OPA itself:"
		tail -n 20 "$work/reference.err"
		bad=1
		return
	}
	lines=$(wc -l <"$work/reference")
	timeout 120 "$@" "$target" >"$work/target" 2>"$work/target.err"
	local status=$?
	if [ "$status" -eq 0 ] && diff "$work/reference" "$work/target" >"$work/diff"; then
		echo "FIGURE $name: $lines answers alike"
	else
		bad=1
		echo "$name: exit code $status; what it prints with OPA (<) and with Referee (>):"
		head -n 60 "$work/diff"
		tail -n 20 "$work/target.err"
	fi
}

# shipped NAME SERVER...: the client's own tests, unmodified. They ask localhost:8181, so server and
# tests have a network of their own. Those of authentication start another server, in a container:
# .ci/clients/docker starts a process instead.
shipped() {
	local name=$1
	shift
	rm -rf "$work/stand-in" && mkdir -p "$work/stand-in/bin" && cp .ci/clients/docker "$work/stand-in/bin/"
	AUTH_SERVER=$1 AUTH_STATE=$work/stand-in PATH=$work/stand-in/bin:$PATH \
		unshare --net --map-root-user bash .ci/clients/alone.sh "$@" -- \
		"$place/venv/bin/python" -m pytest -q -rfE -p no:cacheprovider \
		--pyargs opa_client.test.test_integaration_opa opa_client.test.test_integration_auth \
		>"$work/shipped" 2>&1
	local status=$?
	# Where nothing ran, nothing failed either.
	if [ "$status" -ne 0 ] || ! grep -qE '^[0-9]+ passed' "$work/shipped"; then
		bad=1
		tail -n 60 "$work/shipped"
	fi
	echo "FIGURE opa-python-client's own tests with $name: $(tail -n 1 "$work/shipped")"
}

# What the tests built: by itself it would have other features, and be built anew.
cargo test --workspace --locked --no-run || exit 1
bin=$(realpath "${CARGO_TARGET_DIR:-target}/debug") || exit 1
start_servers || exit 1

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
	echo "SKIPPED OPA's TypeScript clients: there is no node with npm here"
elif install_npm; then
	for package in @open-policy-agent/opa @styra/opa; do
		alike "$package" node "$place/npm/sdk.mjs" "$package"
	done
else
	echo "SKIPPED OPA's TypeScript clients: they cannot be installed, see above"
fi

if ! command -v python3 >/dev/null; then
	echo "SKIPPED OPA's Python clients: there is no python3 here"
elif install_python; then
	alike opa-python "$place/venv/bin/python" .ci/clients/opa_python.py
	if unshare --net --map-root-user ip link set lo up 2>/dev/null; then
		shipped OPA "$peers/opa" run --server --disable-telemetry --log-level error --addr
		shipped Referee "$bin/referee" serve --no-policy --listen
	else
		echo "SKIPPED opa-python-client's own tests: no network namespace can be had here (unshare, ip)"
	fi
else
	echo "SKIPPED OPA's Python clients: they cannot be installed, see above"
fi
exit "$bad"
