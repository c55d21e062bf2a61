package notice_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	wire "proactive/events"
	"proactive/shared/casework"
	"proactive/shared/notice"
)

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	for id, name := range map[string]string{"urn:proactive:notice:v1": "notice/v1/schema.json", "urn:proactive:finding:v1": "finding/v1/schema.json"} {
		raw, err := wire.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(id, document); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Compile("urn:proactive:notice:v1")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The samples in events/notice are what is really published, and keep the schema, which
// allows no member that it does not name.
func TestSamplesAreWhatIsPublished(t *testing.T) {
	w, c := offeredCase(t)
	w.must(c, casework.StepEscalate, nil)
	closed := w.stored(c.ID)
	closed.Close(casework.NoAnswer, w.now)
	if err := w.cases.Finish(t.Context(), closed, 0); err != nil {
		t.Fatal(err)
	}
	w.must(c, casework.StepClosed, nil)
	s, names := schema(t), []string{"support", "escalation", "closed"}
	if len(w.events) != len(names) {
		t.Fatalf("%d events", len(w.events))
	}
	for i, name := range names {
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.events[i]))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(document); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		file := "notice/v1/samples/" + name + ".json"
		if flag.Lookup("update").Value.String() == "true" {
			if err := os.WriteFile(filepath.Join("../../events", file), w.events[i], 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := wire.Files.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(w.events[i])); diff != "" {
			t.Errorf("%s (-update writes it anew):\n%s", file, diff)
		}
	}
}

func TestEventOfACaseWithoutEvidence(t *testing.T) {
	c := notice.CaseOf(notice.LaserFalling())
	raw, err := json.Marshal(notice.EventOf(notice.MatterOf(c), "support"))
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema(t).Validate(document); err != nil {
		t.Error(err)
	}
}
