#!/usr/bin/env bash
# Signs blobs/artifact with sigstore-python and sigstore-js, where they are here.
#
# Usage: others.sh WORK INSTANCE BLOBS DEV-TOKEN WORKFLOW-TOKEN FULCIO REKOR-V1 TSA
#
# Notes what it made in WORK/others.tsv.
set -euo pipefail
work=$1 instance=$2 blobs=$3 dev=$4 workflow=$5 fulcio=$6 rekor1=$7 tsa=$8
: >"$work/others.tsv"

# made NAME PURPOSE SERVICES SIGNER TOOL
made() { (IFS=$'\t'; echo "$*") >>"$work/others.tsv"; }

if command -v sigstore >/dev/null; then
	for services in v1 v2; do
		python3 - "$instance" "$services" >"$work/python.json" <<'PY'
import json, pathlib, sys
instance = pathlib.Path(sys.argv[1])
signing = json.loads((instance / f"{sys.argv[2]}.json").read_text())
signing["tsaConfig"].setdefault("selector", "ANY")  # It wants one where there is no authority, too.
print(json.dumps({
    "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
    "trustedRoot": json.loads((instance / "trusted_root.json").read_text()),
    "signingConfig": signing,
}))
PY
		sigstore --trust-config "$work/python.json" sign --overwrite --identity-token "$dev" \
			--bundle "$blobs/python-dev-$services.sigstore.json" "$blobs/artifact" >>"$work/python.log" 2>&1 ||
			{ tail -n 20 "$work/python.log" >&2; exit 1; }
		made "python-dev-$services" signature "$services" dev "$(sigstore --version | sed 's/^sigstore/sigstore-python/')"
	done
else
	echo "make: ***** sigstore-python is not here *****" >&2
fi

if [[ -d ${SIGSTORE_JS:-}/node_modules/sigstore ]]; then
	version=$(node -p "require('$SIGSTORE_JS/node_modules/sigstore/package.json').version")
	sign=$work/sign.cjs
	cat >"$sign" <<'JS'
const [modules, kind, artifact, out, token, fulcioURL, rekorURL, tsaServerURL] = process.argv.slice(2)
const sigstore = require(`${modules}/node_modules/sigstore`)
const fs = require('fs')
const crypto = require('crypto')
const data = fs.readFileSync(artifact)
const statement = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'artifact', digest: { sha256: crypto.createHash('sha256').update(data).digest('hex') } }],
  predicateType: 'https://acme.example/review/v1',
  predicate: { approved: true },
}
const options = { identityToken: token, fulcioURL, rekorURL, tlogUpload: rekorURL !== '', tsaServerURL: tsaServerURL || undefined, tufMirrorURL: '' }
const made = kind === 'attest'
  ? sigstore.attest(Buffer.from(JSON.stringify(statement)), 'application/vnd.in-toto+json', options)
  : sigstore.sign(data, options)
made.then(bundle => fs.writeFileSync(out, JSON.stringify(bundle)), error => { console.error(error); process.exit(1) })
JS
	js() { # NAME KIND PURPOSE SERVICES REKOR TSA
		node "$sign" "$SIGSTORE_JS" "$2" "$blobs/artifact" "$blobs/$1.sigstore.json" "$workflow" "$fulcio" "$5" "$6"
		made "$1" "$3" "$4" workflow "sigstore-js $version"
	}
	js js-workflow-v1 sign signature v1 "$rekor1" ""
	js js-workflow-stamped sign signature stamped "" "$tsa"
	js js-attested-workflow-v1-stamped attest attestation v1-stamped "$rekor1" "$tsa"
else
	echo "make: ***** sigstore-js is not here: set SIGSTORE_JS *****" >&2
fi
