package guarded_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Reconcile works with its own role's rights: it lists names, reads accounts and rows of
// every instrument, and finds nothing amiss. That it may read no object is the grants'.
func TestReconcileWorksAsItself(t *testing.T) {
	failing(t) // an instrument with batches, so that there is something to list
	cfg, err := root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := call(t.Context(), stage, cfg, "lambda", http.MethodGet, "/2015-03-31/functions/", nil, "")
	if err != nil {
		t.Fatal(err)
	}
	var page struct {
		Functions []struct{ Description, FunctionName string }
	}
	if err := json.Unmarshal(raw, &page); err != nil {
		t.Fatal(err)
	}
	name := ""
	for _, f := range page.Functions {
		if f.Description == "functions/reconcile" {
			name = f.FunctionName
		}
	}
	if name == "" {
		t.Fatalf("no reconcile among %d functions", len(page.Functions))
	}
	// Every share of the hour: one of them has this instrument.
	for minute := 0; minute < 60; minute += 5 {
		tick, err := json.Marshal(map[string]any{"time": time.Date(2026, 11, 23, 9, minute, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := call(t.Context(), stage, cfg, "lambda", http.MethodPost, "/2015-03-31/functions/"+name+"/invocations", nil, string(tick))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(answer), "errorMessage") {
			t.Fatalf("the share of %02d past: %s", minute, answer)
		}
	}
	account, err := stage.Operator(t.Context(), "reconcile") // exit code 1 if anything is missing
	if err != nil {
		t.Errorf("the account: %s, %v", account, err)
	}
}
