package seal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	wire "proactive/events"
	"proactive/shared/batch"
	"proactive/shared/fault"
)

const vectorDir = "batch/v1/vectors"

// keyRing is keys.json: public test keys, private halves and all.
type keyRing struct {
	About       string            `json:"about"`
	Deployment  string            `json:"deployment"`
	Instruments map[string][]byte `json:"instruments"` // Ed25519 seeds, 32 bytes
	Recipients  map[string][]byte `json:"recipients"`  // RSA private keys, PKCS #8 DER
}

// vector is any other file. SPEC.md, "Vectors", says how to run one.
type vector struct {
	Name   string `json:"name"`
	About  string `json:"about"`
	Step   string `json:"step"`   // the step that refuses it; "" if none does
	Expect string `json:"expect"` // "opened", or the reason of the refusal
	As     string `json:"as"`     // who opens: an id of the header's recipients
	Key    string `json:"key"`    // the private key that is tried, of keys.json
	SHA256 string `json:"sha256"` // of the plaintext, if opened
	Batch  []part `json:"batch"`  // the bytes, one part after the other
}

// part is a piece of a batch: bytes, or a piece of another vector's batch.
type part struct {
	Base64 []byte `json:"base64,omitempty"`
	From   string `json:"from,omitempty"`
	Offset int    `json:"offset,omitempty"`
	Length int    `json:"length,omitempty"`
}

func TestVectors(t *testing.T) {
	ring, all := loadVectors(t)
	opened, reasons := 0, map[string]bool{}
	for name, v := range all {
		t.Run(name, func(t *testing.T) {
			step, plain, err := run(t, ring, v, bytesOf(t, all, v))
			_, reason := fault.Public(err)
			switch {
			case v.Expect == "opened" && err == nil:
				if sum := sha256.Sum256(plain); hex.EncodeToString(sum[:]) != v.SHA256 {
					t.Errorf("opened to other bytes: %x", sum)
				}
			case v.Expect == "opened" || err == nil || reason != v.Expect || step != v.Step:
				t.Errorf("%s at %q, want %s at %q: %v", reason, step, v.Expect, v.Step, err)
			}
		})
		if reasons[v.Expect] = true; v.Expect == "opened" {
			opened++
		}
	}
	for _, want := range append(refusals, batch.ReasonWrongDeployment) {
		if !reasons[want] {
			t.Errorf("no vector is refused with %s", want)
		}
	}
	if opened < 3 {
		t.Errorf("%d vectors open", opened)
	}
}

// run receives a batch as SPEC.md has it: four steps in their order.
func run(t testing.TB, ring keyRing, v vector, raw []byte) (step string, plain []byte, err error) {
	t.Helper()
	e, err := batch.Read(bytes.NewReader(raw))
	if err != nil {
		return "read", nil, err
	}
	if err := e.Header.For(ring.Deployment); err != nil {
		return "deployment", nil, err
	}
	if err := e.Verify(ed25519.NewKeyFromSeed(ring.Instruments[e.Header.Instrument]).Public().(ed25519.PublicKey)); err != nil {
		return "verify", nil, err
	}
	plain, err = Open(t.Context(), e, v.As, Local{v.As: ring.private(t, v.Key)})
	return "open", plain, err
}

func (r keyRing) private(t testing.TB, name string) *rsa.PrivateKey {
	t.Helper()
	key, err := x509.ParsePKCS8PrivateKey(r.Recipients[name])
	must(t, err)
	return key.(*rsa.PrivateKey)
}

func loadVectors(t testing.TB) (keyRing, map[string]vector) {
	t.Helper()
	var ring keyRing
	decode(t, "keys.json", &ring)
	names, err := fs.Glob(wire.Files, vectorDir+"/*.json")
	must(t, err)
	all := map[string]vector{}
	for _, name := range names {
		if path.Base(name) == "keys.json" {
			continue
		}
		var v vector
		decode(t, path.Base(name), &v)
		if v.Name+".json" != path.Base(name) || v.About == "" || (v.Expect == "opened") != (v.Step == "") {
			t.Errorf("%s is not a sound vector", name)
		}
		all[v.Name] = v
	}
	if len(all) < 20 {
		t.Fatalf("%d vectors found; a glob that finds nothing proves nothing", len(all))
	}
	return ring, all
}

func decode(t testing.TB, name string, into any) {
	t.Helper()
	raw, err := fs.ReadFile(wire.Files, vectorDir+"/"+name)
	must(t, err)
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func bytesOf(t testing.TB, all map[string]vector, v vector) []byte {
	t.Helper()
	var out []byte
	for _, p := range v.Batch {
		if p.From == "" {
			out = append(out, p.Base64...)
			continue
		}
		from, ok := all[p.From]
		if !ok || p.From == v.Name {
			t.Fatalf("%s takes a part of %q", v.Name, p.From)
		}
		out = append(out, bytesOf(t, all, from)[p.Offset:p.Offset+p.Length]...)
	}
	return out
}

// The schema of the header takes what the parser takes, and is as strict about names,
// forms and bounds. What only the parser can see (spelling, order) is not its business.
func TestSchemaOfTheHeader(t *testing.T) {
	raw, err := fs.ReadFile(wire.Files, "batch/v1/schema.json")
	must(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	must(t, err)
	compiler := jsonschema.NewCompiler()
	must(t, compiler.AddResource("schema.json", doc))
	schema, err := compiler.Compile("schema.json")
	must(t, err)
	check := func(header []byte) error {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(header))
		if err != nil {
			return fmt.Errorf("decoding: %w", err)
		}
		return schema.Validate(value)
	}
	_, all := loadVectors(t)
	seen := 0
	for name, v := range all {
		e, err := batch.Read(bytes.NewReader(bytesOf(t, all, v)))
		_, reason := fault.Public(err)
		switch {
		case err == nil:
			seen++
			if err := check(e.HeaderBytes); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case reason == batch.ReasonHeaderValue:
			lines := strings.SplitN(string(bytesOf(t, all, v)), "\n", 3)
			if check([]byte(lines[1])) == nil {
				t.Errorf("%s: the schema takes it", name)
			}
		}
	}
	if seen == 0 {
		t.Error("no header seen")
	}
	good := newBench(t, 10).raw
	header := strings.Split(string(good), "\n")[1]
	if err := check([]byte(header)); err != nil {
		t.Fatal(err)
	}
	for _, edit := range [][2]string{
		{`"sequence":1`, `"sequence":0`}, {`"sequence":1`, `"sequence":1.5`}, {`"sequence":1`, `"x":1,"sequence":1`}, {`"sequence":1,`, ``},
		{`"zstd"`, `"none"`}, {`i-01`, `M-01`}, {`"proactive-batch/1"`, `"proactive-batch/2"`}, {`SHA-256`, `SHA-1`}, {`sha256:`, `sha1:`},
	} {
		if !strings.Contains(header, edit[0]) || check([]byte(strings.Replace(header, edit[0], edit[1], 1))) == nil {
			t.Errorf("the schema takes %s for %s", edit[1], edit[0])
		}
	}
}

// A vector names its parts; parts of parts end somewhere.
func TestVectorsAreListed(t *testing.T) {
	spec, err := fs.ReadFile(wire.Files, "batch/v1/SPEC.md")
	if errors.Is(err, fs.ErrNotExist) {
		t.Fatal("no specification")
	}
	must(t, err)
	for _, reason := range append(refusals, batch.ReasonWrongDeployment) {
		if !bytes.Contains(spec, []byte("`"+reason+"`")) {
			t.Errorf("SPEC.md does not tell of %s", reason)
		}
	}
}
