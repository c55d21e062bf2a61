package receipt_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"slices"
	"strings"

	"proactive/shared/keyset"
	"proactive/shared/receipt"
)

func (f *maker) all() map[string][]byte {
	f.sound()
	f.brokenChains()
	f.untrue()
	f.unreadable()
	f.keySets()
	return f.files
}

// header is of a receipt by a key of that id.
func header(kid string) string {
	return `{"alg":"ES256","kid":"` + kid + `","typ":"` + receipt.Type + `"}`
}

// body is the payload of a receipt, with from replaced by to.
func (f *maker) body(jws, from, to string) string {
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(jws, ".")[1])
	must(f.t, err)
	if !strings.Contains(string(raw), from) {
		f.t.Fatalf("%q is not in %s", from, raw)
	}
	return strings.Replace(string(raw), from, to, 1)
}

// edited is a receipt that says something else, really signed.
func (f *maker) edited(jws, from, to string) string {
	return f.jws(f.first, header(f.first.id), f.body(jws, from, to))
}

// mirrored has the other signature that the same key and bytes have: s for N - s.
func (f *maker) mirrored(jws string) string {
	input, signature := cutLast(jws)
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	must(f.t, err)
	s := new(big.Int).SetBytes(raw[32:])
	s.Sub(elliptic.P256().Params().N, s).FillBytes(raw[32:])
	return input + "." + b64(raw)
}

func cutLast(jws string) (input, signature string) {
	at := strings.LastIndexByte(jws, '.')
	return jws[:at], jws[at+1:]
}

func (f *maker) sound() {
	c := f.chain
	f.write("good-one", "valid", 0, "the first receipt of a chain", c[0])
	f.write("good-chain", "valid", 0, "stored, rejected, quarantined, stored; the last by the key that took over", c...)
	f.write("good-end-not-there", "valid", 0, "a chain that lost its end is sound in itself: only who knows how many there are sees it", c[:3]...)
	f.write("good-escapes", "valid", 0, "Go writes <, >, & and U+2028 in strings as escapes, and other letters as they are",
		f.edited(c[0], `"q.bases"`, `"\u003cq\u0026\u003e \u2028ñ😀\\\"\n\u0001"`))
	f.write("good-other-signature", "valid", 0, "ECDSA knows two signatures for the same: as the last receipt, either is good", c[0], f.mirrored(c[1]))
}

func (f *maker) brokenChains() {
	c, broken := f.chain, receipt.ChainBroken
	f.write("broken-link", broken, 3, "the third names another receipt than the second as the one before it", c[0], c[1], f.edited(c[2], receipt.Digest(c[1]), receipt.Digest(c[0])), c[3])
	f.write("missing-first", broken, 1, "the first is not there", c[1:]...)
	f.write("missing-second", broken, 2, "the second is not there", c[0], c[2], c[3])
	f.write("swapped", broken, 2, "the second and the third have changed places", c[0], c[2], c[1], c[3])
	f.write("repeated", broken, 3, "the second stands twice", c[0], c[1], c[1], c[2])
	f.write("ordinal-skipped", broken, 2, "the second says that it is the third, and names the first as the one before it", c[0], f.edited(c[1], `"ordinal":2`, `"ordinal":3`))
	f.write("replaced", broken, 3, "the second was made anew with another reason by the service itself: the third still names the first version", c[0], f.edited(c[1], "bad-signature", "not-a-batch"), c[2])
	f.write("replaced-signature", broken, 3, "the second has its other signature: it is true, and not the one that the third names", c[0], f.mirrored(c[1]), c[2])
	f.write("second-instrument", broken, 3, "the third is of another instrument, in the right place", c[0], c[1], f.edited(c[2], instrument, "i-01hx000000000000000000000b"))
	f.write("second-deployment", broken, 2, "the second is of another deployment, in the right place", c[0], f.edited(c[1], "proactive-vectors", "proactive-other"))
	f.write("foreign-deployment", foreign, 1, "the whole chain is of another deployment than the key set", f.edited(c[0], "proactive-vectors", "proactive-other"))
}

