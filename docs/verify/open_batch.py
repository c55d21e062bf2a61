#!/usr/bin/env python3
"""Opens a sealed batch, from events/batch/v1/SPEC.md alone: nothing here is ours but the format.

    open_batch.py BATCH --deployment NAME --instrument HEX --as KEY-ID --key PRIVATE.pem | zstd -d

BATCH is the file that was uploaded. HEX is the instrument's Ed25519 public key, 64 hex digits.
KEY-ID is you, among the header's recipients; PRIVATE.pem is your RSA key. The compressed payload
goes to standard output. A batch that is refused gives its reason on standard error, and status 1.
Needs Python 3.9 and the package "cryptography".
"""
import argparse
import base64
import hashlib
import hmac
import json
import re
import sys

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FORMAT, WRAP = "proactive-batch/1", "RSAES-OAEP-SHA-256"
MAX_HEADER, MAX_CIPHERTEXT, MAX_PAYLOAD = 8192, 32 << 20, 64 << 20
SEGMENT, TAG, HEAD = 65536, 16, 40
NAME, ULID = r"[a-z0-9][a-z0-9-]{0,62}", "0-9A-HJKMNP-TV-Z"
MEMBERS = {"format": str, "deployment": str, "instrument": str, "batch": str, "sequence": int, "catalog": str,
           "compression": str, "plaintext_bytes": int, "payload_bytes": int, "ciphertext_bytes": int,
           "commitment": str, "recipients": list}
RECIPIENT = {"key": str, "algorithm": str, "wrapped": str}


class Refused(Exception):
    """Its text is the reason, its step the step of SPEC.md, "Receiving"."""

    def __init__(self, step, reason):
        super().__init__(reason)
        self.step = step


def check(good, step, reason):
    if not good:
        raise Refused(step, reason)


def unbase64(text, step, reason):
    """Decodes canonical base64 only: one spelling for the same bytes."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused(step, reason) from None
    check(base64.b64encode(raw) == (text.encode() if isinstance(text, str) else text), step, reason)
    return raw


def parse_header(line):
    def shaped(value, members):
        return type(value) is dict and list(value) == list(members) and all(type(value[m]) is t for m, t in members.items())

    form = ("read", "header-not-canonical")
    try:
        h = json.loads(line.decode("ascii"))
    except (ValueError, RecursionError):
        raise Refused(*form) from None
    check(shaped(h, MEMBERS) and all(shaped(r, RECIPIENT) for r in h["recipients"]), *form)
    check(h["format"] == FORMAT, "read", "unknown-format")
    check(json.dumps(h, separators=(",", ":")).encode() == line, *form)
    commitment = unbase64(h["commitment"], *form)
    wrapped = {r["key"]: unbase64(r["wrapped"], *form) for r in h["recipients"]}
    check(re.fullmatch(r"[a-z][a-z0-9-]{0,62}", h["deployment"]) and re.fullmatch(r"i-[0-9a-hjkmnp-tv-z]{26}", h["instrument"])
          and re.fullmatch("[%s]{26}" % ULID, h["batch"]) and 1 <= h["sequence"] < 10**12
          and re.fullmatch(r"sha256:[0-9a-f]{64}", h["catalog"]) and h["compression"] == "zstd"
          and 1 <= h["plaintext_bytes"] < h["ciphertext_bytes"] <= MAX_CIPHERTEXT and 1 <= h["payload_bytes"] <= MAX_PAYLOAD
          and len(commitment) == 32 and 1 <= len(wrapped) == len(h["recipients"]) <= 4
          and all(re.fullmatch(NAME, r["key"]) and r["algorithm"] == WRAP for r in h["recipients"])
          and all(256 <= len(w) <= 512 for w in wrapped.values()), "read", "header-value")
    return h, commitment, wrapped


def read(raw):
    """Step "read": returns the header line, the signature and the ciphertext, and what the header says."""
    first, end, rest = raw.partition(b"\n")
    check(first == FORMAT.encode() or end and first.startswith(b"proactive-batch/"), "read", "not-a-batch")
    check(first == FORMAT.encode(), "read", "unknown-format")
    line, end, rest = rest.partition(b"\n")
    check(len(line) <= MAX_HEADER, "read", "header-limit")
    check(end, "read", "not-a-batch")
    said = parse_header(line)
    signature, end, ciphertext = rest.partition(b"\n")
    check(end, "read", "not-a-batch")
    signature = unbase64(signature, "read", "bad-signature")
    check(len(signature) == 64, "read", "bad-signature")
    check(len(ciphertext) == said[0]["ciphertext_bytes"], "read", "ciphertext-length")
    return line, signature, ciphertext, said


def hkdf(key, salt, info):
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=info).derive(key)


def decrypt(aead_key, line, ciphertext):
    """Tink's AES-GCM-HKDF streaming, with the header line as associated data."""
    bad = ("open", "ciphertext-corrupt")
    check(len(ciphertext) >= HEAD + TAG and ciphertext[0] == HEAD, *bad)
    cipher, prefix = AESGCM(hkdf(aead_key, ciphertext[1:33], line)), ciphertext[33:HEAD]
    # The first segment is shorter by the 40 bytes, which belong to its 65536.
    starts = [HEAD] + list(range(SEGMENT, len(ciphertext), SEGMENT))
    plain = bytearray()
    for i, (start, stop) in enumerate(zip(starts, starts[1:] + [len(ciphertext)])):
        nonce = prefix + i.to_bytes(4, "big") + bytes([stop == len(ciphertext)])
        try:
            plain += cipher.decrypt(nonce, ciphertext[start:stop], None)
        except (InvalidTag, ValueError):
            raise Refused(*bad) from None
    return bytes(plain), len(starts)


