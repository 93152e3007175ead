#!/usr/bin/env python3
"""Makes cases/*.jsonl and keys/*.json: keys, certificates and tokens of its own, and what OPA makes of them.

OPA=/path/to/opa python3 make.py

It needs OPA 1.20.2 and the Python package "cryptography". Every run makes new keys.
"""

import base64, datetime, hashlib, hmac, ipaddress, json, os, subprocess
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization as s
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

OPA = os.environ.get("OPA", "opa")
KEYS = {
    "rsa": rsa.generate_private_key(65537, 2048),
    "p256": ec.generate_private_key(ec.SECP256R1()),
    "p384": ec.generate_private_key(ec.SECP384R1()),
    "p521": ec.generate_private_key(ec.SECP521R1()),
    "ed": ed25519.Ed25519PrivateKey.generate(),
    "other": ec.generate_private_key(ec.SECP256R1()),
    "root": ec.generate_private_key(ec.SECP256R1()),
    "middle": ec.generate_private_key(ec.SECP256R1()),
}
SECRET = b"a secret of the tests"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, length=None):
    return b64(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))


def private(key, form=s.PrivateFormat.PKCS8):
    return key.private_bytes(s.Encoding.PEM, form, s.NoEncryption()).decode()


def public(key):
    return key.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo).decode()


def jwk(key, secret=False, **members):
    if isinstance(key, bytes):
        return {"kty": "oct", "k": b64(key), **members}
    if isinstance(key, rsa.RSAPrivateKey):
        n = key.private_numbers()
        out = {"kty": "RSA", "n": number(n.public_numbers.n), "e": number(n.public_numbers.e)}
        if secret:
            out |= {"d": number(n.d), "p": number(n.p), "q": number(n.q)}
            out |= {"dp": number(n.dmp1), "dq": number(n.dmq1), "qi": number(n.iqmp)}
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        n, size = key.private_numbers(), (key.curve.key_size + 7) // 8
        out = {"kty": "EC", "crv": f"P-{key.curve.key_size}"}
        out |= {"x": number(n.public_numbers.x, size), "y": number(n.public_numbers.y, size)}
        if secret:
            out["d"] = number(n.private_value, size)
    else:
        out = {"kty": "OKP", "crv": "Ed25519", "x": b64(key.public_key().public_bytes_raw())}
        if secret:
            out["d"] = b64(key.private_bytes_raw())
    return out | members


def sign(algorithm, key, message):
    digest = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}.get(algorithm[2:])
    match algorithm[:2]:
        case "HS":
            return hmac.new(key, message, getattr(hashlib, "sha" + algorithm[2:])).digest()
        case "RS":
            return key.sign(message, padding.PKCS1v15(), digest)
        case "PS":
            return key.sign(message, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        case "ES":
            r, t = decode_dss_signature(key.sign(message, ec.ECDSA(digest)))
            size = (key.curve.key_size + 7) // 8
            return r.to_bytes(size, "big") + t.to_bytes(size, "big")
    return key.sign(message)


def token(algorithm, key, payload=None, header=None, signature=None):
    head = json.dumps({"alg": algorithm, "typ": "JWT"} | (header or {}))
    body = json.dumps({"iss": "issuer", "sub": "Ann"} if payload is None else payload)
    message = b64(head.encode()) + "." + b64(body.encode())
    signed = sign(algorithm, key, message.encode()) if signature is None else signature
    return message + "." + b64(signed)


def name(common):
    return x509.Name([
        x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tests, \"own\""),
        x509.NameAttribute(NameOID.COMMON_NAME, common),
    ])


FROM, TO = datetime.datetime(2020, 1, 1), datetime.datetime(2119, 12, 31, 23, 59, 59)