func (f *maker) untrue() {
	c, bad := f.chain, receipt.BadSignature
	stranger := newFixed(f.t, "stranger")
	input, signature := cutLast(c[0])
	parts := strings.Split(c[0], ".")
	more := f.body(c[0], `"q.bases":2`, `"q.bases":3`)
	f.write("changed-count", bad, 1, "three values kept, not two", parts[0]+"."+b64([]byte(more))+"."+parts[2], c[1])
	f.write("changed-count-own-key", bad, 1, "the same, signed anew with a key of one's own under the name of the receipt key", f.jws(stranger, header(f.first.id), more))
	f.write("changed-key-id", bad, 1, "signed by the first key in the name of the second", f.jws(f.first, header(f.second.id), f.body(c[0], "", "")))
	f.write("unknown-key", receipt.UnknownKey, 3, "a key that is not in the key set", c[0], c[1], f.jws(stranger, header("receipt-3"), f.body(c[2], "", "")))
	f.write("unwrap-key", receipt.UnknownKey, 1, "a key of the key set that is not there for receipts", f.jws(f.first, header("unwrap-1"), f.body(c[0], "", "")))
	f.write("signature-torn", bad, 2, "the file ends two characters early", c[0], c[1][:len(c[1])-2])
	f.write("signature-zero", bad, 1, "r and s are 0: a verifier that forgets their bounds takes it for anything", input+"."+b64(make([]byte, 64)))
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	must(f.t, err)
	f.write("signature-long", bad, 1, "r and s are the right numbers, and s has a byte too many", input+"."+b64(slices.Insert(raw, 32, 0)))
	digest := sha256.Sum256([]byte(input))
	der, err := f.first.key.Sign(nil, digest[:], crypto.SHA256)
	must(f.t, err)
	f.write("signature-der", bad, 1, "the right signature, in ASN.1", input+"."+b64(der))
}

func (f *maker) unreadable() {
	c, no := f.chain, receipt.NotAReceipt
	f.write("torn", no, 3, "the file ends in the middle of a receipt", c[0], c[1], c[2][:len(c[2])/2])
	f.write("torn-in-a-character", no, 2, "cut where no byte ends", c[0], c[1][:len(c[1])-1])
	good := f.body(c[0], "", "")
	for name, head := range map[string]string{
		"header-order": `{"typ":"` + receipt.Type + `","alg":"ES256","kid":"receipt-1"}`,
		"header-space": strings.Replace(header("receipt-1"), ",", ", ", 1),
		"header-twice": strings.Replace(header("receipt-1"), `"kid"`, `"kid":"receipt-1","kid"`, 1),
		"header-more":  strings.Replace(header("receipt-1"), `,"typ"`, `,"jku":"https://example.org","typ"`, 1),
		"header-no-id": `{"alg":"ES256","typ":"` + receipt.Type + `"}`,
		"header-type":  strings.Replace(header("receipt-1"), "receipt+", "keys+", 1),
	} {
		f.write(name, no, 1, "really signed, with another header", f.jws(f.first, head, good))
	}
	unsigned := b64([]byte(strings.Replace(header("receipt-1"), "ES256", "none", 1))) + "." + b64([]byte(good))
	f.write("algorithm-none", no, 1, "signed by nobody, and says so", unsigned+".")
	secret := b64([]byte(strings.Replace(header("receipt-1"), "ES256", "HS256", 1))) + "." + b64([]byte(good))
	mac := hmac.New(sha256.New, f.set.Receipt[1].SPKI)
	mac.Write([]byte(secret))
	f.write("algorithm-hs256", no, 1, "signed with the public key as a secret", secret+"."+b64(mac.Sum(nil)))
	for name, edit := range map[string][2]string{
		"body-space":        {`,"issued"`, `, "issued"`},
		"body-order":        {`"sequence":1,"ordinal":1`, `"ordinal":1,"sequence":1`},
		"body-escaped":      {`"q.bases"`, `"q.b\u0061ses"`},
		"body-not-escaped":  {`"q.bases"`, `"<q>"`},
		"body-more":         {`"issued"`, `"note":"","issued"`},
		"body-twice":        {`"sequence":1`, `"sequence":2,"sequence":1`},
		"body-letter-case":  {`"sequence"`, `"Sequence"`},
		"body-empty-map":    {`"kept":{"q.bases":2}`, `"kept":{}`},
		"body-null":         {`"refused":{"unknown-field":1}`, `"refused":null`},
		"body-map-order":    {`"kept":{"q.bases":2}`, `"kept":{"r":1,"q":1}`},
		"body-fraction":     {`"sequence":1`, `"sequence":1.0`},
		"body-overflow":     {`"sequence":1`, `"sequence":9223372036854775808`},
		"body-minus-zero":   {`"unknown":1`, `"unknown":-0`},
		"body-behind":       {`05Z"}`, `05Z"}` + "\n"},
		"body-no-member":    {`"reason":"",`, ``},
		"body-format":       {"receipt/1", "receipt/2"},
		"body-leap-second":  {"04:05Z", "04:60Z"},
		"body-date":         {"11-02T", "11-31T"},
		"body-verdict":      {`"stored"`, `"lost"`},
		"body-kept-nothing": {`"verdict":"stored","reason":""`, `"verdict":"rejected","reason":"not-a-batch"`},
		"body-no-reason":    {`"verdict":"stored","reason":"","kept":{"q.bases":2}`, `"verdict":"rejected","reason":""`},
		"body-previous":     {`"previous":""`, `"previous":"` + strings.Repeat("0", 64) + `"`},
	} {
		f.write(name, no, 1, "really signed, with another body: "+edit[1], f.edited(c[0], edit[0], edit[1]))
	}
}

