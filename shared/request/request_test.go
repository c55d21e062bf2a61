package request_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"proactive/shared/fault"
	"proactive/shared/request"
)

const id = "i-01arz3ndektsv4rrffq69g5fav"

func keyOf(n byte) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = n
	return ed25519.NewKeyFromSeed(seed)
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

func signed(t testing.TB, method, path, nonce string, body []byte) string {
	t.Helper()
	header, err := request.Sign(keyOf(1), id, method, path, nonce, body)
	if err != nil {
		t.Fatal(err)
	}
	return header
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		method := rapid.SampledFrom([]string{"GET", "POST"}).Draw(t, "method")
		path := "/v1/" + rapid.StringN(0, 40, 80).Draw(t, "path")
		nonce := rapid.StringN(1, 80, 120).Draw(t, "nonce")
		body := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "body")
		header, err := request.Sign(keyOf(1), id, method, path, nonce, body)
		if err != nil {
			t.Fatal(err)
		}
		token, err := request.Parse(header)
		if err != nil {
			t.Fatal(err)
		}
		got, err := token.Verify(public(keyOf(1)), method, path, body)
		if err != nil || token.Instrument != id || token.Key != nil {
			t.Fatalf("%q %v %v", got, token, err)
		}
		// JSON replaces what is not UTF-8; the generator makes none.
		if got != nonce {
			t.Fatalf("nonce %q became %q", nonce, got)
		}
	})
}

func TestEnrolmentCarriesItsKey(t *testing.T) {
	header, err := request.SignEnrolment(keyOf(2), "POST", "/v1/enrol", "n", []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	token, err := request.Parse(header)
	if err != nil || token.Instrument != "" || !token.Key.Equal(public(keyOf(2))) {
		t.Fatalf("%+v, %v", token, err)
	}
	if nonce, err := token.Verify(token.Key, "POST", "/v1/enrol", []byte("{}")); err != nil || nonce != "n" {
		t.Errorf("%q, %v", nonce, err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	token, err := request.Parse(signed(t, "POST", "/v1/authorize", "n", []byte("body")))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name         string
		key          ed25519.PublicKey
		method, path string
		body, reason string
	}{
		{"another key", public(keyOf(2)), "POST", "/v1/authorize", "body", request.ReasonSignature},
		{"no key", nil, "POST", "/v1/authorize", "body", request.ReasonSignature},
		{"another method", public(keyOf(1)), "PUT", "/v1/authorize", "body", request.ReasonBinding},
		{"another path", public(keyOf(1)), "POST", "/v1/consent", "body", request.ReasonBinding},
		{"a query", public(keyOf(1)), "POST", "/v1/authorize?x=1", "body", request.ReasonBinding},
		{"another body", public(keyOf(1)), "POST", "/v1/authorize", "bodz", request.ReasonBinding},
		{"no body", public(keyOf(1)), "POST", "/v1/authorize", "", request.ReasonBinding},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := token.Verify(c.key, c.method, c.path, []byte(c.body))
			if kind, reason := fault.Public(err); kind != fault.Unknown || reason != c.reason {
				t.Errorf("%v, want %s", err, c.reason)
			}
		})
	}
}

// byHand signs any header and claims.
func byHand(header, claims string) string {
	b64 := base64.RawURLEncoding.EncodeToString
	input := b64([]byte(header)) + "." + b64([]byte(claims))
	return request.Scheme + input + "." + b64(ed25519.Sign(keyOf(1), []byte(input)))
}

const emptyBody = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU" // SHA-256 of nothing

