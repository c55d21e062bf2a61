package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"testing"

	"proactive/cmd/agent/internal/advice"
)

// realRuns is beside the checkout, and never in it.
const realRuns = "../../../shared/data/runs"

// Every real run folder goes the whole way, and what is sent is what preview shows.
func TestRealRunFolders(t *testing.T) {
	entries, err := os.ReadDir(realRuns)
	if err != nil {
		t.Skip("no real run folders beside this checkout")
	}
	if len(entries) == 0 {
		t.Fatal("no real run folders at all")
	}
	for _, e := range entries {
		t.Run(e.Name(), func(t *testing.T) {
			folder := filepath.Join(realRuns, e.Name())
			l := newLabOf(t, serialOf(t, folder))
			shown := filepath.Join(t.TempDir(), "payload")
			if out, code := l.agent(t.Context(), "preview", "--out", shown, folder); code != advice.Done {
				t.Fatalf("preview: exit %d: %s", code, out)
			}
			if out, code := l.agent(t.Context(), "send", folder); code != advice.RefusedHere {
				t.Fatalf("a run of years ago was sent without --history: exit %d: %s", code, out)
			}
			out, code := l.agent(t.Context(), "send", "--history", folder)
			if code != advice.Done {
				t.Fatalf("send: exit %d: %s", code, out)
			}
			var acc account
			if err := json.Unmarshal([]byte(out), &acc); err != nil {
				t.Fatal(err)
			}
			if acc.Verdict != "stored" || acc.Summary == nil || acc.Summary.Clusters == nil {
				t.Errorf("got %s", out)
			}
			want, err := os.ReadFile(shown)
			if err != nil {
				t.Fatal(err)
			}
			if got := l.service.batches[acc.Batch].payload; !bytes.Equal(got, want) {
				t.Errorf("preview showed %d bytes, %d other bytes were sent", len(want), len(got))
			}
			t.Logf("%d values' payload of %d bytes, sealed %d", bytes.Count(want, []byte("\n"))-1, len(want), acc.Bytes)
		})
	}
}

func serialOf(t *testing.T, folder string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(folder, "RunInfo.xml"))
	if err != nil {
		t.Fatal(err)
	}
	var info struct {
		Instrument string `xml:"Run>Instrument"`
	}
	if err := xml.Unmarshal(b, &info); err != nil {
		t.Fatal(err)
	}
	return info.Instrument
}