def certificate(subject, issuer, key, signer, extensions, dates=(FROM, TO)):
    builder = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
    builder = builder.public_key(KEYS[key].public_key()).serial_number(hash(subject) & 0xFFFFFF | 1)
    builder = builder.not_valid_before(dates[0]).not_valid_after(dates[1])
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    digest = None if signer == "ed" else hashes.SHA256()
    return builder.sign(KEYS[signer], digest).public_bytes(s.Encoding.PEM).decode()


USAGE = dict.fromkeys(
    ["content_commitment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"], False)


def authority(path=None):
    usage = x509.KeyUsage(digital_signature=False, key_encipherment=False, key_cert_sign=True, crl_sign=True, **USAGE)
    return [(x509.BasicConstraints(True, path), True), (usage, True)]


def leaf(usage=ExtendedKeyUsageOID.SERVER_AUTH):
    alternatives = [
        x509.DNSName("www.example.com"), x509.DNSName("*.example.org"), x509.RFC822Name("ann@example.com"),
        x509.UniformResourceIdentifier("spiffe://example.com/a?b#c"),
        x509.IPAddress(ipaddress.ip_address("192.0.2.1")), x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
    ]
    key_usage = x509.KeyUsage(digital_signature=True, key_encipherment=True, key_cert_sign=False, crl_sign=False, **USAGE)
    return [
        (x509.BasicConstraints(False, None), True), (key_usage, True),
        (x509.ExtendedKeyUsage([usage]), False), (x509.SubjectAlternativeName(alternatives), False),
    ]


ROOT = certificate("root", "root", "root", "root", authority())
MIDDLE = certificate("middle", "root", "middle", "root", authority(0))
LEAF = certificate("leaf", "middle", "p256", "middle", leaf())
CLIENT = certificate("client", "middle", "ed", "middle", leaf(ExtendedKeyUsageOID.CLIENT_AUTH))
OLD = certificate("old", "middle", "p256", "middle", leaf(), (FROM, datetime.datetime(2021, 1, 1)))
SELF = certificate("self", "self", "rsa", "rsa", [])
REQUEST = x509.CertificateSigningRequestBuilder().subject_name(name("request")).add_extension(
    x509.SubjectAlternativeName([x509.DNSName("www.example.com")]), False
).sign(KEYS["p256"], hashes.SHA256()).public_bytes(s.Encoding.PEM).decode()


