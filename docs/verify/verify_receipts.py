#!/usr/bin/env python3
"""Verifies receipts, offline, from events/receipt/v1/SPEC.md alone: nothing here is ours but the format.

    verify_receipts.py RECEIPTS --root HEX [--keys FILE] [--instrument ID] [--known N] [--json]

RECEIPTS is a file with one receipt a line, as `agent receipts export` writes it, or a directory of such
files, *.jws, in order of their names, as the agent's home has it. HEX is the fingerprint of the deployment's
root, which came with the enrolment code: take it from there and from nothing that lies beside the receipts.
FILE is the signed key set (RECEIPTS.keys.json; of a directory, keys.json beside it). A chain that lost its
end is sound in itself: --known says how many receipts there are at the least. Status 0: all of it is true;
1: something is not, and its reason is printed. Needs Python 3.10, jws.py beside it, and nothing else.
"""
import argparse
import datetime
import hashlib
import json
import pathlib
import re
import sys

from jws import canonical, is_signed, parse, public_key, unbase64

RECEIPT = {"format": str, "deployment": str, "instrument": str, "batch": str, "sequence": int, "ordinal": int,
           "previous": str, "verdict": str, "reason": str, "kept": dict, "dropped": dict, "left": dict, "refused": dict,
           "catalog": str, "sha256": str, "payload": str, "issued": str}
OPTIONAL = {"kept", "dropped", "left", "refused", "catalog"}
KEYS = {"format": str, "deployment": str, "serial": int, "issued": str, "expires": str, "unwrap": list, "receipt": list}
KEY, DROPS = {"id": str, "spki": str, "not_after": str}, {"unknown": int, "refused": int}
TYPE, BROKEN = "proactive-receipt+jws", "receipt-chain-broken"
DIGEST, NAME = r"[0-9a-f]{64}", r"[a-z0-9][a-z0-9-]{0,62}"


class Refused(Exception):
    """reason is the constant that SPEC.md and the agent have for it, detail is for people."""
    reason, detail = property(lambda self: self.args[0]), property(lambda self: self.args[1])


def check(good, reason, detail):
    if not good:
        raise Refused(reason, detail)


def shaped(value, members, optional=()):
    return (type(value) is dict and list(value) == [m for m in members if m in value or m not in optional]
            and all(type(value[m]) is members[m] and (value[m] or m not in optional) for m in value))


def moment(text):
    try:
        return len(text) == 20 and datetime.datetime.fromisoformat(text[:-1]).isoformat() + "Z" == text
    except ValueError:
        return False


def key_set(signed, root):
    """Returns the deployment's name and its receipt keys. Expiry is for who seals, and so are unwrap keys."""
    try:
        signed = json.loads(signed)
        spki, jws = unbase64(signed["root"]), signed["jws"]
        check(hashlib.sha256(spki).hexdigest() == root, "wrong-root", "the key set is by another root than the pinned one")
        public = public_key(spki)
        _, kid, body, signature, message = parse(jws, "proactive-keys+jws")
        check(kid == root and len(jws) <= 256 << 10, "not-a-key-set", "not by its own root, or too long")
        check(is_signed(public, message, signature), "root-signature", "the root did not sign this key set")
        s = json.loads(body)
        both = s["unwrap"] + s["receipt"]
        if not (shaped(s, KEYS) and canonical(s) == body and s["format"] == "proactive-keys/1"
                and re.fullmatch(r"[a-z][a-z0-9-]{0,62}", s["deployment"]) and 1 <= s["serial"] < 10**12
                and moment(s["issued"]) and moment(s["expires"]) and s["issued"] < s["expires"]
                and 1 <= len(s["unwrap"]) <= 64 and 1 <= len(s["receipt"]) <= 64 and len({k["id"] for k in both}) == len(both)
                and all(shaped(k, KEY) and re.fullmatch(NAME, k["id"]) and moment(k["not_after"]) for k in both)):
            raise ValueError("not one serialisation, or out of bounds")
        return s["deployment"], {k["id"]: public_key(unbase64(k["spki"])) for k in s["receipt"]}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as form:
        raise Refused("not-a-key-set", "it is not of the form: %s" % form) from None


def decode(body):
    """The payload, if it is the one serialisation of a receipt; else ValueError or another."""
    r = json.loads(body)
    maps = [r.get(m, {}) for m in ("kept", "dropped", "left", "refused")]
    drops = maps[1].values()
    numbers = [r["sequence"], r["ordinal"], *(n for m in maps if m is not maps[1] for n in m.values()), *(n for d in drops for n in d.values())]
    if not (shaped(r, RECEIPT, OPTIONAL) and all(shaped(d, DROPS) for d in drops) and all(list(m) == sorted(m) for m in maps)
            and all(type(n) is int and -2**63 <= n < 2**63 for n in numbers) and canonical(r) == body):
        raise ValueError("the payload has another serialisation")
    return r


