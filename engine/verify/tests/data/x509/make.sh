#!/bin/sh
# Makes roots of every kind of key and a leaf under each combination of key and hash. Run in this
# folder with openssl 3; the private keys are thrown away.
set -eu
keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$keys/leaf"
for curve in 256 384 521; do
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-$curve -out "$keys/p$curve"
done
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$keys/rsa"
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out "$keys/rsa1024"
openssl genpkey -algorithm ED25519 -out "$keys/ed25519"

cat >"$keys/extensions" <<'END'
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = codeSigning
END

: >roots.pem
for name in p256 p384 p521 rsa rsa1024 ed25519; do
    openssl req -new -x509 -key "$keys/$name" -subj "/CN=$name" -days 36500 \
        -addext 'basicConstraints = critical, CA:TRUE' \
        -addext 'keyUsage = critical, keyCertSign' |
        openssl x509 >>roots.pem
done
awk -v RS='-----END CERTIFICATE-----\n' -v to="$keys/root" \
    '{ printf "%s%s", $0, RS > to NR }' roots.pem

# leaf NAME OF FILE, ROOT, OPTIONS...
leaf() {
    file=$1 root=$2
    shift 2
    number=$(echo p256 p384 p521 rsa rsa1024 ed25519 | tr ' ' '\n' | grep -nx "$root" | cut -d: -f1)
    openssl req -new -key "$keys/leaf" -subj "/CN=$file" -out "$keys/request"
    openssl x509 -req -in "$keys/request" -CA "$keys/root$number" -CAkey "$keys/$root" \
        -set_serial 1 -days 36500 -extfile "$keys/extensions" "$@" -out "$file.pem"
}

for hash in sha1 sha256 sha384 sha512; do
    for root in p256 p384 p521 rsa; do
        leaf "$root-$hash" "$root" "-$hash"
    done
    leaf "pss-$hash" rsa "-$hash" -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest
done
leaf ed25519 ed25519
leaf rsa1024-sha256 rsa1024 -sha256
leaf p256-sha3 p256 -sha3-256
leaf pss-salt rsa -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:max
leaf pss-mgf rsa -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest \
    -sigopt rsa_mgf1_md:sha512
