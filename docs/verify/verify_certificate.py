#!/usr/bin/env python3
"""Verifies a certificate of erasure, offline, from events/erasure/v1/SPEC.md alone: nothing here is ours but the format.

    verify_certificate.py CERTIFICATE --root HEX [--keys FILE] [--instrument ID] [--json]

CERTIFICATE is the JWS, erasure.jws in the agent's home or what the operator sent. HEX is the fingerprint of the
deployment's root, which came with the enrolment code. FILE is the signed key set (keys.json beside the certificate,
or CERTIFICATE.keys.json). Status 0: it is true, and what it says is printed; 1: it is not, and the reason is printed.
Needs Python 3.10, jws.py and verify_receipts.py beside it, and nothing else.
"""
import argparse
import datetime
import json
import pathlib
import re
import sys

from jws import canonical, is_signed, parse
from verify_receipts import Refused, check, key_set, moment, shaped

CERTIFICATE = {"format": str, "deployment": str, "instrument": str, "asked": str, "by": str, "erased": str,
               "stores": list, "residual": list, "models": list, "kept": list}
STORE, RESIDUAL, KEPT = {"store": str, "what": str, "count": int}, {"store": str, "holds": str, "until": str}, {"what": str, "why": str, "until": str}
TYPE = "proactive-erasure+jws"


def day(text):
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def certificate(jws, keys):
    """What it says, or Refused."""
    no = "not-a-certificate"
    try:
        head, kid, body, signature, message = parse(jws, TYPE)
        check(canonical({"alg": "ES256", "kid": kid, "typ": TYPE}) == head, no, "the header has another serialisation")
        check(kid in keys, "certificate-key-unknown", "no key of the key set is called %.70r" % kid)
        check(is_signed(keys[kid], message, signature), "certificate-signature", "it is not over these bytes, by this key")
        c = json.loads(body)
        check(shaped(c, CERTIFICATE) and canonical(c) == body and all(shaped(one, form) for m, form in (
            ("stores", STORE), ("residual", RESIDUAL), ("kept", KEPT)) for one in c[m]), no, "the payload has another serialisation")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as form:
        raise Refused(no, "it is not of the form: %s" % form) from None
    names = [s["store"] for s in c["stores"]]
    for member, good in {
            "format": c["format"] == "proactive-erasure/1", "deployment": c["deployment"],
            "instrument": re.fullmatch(r"i-[0-9a-hjkmnp-tv-z]{26}", c["instrument"]), "by": c["by"] in ("instrument", "operator"),
            "asked": moment(c["asked"]), "erased": moment(c["erased"]) and c["asked"] <= c["erased"],
            "stores": names and all(names) and names == sorted(names) and all(s["count"] >= 0 for s in c["stores"]),
            "residual": c["residual"] and all(day(r["until"]) for r in c["residual"]),
            "models": all(type(m) is str and m for m in c["models"]), "kept": c["kept"]}.items():
        check(good, no, "its member %s contradicts the form" % member)
    return c


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("certificate", type=pathlib.Path)
    p.add_argument("--root", required=True, type=str.lower)
    p.add_argument("--keys", type=pathlib.Path)
    p.add_argument("--instrument")
    p.add_argument("--json", action="store_true")
    a = p.parse_args()
    beside = pathlib.Path("%s.keys.json" % a.certificate)
    c, wrong = None, None
    try:
        signed = (a.keys or (beside if beside.exists() else a.certificate.resolve().parent / "keys.json")).read_bytes()
        deployment, keys = key_set(signed, a.root)
        c = certificate(a.certificate.read_text("latin-1").strip(), keys)
        check(c["deployment"] == deployment and a.instrument in (None, c["instrument"]), "certificate-foreign", "it is for someone else")
    except Refused as refused:
        wrong = refused
    except OSError as error:
        sys.exit("cannot read %s: %s" % (error.filename, error.strerror))
    if a.json:
        print(json.dumps({"valid": not wrong, "wrong": wrong.reason if wrong else "", "detail": wrong.detail if wrong else "", "certificate": None if wrong else c}))
    elif wrong:
        print("NOT VALID: %s: %s" % (wrong.reason, wrong.detail))
    else:
        print("Valid: instrument %s, erased %s, asked for %s by %s." % (c["instrument"], c["erased"], c["asked"], c["by"]))
        for s in c["stores"]:
            print("  %6d  %s: %s" % (s["count"], s["store"], s["what"]))
        for r in c["residual"]:
            print("  until %s: %s (%s)" % (r["until"], r["store"], r["holds"]))
        for k in c["kept"]:
            print("  kept: %s; until: %s" % (k["what"], k["until"]))
        print("  trained on it: %s" % (", ".join(c["models"]) or "no model"))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
