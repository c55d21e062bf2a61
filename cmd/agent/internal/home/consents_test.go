package home

import (
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChainsOfConsent(t *testing.T) {
	h := open(t)
	first, second := ed25519.PublicKey(make([]byte, 32)), ed25519.PublicKey(append(make([]byte, 31), 1))
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	if all, err := h.Chains(); err != nil || len(all) != 0 {
		t.Fatalf("a new home: %v, %v", all, err)
	}
	must(h.AddStatement(first, 1, "a")) // a home from before there were chains
	must(h.AddStatement(first, 1, "a")) // again changes nothing
	must(h.AddStatement(first, 2, "b"))
	if err := h.AddStatement(first, 2, "c"); !errors.Is(err, ErrStatementDiffers) {
		t.Errorf("another in its place: %v", err)
	}
	must(h.BeginChain(first)) // the same key, enrolled anew
	must(h.BeginChain(first)) // interrupted and repeated
	must(h.AddStatement(first, 1, "d"))
	must(h.AddStatement(second, 1, "e"))
	want := []Chain{{first, []string{"a", "b"}}, {first, []string{"d"}}, {second, []string{"e"}}}
	got, err := h.Chains()
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if c, err := h.Chain(second); err != nil || len(c.Statements) != 1 {
		t.Errorf("the chain that goes on: %v, %v", c, err)
	}
	if c, err := h.Chain(first); err != nil || len(c.Statements) != 0 {
		t.Errorf("a key that was replaced goes on: %v, %v", c, err)
	}

	// A directory without its key is a beginning that was cut off.
	must(os.Mkdir(filepath.Join(h.Dir(), consentDir, "4"), 0o700))
	if got, err := h.Chains(); err != nil || len(got) != 3 {
		t.Errorf("%v, %v", got, err)
	}
	must(h.BeginChain(first))
	must(os.WriteFile(filepath.Join(h.Dir(), consentDir, "4", chainKey), []byte("half"), 0o600))
	if _, err := h.Chains(); !errors.Is(err, ErrDamaged) {
		t.Errorf("a damaged key: %v", err)
	}
}