def write(family, calls):
    """Writes calls with what OPA says of them."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases", family + ".jsonl"), "w") as out:
        for builtin, *operands in calls:
            arguments = ", ".join(f"input[{place}]" for place in range(len(operands)))
            run = subprocess.run(
                [OPA, "eval", "--strict-builtin-errors", "--stdin-input", "--format=json", f"{builtin}({arguments})"],
                input=json.dumps(operands), capture_output=True, text=True)
            answer = json.loads(run.stdout)
            if "errors" in answer:
                error = answer["errors"][0]
                kind = {"eval_type_error": "type error", "eval_builtin_error": "error"}[error["code"]]
                expected = {kind: error["message"].removeprefix(builtin + ": ")}
            else:
                expected = {"gives": [row["expressions"][0]["value"] for row in answer.get("result", [])]}
            out.write(json.dumps([builtin, operands, expected], ensure_ascii=False) + "\n")


os.makedirs(os.path.join(os.path.dirname(os.path.abspath(__file__)), "keys"), exist_ok=True)
for kept in ("rsa", "p256", "p384", "p521"):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "keys", kept + ".json"), "w") as out:
        out.write(json.dumps(jwk(KEYS[kept], True)) + "\n")

TEXTS = ["", "foo", "ünïcode \u0000 😀", "x" * 200]
write("digests", [(f"crypto.{it}", text) for it in ("md5", "sha1", "sha256") for text in TEXTS]
      + [(f"crypto.hmac.{it}", text, key) for it in ("md5", "sha1", "sha256", "sha512") for text in TEXTS for key in ("", "k", "long" * 50)]
      + [("crypto.hmac.equal", "a", "a"), ("crypto.hmac.equal", "a", "b"), ("crypto.hmac.equal", "a", "ab"),
         ("crypto.md5", 1), ("crypto.sha256", None), ("crypto.hmac.md5", "a", ["b"]), ("crypto.hmac.equal", "a", 1)])

TOKENS = {it: token(it, KEYS[key] if key else SECRET) for it, key in {
    "HS256": "", "HS384": "", "HS512": "", "RS256": "rsa", "RS384": "rsa", "RS512": "rsa", "PS256": "rsa", "PS384": "rsa",
    "PS512": "rsa", "ES256": "p256", "ES384": "p384", "ES512": "p521", "EdDSA": "ed"}.items()}
PUBLIC = {"RS": [public(KEYS["rsa"]), SELF, json.dumps(jwk(KEYS["rsa"]))], "HS": [SECRET.decode(), "wrong", ""]}
PUBLIC["PS"] = PUBLIC["RS"]
SET = json.dumps({"keys": [jwk(KEYS[it], kid=it) for it in ("rsa", "p256", "p384", "p521", "ed")]})
calls = []
for it, signed in TOKENS.items():
    verify = "io.jwt.verify_" + it.lower()
    own = {"ES256": "p256", "ES384": "p384", "ES512": "p521", "EdDSA": "ed"}.get(it)
    keys = PUBLIC.get(it[:2]) or [public(KEYS[own]), json.dumps(jwk(KEYS[own])), public(KEYS["other"])]
    tampered = signed[:-8] + ("AAAAAAAA" if it[0] != "E" else "AAAAAAAB")
    calls += [(verify, signed, key) for key in keys + ([SET] if it[0] != "H" else [])]
    calls += [(verify, tampered, keys[0]), (verify, signed.rsplit(".", 1)[0] + ".", keys[0])]
    calls.append(("io.jwt.decode_verify", signed, {"secret": keys[0]} if it[0] == "H" else {"cert": keys[0]}))
for bad in ("", "a", "a.b", "a.b.c", "..", ".".join(3 * ["e30"]), TOKENS["HS256"] + ".x", "!.e30.e30", b64(b"[]") + ".e30.e30"):
    calls += [("io.jwt.verify_hs256", bad, "k"), ("io.jwt.verify_es256", bad, LEAF), ("io.jwt.decode", bad),
              ("io.jwt.decode_verify", bad, {"secret": "k"})]
for key in ("garbage", ROOT + "x", private(KEYS["p256"]), REQUEST, "{}", '{"kty":"EC"}', '{"keys":[]}', json.dumps(jwk(KEYS["rsa"]))):
    calls += [("io.jwt.verify_es256", TOKENS["ES256"], key), ("io.jwt.verify_rs256", TOKENS["RS256"], key)]
calls += [("io.jwt.decode", it) for it in (TOKENS["HS256"], token("HS256", SECRET, [1]), token("HS256", SECRET, "x"), token("HS256", SECRET, {"a": {"b": [None, 1.50, True]}}),
                                           token("HS256", SECRET, {}, {"enc": "A128GCM"}), token("HS256", SECRET, TOKENS["HS256"], {"cty": "JWT"}))]
write("tokens", calls)

SECOND = 1_700_000_000
CLAIMS = {"iss": "issuer", "aud": ["a", "b"], "exp": SECOND + 60, "nbf": SECOND - 60}
SIGNED = token("HS256", SECRET, CLAIMS)
HS = {"secret": SECRET.decode()}
NOW = SECOND * 10**9
write("constraints", [("io.jwt.decode_verify", it, constraints) for it in (SIGNED,) for constraints in (
    HS | {"aud": "a", "time": NOW}, HS | {"time": NOW}, HS | {"aud": "c", "time": NOW}, HS | {"aud": "a", "time": NOW, "iss": "issuer"},
    HS | {"aud": "a", "time": NOW, "iss": "x"}, HS | {"aud": "a", "time": NOW + 60 * 10**9}, HS | {"aud": "a", "time": NOW - 61 * 10**9},
    HS | {"aud": "a", "time": NOW - 60 * 10**9}, HS | {"aud": "a", "time": NOW, "alg": "HS256"}, HS | {"aud": "a", "time": NOW, "alg": "HS512"},
    {"secret": "wrong", "aud": "a", "time": NOW}, {}, {"cert": LEAF}, {"cert": "x"}, HS | {"cert": LEAF}, HS | {"alg": 1}, HS | {"alg": "x"},
    HS | {"iss": 1}, HS | {"aud": 1}, HS | {"time": "x"}, HS | {"time": -1}, HS | {"unknown": 1}, {"secret": 1}, {"cert": 1})]
    + [("io.jwt.decode_verify", token("HS256", SECRET, payload, header), HS | {"time": NOW}) for payload, header in (
        ({"aud": "a"}, {}), ({"aud": 1}, {}), ({"exp": "x"}, {}), ({"nbf": "x"}, {}), ({"exp": SECOND + 0.5}, {}), ({"iss": 1}, {}), ({"a": 1}, {"crit": ["x"]}),
        ({}, {"alg": "none"}), ({}, {"alg": "RS256"}), ({}, {"alg": 1}), ({}, {"typ": 1}), ({}, {"kid": "x"}))])

PAYLOAD = {"z": 1, "a": [True, None, "<&>"], "n": 1.0}
calls = []
for it, key in (("HS256", SECRET), ("HS384", SECRET), ("HS512", SECRET), ("RS256", KEYS["rsa"]), ("RS384", KEYS["rsa"]), ("RS512", KEYS["rsa"]), ("EdDSA", KEYS["ed"])):
    calls.append(("io.jwt.encode_sign", {"alg": it, "typ": "JWT"}, PAYLOAD, jwk(key, True)))
    calls.append(("io.jwt.encode_sign_raw", json.dumps({"alg": it, "typ": "JWT"}), " {\"b\":1, \"a\":2}", json.dumps(jwk(key, True))))
calls += [("io.jwt.encode_sign", headers, PAYLOAD, key) for headers, key in (
    ({"alg": "HS256"}, {}), ({"alg": "HS256"}, {"kty": "oct"}), ({"alg": "x"}, jwk(SECRET)), ({}, jwk(SECRET)), ({"alg": "RS256"}, jwk(SECRET)), ({"alg": "HS256"}, jwk(KEYS["rsa"], True)),
    ({"alg": "RS256"}, jwk(KEYS["rsa"])), ({"alg": "ES256"}, jwk(KEYS["p256"])), ({"alg": "none"}, jwk(SECRET)))]
calls += [("io.jwt.encode_sign_raw", "{", "{}", json.dumps(jwk(SECRET))), ("io.jwt.encode_sign_raw", "{}", "{", json.dumps(jwk(SECRET))),
          ("io.jwt.encode_sign_raw", '{"alg":"HS256"}', "{", "x"), ("io.jwt.encode_sign", 1, {}, {}), ("io.jwt.encode_sign_raw", {}, "", "")]
write("signing", calls)

calls = [("crypto.x509.parse_certificates", it) for it in (LEAF, CLIENT, SELF, ROOT + MIDDLE, base64.b64encode(LEAF.encode()).decode(), "", "x", "AAAA", REQUEST, LEAF[:200])]
calls += [("crypto.x509.parse_certificate_request", it) for it in (REQUEST, LEAF, "x", "")]
calls += [("crypto.x509.parse_keypair", *it) for it in ((LEAF, private(KEYS["p256"])), (LEAF, private(KEYS["other"])), (SELF, private(KEYS["rsa"], s.PrivateFormat.TraditionalOpenSSL)), ("x", "y"), (LEAF, LEAF))]
calls += [("crypto.x509.parse_rsa_private_key", it) for it in (private(KEYS["rsa"]), private(KEYS["rsa"], s.PrivateFormat.TraditionalOpenSSL), private(KEYS["p256"]), "x", "")]
calls += [("crypto.parse_private_keys", it) for it in ("".join(private(KEYS[k]) for k in ("p256", "ed")), private(KEYS["p384"], s.PrivateFormat.TraditionalOpenSSL), "x", "", LEAF)]
for chain in (ROOT + MIDDLE + LEAF, ROOT + LEAF, ROOT + MIDDLE + OLD, ROOT + MIDDLE + CLIENT, LEAF + MIDDLE + ROOT, SELF + SELF, ROOT, "x", ""):
    calls.append(("crypto.x509.parse_and_verify_certificates", chain))
ALL = ROOT + MIDDLE + LEAF
calls += [("crypto.x509.parse_and_verify_certificates_with_options", chain, options) for chain, options in (
    (ALL, {}), (ALL, {"DNSName": "www.example.com"}), (ALL, {"DNSName": "a.example.org"}), (ALL, {"DNSName": "a.b.example.org"}), (ALL, {"DNSName": "192.0.2.1"}),
    (ALL, {"CurrentTime": 1}), (ALL, {"CurrentTime": NOW}), (ROOT + MIDDLE + OLD, {"CurrentTime": 1_600_000_000 * 10**9}), (ALL, {"MaxConstraintComparisons": 1}),
    (ALL, {"KeyUsages": ["KeyUsageClientAuth"]}), (ROOT + MIDDLE + CLIENT, {"KeyUsages": ["KeyUsageClientAuth"]}), (ALL, {"KeyUsages": ["x"]}), (ALL, {"x": 1}), (ALL, {"DNSName": 1}))]
write("certificates", calls)

AWS = {"aws_access_key": "AKIA", "aws_secret_access_key": "secret", "aws_service": "s3", "aws_region": "eu-west-1"}
GET = {"method": "get", "url": "https://bucket.s3.amazonaws.com/a b/c?z=1&a=2"}
write("aws", [("providers.aws.sign_req", *it) for it in (
    (GET, AWS, NOW), (GET | {"headers": {"X": "y", "b": "c"}, "body": {"a": 1}}, AWS, NOW), (GET | {"raw_body": "text"}, AWS | {"aws_session_token": "t"}, NOW),
    (GET, AWS | {"disable_payload_signing": True}, NOW), ({}, AWS, NOW), (GET, {}, NOW), (GET, AWS, -1), (GET, AWS, "x"), (GET | {"url": "%"}, AWS, NOW), (GET, AWS | {"aws_service": 1}, NOW))])

URL = "http://127.0.0.1:9/x"
write("requests", [("http.send", it) for it in (
    {}, {"method": "get"}, {"url": URL}, {"method": "get", "url": URL, "x": 1}, {"method": 1, "url": URL}, {"method": "g t", "url": URL}, {"method": "get", "url": "%"},
    {"method": "get", "url": URL, "raise_error": 1}, {"method": "get", "url": URL, "headers": 1}, {"method": "get", "url": URL, "headers": {"a": 1}},
    {"method": "get", "url": URL, "timeout": "x"}, {"method": "get", "url": URL, "timeout": True}, {"method": "get", "url": URL, "max_retry_attempts": -1},
    {"method": "get", "url": URL, "force_cache": True}, {"method": "get", "url": URL, "cache": 1}, {"method": "get", "url": URL, "tls_ca_cert": "x"},
    {"method": "get", "url": URL, "tls_client_cert": "x", "tls_client_key": "y"}, {"method": "get", "url": URL, "enable_redirect": "x"},
    {"method": "get", "url": "ftp://a", "raise_error": False}, {"method": "get", "url": "http://", "raise_error": False}, {"method": "get", "url": URL, "cache_ignored_headers": 1, "headers": {}})])
