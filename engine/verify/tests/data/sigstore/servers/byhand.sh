#!/usr/bin/env bash
# Signs a file with openssl and certificates of Fulcio's own authority, made for times of our
# choosing: Fulcio's last ten minutes, and nobody wants to wait for the end of one.
#
# Usage: byhand.sh WORK INSTANCE BLOBS TSA
#
# Makes, with a timestamp of now and no log entry: byhand-dev-stamped, by a certificate that is valid
# now, and late-dev-stamped, by one that was valid for ten minutes in January 2026. Neither has a
# signed certificate timestamp.
set -euo pipefail
work=$1 instance=$2 blobs=$3 tsa=$4
folder=$work/byhand
mkdir -p "$folder"
cd "$folder"

cat >ca.cnf <<CNF
[ca]
default_ca = authority
[authority]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = anything
unique_subject = no
[anything]
commonName = optional
[leaf]
keyUsage = critical, digitalSignature
extendedKeyUsage = codeSigning
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = critical, email:dev@acme.example
1.3.6.1.4.1.57264.1.1 = DER:$(printf http://accounts.example | od -An -tx1 | tr -d ' \n')
1.3.6.1.4.1.57264.1.8 = ASN1:UTF8String:http://accounts.example
CNF
: >index.txt
echo 1000 >serial

# sign NAME START END
sign() {
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.pem"
	openssl req -new -key "$1.pem" -subj /CN=signer -out "$1.csr"
	openssl ca -batch -config ca.cnf -extensions leaf -cert "$instance/intermediate.crt" \
		-keyfile "$instance/intermediate.pem" -startdate "$2" -enddate "$3" -notext \
		-in "$1.csr" -out "$1.crt" 2>>"$work/openssl.log"
	openssl dgst -sha256 -sign "$1.pem" -out "$1.sig" "$blobs/artifact"
	openssl ts -query -data "$1.sig" -sha256 -cert -out "$1.tsq" 2>>"$work/openssl.log"
	curl -sf --noproxy '*' -H 'Content-Type: application/timestamp-query' --data-binary "@$1.tsq" \
		-o "$1.tsr" "$tsa/api/v1/timestamp"
	python3 - "$1" "$blobs" <<'PY'
import base64, hashlib, json, pathlib, ssl, sys
name, blobs = sys.argv[1], pathlib.Path(sys.argv[2])
text = lambda data: base64.b64encode(data).decode()
read = lambda kind: pathlib.Path(f"{name}.{kind}").read_bytes()
digest = hashlib.sha256((blobs / "artifact").read_bytes()).digest()
(blobs / f"{name}.sigstore.json").write_text(json.dumps({
    "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
    "verificationMaterial": {
        "certificate": {"rawBytes": text(ssl.PEM_cert_to_DER_cert(read("crt").decode()))},
        "timestampVerificationData": {"rfc3161Timestamps": [{"signedTimestamp": text(read("tsr"))}]},
    },
    "messageSignature": {
        "messageDigest": {"algorithm": "SHA2_256", "digest": text(digest)},
        "signature": text(read("sig")),
    },
}))
PY
}

# From an hour ago: clocks, and what they are read with, differ.
sign byhand-dev-stamped "$(date -u -d '-1 hour' +%Y%m%d%H%M%SZ)" "$(date -u -d '+1 day' +%Y%m%d%H%M%SZ)"
sign late-dev-stamped 20260110120000Z 20260110121000Z