func TestHeaderForms(t *testing.T) {
	jwk, err := json.Marshal(map[string]string{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(public(keyOf(1)))})
	if err != nil {
		t.Fatal(err)
	}
	private := strings.TrimSuffix(string(jwk), "}") + `,"d":"` + base64.RawURLEncoding.EncodeToString(keyOf(1).Seed()) + `"}`
	more := func(member string) string { return strings.TrimSuffix(string(jwk), "}") + "," + member + "}" }
	claims := `{"iat":1,"bdg":"` + emptyBody + `","htm":"GET","htp":"/","nonce":"n"}`
	const typ = `"typ":"proactive-request+jws"`
	for name, c := range map[string]struct{ header, reason string }{
		"in another order":        {`{` + typ + `,"kid":"` + id + `","alg":"EdDSA"}`, ""},
		"enrolment":               {`{` + typ + `,"jwk":` + string(jwk) + `,"alg":"EdDSA"}`, ""},
		"both key and key id":     {`{` + typ + `,"kid":"` + id + `","jwk":` + string(jwk) + `,"alg":"EdDSA"}`, request.ReasonBadToken},
		"neither":                 {`{` + typ + `,"alg":"EdDSA"}`, request.ReasonBadToken},
		"a private key":           {`{` + typ + `,"jwk":` + private + `,"alg":"EdDSA"}`, request.ReasonBadToken},
		"a key with a use":        {`{` + typ + `,"jwk":` + more(`"use":"sig"`) + `,"alg":"EdDSA"}`, request.ReasonBadToken},
		"a key with a name":       {`{` + typ + `,"jwk":` + more(`"kid":"k"`) + `,"alg":"EdDSA"}`, request.ReasonBadToken},
		"a key with a stranger":   {`{` + typ + `,"jwk":` + more(`"y":"AA"`) + `,"alg":"EdDSA"}`, request.ReasonBadToken},
		"a key with a list":       {`{` + typ + `,"jwk":` + more(`"key_ops":["verify"]`) + `,"alg":"EdDSA"}`, request.ReasonBadToken},
		"a key padded":            {`{` + typ + `,"jwk":` + strings.Replace(string(jwk), `"}`, `="}`, 1) + `,"alg":"EdDSA"}`, request.ReasonBadToken},
		"a key of 31 bytes":       {`{` + typ + `,"jwk":{"kty":"OKP","crv":"Ed25519","x":"` + strings.Repeat("A", 42) + `"},"alg":"EdDSA"}`, request.ReasonBadToken},
		"key and an empty id":     {`{` + typ + `,"kid":"","jwk":` + string(jwk) + `,"alg":"EdDSA"}`, request.ReasonBadToken},
		"key id and a null key":   {`{` + typ + `,"kid":"` + id + `","jwk":null,"alg":"EdDSA"}`, request.ReasonBadToken},
		"HS256 by the public key": {`{` + typ + `,"kid":"` + id + `","alg":"HS256"}`, request.ReasonBadToken},
		"a key of another kind":   {`{` + typ + `,"jwk":{"kty":"oct","k":"AA"},"alg":"EdDSA"}`, request.ReasonBadToken},
		"no algorithm":            {`{` + typ + `,"kid":"` + id + `","alg":"none"}`, request.ReasonBadToken},
		"the type of a key set":   {`{"typ":"proactive-keys+jws","kid":"` + id + `","alg":"EdDSA"}`, request.ReasonBadToken},
		"unencoded payload":       {`{` + typ + `,"kid":"` + id + `","alg":"EdDSA","b64":false}`, request.ReasonBadToken},
		"a critical extension":    {`{` + typ + `,"kid":"` + id + `","alg":"EdDSA","crit":["b64"]}`, request.ReasonBadToken},
		"a nonce in the header":   {`{` + typ + `,"kid":"` + id + `","alg":"EdDSA","nonce":"n"}`, request.ReasonBadToken},
		"the algorithm named RSA": {`{` + typ + `,"kid":"` + id + `","alg":"RS256"}`, request.ReasonBadToken},
	} {
		t.Run(name, func(t *testing.T) {
			token, err := request.Parse(byHand(c.header, claims))
			if err == nil {
				_, err = token.Verify(public(keyOf(1)), "GET", "/", nil)
			}
			checkReason(t, err, c.reason)
		})
	}
}

