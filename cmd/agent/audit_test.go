package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"proactive/cmd/agent/internal/advice"
	"proactive/cmd/agent/internal/auditor"
	"proactive/cmd/agent/internal/home"
	"proactive/shared/batch"
	"proactive/shared/catalog"
	"proactive/shared/observation"
	"proactive/shared/seal"
)

// auditorKey writes the two halves of a key, as openssl does.
func auditorKey(t testing.TB, private, public string, bits int) *rsa.PrivateKey {
	t.Helper()
	if bits < 2048 {
		t.Setenv("GODEBUG", "rsa1024min=0")
	}
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{
		private: {Type: "PRIVATE KEY", Bytes: der}, public: {Type: "PUBLIC KEY", Bytes: spki(t, &key.PublicKey)},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return key
}

func cmdAuditorKey(ts *testscript.TestScript, _ bool, args []string) {
	bits := 2048
	if len(args) > 2 {
		var err error
		bits, err = strconv.Atoi(args[2])
		ts.Check(err)
	}
	auditorKey(theService(ts).t, ts.MkAbs(args[0]), ts.MkAbs(args[1]), bits)
}

func cmdSignerOf(ts *testscript.TestScript, _ bool, args []string) {
	all, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "signer-*.pem"))
	ts.Check(err)
	if len(all) != 1 {
		ts.Fatalf("%d public keys", len(all))
	}
	raw, err := os.ReadFile(all[0])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("signer.pem"), raw, 0o600))
}

func cmdSpoil(ts *testscript.TestScript, _ bool, args []string) {
	all, err := auditor.Find(ts.MkAbs(args[0]))
	ts.Check(err)
	raw, err := os.ReadFile(all[0])
	ts.Check(err)
	raw[len(raw)-1] ^= 1
	ts.Check(os.WriteFile(all[0], raw, 0o600))
}

// sealedBy is a batch of the lab's instrument with content that the agent itself would
// never seal.
func sealedBy(t *testing.T, l *lab, key *rsa.PrivateKey, catalogHash string, rows ...observation.Observation) []byte {
	t.Helper()
	h, err := home.Open(l.home)
	if err != nil {
		t.Fatal(err)
	}
	identity, err := h.Identity()
	if err != nil {
		t.Fatal(err)
	}
	var payload bytes.Buffer
	if err := observation.Encode(&payload, observation.Payload{Catalog: catalogHash, Observations: rows}); err != nil {
		t.Fatal(err)
	}
	id, err := auditor.ID(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := seal.Seal(seal.Params{
		Deployment: testDeployment, Instrument: testInstrument, Batch: "01HZZZZZZZZZZZZZZZZZZZZ001", Sequence: 1, Catalog: catalogHash,
		Plaintext: observation.Compress(payload.Bytes()), PayloadBytes: int64(payload.Len()), Signer: identity,
		Recipients: []seal.Recipient{{ID: "unwrap-1", Key: &l.service.unwrap.PublicKey}, {ID: id, Key: &key.PublicKey}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// An audit says by a code of its own what a batch holds that it should not, and names no
// value of it.
func TestAuditFinds(t *testing.T) {
	l := newLab(t)
	dir := t.TempDir()
	private := filepath.Join(dir, "private.pem")
	key := auditorKey(t, private, filepath.Join(dir, "public.pem"), 2048)
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	lanes := observation.Observation{Field: "run.lanes", Value: 1}
	const planted = "Juana.Perez@hospital.example"
	for _, c := range []struct {
		name, reason string
		object       []byte
		refused      map[string]int
		detected     map[string]int
	}{
		{"nothing", "", sealedBy(t, l, key, cat.Hash(), lanes), map[string]int{}, map[string]int{}},
		{"a field that is not listed", "off-catalog", sealedBy(t, l, key, cat.Hash(), lanes, observation.Observation{Field: "run.operator", Value: 7}),
			map[string]int{"unknown-field": 1}, map[string]int{}},
		{"a value out of bounds", "off-catalog", sealedBy(t, l, key, cat.Hash(), observation.Observation{Field: "run.lanes", Value: 1e9}),
			map[string]int{"out-of-bounds": 1}, map[string]int{}},
		{"a person", "detected", sealedBy(t, l, key, cat.Hash(), lanes, observation.Observation{Field: "run.operator", Text: planted}),
			map[string]int{"unknown-field": 1}, map[string]int{"email": 1}},
		{"another catalog", "unknown-catalog", sealedBy(t, l, key, "sha256:"+strings.Repeat("0", 64), lanes), nil, nil},
		{"no batch", batch.ReasonNotABatch, []byte("hello"), nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "x.batch")
			if err := os.WriteFile(file, c.object, 0o600); err != nil {
				t.Fatal(err)
			}
			out, code := l.agent(context.Background(), "audit", "--key", private, file)
			if (code == advice.Flagged) != (c.reason != "") || strings.Contains(out, planted) || strings.Contains(out, "run.operator") {
				t.Errorf("exit %d: %s", code, out)
			}
			var got examined
			if err := json.Unmarshal([]byte(out), &got); err != nil {
				t.Fatal(err)
			}
			if got.Reason != c.reason || !equal(got.Refused, c.refused) || !equal(got.Detected, c.detected) || (got.Next == "") != (c.reason == "") {
				t.Errorf("%+v", got)
			}
			text, code := auditText(t, l, private, file)
			if (code == advice.Flagged) != (c.reason != "") || strings.Contains(text, planted) {
				t.Errorf("exit %d: %s", code, text)
			}
		})
	}
}

func auditText(t *testing.T, l *lab, private, file string) (string, advice.Exit) {
	t.Helper()
	var out bytes.Buffer
	code := execute(t.Context(), []string{"--home", l.home, "audit", "--key", private, file}, strings.NewReader(""), &out, &out)
	return out.String(), code
}

func equal(a, b map[string]int) bool {
	if len(a) != len(b) {
		return false
	}
	for k, n := range a {
		if b[k] != n {
			return false
		}
	}
	return true
}
