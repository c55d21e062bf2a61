package consent_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	wire "proactive/events"
	"proactive/shared/consent"
	"proactive/shared/fault"
	"proactive/shared/instrument"
	"proactive/shared/pipelinetest"
)

const id = "i-01hzzzzzzzzzzzzzzzzzzzzzzz"

var (
	key    = pipelinetest.InstrumentKey(1)
	public = key.Public().(ed25519.PublicKey)
	theirs = pipelinetest.InstrumentKey(2)
)

func statement() consent.Statement {
	return consent.Statement{
		Format: consent.Format, Deployment: pipelinetest.Deployment, Instrument: id, Version: 1, On: true,
		Text: "2026-11", TextSHA256: strings.Repeat("c", 64), At: "2026-11-23T09:00:00Z",
	}
}

func sign(t *testing.T, s consent.Statement) string {
	t.Helper()
	jws, err := consent.Sign(key, s)
	if err != nil {
		t.Fatal(err)
	}
	return jws
}

// chain is n statements, on and off in turn.
func chain(t *testing.T, n int) (all []string) {
	t.Helper()
	was := instrument.Consent{}
	for i := range n {
		was = pipelinetest.Say(t, key, id, was, i%2 == 0, time.Date(2026, 11, 23, 9, i, 0, 0, time.UTC))
		all = append(all, was.Statement)
	}
	return all
}

func want(t *testing.T, err error, kind fault.Kind, reason string) {
	t.Helper()
	if k, r := fault.Public(err); err == nil || k != kind || r != reason {
		t.Errorf("%v, want %v: %s", err, kind, reason)
	}
}

func TestSignedAndVerified(t *testing.T) {
	jws := sign(t, statement())
	got, err := consent.Verify(jws, public)
	if diff := cmp.Diff(statement(), got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if again := sign(t, statement()); again != jws {
		t.Error("the same statement is another JWS")
	}
}

func TestNotSigned(t *testing.T) {
	for name, spoil := range map[string]func(s *consent.Statement){
		"another format":         func(s *consent.Statement) { s.Format = "proactive-consent/2" },
		"no deployment":          func(s *consent.Statement) { s.Deployment = "" },
		"no instrument":          func(s *consent.Statement) { s.Instrument = "M04034" },
		"no version":             func(s *consent.Statement) { s.Version = 0 },
		"a first that has one":   func(s *consent.Statement) { s.Previous = strings.Repeat("a", 64) },
		"a second that has none": func(s *consent.Statement) { s.Version = 2 },
		"a digest in capitals":   func(s *consent.Statement) { s.Version, s.Previous = 2, strings.Repeat("A", 64) },
		"no text":                func(s *consent.Statement) { s.Text = "yes" },
		"no digest of it":        func(s *consent.Statement) { s.TextSHA256 = "" },
		"no time":                func(s *consent.Statement) { s.At = "yesterday" },
		"a time in a zone":       func(s *consent.Statement) { s.At = "2026-11-23T09:00:00+01:00" },
	} {
		s := statement()
		spoil(&s)
		if _, err := consent.Sign(key, s); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
	if _, err := consent.Sign(nil, statement()); err == nil {
		t.Error("signed without a key")
	}
}

// What has a good signature and is not a statement all the same.
func TestVerifyRefuses(t *testing.T) {
	b64 := base64.RawURLEncoding.EncodeToString
	made := func(header, body string) string {
		input := b64([]byte(header)) + "." + b64([]byte(body))
		return input + "." + b64(ed25519.Sign(key, []byte(input)))
	}
	body, err := json.Marshal(statement())
	if err != nil {
		t.Fatal(err)
	}
	const header = `{"alg":"EdDSA","typ":"` + consent.Type + `"}`
	good := string(body)
	if _, err := consent.Verify(made(header, good), public); err != nil {
		t.Fatal(err)
	}
	for name, jws := range map[string]string{
		"nothing":               "",
		"another order of head": made(`{"typ":"`+consent.Type+`","alg":"EdDSA"}`, good),
		"white space in head":   made(`{"alg":"EdDSA", "typ":"`+consent.Type+`"}`, good),
		"a key in head":         made(`{"alg":"EdDSA","kid":"k","typ":"`+consent.Type+`"}`, good),
		"another type":          made(`{"alg":"EdDSA","typ":"proactive-request+jws"}`, good),
		"an unknown member":     made(header, good[:len(good)-1]+`,"scope":"all"}`),
		"a member twice":        made(header, `{"on":false,`+good[1:]),
		"another letter case":   made(header, strings.Replace(good, `"on"`, `"On"`, 1)),
		"another order":         made(header, strings.Replace(strings.Replace(good, `"on":true,`, ``, 1), `"at"`, `"on":true,"at"`, 1)),
		"white space":           made(header, good+"\n"),
		"a missing member":      made(header, strings.Replace(good, `"on":true,`, ``, 1)),
		"two of them":           made(header, good+good),
		"a value out of bounds": made(header, strings.Replace(good, `"version":1`, `"version":-1`, 1)),
		"no JSON":               made(header, "yes"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := consent.Verify(jws, public)
			want(t, err, fault.Malformed, consent.NotAStatement)
		})
	}
	_, err = consent.Verify(made(header, good), theirs.Public().(ed25519.PublicKey))
	want(t, err, fault.Forbidden, consent.BadSignature)
	_, err = consent.Verify(made(header, good), nil)
	want(t, err, fault.Forbidden, consent.BadSignature)
	parts := strings.Split(made(header, good), ".")
	off := strings.Replace(good, `"on":true`, `"on":false`, 1)
	_, err = consent.Verify(parts[0]+"."+b64([]byte(off))+"."+parts[2], public)
	want(t, err, fault.Forbidden, consent.BadSignature)
}

func TestChain(t *testing.T) {
	good := chain(t, 4)
	all, err := consent.VerifyChain(good, public)
	if err != nil || len(all) != 4 || all[3].Version != 4 || all[3].On {
		t.Fatalf("%+v, %v", all, err)
	}
	other := statement()
	other.On = false
	elsewhere := statement()
	elsewhere.Version, elsewhere.Previous, elsewhere.Deployment = 2, consent.Digest(good[0]), "proactive-elsewhere"
	for name, broken := range map[string][]string{
		"the first is missing":   good[1:],
		"one is missing":         {good[0], good[2]},
		"one stands twice":       {good[0], good[0]},
		"two are swapped":        {good[0], good[2], good[1]},
		"the first is another":   {sign(t, other), good[1]},
		"it changes its address": {good[0], sign(t, elsewhere)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := consent.VerifyChain(broken, public)
			want(t, err, fault.Forbidden, consent.ChainBroken)
		})
	}
}