func TestClaimForms(t *testing.T) {
	header := `{"typ":"proactive-request+jws","kid":"` + id + `","alg":"EdDSA"}`
	good := `{"htm":"GET","htp":"/","nonce":"n","bdg":"` + emptyBody + `","iat":1}`
	for name, c := range map[string]struct{ claims, reason string }{
		"as they should be":   {good, ""},
		"a clock of 1970":     {good, ""},
		"an unknown claim":    {strings.Replace(good, `"iat"`, `"exp":1,"iat"`, 1), request.ReasonBadToken},
		"a claim twice":       {strings.Replace(good, `"iat"`, `"nonce":"m","iat"`, 1), request.ReasonBadToken},
		"another letter case": {strings.Replace(good, `"htm"`, `"HTM"`, 1), request.ReasonBadToken},
		"no nonce":            {strings.Replace(good, `"nonce":"n",`, ``, 1), request.ReasonBadToken},
		"two values":          {good + `{}`, request.ReasonBadToken},
		"not an object":       {`[]`, request.ReasonBadToken},
	} {
		t.Run(name, func(t *testing.T) {
			token, err := request.Parse(byHand(header, c.claims))
			if err != nil {
				t.Fatal(err)
			}
			_, err = token.Verify(public(keyOf(1)), "GET", "/", nil)
			checkReason(t, err, c.reason)
		})
	}
}

func checkReason(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" && err == nil {
		return
	}
	if kind, reason := fault.Public(err); kind != fault.Unknown || reason != want {
		t.Errorf("%v, want %q", err, want)
	}
}

func TestParseRefuses(t *testing.T) {
	good := signed(t, "GET", "/", "n", nil)
	for name, c := range map[string]struct{ header, reason string }{
		"nothing":        {"", request.ReasonNoToken},
		"another scheme": {"Bearer " + strings.TrimPrefix(good, request.Scheme), request.ReasonNoToken},
		"no token":       {request.Scheme, request.ReasonBadToken},
		"too long":       {good + strings.Repeat("A", 4096), request.ReasonBadToken},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := request.Parse(c.header)
			checkReason(t, err, c.reason)
		})
	}
}

// Fuzz: a token that is accepted is one that its key signed, for just this request; and
// a changed one never is. The header and claims get fuzzed beneath a good signature too.
func FuzzToken(f *testing.F) {
	good := signed(f, "GET", "/v1/keys", "nonce", nil)
	parts := strings.Split(strings.TrimPrefix(good, request.Scheme), ".")
	head, _ := base64.RawURLEncoding.DecodeString(parts[0])
	body, _ := base64.RawURLEncoding.DecodeString(parts[1])
	f.Add(string(head), string(body), good)
	f.Add(`{"alg":"EdDSA","typ":"proactive-request+jws","jwk":{"kty":"OKP","crv":"Ed25519","x":"AA"}}`, `{}`, "Proactive ..")
	f.Fuzz(func(t *testing.T, header, claims, raw string) {
		if token, err := request.Parse(raw); err == nil && raw != good {
			if _, err := token.Verify(public(keyOf(1)), "GET", "/v1/keys", nil); err == nil {
				t.Fatalf("accepted: %q", raw)
			}
		}
		token, err := request.Parse(byHand(header, claims))
		if err != nil {
			if kind, reason := fault.Public(err); kind != fault.Unknown || reason != request.ReasonBadToken {
				t.Fatalf("%v", err)
			}
			return
		}
		if (token.Instrument == "") == (token.Key == nil) {
			t.Fatalf("both or neither: %+v", token)
		}
		if _, err := token.Verify(public(keyOf(1)), "GET", "/v1/keys", nil); err != nil {
			return
		}
		// What is accepted says of every claim what it is, once.
		var all map[string]any
		if err := json.Unmarshal([]byte(claims), &all); err != nil || len(all) != 5 || all["htm"] != "GET" || all["htp"] != "/v1/keys" || all["bdg"] != emptyBody {
			t.Fatalf("accepted: %s", claims)
		}
	})
}

// Every byte of a token matters: no change of one is accepted.
func TestEveryByteMatters(t *testing.T) {
	good := signed(t, "GET", "/v1/receipts?after=1", "nonce", nil)
	for i := len(request.Scheme); i < len(good); i++ {
		for _, with := range []byte{'A', 'B', '_', '.', '='} {
			if good[i] == with {
				continue
			}
			token, err := request.Parse(good[:i] + string(with) + good[i+1:])
			if err == nil {
				_, err = token.Verify(public(keyOf(1)), "GET", "/v1/receipts?after=1", nil)
			}
			if err == nil {
				t.Fatalf("accepted with byte %d changed to %q", i, with)
			}
		}
	}
}
