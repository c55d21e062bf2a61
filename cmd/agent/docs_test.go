package main

import (
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"
	"testing"

	"proactive/cmd/agent/internal/advice"
)

var update = flag.Bool("update", false, "rewrite the generated part of docs/agent.md and the scripts' expectations")

const tableHead = "| reason | exit | what happened | what to do |\n|---|---|---|---|\n"

// docs/agent.md lists every reason and every exit code, from the table that the
// program uses.
func TestDocsListEveryReasonAndExitCode(t *testing.T) {
	const path = "../../docs/agent.md"
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, old, found := strings.Cut(string(b), tableHead)
	if !found {
		t.Fatal("the table of reasons has gone")
	}
	var reasons []string
	for r := range advice.Table() {
		reasons = append(reasons, r)
	}
	sort.Strings(reasons)
	var want strings.Builder
	for _, r := range reasons {
		a := advice.Table()[r]
		fmt.Fprintf(&want, "| `%s` | %d | %s | %s |\n", r, a.Exit, a.Says, a.Next)
	}
	if *update {
		if err := os.WriteFile(path, []byte(head+tableHead+want.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if old != want.String() {
		t.Error("docs/agent.md is out of date: go test ./cmd/agent -run Docs -update")
	}
	for code, meaning := range advice.Meaning {
		if !strings.Contains(head, fmt.Sprintf("| %d | %s |", code, meaning)) {
			t.Errorf("docs/agent.md does not say what exit code %d means", code)
		}
	}
}

func TestEveryAdviceIsComplete(t *testing.T) {
	if len(advice.Table()) == 0 {
		t.Fatal("no advice at all")
	}
	for reason, a := range advice.Table() {
		if !strings.HasSuffix(a.Says, ".") || !strings.HasSuffix(a.Next, ".") {
			t.Errorf("%s: what happened and what to do are sentences", reason)
		}
		if a.Exit == advice.Done || advice.Meaning[a.Exit] == "" {
			t.Errorf("%s: exit code %d", reason, a.Exit)
		}
	}
	for code := range advice.Meaning {
		if got := advice.Worse(code, advice.Done); got != code {
			t.Errorf("%d is no worse than done: %d", code, got)
		}
	}
}
