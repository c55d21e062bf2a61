package pipelinetest_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	wire "proactive/events"
	"proactive/shared/casework"
)

var update = flag.Bool("update", false, "write the samples of events/finding and events/case anew")

func schemaOf(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	raw, err := wire.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The samples in events are what the stages really say, and keep their schemas. The
// schemas allow no member that they do not name: a new one turns this red.
func TestSamplesAreWhatIsSaid(t *testing.T) {
	j := newJourney(t)
	for n := range int64(8) {
		telemetry := map[string]float64{"chiller.temperature": 4.1, "chiller.duty": 48, "stage.error": .125}
		if n > 4 {
			telemetry = map[string]float64{"chiller.temperature": 9.25, "chiller.duty": 99, "stage.error": .375}
		}
		j.deliver(j.run(n+1, telemetry))
	}
	c := j.list()[slices.IndexFunc(j.list(), func(c casework.Case) bool { return c.Component == "chiller" })]
	j.toVisit(c)
	j.verify(c)
	for n := range int64(2) {
		j.deliver(j.run(n+9, map[string]float64{"chiller.temperature": 4.0, "chiller.duty": 45, "stage.error": .375}))
	}
	a := j.verify(c)
	j.step(c, casework.StepClose, &a)

	said := map[string]any{"case/v1/samples/input.json": c.Input()}
	found, err := j.findings.Findings(t.Context(), journeyInstrument)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		said["finding/v1/samples/"+f.Reason+".json"] = f
	}
	for _, e := range j.bus.Events() {
		said["case/v1/samples/"+path.Base(e.ID)+".json"] = e
	}
	told := foreteller(t)
	for n := int64(1); n <= 28; n++ {
		wearing(told, n, 17)
	}
	if found, err = told.findings.Findings(t.Context(), journeyInstrument); err != nil || len(found) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	said["finding/v1/samples/"+found[0].Reason+".json"] = found[0]
	if len(said) != 8 {
		t.Errorf("%d samples, want 4 findings, 3 events and an input", len(said))
	}
	schemas := map[string]*jsonschema.Schema{
		"finding/v1/samples": schemaOf(t, "finding/v1/schema.json"), "case/v1/samples": schemaOf(t, "case/v1/schema.json"),
	}
	input := schemaOf(t, "case/v1/input.schema.json")
	for name, v := range said {
		raw, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		raw = append(raw, '\n')
		if *update {
			if err := os.WriteFile(filepath.Join("..", "..", "events", name), raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		schema := schemas[path.Dir(name)]
		if path.Base(name) == "input.json" {
			schema = input
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(document); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		sample, err := wire.Files.ReadFile(name)
		if err != nil && !*update {
			t.Error(err)
		}
		if diff := cmp.Diff(string(sample), string(raw)); diff != "" && !*update {
			t.Errorf("%s is not what is said: %s", name, diff)
		}
	}
	for _, dir := range []string{"finding/v1/samples", "case/v1/samples"} {
		entries, err := wire.Files.ReadDir(dir)
		if err != nil || len(entries) == 0 {
			t.Fatalf("no samples in %s: %v", dir, err)
		}
		for _, e := range entries {
			if _, ok := said[dir+"/"+e.Name()]; !ok {
				t.Errorf("nobody says %s/%s", dir, e.Name())
			}
		}
	}
}