func (f *maker) keySets() {
	c, no := f.chain, keyset.ReasonNotAKeySet
	public, otherPublic := f.spki(f.root.key.Public()), f.spki(f.another.key.Public())
	other, err := keyset.Sign(f.t.Context(), f.set, f.another, otherPublic)
	must(f.t, err)
	f.under(other, "keys-wrong-root", keyset.ReasonWrongRoot, 0, "a key set by another root than the pinned one", c...)
	raw, err := json.Marshal(f.set)
	must(f.t, err)
	body, head := string(raw), `{"alg":"ES256","kid":"`+keyset.FingerprintHex(public)+`","typ":"proactive-keys+jws"}`
	set := func(by root, head, from, to string) keyset.Signed {
		if !strings.Contains(body, from) {
			f.t.Fatalf("%q is not in %s", from, body)
		}
		return keyset.Signed{Root: public, JWS: f.jws(by.fixed, head, strings.Replace(body, from, to, 1))}
	}
	f.under(set(f.another, head, "", ""), "keys-root-signature", keyset.ReasonRootSignature, 0, "the pinned root is shown, and another signed", c...)
	f.under(set(f.root, head, "", ""), "keys-good", "valid", 0, "the key set that the others are made from", c...)
	f.under(set(f.root, strings.Replace(head, `"kid":"`, `"kid":"0`, 1), "", ""), "keys-key-id", no, 0, "the header names another root", c...)
	f.under(set(f.root, strings.Replace(head, "keys+", "receipt+", 1), "", ""), "keys-type", no, 0, "signed as something else", c...)
	f.under(set(f.root, head, `"serial":`, `"serial": `), "keys-space", no, 0, "another serialisation", c...)
	f.under(set(f.root, head, `"receipt-1"`, `"receipt-2"`), "keys-same-id", no, 0, "two keys of one name", c...)
	f.under(set(f.root, head, "2027-02-01T00:00:00Z", "2026-11-01T00:00:01Z"), "keys-expired", "valid", 0, "a key set that has expired seals nothing any more, and still proves receipts", c...)
	p384, err := ecdsa.ParseRawPrivateKey(elliptic.P384(), bytes.Repeat([]byte{1}, 48))
	must(f.t, err)
	first := base64.StdEncoding.EncodeToString(f.set.Receipt[1].SPKI)
	f.under(set(f.root, head, first, base64.StdEncoding.EncodeToString(f.spki(p384.Public()))), "keys-other-curve", no, 0, "a receipt key of P-384", c...)
	off := append([]byte(nil), f.set.Receipt[1].SPKI...)
	off[len(off)-1] ^= 1
	f.under(set(f.root, head, first, base64.StdEncoding.EncodeToString(off)), "keys-off-the-curve", no, 0, "a receipt key that is no point of the curve", c...)
}
