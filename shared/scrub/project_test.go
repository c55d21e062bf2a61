package scrub_test

import (
	"encoding/hex"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"proactive/shared/catalog"
	"proactive/shared/observation"
	"proactive/shared/scrub"
)

func load(t testing.TB) *catalog.Catalog {
	t.Helper()
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

// readKinds says that reads 1 and 4 are reads, the latter a short one, and read 2 an index.
var readKinds = []observation.Observation{
	{Field: "run.read_cycles", Read: 1, Value: 151},
	{Field: "run.read_cycles", Read: 3, Value: 26},
	{Field: "run.read_cycles", Read: 4, Value: 25},
	{Field: "run.read_is_index", Read: 1},
	{Field: "run.read_is_index", Read: 2, Value: 1},
	{Field: "run.read_is_index", Read: 4},
}

func TestProjectDropsWithItsReason(t *testing.T) {
	cases := []struct {
		name   string
		o      observation.Observation
		reason string
		file   string
	}{
		{"off the catalog", observation.Observation{Field: "run.id", Text: "230825_M04034_0123"}, catalog.UnknownField, "other"},
		{"below its minimum", observation.Observation{Field: "tile.aligned", Lane: 1, Tile: 1101, Read: 1, Value: -1}, catalog.OutOfBounds, "tile-metrics"},
		{"above its maximum", observation.Observation{Field: "tile.aligned", Lane: 1, Tile: 1101, Read: 1, Value: 100.5}, catalog.OutOfBounds, "tile-metrics"},
		{"not a number", observation.Observation{Field: "telemetry.laser.power", Value: math.NaN()}, catalog.NotFinite, "telemetry"},
		{"infinite", observation.Observation{Field: "telemetry.laser.power", Value: math.Inf(1)}, catalog.NotFinite, "telemetry"},
		{"half a cluster", observation.Observation{Field: "tile.clusters", Lane: 1, Tile: 1101, Value: 0.5}, catalog.NotWhole, "tile-metrics"},
		{"a day instead of a week", observation.Observation{Field: "run.week", Value: 14614}, catalog.TooFine, "run-info"},
		{"not in the enumeration", observation.Observation{Field: "run.completion", Text: "completedasplanned"}, catalog.NotInEnum, "run-completion"},
		{"does not match", observation.Observation{Field: "run.reagent_lot", Text: "2044401D"}, catalog.PatternMismatch, "run-parameters"},
		{"matches with a line feed behind", observation.Observation{Field: "run.reagent_lot", Text: "2044401\n"}, catalog.PatternMismatch, "run-parameters"},
		{"a birthday for a lot", observation.Observation{Field: "run.reagent_lot", Text: "19800412"}, catalog.ReadsAsDate, "run-parameters"},
		{"the last birthday that is one", observation.Observation{Field: "run.reagent_lot", Text: "20301231"}, catalog.ReadsAsDate, "run-parameters"},
		{"a birthday the other way round", observation.Observation{Field: "run.reagent_lot", Text: "12041980"}, catalog.ReadsAsDate, "run-parameters"},
		{"a birthday for a version", observation.Observation{Field: "config.rta", Text: "2.03.84"}, catalog.ReadsAsDate, "run-parameters"},
		{"a birthday for a revision", observation.Observation{Field: "config.fpga", Text: "12.11.54"}, catalog.ReadsAsDate, "run-parameters"},
		{"a birthday with its century for a version", observation.Observation{Field: "config.control_software", Text: "2.3.1984"}, catalog.PatternMismatch, "run-parameters"},
		{"a number of an identity card for a revision", observation.Observation{Field: "config.fpga", Text: "12.345.678"}, catalog.TooLong, "run-parameters"},
		{"a name for a board", observation.Observation{Field: "config.board.fluidics", Text: "novaseq_anna@NovaSeq_1.2.3"}, catalog.PatternMismatch, "run-parameters"},
		{"another board's firmware", observation.Observation{Field: "config.board.fluidics", Text: "novaseq_cib@NovaSeq_1.2.3"}, catalog.PatternMismatch, "run-parameters"},
		{"a name for a lot", observation.Observation{Field: "run.reagent_lot", Text: "SMITHJOH"}, catalog.PatternMismatch, "run-parameters"},
		{"bases for a lot", observation.Observation{Field: "run.reagent_lot", Text: "ACGTACGT"}, catalog.PatternMismatch, "run-parameters"},
		{"a name for a token", observation.Observation{Field: "run.token", Text: hex.EncodeToString([]byte("Maria Lopez 1984"))}, catalog.ReadsAsText, "run-info"},
		{"a name with bytes around it for a token", observation.Observation{Field: "run.token", Text: "80ff" + hex.EncodeToString([]byte("Maria Lopez")) + "8099ff"}, catalog.ReadsAsText, "run-info"},
		{"a name in UTF-16 for a token", observation.Observation{Field: "run.token", Text: "4d0061007200690061004c006f007000"}, catalog.ReadsAsText, "run-info"},
		{"a number for a token", observation.Observation{Field: "run.token", Text: "19840312078051121194347659191234"}, catalog.ReadsAsText, "run-info"},
		{"few digits for a token", observation.Observation{Field: "run.token", Text: "cafecafecafecafecafecafecafecafe"}, catalog.ReadsAsText, "run-info"},
		{"bases for a token", observation.Observation{Field: "run.token", Text: "ACGTACGTACGTACGTACGTACGTACGTACGT"}, catalog.PatternMismatch, "run-info"},
		{"too long", observation.Observation{Field: "run.reagent_lot", Text: "2044401720444017"}, catalog.TooLong, "run-parameters"},
		{"an address for a version", observation.Observation{Field: "config.rta", Text: "10.20.30.40"}, catalog.PatternMismatch, "run-parameters"},
		{"text with a number", observation.Observation{Field: "telemetry.laser.power", Value: 1, Text: "x"}, catalog.WrongType, "telemetry"},
		{"number with a text", observation.Observation{Field: "run.completion", Text: "unknown", Value: 1}, catalog.WrongType, "run-completion"},
		{"no text", observation.Observation{Field: "run.completion"}, catalog.WrongType, "run-completion"},
		{"no lane", observation.Observation{Field: "tile.clusters", Tile: 1101, Value: 1}, catalog.WrongDimension, "tile-metrics"},
		{"lane 9", observation.Observation{Field: "tile.clusters", Lane: 9, Tile: 1101, Value: 1}, catalog.WrongDimension, "tile-metrics"},
		{"a cycle where there is none", observation.Observation{Field: "tile.clusters", Lane: 1, Tile: 1101, Cycle: 1, Value: 1}, catalog.WrongDimension, "tile-metrics"},
		{"a tile along the cycles", observation.Observation{Field: "q.bases", Lane: 1, Surface: 1, Tile: 1101, Read: 1, Cycle: 1, Value: 1}, catalog.WrongDimension, "q-metrics"},
		{"a cycle", observation.Observation{Field: "q.q30_fall", Read: 1, Cycle: 26, Value: 1}, catalog.WrongDimension, "q-metrics"},
		{"a minute", observation.Observation{Field: "telemetry.laser.power", Minute: 61, Value: 1}, catalog.WrongDimension, "telemetry"},
		{"an impossible tile", observation.Observation{Field: "tile.clusters", Lane: 1, Tile: 3101, Value: 1}, catalog.WrongDimension, "tile-metrics"},
		{"the fall of an index", observation.Observation{Field: "q.q30_fall", Read: 2, Value: 1}, scrub.IndexRead, "q-metrics"},
		{"a whole index", observation.Observation{Field: "q.bases", Lane: 1, Surface: 1, Read: 2, Value: 1}, scrub.IndexRead, "q-metrics"},
		{"phasing of an index", observation.Observation{Field: "tile.phasing", Lane: 1, Tile: 1101, Read: 2, Value: 1}, scrub.IndexRead, "tile-metrics"},
		{"a read of unknown kind", observation.Observation{Field: "q.bases", Lane: 1, Surface: 1, Read: 3, Value: 1}, scrub.ReadKindUnknown, "q-metrics"},
		{"a read as short as an index", observation.Observation{Field: "q.bases", Lane: 1, Surface: 1, Read: 4, Value: 1}, scrub.ShortRead, "q-metrics"},
		{"a second time", observation.Observation{Field: "run.read_is_index", Read: 2, Value: 0}, scrub.RepeatedRow, "run-info"},
	}
	cat := load(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			kept, tally := scrub.Project(cat, append(slices.Clone(readKinds), c.o))
			if diff := cmp.Diff(readKinds, kept); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(map[string]int{c.reason: 1}, tally.Reasons); diff != "" {
				t.Error(diff)
			}
			want := observation.Drops{Refused: 1}
			if c.reason == catalog.UnknownField {
				want = observation.Drops{Unknown: 1}
			}
			if diff := cmp.Diff(map[string]observation.Drops{c.file: want}, tally.Files); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestProjectKeeps(t *testing.T) {
	cat := load(t)
	for _, o := range []observation.Observation{
		{Field: "q.q30_fall", Read: 1, Value: -1},
		{Field: "q.bases", Lane: 1, Surface: 1, Read: 1, Value: 1},
		{Field: "tile.phasing", Lane: 1, Tile: 1101, Read: 4, Value: 1},
		{Field: "tile.clusters", Lane: 8, Tile: 2316, Value: 4011338},
		{Field: "tile.clusters", Lane: 4, Tile: 23612, Value: 637321},
		{Field: "tile.prephasing", Lane: 1, Tile: 2114, Read: 1, Value: -1.1146927252411842},
		{Field: "config.rta", Text: "1.18.54.4"},
		{Field: "config.rta", Text: "v3.4.4"},
		{Field: "config.control_software", Text: "1.2.0.28691"},
		{Field: "config.fpga", Text: "10.37.13"},
		{Field: "config.fpga", Text: "9.5.12"},
		{Field: "config.fpga_code", Text: "0x3200000a"},
		{Field: "config.rta", Text: "1.18.54"},
		{Field: "config.rta", Text: "1.8.70"},
		{Field: "config.board.camera", Text: "novaseq_cib_2@NovaSeq_1.26.10"},
		{Field: "run.week", Value: 14613},
		{Field: "telemetry.line.pressure", Minute: 0, Value: -35.5},
	} {
		kept, tally := scrub.Project(cat, append(slices.Clone(readKinds), o))
		if len(kept) != len(readKinds)+1 {
			t.Errorf("%+v dropped: %v", o, tally.Reasons)
		}
	}
}

// observations draws rows from near the catalog: its fields and others, its values and
// others, its dimensions and others.
func observations(cat *catalog.Catalog) *rapid.Generator[[]observation.Observation] {
	ids := []string{"", "run.id", "sample", "TILE.CLUSTERS", "tile.clusters "}
	for _, f := range cat.Fields() {
		ids = append(ids, f.ID)
	}
	one := rapid.Custom(func(t *rapid.T) observation.Observation {
		o := observation.Observation{Field: rapid.SampledFrom(ids).Draw(t, "field")}
		f, _ := cat.Field(o.Field)
		dims := f.Dimensions
		if rapid.IntRange(0, 4).Draw(t, "stray") == 0 {
			dims = append(slices.Clone(dims), rapid.SampledFrom([]catalog.Dimension{catalog.Lane, catalog.Tile, catalog.Cycle}).Draw(t, "dimension"))
		}
		for _, d := range dims {
			switch d {
			case catalog.Lane:
				o.Lane = rapid.IntRange(0, 9).Draw(t, "lane")
			case catalog.Surface:
				o.Surface = rapid.IntRange(0, 3).Draw(t, "surface")
			case catalog.Tile:
				o.Tile = rapid.SampledFrom([]int{0, 1, 1101, 2316, 23612, 99999}).Draw(t, "tile")
			case catalog.Read:
				o.Read = rapid.IntRange(0, 5).Draw(t, "read")
			case catalog.Cycle:
				o.Cycle = rapid.SampledFrom([]int{0, 1, 2, 26, 51, 2001}).Draw(t, "cycle")
			case catalog.Minute:
				o.Minute = rapid.SampledFrom([]int{-60, 0, 60, 61, 120, 100000}).Draw(t, "minute")
			}
		}
		if f.Type == catalog.Enum || f.Type == catalog.Pattern || rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
			texts := append([]string{"", "20764717", "1.18.54.4", "Maria Lopez", "ACGTACGTAC", "0123456789abcdef0123456789abcdef"}, f.Values...)
			o.Text = rapid.SampledFrom(texts).Draw(t, "text")
		} else {
			o.Value = rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, 1, 2, 4.5, 100, 14613, math.NaN(), math.Inf(-1), math.Copysign(0, -1)})).Draw(t, "value")
		}
		return o
	})
	return rapid.SliceOfN(one, 0, 60)
}

func TestWhateverPassesSatisfiesTheCatalog(t *testing.T) {
	cat := load(t)
	rapid.Check(t, func(t *rapid.T) {
		in := observations(cat).Draw(t, "in")
		kept, tally := scrub.Project(cat, in)
		index := map[int]bool{}
		for _, o := range kept {
			f, ok := cat.Field(o.Field)
			if !ok {
				t.Fatalf("%q is not in the catalog", o.Field)
			}
			if reason, ok := f.Check(o); !ok {
				t.Fatalf("%+v: %s", o, reason)
			}
			if o.Field == "run.read_is_index" {
				index[o.Read] = o.Value != 0
			}
			if !slices.ContainsFunc(in, func(i observation.Observation) bool { return i == o }) {
				t.Fatalf("%+v was not there", o)
			}
		}
		for _, o := range kept {
			if isIndex, known := index[o.Read]; o.Cycle > 0 && (!known || isIndex && o.Cycle > 1) {
				t.Fatalf("%+v is resolved along a read that is an index, or may be", o)
			}
		}
		dropped := 0
		for _, n := range tally.Reasons {
			dropped += n
		}
		files := 0
		for _, d := range tally.Files {
			files += d.Unknown + d.Refused
		}
		if len(kept)+dropped != len(in) || files != dropped {
			t.Fatalf("%d in, %d kept, %d dropped, %d by file", len(in), len(kept), dropped, files)
		}
		if !slices.IsSortedFunc(kept, observation.Compare) {
			t.Fatal("not in canonical order")
		}
		again, nothing := scrub.Project(cat, kept)
		if diff := cmp.Diff(kept, again); diff != "" || len(nothing.Reasons) != 0 {
			t.Fatal(diff, nothing)
		}
	})
}

// The order in which observations come changes nothing but which of two equals is kept.
func TestProjectIgnoresOrder(t *testing.T) {
	cat := load(t)
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.Permutation(append(slices.Clone(readKinds),
			observation.Observation{Field: "q.q30_fall", Read: 1, Value: 1},
			observation.Observation{Field: "q.q30_fall", Read: 2, Value: 1},
			observation.Observation{Field: "q.bases", Lane: 1, Surface: 1, Read: 2, Value: 1},
			observation.Observation{Field: "run.reads", Value: 2},
		)).Draw(t, "order")
		if kept, _ := scrub.Project(cat, in); len(kept) != len(readKinds)+2 {
			t.Fatalf("%v", kept)
		}
	})
}

func BenchmarkProject(b *testing.B) {
	cat := load(b)
	in := slices.Clone(readKinds)
	for tile := 1101; tile < 1179; tile++ {
		for lane := 1; lane <= 4; lane++ {
			in = append(in, observation.Observation{Field: "tile.clusters", Lane: lane, Tile: tile, Value: 1})
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		scrub.Project(cat, in)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(in)), "ns/row")
}
