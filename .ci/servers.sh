# Starts the real OPA and Referee on free ports, for scripts that ask both. Sourced, not run.
#
# start_servers sets `reference` and `target` to their URLs, once both answer; it returns 1, and says
# why, where one cannot be started. stop_servers ends them: put it into a trap. `work` names a folder
# for logs; `bin` the folder of the command `referee`.

peers=${REFEREE_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/referee-peers/bin}
server_pids=()

# free_port: a port that nobody listens on now.
free_port() {
	local port
	for _ in $(seq 50); do
		port=$((20000 + RANDOM % 20000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
	done
	return 1
}

# answers PORT PID: waits until /health is answered, at most a minute.
answers() {
	local line
	for _ in $(seq 600); do
		kill -0 "$2" 2>/dev/null || return 1
		# Its text goes nowhere where nobody listens yet.
		line=$({
			exec 3<>"/dev/tcp/127.0.0.1/$1" && printf 'GET /health HTTP/1.0\r\n\r\n' >&3 &&
				head -n 1 <&3
		} 2>/dev/null)
		[ -z "$line" ] || return 0
		sleep 0.1
	done
	return 1
}

# start NAME COMMAND...: starts a server whose command ends in an address, on a free port, twice more
# where somebody else took the port meanwhile. Sets `url`.
start() {
	local name=$1 port pid
	shift
	for _ in 1 2 3; do
		port=$(free_port) || return 1
		"$@" "127.0.0.1:$port" >"$work/$name.log" 2>&1 &
		pid=$!
		server_pids+=("$pid")
		if answers "$port" "$pid"; then
			url=http://127.0.0.1:$port
			return 0
		fi
		kill "$pid" 2>/dev/null
	done
	echo "$name did not start:"
	tail -n 20 "$work/$name.log"
	return 1
}

start_opa() {
	start opa "$peers/opa" run --server --disable-telemetry --addr || return 1
	reference=$url
}

start_referee() {
	start referee "$bin/referee" serve --no-policy --listen || return 1
	target=$url
}

start_servers() { start_opa && start_referee; }

stop_servers() {
	local pid
	for pid in "${server_pids[@]}"; do
		kill "$pid" 2>/dev/null
	done
	wait 2>/dev/null
	server_pids=()
}
