package receipt_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"proactive/shared/fault"
	"proactive/shared/keyset"
	"proactive/shared/receipt"
)

// docs/verify/verify_receipts.py is a second implementation, in another language, of
// what SPEC.md says; it knows no line of this package. Where it may disagree with us,
// the specification is unclear or one of us is wrong.

// said is what it prints of a receipt, or in its last line of all of them.
type said struct {
	At    int    `json:"at"`
	Valid bool   `json:"valid"`
	Wrong string `json:"wrong"`
}

// independent runs it over receipts, one a line.
func independent(t *testing.T, keys keyset.Signed, root string, receipts []string, args ...string) (each []said, all said) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "receipts.jws")
	raw, err := keys.Marshal()
	must(t, err)
	must(t, os.WriteFile(file+".keys.json", raw, 0o600))
	must(t, os.WriteFile(file, []byte(strings.Join(receipts, "\n")+"\n"), 0o600))
	return run(t, append([]string{file, "--root", root}, args...)...)
}

func run(t *testing.T, args ...string) (each []said, all said) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("NOT RUN: the independent verifier, for there is no python3")
	}
	program := filepath.Join("..", "..", "docs", "verify", "verify_receipts.py")
	cmd := exec.CommandContext(t.Context(), python, append([]string{"-B", program, "--json"}, args...)...)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	failed := (*exec.ExitError)(nil)
	if err != nil && (!errors.As(err, &failed) || failed.ExitCode() != 1) || problems.Len() > 0 {
		t.Fatalf("%v: %s", err, &problems)
	}
	for line := range strings.Lines(string(out)) {
		all = said{}
		must(t, json.Unmarshal([]byte(line), &all))
		each = append(each, all)
	}
	if len(each) == 0 || all.Valid != (err == nil) {
		t.Fatalf("%v: %s", err, out)
	}
	return each[:len(each)-1], all
}

// TestVectorsByTheIndependentVerifier: it finds in every vector what we find, in the same place.
func TestVectorsByTheIndependentVerifier(t *testing.T) {
	for _, v := range loadVectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			each, all := independent(t, v.Keys, v.Root, v.Receipts)
			want := said{At: v.At, Valid: v.Expect == "valid", Wrong: strings.TrimPrefix(v.Expect, "valid")}
			if all != want {
				t.Errorf("%+v, want %+v", all, want)
			}
			for i, s := range each {
				if first := i+1 == v.At; first && s.Wrong != v.Expect || i+1 < v.At && !s.Valid {
					t.Errorf("receipt %d: %+v", i+1, s)
				}
			}
			if v.At > 0 && len(each) != len(v.Receipts) {
				t.Errorf("%d receipts judged of %d", len(each), len(v.Receipts))
			}
		})
	}
}

// TestIndependentVerifierOfAnything: payloads with a character changed, left out or put
// in, each really signed: it takes and refuses what we take and refuse.
func TestIndependentVerifierOfAnything(t *testing.T) {
	m := newMaker(t)
	chance := rand.New(rand.NewPCG(20261123, 0))
	const letters = `{}[]",:.-+ \/09aAeEuUzZñ<&_` + "\n\u2028"
	var receipts []string
	for range 300 {
		raw := []byte(m.body(m.chain[chance.IntN(len(m.chain))], "", ""))
		at := chance.IntN(len(raw))
		with := []byte(string([]rune(letters)[chance.IntN(len([]rune(letters)))]))
		rest := raw[at+chance.IntN(2):]
		if chance.IntN(3) == 0 {
			with = nil
		}
		receipts = append(receipts, m.jws(m.first, header(m.first.id), string(raw[:at])+string(with)+string(rest)))
	}
	each, _ := independent(t, m.signed, keyset.FingerprintHex(m.signed.Root), receipts)
	if len(each) != len(receipts) {
		t.Fatalf("%d receipts judged of %d", len(each), len(receipts))
	}
	taken := 0
	for i, jws := range receipts {
		_, err := receipt.Verify(jws, m.set)
		_, reason := fault.Public(err)
		if err == nil {
			taken++
		}
		if refused := each[i].Wrong == receipt.NotAReceipt; refused != (err != nil) || err != nil && reason != receipt.NotAReceipt {
			t.Errorf("%+v, and we say %v of %s", each[i], err, m.body(jws, "", ""))
		}
	}
	if taken < 10 || taken > 250 {
		t.Errorf("%d of %d are receipts: the test is of nothing", taken, len(receipts))
	}
}

func TestIndependentVerifierAsALab(t *testing.T) {
	m := newMaker(t)
	pin := keyset.FingerprintHex(m.signed.Root)
	broken := said{At: 3, Wrong: receipt.ChainBroken}
	if _, all := independent(t, m.signed, pin, m.chain[:2], "--known", "4"); all != broken {
		t.Errorf("the end is missing: %+v", all)
	}
	if _, all := independent(t, m.signed, pin, nil); all != (said{At: 1, Wrong: receipt.ChainBroken}) {
		t.Errorf("no receipts at all: %+v", all)
	}
	if _, all := independent(t, m.signed, pin, m.chain, "--instrument", instrument+"x"); all != (said{At: 1, Wrong: foreign}) {
		t.Errorf("of another instrument: %+v", all)
	}
	// The agent's home as it is.
	home := t.TempDir()
	raw, err := m.signed.Marshal()
	must(t, err)
	must(t, os.WriteFile(filepath.Join(home, "keys.json"), raw, 0o600))
	must(t, os.Mkdir(filepath.Join(home, "receipts"), 0o700))
	for i, jws := range m.chain {
		must(t, os.WriteFile(filepath.Join(home, "receipts", "00000000000"+string(rune('1'+i))+".jws"), []byte(jws+"\r\n"), 0o600))
	}
	if each, all := run(t, filepath.Join(home, "receipts"), "--root", strings.ToUpper(pin)); !all.Valid || len(each) != 4 {
		t.Errorf("%+v %+v", each, all)
	}
}
