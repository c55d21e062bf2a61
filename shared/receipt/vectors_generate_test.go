package receipt_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"flag"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"proactive/shared/keyset"
	"proactive/shared/pipelinetest"
	"proactive/shared/receipt"
)

var update = flag.Bool("update", false, "write the vectors of events/receipt/v1 anew")

var b64 = base64.RawURLEncoding.EncodeToString

// TestGenerateVectors makes every vector again. Keys come from their names and the
// signatures have no chance in them (RFC 6979), so that a change of the format shows as
// a change of files.
func TestGenerateVectors(t *testing.T) {
	made := newMaker(t).all()
	for name, content := range made {
		file := filepath.Join(vectorDir, name)
		if *update {
			must(t, os.MkdirAll(vectorDir, 0o750))
			must(t, os.WriteFile(file, content, 0o600))
			continue
		}
		got, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s is not what the generator makes (%v): run go test ./shared/receipt -run Vectors -update and look at the difference", name, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(vectorDir, "*"))
	must(t, err)
	for _, file := range files {
		if made[filepath.Base(file)] != nil {
			continue
		}
		if *update {
			must(t, os.Remove(file))
		} else {
			t.Errorf("%s is made by nothing", filepath.Base(file))
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fixed is a key that follows from its name.
type fixed struct {
	id  string
	key *ecdsa.PrivateKey
}

func newFixed(t testing.TB, id string) fixed {
	t.Helper()
	d := sha256.Sum256([]byte("proactive receipt vectors: " + id))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d[:])
	must(t, err)
	return fixed{id, key}
}

func (f fixed) KeyID(context.Context) (string, error) { return f.id, nil }

func (f fixed) SignES256(_ context.Context, _ string, digest []byte) ([]byte, error) {
	r, s, err := f.numbers(digest)
	if err != nil {
		return nil, err
	}
	raw := make([]byte, 64)
	r.FillBytes(raw[:32])
	s.FillBytes(raw[32:])
	return raw, nil
}

func (f fixed) numbers(digest []byte) (r, s *big.Int, err error) {
	der, err := f.key.Sign(nil, digest, crypto.SHA256) // without chance: RFC 6979
	if err != nil {
		return nil, nil, err
	}
	var both struct{ R, S *big.Int }
	_, err = asn1.Unmarshal(der, &both)
	return both.R, both.S, err
}

// root signs key sets as fixed signs receipts.
type root struct{ fixed }

func (r root) SignES256(ctx context.Context, digest []byte) ([]byte, error) {
	return r.fixed.SignES256(ctx, "", digest)
}

// maker makes chains, sound ones and others.
type maker struct {
	t             testing.TB
	root, another root
	first, second fixed // the receipt keys
	set           keyset.KeySet
	signed        keyset.Signed
	chain         []string
	files         map[string][]byte
}

func newMaker(t testing.TB) *maker {
	t.Helper()
	f := &maker{
		t: t, files: map[string][]byte{}, root: root{newFixed(t, "root")}, another: root{newFixed(t, "another root")},
		first: newFixed(t, "receipt-1"), second: newFixed(t, "receipt-2"),
	}
	// No one knows the factors of this modulus, if it is the product of two primes at all:
	// nothing that is sealed for it opens.
	var modulus []byte
	for i := range byte(8) {
		sum := sha256.Sum256([]byte{'u', 'n', 'w', 'r', 'a', 'p', i})
		modulus = append(modulus, sum[:]...)
	}
	modulus[0], modulus[255] = modulus[0]|0x80, modulus[255]|1
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	f.set = keyset.KeySet{
		Format: keyset.Format, Deployment: "proactive-vectors", Serial: 2, Issued: at, Expires: at.AddDate(0, 3, 0),
		Unwrap: []keyset.Key{{ID: "unwrap-1", SPKI: f.spki(&rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: 65537}), NotAfter: at.AddDate(1, 0, 0)}},
		Receipt: []keyset.Key{
			{ID: f.second.id, SPKI: f.spki(f.second.key.Public()), NotAfter: at.AddDate(2, 0, 0)},
			{ID: f.first.id, SPKI: f.spki(f.first.key.Public()), NotAfter: at.AddDate(1, 0, 0)},
		},
	}
	f.signed = f.sign(f.set)
	c := pipelinetest.NewChain(t)
	quarantined := rejected(3)
	quarantined.Verdict, quarantined.Reason = receipt.Quarantined, "detected-nucleotides"
	kept, at4 := stored(4)
	kept.Kept = map[string]int{"q.bases": 12, "tile.clusters": 96}
	kept.Left = map[string]int{"left.run_parameters.path": 9, "left.run_parameters.person": 2}
	one, at1 := stored(1)
	for i, r := range []receipt.Receipt{one, rejected(2), quarantined, kept} {
		r.Deployment = f.set.Deployment
		c.Grant(instrument, batchID(i+1))
		signer := f.first
		if i == 3 {
			signer = f.second
		}
		_, err := receipt.Issue(t.Context(), signer, c, r, []receipt.Place{at1, {}, {}, at4}[i])
		must(t, err)
	}
	f.chain = c.Receipts(instrument)
	return f
}

func (f *maker) spki(public any) []byte {
	der, err := x509.MarshalPKIXPublicKey(public)
	must(f.t, err)
	return der
}

func (f *maker) sign(set keyset.KeySet) keyset.Signed {
	signed, err := keyset.Sign(f.t.Context(), set, f.root, f.spki(f.root.key.Public()))
	must(f.t, err)
	return signed
}

// jws signs any header and any body.
func (f *maker) jws(by fixed, header, body string) string {
	input := b64([]byte(header)) + "." + b64([]byte(body))
	digest := sha256.Sum256([]byte(input))
	raw, err := by.SignES256(f.t.Context(), "", digest[:])
	must(f.t, err)
	return input + "." + b64(raw)
}

// write makes a file of receipts that are judged so, under the key set as it should be.
func (f *maker) write(name, expect string, at int, about string, receipts ...string) {
	f.under(f.signed, name, expect, at, about, receipts...)
}

func (f *maker) under(signed keyset.Signed, name, expect string, at int, about string, receipts ...string) {
	v := vector{Name: name, About: about, Expect: expect, At: at, Root: keyset.FingerprintHex(f.spki(f.root.key.Public())), Keys: signed, Receipts: receipts}
	raw, err := json.MarshalIndent(v, "", "  ")
	must(f.t, err)
	if f.files[name+".json"] != nil {
		f.t.Fatalf("%s is made twice", name)
	}
	f.files[name+".json"] = append(raw, '\n')
}
