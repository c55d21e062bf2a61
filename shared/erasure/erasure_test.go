package erasure_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	wire "proactive/events"
	"proactive/shared/erasure"
	"proactive/shared/fault"
	"proactive/shared/pipelinetest"
	"proactive/shared/receipt"
)

const instrument = "i-01hzzzzzzzzzzzzzzzzzzzzzzz"

var asked = time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)

func issue(t *testing.T, stores ...erasure.Store) string {
	t.Helper()
	if stores == nil {
		stores = []erasure.Store{{Store: "inbox", What: "versions", Count: 3}, {Store: "clean", What: "versions"}}
	}
	raw, err := erasure.Issue(t.Context(), pipelinetest.NewKeys(t), pipelinetest.Deployment, instrument, erasure.ByInstrument, asked, asked.Add(14*time.Minute), stores)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestACertificateVerifies(t *testing.T) {
	set, _ := pipelinetest.NewKeys(t).Set(asked)
	c, err := erasure.Verify(issue(t), set)
	if err != nil {
		t.Fatal(err)
	}
	if c.Instrument != instrument || c.Erased != "2026-11-24T03:14:00Z" || c.Stores[0].Store != "clean" || c.Stores[1].Count != 3 {
		t.Errorf("%+v", c)
	}
	// Thirty-five days after the 24th of November the last copy of that day goes.
	if c.Residual[0].Until != "2026-12-30" {
		t.Errorf("recovery ends %s", c.Residual[0].Until)
	}
}

func TestACertificateIsOfItsSchema(t *testing.T) {
	raw, err := fs.ReadFile(wire.Files, "erasure/v1/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	body, err := base64.RawURLEncoding.DecodeString(strings.Split(issue(t), ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNoCertificateIsNotBelieved(t *testing.T) {
	keys := pipelinetest.NewKeys(t)
	set, _ := keys.Set(asked)
	good := issue(t)
	parts := strings.Split(good, ".")
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	with := func(body string) string {
		return parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(body)) + "." + parts[2]
	}
	stranger, _ := keys.Set(asked)
	stranger.Receipt = nil
	for name, c := range map[string]struct {
		raw  string
		keys erasure.Keys
		want *fault.Fault
	}{
		"another count":   {with(strings.Replace(string(body), `"count":3`, `"count":0`, 1)), set, fault.New(fault.Forbidden, erasure.BadSignature, nil)},
		"unknown key":     {good, stranger, fault.New(fault.Forbidden, erasure.UnknownKey, nil)},
		"nothing":         {"", set, fault.New(fault.Malformed, erasure.NotACertificate, nil)},
		"a receipt's typ": {keys.JWS(receipt.Receipt{}), set, fault.New(fault.Malformed, erasure.NotACertificate, nil)},
	} {
		if _, err := erasure.Verify(c.raw, c.keys); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestWhatContradictsItselfIsNotSigned(t *testing.T) {
	keys := pipelinetest.NewKeys(t)
	sound := []erasure.Store{{Store: "inbox", What: "versions"}}
	for name, try := range map[string]func() (string, error){
		"done before it was asked": func() (string, error) {
			return erasure.Issue(t.Context(), keys, "d", instrument, erasure.ByOperator, asked, asked.Add(-time.Minute), sound)
		},
		"nothing searched": func() (string, error) {
			return erasure.Issue(t.Context(), keys, "d", instrument, erasure.ByOperator, asked, asked, nil)
		},
		"by nobody": func() (string, error) {
			return erasure.Issue(t.Context(), keys, "d", instrument, "", asked, asked, sound)
		},
		"no instrument": func() (string, error) {
			return erasure.Issue(t.Context(), keys, "d", "M04034", erasure.ByOperator, asked, asked, sound)
		},
	} {
		if _, err := try(); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
}
