# shellcheck shell=bash
# A whole Sigstore instance on loopback, of the real servers: to be sourced by a bash script that
# has `set -euo pipefail`, a scratch folder in $work and the tools of .ci/peers.sh on its PATH.
#
#   Fulcio (fileca: a root, and an intermediate that signs), for our own issuer (issuer.py)
#   a certificate transparency log (ct_server) and Rekor v1, both on Trillian in memory (trillian/)
#   Rekor v2 on tiles, and the timestamp authority
#   two registries: docker-registry without the referrers API, ferro-oci-server with it
#
# `instance_start NAME` starts it all and sets fulcio, rekor1, rekor2, tsa, plain_registry and
# referrers_registry to their URLs; $work/NAME holds its keys and trusted_root.json, and
# v1.json, v2.json, v1-stamped.json and stamped.json are signing configurations.
# `instance_token CLAIMS` prints a token. `instance_stop` ends what was started.

work=${work:?}
servers=()
servers_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly START=2026-01-01T00:00:00Z

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# serve URL COMMAND...: start a server and wait until URL answers.
serve() {
	local url=$1 log=$work/${2##*/}.log
	shift
	"$@" >>"$log" 2>&1 &
	servers+=($!)
	for _ in {1..150}; do
		curl -s --noproxy '*' -o "$work/answer" "$url" && return
		kill -0 "${servers[-1]}" 2>/dev/null || break
		sleep 0.1
	done
	echo "$1 does not answer: $(tail -n 5 "$log")" >&2
	return 1
}

instance_stop() {
	for server in "${servers[@]}"; do kill "$server" 2>/dev/null || true; done
	wait 2>/dev/null || true
	servers=()
}

ec_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.pem" && openssl pkey -in "$1.pem" -pubout -out "$1.pub"; }

# certificate NAME SUBJECT EXTENSIONS [ISSUER]: a certificate authority of ten years.
certificate() {
	local name=$1 issuer=${4:-}
	openssl req -new -key "$name.pem" -subj "$2" -out "$name.csr"
	local signed=(-key "$name.pem")
	if [[ $issuer ]]; then signed=(-CA "$issuer.crt" -CAkey "$issuer.pem"); fi
	printf '%b' "$3" >"$name.ext"
	openssl x509 -req -in "$name.csr" -days 3650 -sha256 -out "$name.crt" -extfile "$name.ext" \
		"${signed[@]}" 2>>"$work/openssl.log"
}

instance_token() { "$servers_folder/issuer.py" token "$instance/issuer.pem" "$1"; }

instance_registries() {
	local port
	port=$(free_port)
	plain_registry=127.0.0.1:$port
	printf 'version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: %s } }\nhttp: { addr: "%s" }\n' \
		"$work/registry" "$plain_registry" >"$work/registry.yml"
	serve "http://$plain_registry/v2/" docker-registry serve "$work/registry.yml"
	referrers_registry=127.0.0.1:$(free_port)
	FERRO_OCI_LISTEN=$referrers_registry serve "http://$referrers_registry/v2/" ferro-oci-server
}

instance_start() {
	local port trillian proxy tree
	instance=$work/$1
	mkdir -p "$instance"
	cd "$instance" || return
	openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out issuer.pem
	for key in root intermediate ct rekor1 rekor2; do ec_key "$key"; done
	local signs='keyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n'
	certificate root "/O=$1.example/CN=root" "basicConstraints=critical,CA:TRUE,pathlen:1\n$signs"
	certificate intermediate "/O=$1.example/CN=intermediate" \
		"basicConstraints=critical,CA:TRUE,pathlen:0\n${signs}authorityKeyIdentifier=keyid\nextendedKeyUsage=codeSigning\n" root
	cat intermediate.crt root.crt >fulcio.crt
	openssl pkcs8 -topk8 -in intermediate.pem -passout pass:example -out intermediate.key
	openssl ec -in ct.pem -aes128 -passout pass:example -out ct.key 2>>"$work/openssl.log"

	proxy=127.0.0.1:$(free_port)
	serve "http://$proxy/keys" "$servers_folder/issuer.py" serve "${proxy##*:}" "$instance/issuer.pem"

	port=$(free_port)
	trillian=127.0.0.1:$port
	trillian "$trillian" >>"$work/trillian.log" 2>&1 &
	servers+=($!)
	sleep 1
	tree=$(createtree --admin_server "$trillian" 2>>"$work/trillian.log")
	cat >ct.cfg <<CFG
config {
  log_id: $tree
  prefix: "ct"
  roots_pem_file: "$instance/root.crt"
  private_key: { [type.googleapis.com/keyspb.PEMKeyFile] { path: "$instance/ct.key" password: "example" } }
  max_merge_delay_sec: 86400
  expected_merge_delay_sec: 120
}
CFG
	port=$(free_port)
	serve "http://127.0.0.1:$port/ct/ct/v1/get-sth" ct_server --http_endpoint "127.0.0.1:$port" \
		--log_rpc_server "$trillian" --log_config "$instance/ct.cfg" --get_sth_interval 0
	local ct=http://127.0.0.1:$port/ct

	fulcio=http://127.0.0.1:$(free_port)
	HTTP_PROXY=http://$proxy NO_PROXY=127.0.0.1 serve "$fulcio/healthz" fulcio serve --host 127.0.0.1 \
		--port "${fulcio##*:}" --grpc-host 127.0.0.1 --grpc-port "$(free_port)" \
		--metrics-port "$(free_port)" --legacy-unix-domain-socket "$work/fulcio-$1.sock" \
		--config-path "$servers_folder/fulcio.yaml" --ca fileca --fileca-cert "$instance/fulcio.crt" \
		--fileca-key "$instance/intermediate.key" --fileca-key-passwd example --fileca-watch=false \
		--ct-log-url "$ct" --ct-log-public-key-path "$instance/ct.pub"

	# Before Rekor v1: both want the port 2112 for their metrics, and this one insists.
	tsa=http://127.0.0.1:$(free_port)
	serve "$tsa/ping" timestamp-server serve --disable-ntp-monitoring --host 127.0.0.1 --port "${tsa##*:}"
	curl -sf --noproxy '*' -o tsa.crt "$tsa/api/v1/timestamp/certchain"

	tree=$(createtree --admin_server "$trillian" 2>>"$work/trillian.log")
	rekor1=http://127.0.0.1:$(free_port)
	serve "$rekor1/api/v1/log" rekor-v1-server serve --host 127.0.0.1 --port "${rekor1##*:}" \
		--trillian_log_server.address 127.0.0.1 --trillian_log_server.port "${trillian##*:}" \
		--trillian_log_server.tlog_id "$tree" --rekor_server.signer "$instance/rekor1.pem" \
		--rekor_server.hostname "rekor1.$1.example" --publish_frequency 1 --enabled_api_endpoints \
		createLogEntry,getLogInfo,getPublicKey,getLogProof,getLogEntryByIndex,getLogEntryByUUID,searchLogQuery

	rekor2=http://127.0.0.1:$(free_port)
	serve "$rekor2/api/v2/checkpoint" rekor-server serve --hostname "rekor2.$1.example" \
		--http-port "${rekor2##*:}" --grpc-port "$(free_port)" --http-metrics-port "$(free_port)" \
		--storage-dir "$instance/log" --signer-filepath "$instance/rekor2.pem" \
		--checkpoint-interval 1s --batch-max-age 50ms

	local by="start-time=$START,operator=$1.example"
	local config=(--fulcio="url=$fulcio,api-version=1,$by" --oidc-provider="url=http://accounts.example,api-version=1,$by")
	local v1=(--rekor="url=$rekor1,api-version=1,$by" --rekor-config=ANY)
	local v2=(--rekor="url=$rekor2,api-version=2,$by" --rekor-config=ANY)
	local stamp=(--tsa="url=$tsa/api/v1/timestamp,api-version=1,$by" --tsa-config=ANY)
	cosign3 signing-config create "${config[@]}" "${v1[@]}" --out v1.json
	cosign3 signing-config create "${config[@]}" "${v2[@]}" "${stamp[@]}" --out v2.json
	cosign3 signing-config create "${config[@]}" "${v1[@]}" "${stamp[@]}" --out v1-stamped.json
	cosign3 signing-config create "${config[@]}" "${stamp[@]}" --out stamped.json
	cosign3 trusted-root create --out trusted_root.json \
		--fulcio="url=https://fulcio.$1.example,certificate-chain=$instance/fulcio.crt,start-time=$START" \
		--ctfe="url=https://ct.$1.example,public-key=$instance/ct.pub,start-time=$START" \
		--rekor="url=https://rekor1.$1.example,public-key=$instance/rekor1.pub,start-time=$START" \
		--rekor="url=https://rekor2.$1.example,public-key=$instance/rekor2.pub,start-time=$START" \
		--tsa="url=https://tsa.$1.example/api/v1/timestamp,certificate-chain=$instance/tsa.crt,start-time=$START"
	chmod 644 trusted_root.json
	cd "$OLDPWD" || return
}