func TestStatementsSatisfyTheirSchema(t *testing.T) {
	raw, err := fs.ReadFile(wire.Files, "consent/v1/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("consent.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("consent.json")
	if err != nil {
		t.Fatal(err)
	}
	for i, jws := range chain(t, 3) {
		body, err := base64.RawURLEncoding.DecodeString(strings.Split(jws, ".")[1])
		if err != nil {
			t.Fatal(err)
		}
		one, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(one); err != nil {
			t.Errorf("statement %d: %v", i+1, err)
		}
		one.(map[string]any)["scope"] = "all"
		if err := schema.Validate(one); err == nil {
			t.Error("the schema lets an unknown member pass")
		}
	}
}

// Fuzz: whatever is believed has one form. Signed again it is the same JWS, byte for byte.
func FuzzVerify(f *testing.F) {
	body, err := json.Marshal(statement())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(body))
	f.Add(strings.Replace(string(body), `"on":true`, `"on":false`, 1))
	f.Add(strings.Replace(string(body), `"version":1`, `"version":1e0`, 1))
	b64 := base64.RawURLEncoding.EncodeToString
	f.Fuzz(func(t *testing.T, body string) {
		input := b64([]byte(`{"alg":"EdDSA","typ":"`+consent.Type+`"}`)) + "." + b64([]byte(body))
		raw := input + "." + b64(ed25519.Sign(key, []byte(input)))
		s, err := consent.Verify(raw, public)
		if err != nil {
			return
		}
		if again, err := consent.Sign(key, s); err != nil || again != raw {
			t.Errorf("%s reads as %+v, which is %s: %v", body, s, again, err)
		}
	})
}
