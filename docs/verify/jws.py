"""Compact JWS (RFC 7515) with ES256 (RFC 7518, section 3.4), verified with the standard library alone.

Slow, and not in constant time: it sees public keys and signatures only, so that there is nothing to leak.
"""
import base64
import hashlib
import json
import re

# P-256 (SEC 2, section 2.4.2): y² = x³ - 3x + B over the integers modulo P; G has the order N.
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b
N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
G = (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
     0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")  # what stands before x and y


def public_key(spki):
    """The point in a SubjectPublicKeyInfo (DER), or ValueError if it is no key of P-256."""
    x, y = int.from_bytes(spki[27:59], "big"), int.from_bytes(spki[59:], "big")
    if len(spki) != 91 or not spki.startswith(SPKI) or x >= P or y >= P or (y * y - x**3 + 3 * x - B) % P:
        raise ValueError("not a key of P-256")
    return x, y


def add(a, b):
    """The sum of two points of the curve; None is the point at infinity."""
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def is_signed(key, message, signature):
    """ECDSA with SHA-256 on P-256 (FIPS 186-5, section 6.4.2), r and s of 32 bytes each (RFC 7518, section 3.4)."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if len(signature) != 64 or not (0 < r < N and 0 < s < N):
        return False
    w = pow(s, -1, N)
    u, v = int.from_bytes(hashlib.sha256(message).digest(), "big") * w % N, r * w % N
    steps, point = (None, G, key, add(G, key)), None
    for bit in reversed(range(256)):  # u·G + v·key, both at once
        point = add(add(point, point), steps[(u >> bit & 1) + 2 * (v >> bit & 1)])
    return point is not None and point[0] % N == r


def unbase64(text, url=False):
    """Decodes canonical base64 only, of RFC 4648 section 4, or section 5 without padding: one spelling for the same bytes."""
    raw = base64.urlsafe_b64decode(text + "==") if url else base64.b64decode(text)
    if text.encode() != (base64.urlsafe_b64encode(raw).rstrip(b"=") if url else base64.b64encode(raw)):
        raise ValueError("not the one spelling")
    return raw


def canonical(value):
    """JSON as Go writes it: compact, and <, >, & and two line separators escaped, which stand in strings only."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return re.sub("[<>&\u2028\u2029]", lambda c: "\\u%04x" % ord(c[0]), text).encode()


def parse(jws, kind):
    """Returns (header, kid, body, signature, what is signed) or raises ValueError; nothing is proven before is_signed."""
    head, body, signature = (unbase64(p, url=True) for p in jws.split("."))
    members = json.loads(head, object_pairs_hook=list)  # pairs: a member that stands twice shows
    kid = dict(members).get("kid")
    if type(kid) is not str or not kid or sorted(members) != [("alg", "ES256"), ("kid", kid), ("typ", kind)]:
        raise ValueError("not the header of " + kind)
    return head, kid, body, signature, jws.rpartition(".")[0].encode()
