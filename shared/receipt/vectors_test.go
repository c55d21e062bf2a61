package receipt_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"proactive/shared/fault"
	"proactive/shared/keyset"
	"proactive/shared/receipt"
)

// vectorDir has the chains that any verifier must judge as their files say: SPEC.md,
// "Vectors". They are read from the disk, for -update writes them there.
var vectorDir = filepath.Join("..", "..", "events", "receipt", "v1", "vectors")

// foreign is what the agent says of a receipt of another deployment: see courier.
const foreign = "receipt-foreign"

type vector struct {
	Name     string        `json:"name"`
	About    string        `json:"about"`
	Expect   string        `json:"expect"` // "valid", or the reason why not
	At       int           `json:"at"`     // which receipt shows it, from 1; 0: none or the key set
	Root     string        `json:"root"`   // the pinned fingerprint
	Keys     keyset.Signed `json:"keys"`
	Receipts []string      `json:"receipts"`
}

func loadVectors(t testing.TB) []vector {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(vectorDir, "*.json"))
	if err != nil || len(files) < 30 {
		t.Fatalf("%d vectors found (%v); a glob that finds nothing proves nothing", len(files), err)
	}
	all := make([]vector, 0, len(files))
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var v vector
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&v); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if v.Name+".json" != filepath.Base(file) || v.About == "" || v.Expect == "" || v.At > len(v.Receipts) || len(v.Receipts) == 0 {
			t.Fatalf("%s is not a sound vector", file)
		}
		all = append(all, v)
	}
	return all
}

// judge says what is wrong with a vector's chain, and where.
func judge(t testing.TB, v vector) (reason string, err error) {
	t.Helper()
	pin, err := hex.DecodeString(v.Root)
	if err != nil || len(pin) != 32 {
		t.Fatalf("%s: the root is not a fingerprint", v.Name)
	}
	set, err := keyset.Verify(v.Keys, [32]byte(pin), time.Time{})
	if err != nil {
		_, reason = fault.Public(err)
		return reason, fmt.Errorf("verifying receipt 0: %w", err)
	}
	all, err := receipt.VerifyChain(v.Receipts, set)
	switch {
	case err != nil:
		_, reason = fault.Public(err)
		return reason, err
	case all[0].Deployment != set.Deployment:
		return foreign, fmt.Errorf("verifying receipt 1: %s", foreign)
	}
	return "valid", nil
}

func TestVectors(t *testing.T) {
	seen := map[string]int{}
	for _, v := range loadVectors(t) {
		seen[v.Expect]++
		t.Run(v.Name, func(t *testing.T) {
			reason, err := judge(t, v)
			if reason != v.Expect || err != nil && !strings.Contains(err.Error(), fmt.Sprintf("verifying receipt %d: ", v.At)) {
				t.Errorf("%s (%v), want %s at receipt %d", reason, err, v.Expect, v.At)
			}
		})
	}
	for _, want := range []string{
		"valid", receipt.NotAReceipt, receipt.UnknownKey, receipt.BadSignature, receipt.ChainBroken, foreign,
		keyset.ReasonNotAKeySet, keyset.ReasonWrongRoot, keyset.ReasonRootSignature,
	} {
		if seen[want] == 0 {
			t.Errorf("no vector is %s", want)
		}
	}
}

// SPEC.md tells of every reason that a vector expects.
func TestVectorsAreTold(t *testing.T) {
	spec, err := os.ReadFile(filepath.Join(vectorDir, "..", "SPEC.md"))
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, v := range loadVectors(t) {
		if !told[v.Expect] && !bytes.Contains(spec, []byte("`"+v.Expect+"`")) {
			t.Errorf("%s: SPEC.md does not tell of %s", v.Name, v.Expect)
		}
		told[v.Expect] = true
	}
}
