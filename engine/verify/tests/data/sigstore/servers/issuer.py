#!/usr/bin/env python3
"""An OpenID provider for Fulcio, and the tokens that it gives.

Usage: issuer.py serve PORT KEY     answer discovery and keys for every issuer of `http://*.example`
       issuer.py token KEY CLAIMS   print a token with the claims of a JSON document

The server is meant to be Fulcio's HTTP proxy: it answers for whatever host it is asked. KEY is an
RSA key in PEM, and openssl signs with it.
"""

import base64
import http.server
import json
import subprocess
import sys
import time
import urllib.parse


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


def token(key, claims):
    now = int(time.time())
    claims = {"aud": "sigstore", "iat": now, "nbf": now - 5, "exp": now + 600} | claims
    parts = [{"alg": "RS256", "kid": "1", "typ": "JWT"}, claims]
    text = ".".join(encode(json.dumps(part).encode()) for part in parts)
    return f"{text}.{encode(openssl('dgst', '-sha256', '-sign', key, data=text.encode()))}"


def serve(port, key):
    modulus = openssl("rsa", "-in", key, "-noout", "-modulus").decode().strip().split("=")[1]
    keys = {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1",
                      "n": encode(bytes.fromhex(modulus)), "e": "AQAB"}]}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            url = urllib.parse.urlsplit(self.path)
            issuer = f"http://{url.netloc or self.headers['Host']}"
            answer = keys if url.path == "/keys" else {
                "issuer": issuer,
                "jwks_uri": f"{issuer}/keys",
                "authorization_endpoint": f"{issuer}/auth",
                "token_endpoint": f"{issuer}/token",
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]), sys.argv[3])
    else:
        print(token(sys.argv[2], json.loads(sys.argv[3])))
