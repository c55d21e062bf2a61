#!/usr/bin/env python3
"""Runs open_batch.py over the vectors and prints, for each, its name, the step that refuses, and the
reason; or "-", "opened" and the SHA-256 of the plaintext. Status 1 if one is not as its file says.

    run_vectors.py events/batch/v1/vectors
"""
import base64
import hashlib
import json
import pathlib
import sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from open_batch import Refused, open_batch


def main():
    folder = pathlib.Path(sys.argv[1])
    ring = json.loads((folder / "keys.json").read_text())
    vectors = {v["name"]: v for f in sorted(folder.glob("*.json")) if f.name != "keys.json" for v in [json.loads(f.read_text())]}
    if not vectors:
        sys.exit("no vectors in %s" % folder)

    def joined(v):
        whole = b""
        for part in v["batch"]:
            at = part.get("offset", 0)
            whole += joined(vectors[part["from"]])[at:at + part["length"]] if part.get("from") else base64.b64decode(part.get("base64", ""))
        return whole

    def public(instrument):
        seed = base64.b64decode(ring["instruments"][instrument])
        return ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()

    wrong = 0
    for name, v in vectors.items():
        private = serialization.load_der_private_key(base64.b64decode(ring["recipients"][v["key"]]), None)
        try:
            _, plain = open_batch(joined(v), ring["deployment"], public, v["as"], private)
            got = ("", "opened", hashlib.sha256(plain).hexdigest())
        except Refused as refused:
            got = (refused.step, str(refused), "")
        wrong += got != (v["step"], v["expect"], v["sha256"])
        print(name, got[0] or "-", got[1], got[2])
    sys.exit("%d vectors are not as their files say" % wrong if wrong else 0)


if __name__ == "__main__":
    main()
