package guarded_test

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"proactive/infra/rehearsal"
	"proactive/shared/aws/objects"
	"proactive/shared/layout"
)

// story is one instrument that failed, its batches and its case.
type story struct {
	instrument, batch, component, id string
	lab                              *rehearsal.Lab
}

var (
	once sync.Once
	told story
)

// failing sends one instrument's runs, with the agent and every function in its own
// role, and waits for the case. The tests share it.
func failing(t *testing.T) story {
	t.Helper()
	once.Do(func() {
		serial, component, folders := fleet(t, 11, 12)
		lab, err := stage.Enrol(t.Context(), serial)
		if err != nil {
			t.Fatal(err)
		}
		sent, err := lab.Send(t.Context(), folders)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sent {
			if s.Verdict != "stored" {
				t.Fatalf("batch %d: %s %q", s.Sequence, s.Verdict, s.Reason)
			}
		}
		eventually(t, "a case, offered to the lab", func() bool {
			c, ok := caseOf(t, lab.ID)
			told = story{lab.ID, sent[0].Batch, component, c.ID, lab}
			return ok && c.State == "offered"
		})
	})
	if told.id == "" {
		t.Fatal("there is no case: see the first test that failed")
	}
	return told
}

type caseView struct{ ID, Instrument, Component, State string }

func caseOf(t *testing.T, instrument string) (caseView, bool) {
	t.Helper()
	raw, err := stage.Operator(t.Context(), "cases", "list")
	if err != nil {
		t.Fatal(err)
	}
	var all []caseView
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	var found []caseView
	for _, c := range all {
		if c.Instrument == instrument {
			found = append(found, c)
		}
	}
	if len(found) > 1 {
		t.Fatalf("%d cases of one fault", len(found))
	}
	return append(found, caseView{})[0], len(found) == 1
}

// The pipeline works while every function has its own role's rights and no others: from
// the agent to the case, the mail, the slot page, and on to the visit.
func TestThePipelineWorks(t *testing.T) {
	s := failing(t)
	if c, _ := caseOf(t, s.instrument); c.Component != s.component {
		t.Errorf("the case is on the %s; the simulator broke the %s", c.Component, s.component)
	}
	link := ""
	eventually(t, "the lab's mail", func() bool { link = slotLink(t, s.id); return link != "" })
	if _, _, err := rehearsal.PickSlot(t.Context(), link+"x"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("a link that nobody was given: %v, want 404", err)
	}
	if _, _, err := rehearsal.PickSlot(t.Context(), link); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the visit", func() bool {
		c, _ := caseOf(t, s.instrument)
		return c.State == "booked" || c.State == "verifying" || c.State == "closed"
	})
}

// slotLink is the link in the lab's mail, from the archive of notices; empty as long as
// there is none.
func slotLink(t *testing.T, id string) string {
	t.Helper()
	cfg, err := root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	store, dir, bucket := objects.Client(cfg), t.TempDir(), aws.String(stage.Outputs["NoticesBucket"])
	page, err := store.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: bucket, Prefix: aws.String(layout.NoticePrefix(id))})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range page.Contents {
		got, err := store.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: o.Key})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(got.Body)
		got.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(*o.Key)), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link, err := rehearsal.SlotLink(dir)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(link, "http:", "https:", 1) // this emulator speaks TLS, and the stack does not know
}
