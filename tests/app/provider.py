"""A small OpenID provider on a free port, which can be told to lie."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey


class Provider(ThreadingHTTPServer):
    """Signs one person in at once, with `claims` laid over the true ones."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server_port}"
        self.key = self.signed_with = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.algorithm = "RS256"
        self.claims = {}
        self.codes = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def token(self, nonce, client):
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": client, "sub": "42", "nonce": nonce}
        claims |= {"iat": now, "exp": now + 60, **self.claims}
        header = {"alg": self.algorithm, "kid": self.signed_with.kid}
        if self.algorithm == "HS256":
            return self.forged(header, claims)
        return jwt.encode(header, claims, self.signed_with, algorithms=[self.algorithm])

    def forged(self, header, claims):
        """Return a token signed with the public key as if it were a shared secret (HS256)."""
        parts = [
            base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
            for part in ({**header, "alg": "HS256"}, claims)
        ]
        mac = hmac.digest(self.key.as_pem(private=False), b".".join(parts), "sha256")
        return b".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        url, provider = urlsplit(self.path), self.server
        if url.path == "/.well-known/openid-configuration":
            ends = {"authorization_endpoint": "/auth", "token_endpoint": "/token"}
            found = {name: provider.issuer + path for name, path in ends.items()}
            found |= {"issuer": provider.issuer, "jwks_uri": f"{provider.issuer}/keys"}
            self.answer(found)
        elif url.path == "/keys":
            self.answer({"keys": [provider.key.as_dict(private=False)]})
        elif url.path == "/auth":
            asked = {name: values[0] for name, values in parse_qs(url.query).items()}
            code = secrets.token_hex(8)
            provider.codes[code] = asked
            where = urlencode({"code": code, "state": asked["state"]})
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri']}?{where}")
            self.end_headers()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form, provider = dict(parse_qsl(body)), self.server
        asked = provider.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        basic = base64.b64encode(b"app:very secret").decode()
        good = asked and asked["code_challenge"] == challenge
        if not good or self.headers.get("Authorization") != f"Basic {basic}":
            self.answer({"error": "invalid_grant"}, 400)
            return
        self.answer({"id_token": provider.token(asked["nonce"], asked["client_id"])})

    def answer(self, body, status=200):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass
