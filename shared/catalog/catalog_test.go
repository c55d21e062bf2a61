package catalog_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	wire "proactive/events"
	"proactive/shared/catalog"
)

func embedded(t *testing.T) []byte {
	t.Helper()
	b, err := fs.ReadFile(wire.Files, catalog.Path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func load(t *testing.T) *catalog.Catalog {
	t.Helper()
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

// The ids that agents write and score reads. One that disappears here breaks them.
func TestCatalogHasTheFieldsInUse(t *testing.T) {
	var ids []string
	for _, f := range load(t).Fields() {
		ids = append(ids, f.ID)
	}
	want := strings.Fields(`
		config.board.camera config.board.chassis config.board.flow_cell_holder config.board.fluidics config.board.focus
		config.board.left_buffer config.board.left_chiller config.board.right_buffer config.board.right_chiller config.board.thermal
		config.control_software config.firmware config.fpga config.fpga_code config.instrument_type config.rta
		error.rate
		log.chiller.warm log.door.opened log.focus.lost log.heater.timeout log.laser.off log.laser.power log.pump.pressure
		log.run.saved log.stage.home.failed log.stage.home.retry log.unknown_lines log.valve.retry
		optics.fwhm optics.intensity
		q.bases q.bases_q30 q.q30_fall
		run.buffer_lot run.chemistry run.cluster_lot run.completion run.flowcell_lot run.flowcell_part run.flowcell_token run.lanes
		run.read_cycles run.read_is_index run.reads run.reagent_lot run.reagent_part run.surfaces run.swaths run.tiles
		run.token run.week
		telemetry.camera.temperature telemetry.chiller.duty telemetry.chiller.temperature telemetry.disk.free
		telemetry.fan.speed telemetry.focus.score telemetry.heater.error telemetry.heater.ramp
		telemetry.internal.temperature telemetry.laser.current telemetry.laser.power telemetry.line.pressure
		telemetry.pump.delivered telemetry.stage.error telemetry.stage.retries telemetry.valve.move telemetry.valve.retries
		tile.aligned tile.clusters tile.clusters_pf tile.density tile.density_pf tile.phasing tile.prephasing`)
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Error(diff)
	}
}

func TestCatalogSatisfiesItsSchema(t *testing.T) {
	raw, err := fs.ReadFile(wire.Files, "catalog/v1/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("catalog.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("catalog.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(embedded(t)))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(doc); err != nil {
		t.Error(err)
	}
}

// Nothing that varies along the cycles may be fine enough to spell a base.
func TestCatalogIsBaseBlind(t *testing.T) {
	for _, f := range load(t).Fields() {
		if slices.Contains(f.Dimensions, catalog.Cycle) && slices.Contains(f.Dimensions, catalog.Tile) {
			t.Errorf("%s is resolved by tile and cycle", f.ID)
		}
		for _, word := range []string{"base_", "_a", "_c", "_g", "_t", "channel", "index_seq"} {
			if strings.HasSuffix(f.ID, word) {
				t.Errorf("%s names a base or a channel", f.ID)
			}
		}
		if f.Source.File == catalog.ExtractionMetrics && (slices.Contains(f.Dimensions, catalog.Cycle) || slices.Contains(f.Dimensions, catalog.Tile)) {
			t.Errorf("%s tells brightness or sharpness finer than a lane and a read", f.ID)
		}
	}
}

func TestParseRefusesWhatNoEntryMayBe(t *testing.T) {
	number := `{"id":"a.b","category":"run-performance","what":{"en":"w","es":"w"},"source":{"file":"tile-metrics","path":"p"},"type":"number","min":0,"max":1,"dimensions":[],"unit":"1","purpose":{"en":"p","es":"p"},"lab_value":{"en":"l","es":"l"},"retention_days":1}`
	text := `{"id":"a.b","category":"run-performance","what":{"en":"w","es":"w"},"source":{"file":"tile-metrics","path":"p"},"type":"pattern","pattern":"^[0-9]$","max_length":1,"dimensions":[],"purpose":{"en":"p","es":"p"},"lab_value":{"en":"l","es":"l"},"retention_days":1}`
	enum := `{"id":"a.b","category":"run-performance","what":{"en":"w","es":"w"},"source":{"file":"tile-metrics","path":"p"},"type":"enum","values":["x"],"dimensions":[],"purpose":{"en":"p","es":"p"},"lab_value":{"en":"l","es":"l"},"retention_days":1}`
	cases := []struct{ name, entry, from, to string }{
		{"a fifth category", number, "run-performance", "sample"},
		{"an id with capitals", number, "a.b", "a.B"},
		{"a file off the allow-list", number, "tile-metrics", "sample-sheet"},
		{"no file", number, "tile-metrics", "other"},
		{"no place", number, `,"path":"p"`, ``},
		{"a place that is not RunParameters'", number, `"path":"p"`, `"places":{"MiSeq":["p"]}`},
		{"a place without a path", number, `"file":"tile-metrics","path":"p"`, `"file":"run-parameters","places":{"MiSeq":[]}`},
		{"telemetry without a reduction", number, `"file":"tile-metrics","path":"p"`, `"file":"telemetry","path":"laser.power"`},
		{"a reduction of no telemetry", number, `"path":"p"`, `"path":"p","reduce":"mean"`},
		{"no name for people", number, `"what":{"en":"w","es":"w"},`, ``},
		{"a type of its own", number, `"number"`, `"text"`},
		{"no bounds", number, `"min":0,`, ``},
		{"empty bounds", number, `"max":1`, `"max":0`},
		{"no unit", number, `"unit":"1",`, ``},
		{"a step of a number", number, `"max":1`, `"max":1,"step":2`},
		{"no purpose", number, `"purpose":{"en":"p"`, `"purpose":{"en":""`},
		{"no value to the lab", number, `"lab_value":{"en":"l","es":"l"}`, `"lab_value":{"en":"l","es":""}`},
		{"no end of retention", number, `"retention_days":1`, `"retention_days":0`},
		{"no dimensions", number, `"dimensions":[],`, ``},
		{"an unknown dimension", number, `[]`, `["base"]`},
		{"dimensions out of order", number, `[]`, `["tile","lane"]`},
		{"by tile and cycle", number, `[]`, `["tile","read","cycle"]`},
		{"by cycle without read", number, `[]`, `["lane","cycle"]`},
		{"text along the cycles", enum, `[]`, `["read","cycle"]`},
		{"free text", text, `"max_length":1`, `"max_length":200`},
		{"an open pattern", text, `^[0-9]$`, `[0-9]$`},
		{"a pattern with alternatives", text, `^[0-9]$`, `^a|b$`},
		{"a pattern that does not compile", text, `^[0-9]$`, `^[$`},
		{"no values", enum, `["x"]`, `[]`},
		{"a value twice", enum, `["x"]`, `["x","x"]`},
		{"an unknown member", number, `"type"`, `"note":"x","type"`},
	}
	wrap := func(entries string) []byte {
		return []byte(`{"format":"proactive-catalog/1","supersedes":[],"files":[],"fields":[` + entries + `],"left":[]}`)
	}
	for _, good := range []string{number, text, enum} {
		if _, err := catalog.Parse(wrap(good)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			bad := strings.Replace(c.entry, c.from, c.to, 1)
			if bad == c.entry {
				t.Fatal("the case changes nothing")
			}
			if _, err := catalog.Parse(wrap(bad)); err == nil {
				t.Error("accepted")
			}
		})
	}
	if _, err := catalog.Parse(wrap(number + "," + number)); err == nil {
		t.Error("an id twice was accepted")
	}
}

func TestAccepts(t *testing.T) {
	old := "sha256:" + strings.Repeat("1", 64)
	raw := bytes.Replace(embedded(t), []byte(`"supersedes": []`), []byte(`"supersedes": ["`+old+`"]`), 1)
	cat, err := catalog.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if !cat.Accepts(cat.Hash()) || !cat.Accepts(old) || cat.Accepts("sha256:"+strings.Repeat("2", 64)) || cat.Accepts("") {
		t.Error("accepts")
	}
	if cat.Hash() == load(t).Hash() {
		t.Error("two catalogs with one hash")
	}
}

// The file has no member that its reader would overlook.
func TestCatalogIsOneJSONDocument(t *testing.T) {
	var doc struct {
		Fields []json.RawMessage `json:"fields"`
	}
	if err := json.Unmarshal(embedded(t), &doc); err != nil || len(doc.Fields) != len(load(t).Fields()) {
		t.Fatal(err, len(doc.Fields))
	}
}
