package main

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTwoGenerationsAreAlive: what was sealed for the key before this one opens, what was
// sealed for an older one does not, and only the two may be used by anyone.
func TestTwoGenerationsAreAlive(t *testing.T) {
	d := deployed(t, rotated)
	for _, fn := range d.of(t, "AWS::Lambda::Function") {
		for name, want := range map[string]string{
			"UNWRAP_KEYS":  "${data/UnwrapKey3.Arn},${data/UnwrapKey2.Arn}",
			"RECEIPT_KEYS": "${data/ReceiptKey2.Arn},${data/ReceiptKey.Arn}",
		} {
			if got, ok := variables(fn)[name]; ok && got != want {
				t.Errorf("%s: %s is %q, want %q", fn, name, got, want)
			}
		}
	}
	for key, want := range map[string][]string{
		"${data/UnwrapKey3.Arn}": {"scrub"}, "${data/UnwrapKey2.Arn}": {"scrub"}, "${data/UnwrapKey.Arn}": nil,
	} {
		if diff := cmp.Diff(want, d.who(t, "kms:Decrypt", key)); diff != "" {
			t.Errorf("who opens with %s (- want, + got):\n%s", key, diff)
		}
	}
	for _, key := range []string{"${data/ReceiptKey2.Arn}", "${data/ReceiptKey.Arn}"} {
		if diff := cmp.Diff([]string{"erase", "scrub", "validate"}, d.who(t, "kms:Sign", key)); diff != "" {
			t.Errorf("who signs with %s (- want, + got):\n%s", key, diff)
		}
	}
}

// TestARotationChangesNothingThatIsThere: every resource of before has its name after,
// and what the application may still import is still exported.
func TestARotationChangesNothingThatIsThere(t *testing.T) {
	before, after := onAWS(t), deployed(t, rotated)
	kinds := map[string]string{}
	for _, r := range after.resources {
		kinds[r.ref()] = r.Type
	}
	for _, r := range before.resources {
		if kinds[r.ref()] != r.Type {
			t.Errorf("%s is gone", r)
		}
	}
	exports := func(d deployment) map[string]bool {
		all := map[string]bool{}
		var template struct{ Outputs map[string]any }
		if err := json.Unmarshal(d.templates["data"], &template); err != nil {
			t.Fatal(err)
		}
		for name := range template.Outputs {
			all[name] = true
		}
		return all
	}
	was, is := exports(before), exports(after)
	if len(was) == 0 {
		t.Fatal("the data stack exports nothing")
	}
	for name := range was {
		if !is[name] {
			t.Errorf("%s is no longer exported", name)
		}
	}
}
