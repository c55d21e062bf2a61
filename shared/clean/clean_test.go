package clean_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"proactive/shared/clean"
	"proactive/shared/observation"
)

const instrument = "i-01hx000000000000000000000a"

func some(n int) clean.Batch {
	b := clean.Batch{Instrument: instrument, Batch: "01HX0000000000000000000001", Sequence: 7}
	for i := range n {
		b.Observations = append(b.Observations, observation.Observation{Field: "tile.clusters", Lane: 1 + i%8, Tile: 1101 + i, Value: float64(i) / 3})
	}
	return b
}

// The columns are a contract with Athena and with whoever exports.
func TestColumns(t *testing.T) {
	file, err := clean.Encode(some(3))
	if err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range f.Schema().Fields() {
		got = append(got, c.Name()+" "+c.Type().String())
	}
	want := []string{
		"instrument STRING", "batch STRING", "sequence INT(64,true)", "field STRING", "lane INT(32,true)", "surface INT(32,true)",
		"tile INT(32,true)", "read INT(32,true)", "cycle INT(32,true)", "minute INT(32,true)", "value DOUBLE", "text STRING",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEncodeDecodeIsTheIdentity(t *testing.T) {
	one := rapid.Custom(func(t *rapid.T) observation.Observation {
		return observation.Observation{
			Field: rapid.StringMatching(`[a-z]{1,8}\.[a-z]{1,8}`).Draw(t, "field"),
			Lane:  rapid.IntRange(0, 8).Draw(t, "lane"), Surface: rapid.IntRange(0, 2).Draw(t, "surface"),
			Tile: rapid.IntRange(0, 99999).Draw(t, "tile"), Read: rapid.IntRange(0, 4).Draw(t, "read"),
			Cycle: rapid.IntRange(0, 1000).Draw(t, "cycle"), Minute: rapid.IntRange(0, 43200).Draw(t, "minute"),
			Value: rapid.Float64().Draw(t, "value"), Text: rapid.StringN(0, 20, 40).Draw(t, "text"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		in := clean.Batch{Instrument: instrument, Batch: "01HX0000000000000000000001", Sequence: rapid.Int64Min(1).Draw(t, "sequence")}
		in.Observations = rapid.SliceOfN(one, 1, 30).Draw(t, "rows")
		file, err := clean.Encode(in)
		if err != nil {
			t.Fatal(err)
		}
		got, err := clean.Decode(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(in, got); diff != "" {
			t.Fatal(diff)
		}
		again, err := clean.Encode(in)
		if err != nil || !bytes.Equal(file, again) {
			t.Fatal("the same batch gave other bytes", err)
		}
	})
}

func TestSeveralRowGroups(t *testing.T) {
	in := some(250_000)
	file, err := clean.Encode(in)
	if err != nil {
		t.Fatal(err)
	}
	got, err := clean.Decode(file)
	if err != nil || len(got.Observations) != len(in.Observations) || got.Observations[249_999] != in.Observations[249_999] {
		t.Fatal(err, len(got.Observations))
	}
}

func TestDecodeRefusesWhatIsNoCleanBatch(t *testing.T) {
	good, err := clean.Encode(some(3))
	if err != nil {
		t.Fatal(err)
	}
	var other bytes.Buffer // rows of another batch under this one's name
	w := parquet.NewGenericWriter[clean.Row](&other,
		parquet.KeyValueMetadata("instrument", instrument), parquet.KeyValueMetadata("batch", "b"), parquet.KeyValueMetadata("sequence", "1"))
	if _, err := w.Write([]clean.Row{{Instrument: instrument, Batch: "c", Sequence: 1, Field: "x"}}); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{
		"nothing":                nil,
		"text":                   []byte("hello, hello, hello"),
		"truncated":              good[:len(good)-1],
		"rows of another batch":  other.Bytes(),
		"footer without content": good[len(good)-64:],
	} {
		if _, err := clean.Decode(file); err == nil {
			t.Errorf("%s: decoded", name)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	in := some(60_000)
	b.ReportAllocs()
	for b.Loop() {
		file, err := clean.Encode(in)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(file)), "bytes")
	}
}
