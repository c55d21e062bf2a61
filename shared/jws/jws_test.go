package jws_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"proactive/shared/jws"
)

var key = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

func sign(header, body string) string {
	b64 := base64.RawURLEncoding.EncodeToString
	input := b64([]byte(header)) + "." + b64([]byte(body))
	return input + "." + b64(ed25519.Sign(key, []byte(input)))
}

func TestParse(t *testing.T) {
	good := sign(`{"alg":"EdDSA","kid":"k","typ":"t"}`, "body")
	parsed, err := jws.Parse(good, jose.EdDSA, "t", "kid")
	if err != nil {
		t.Fatal(err)
	}
	if body, err := parsed.Verify(key.Public()); err != nil || string(body) != "body" {
		t.Errorf("%q, %v", body, err)
	}
}

func TestParseRefuses(t *testing.T) {
	b64 := base64.RawURLEncoding.EncodeToString
	unencoded := func() string { // RFC 7797: the signature is over the body as it is
		header := b64([]byte(`{"alg":"EdDSA","b64":false,"typ":"t"}`))
		return header + "." + b64([]byte("body")) + "." + b64(ed25519.Sign(key, []byte(header+".body")))
	}
	publicAsSecret := func() string { // the classic confusion of a public key with an HMAC key
		input := b64([]byte(`{"alg":"HS256","typ":"t"}`)) + "." + b64([]byte("body"))
		mac := hmac.New(sha256.New, key.Public().(ed25519.PublicKey))
		mac.Write([]byte(input))
		return input + "." + b64(mac.Sum(nil))
	}
	good := sign(`{"alg":"EdDSA","typ":"t"}`, "body")
	head, rest, _ := strings.Cut(good, ".")
	for name, raw := range map[string]string{
		"empty":                     "",
		"two parts":                 head + ".",
		"four parts":                good + ".",
		"no algorithm":              sign(`{"typ":"t"}`, "body"),
		"algorithm none":            b64([]byte(`{"alg":"none","typ":"t"}`)) + "." + b64([]byte("body")) + ".",
		"algorithm HS256":           publicAsSecret(),
		"algorithm twice":           sign(`{"alg":"EdDSA","alg":"none","typ":"t"}`, "body"),
		"another letter case":       sign(`{"Alg":"EdDSA","alg":"EdDSA","typ":"t"}`, "body"),
		"another type":              sign(`{"alg":"EdDSA","typ":"u"}`, "body"),
		"no type":                   sign(`{"alg":"EdDSA"}`, "body"),
		"a type that is a number":   sign(`{"alg":"EdDSA","typ":1}`, "body"),
		"b64 false":                 unencoded(),
		"b64 true":                  sign(`{"alg":"EdDSA","b64":true,"typ":"t"}`, "body"),
		"critical b64":              sign(`{"alg":"EdDSA","b64":true,"crit":["b64"],"typ":"t"}`, "body"),
		"critical and unknown":      sign(`{"alg":"EdDSA","crit":["x"],"typ":"t","x":1}`, "body"),
		"a key id not asked for":    sign(`{"alg":"EdDSA","kid":"k","typ":"t"}`, "body"),
		"an address of a key":       sign(`{"alg":"EdDSA","jku":"https://example.org","typ":"t"}`, "body"),
		"an empty key id":           sign(`{"alg":"EdDSA","kid":"","typ":"t"}`, "body"),
		"a null":                    sign(`{"alg":"EdDSA","kid":null,"typ":"t"}`, "body"),
		"two values":                sign(`{"alg":"EdDSA","typ":"t"}{}`, "body"),
		"a header that is no JSON":  sign(`alg`, "body"),
		"padding":                   head + "=." + rest,
		"a line feed":               head[:4] + "\n" + head[4:] + "." + rest,
		"white space at the end":    good + " ",
		"the JSON serialisation":    `{"payload":"","protected":"","signature":""}`,
		"set bits beyond the bytes": good[:len(good)-1] + string(good[len(good)-1]+1),
	} {
		t.Run(name, func(t *testing.T) {
			var member []string
			if name == "an empty key id" || name == "a null" {
				member = []string{"kid"} // asked for, and yet
			}
			parsed, err := jws.Parse(raw, jose.EdDSA, "t", member...)
			if err == nil {
				_, err = parsed.Verify(key.Public())
				t.Errorf("parsed; verifying says %v", err)
			}
		})
	}
}

// Fuzz: what parses is one string only, three parts, each the one base64 of its bytes;
// and its header says what was asked for, once, to any reader of JSON.
func FuzzParse(f *testing.F) {
	f.Add(sign(`{"alg":"EdDSA","kid":"k","typ":"t"}`, "body"))
	f.Add(sign(`{"typ":"t","alg":"EdDSA"}`, ""))
	f.Add(sign(`{"typ":"t","alg":"EdDSA","Alg":"none"}`, ""))
	f.Fuzz(func(t *testing.T, raw string) {
		if _, err := jws.Parse(raw, jose.EdDSA, "t", "kid"); err != nil {
			return
		}
		parts := strings.Split(raw, ".")
		var head []byte
		for i, p := range parts {
			b, err := base64.RawURLEncoding.DecodeString(p)
			if err != nil || base64.RawURLEncoding.EncodeToString(b) != p {
				t.Fatalf("part %d of %q", i, raw)
			}
			if i == 0 {
				head = b
			}
		}
		var header map[string]string
		if err := json.Unmarshal(head, &header); err != nil || len(parts) != 3 || header["alg"] != "EdDSA" || header["typ"] != "t" || len(header) > 3 {
			t.Fatalf("%s", head)
		}
	})
}