def open_batch(raw, deployment, instrument_key, key_id, private_key):
    """Returns the header and the compressed payload, or raises Refused."""
    line, signature, ciphertext, (header, commitment, wrapped) = read(raw)
    check(header["deployment"] == deployment, "deployment", "wrong-deployment")
    message = b"proactive-batch/1 signature\n" + hashlib.sha256(line).digest() + hashlib.sha256(ciphertext).digest()
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(instrument_key(header["instrument"])).verify(signature, message)
    except InvalidSignature:
        raise Refused("verify", "bad-signature") from None
    check(key_id in wrapped, "open", "unknown-key-id")
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
    try:
        content_key = private_key.decrypt(wrapped[key_id], oaep)
    except ValueError:
        raise Refused("open", "unwrap-failed") from None
    check(len(content_key) == 32, "open", "unwrap-failed")
    check(hmac.compare_digest(hkdf(content_key, None, b"proactive-batch/1 commitment"), commitment), "open", "commitment-mismatch")
    plain, segments = decrypt(hkdf(content_key, None, b"proactive-batch/1 content"), line, ciphertext)
    # An empty last segment would be a second way to write the same plaintext.
    whole = max(1, -(-(len(plain) + HEAD) // (SEGMENT - TAG)))
    check(len(plain) == header["plaintext_bytes"] and segments == whole, "open", "payload-length")
    return header, plain


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("batch")
    p.add_argument("--deployment", required=True)
    p.add_argument("--instrument", required=True, type=bytes.fromhex)
    p.add_argument("--as", required=True, dest="key_id")
    p.add_argument("--key", required=True)
    a = p.parse_args()
    with open(a.key, "rb") as f:
        private_key = serialization.load_pem_private_key(f.read(), None)
    with open(a.batch, "rb") as f:
        raw = f.read(MAX_CIPHERTEXT + 2 * MAX_HEADER)
    try:
        header, plain = open_batch(raw, a.deployment, lambda _: a.instrument, a.key_id, private_key)
    except Refused as refused:
        sys.exit("refused: %s" % refused)
    print(json.dumps({m: header[m] for m in ("instrument", "batch", "sequence", "catalog")}), file=sys.stderr)
    sys.stdout.buffer.write(plain)


if __name__ == "__main__":
    main()