def receipt(jws, keys):
    """One receipt by itself: signature, one serialisation, no contradiction."""
    no = "not-a-receipt"
    try:
        head, kid, body, signature, message = parse(jws, TYPE)
        check(canonical({"alg": "ES256", "kid": kid, "typ": TYPE}) == head, no, "the header has another serialisation")
        check(kid in keys, "receipt-key-unknown", "no key of the key set is called %.70r" % kid)
        check(is_signed(keys[kid], message, signature), "receipt-signature", "it is not over these bytes, by this key")
        r = decode(body)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as form:
        raise Refused(no, "it is not of the form: %s" % form) from None
    stored = r["verdict"] == "stored"
    for member, good in {
            "format": r["format"] == "proactive-receipt/1", "deployment": r["deployment"],
            "instrument": re.fullmatch(r"i-[0-9a-hjkmnp-tv-z]{26}", r["instrument"]),
            "batch": re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", r["batch"]),
            "sequence": r["sequence"] >= 1, "ordinal": r["ordinal"] >= 1,
            "previous": re.fullmatch("" if r["ordinal"] == 1 else DIGEST, r["previous"]),
            "verdict": r["verdict"] in ("stored", "quarantined", "rejected"),
            "reason": re.fullmatch("" if stored else r"[a-z0-9]+(-[a-z0-9]+)*", r["reason"]),
            "kept": stored or "kept" not in r, "sha256": re.fullmatch(DIGEST, r["sha256"]),
            "payload": re.fullmatch(DIGEST, r["payload"]) or not stored and r["payload"] == "",
            "issued": moment(r["issued"])}.items():
        check(good, no, "its member %s contradicts the form" % member)
    return r


def verify(chain, deployment, keys, instrument=None):
    """Yields for each receipt what it says, None if it cannot be believed, and what is wrong with it, None if nothing is."""
    first, ordinal, previous = None, 0, ""
    for jws in chain:
        r, wrong, ordinal = None, None, ordinal + 1
        try:
            r = receipt(jws, keys)
            first, place, ordinal = first or r, ordinal, r["ordinal"]
            check(ordinal == place, BROKEN, "it is receipt %d where %d should stand" % (ordinal, place))
            check(r["previous"] == previous, BROKEN, "it does not name the receipt before it")
            check(all(r[m] == first[m] for m in ("instrument", "deployment")), BROKEN, "it is of another chain")
            check(r["deployment"] == deployment and instrument in (None, r["instrument"]), "receipt-foreign", "it is for someone else")
        except Refused as refused:
            wrong = refused
        previous = hashlib.sha256(jws.encode()).hexdigest()
        yield r, wrong


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("receipts", type=pathlib.Path)
    p.add_argument("--root", required=True, type=str.lower)
    p.add_argument("--keys", type=pathlib.Path)
    p.add_argument("--instrument")
    p.add_argument("--known", type=int, default=1)
    p.add_argument("--json", action="store_true", help="one object a line: each receipt, then all of them")
    a = p.parse_args()
    files = sorted(a.receipts.glob("*.jws")) if a.receipts.is_dir() else [a.receipts]
    keys_file = a.keys or (a.receipts.resolve().parent / "keys.json" if a.receipts.is_dir() else pathlib.Path("%s.keys.json" % a.receipts))
    n, at, wrong = 0, 0, None
    try:
        chain = [line for f in files for line in f.read_text("latin-1").split()]
        deployment, keys = key_set(keys_file.read_bytes(), a.root)
        for n, (r, bad) in enumerate(verify(chain, deployment, keys, a.instrument), 1):
            at, wrong = (n, bad) if bad and not wrong else (at, wrong)
            says = {m: r[m] for m in ("ordinal", "batch", "verdict")} if r else {}
            if a.json:
                print(json.dumps({"receipt": n, **says, "valid": not bad, "wrong": bad.reason if bad else "", "detail": bad.detail if bad else ""}))
            else:
                print(n, *says.values(), "WRONG: %s: %s" % (bad.reason, bad.detail) if bad else "valid")
        if n < a.known and not wrong:
            at, wrong = n + 1, Refused(BROKEN, "%d are here, and %d are known" % (n, a.known))
    except Refused as refused:
        wrong = refused
    except OSError as error:
        sys.exit("cannot read %s: %s" % (error.filename, error.strerror))
    if a.json:
        print(json.dumps({"receipts": n, "valid": not wrong, "at": at, "wrong": wrong.reason if wrong else "", "detail": wrong.detail if wrong else ""}))
    else:
        print("NOT VALID%s: %s: %s" % (at and ", first at receipt %d" % at or "", wrong.reason, wrong.detail) if wrong
              else "%d receipts: every signature and every link of the chain is valid" % n)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
