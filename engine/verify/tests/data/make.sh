#!/usr/bin/env bash
# Makes the keys and signatures of this folder with openssl 3. Nothing is reproducible: each run
# replaces all of them. Private keys stay in a scratch folder, but for `private.pem` and
# `private-ec.pem`, which sign nothing and are here to be refused.
#
# Usage: engine/verify/tests/data/make.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -f ./*.pem ./*.sig ./message

printf 'what is signed\n' >message

ec() { openssl ecparam -name "$2" -genkey -noout -out "$work/$1"; }
rsa() { openssl genpkey -quiet -algorithm "${3:-RSA}" -pkeyopt "rsa_keygen_bits:$2" "${@:4}" -out "$work/$1"; }
public() { openssl pkey -in "$work/$1" -pubout -out "$1.pem"; }
sign() { openssl dgst "-$2" "${@:4}" -sign "$work/$1" -out "$3.sig" message; }

for curve in p256:prime256v1 p384:secp384r1 p521:secp521r1 secp256k1:secp256k1; do
	ec "${curve%%:*}" "${curve##*:}"
	public "${curve%%:*}"
done
openssl pkey -in "$work/p256" -pubout -ec_conv_form compressed -out p256-compressed.pem
openssl ecparam -name prime256v1 -genkey -noout -param_enc explicit -out "$work/explicit"
openssl ec -in "$work/explicit" -pubout -param_enc explicit -out p256-explicit.pem 2>/dev/null
sign p256 sha256 p256-sha256
sign p256 sha512 p256-sha512
sign p384 sha384 p384-sha384
sign p384 sha256 p384-sha256
sign p521 sha512 p521-sha512
sign p521 sha256 p521-sha256

for bits in 1024 2048 3072 4096; do
	rsa "rsa-$bits" "$bits"
	public "rsa-$bits"
done
openssl rsa -in "$work/rsa-2048" -RSAPublicKey_out -out rsa-2048-pkcs1.pem 2>/dev/null
rsa rsa-exponent-3 2048 RSA -pkeyopt rsa_keygen_pubexp:3
public rsa-exponent-3
for hash in sha1 sha256 sha384 sha512; do
	sign rsa-2048 $hash "rsa-2048-pkcs1-$hash"
	sign rsa-2048 $hash "rsa-2048-pss-$hash" -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest
done
sign rsa-2048 sha256 rsa-2048-pss-sha256-max -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:max
sign rsa-2048 sha256 rsa-2048-pss-sha256-salt-7 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:7
sign rsa-3072 sha256 rsa-3072-pkcs1-sha256
sign rsa-4096 sha256 rsa-4096-pkcs1-sha256

rsa pss 2048 RSA-PSS
public pss
sign pss sha384 pss-sha384 -sigopt rsa_pss_saltlen:digest
rsa pss-sha512 2048 RSA-PSS -pkeyopt rsa_pss_keygen_md:sha512 \
	-pkeyopt rsa_pss_keygen_mgf1_md:sha512 -pkeyopt rsa_pss_keygen_saltlen:64
public pss-sha512
sign pss-sha512 sha512 pss-sha512 -sigopt rsa_pss_saltlen:digest
rsa pss-sha1 2048 RSA-PSS -pkeyopt rsa_pss_keygen_md:sha1
public pss-sha1

openssl genpkey -quiet -algorithm ED25519 -out "$work/ed25519"
public ed25519
openssl pkeyutl -sign -rawin -inkey "$work/ed25519" -in message -out ed25519.sig
openssl genpkey -quiet -algorithm ED448 -out "$work/ed448"
public ed448

openssl genpkey -quiet -algorithm ED25519 -out private.pem
openssl ecparam -name prime256v1 -genkey -noout -out private-ec.pem
openssl req -x509 -new -key "$work/p256" -subj /CN=nobody -days 36500 -out certificate.pem
