package observation_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"proactive/shared/fault"
	"proactive/shared/observation"
)

var hash = "sha256:" + strings.Repeat("a", 64)

func encode(t testing.TB, p observation.Payload) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := observation.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPayloadIsExactlyThis(t *testing.T) {
	got := encode(t, observation.Payload{
		Catalog: hash, Dropped: map[string]observation.Drops{"tile-metrics": {Unknown: 1, Refused: 2}, "other": {Unknown: 3}},
		Observations: []observation.Observation{
			{Field: "tile.clusters", Lane: 1, Tile: 1102, Value: 2},
			{Field: "tile.clusters", Lane: 1, Tile: 1101, Value: 880656.5},
			{Field: "run.completion", Text: "CompletedAsPlanned"},
			{Field: "telemetry.laser.power", Minute: 60, Value: math.Copysign(0, -1)},
		},
	})
	want := `{"format":"proactive-payload/1","catalog":"` + hash + `","rows":4,"dropped":{"other":{"unknown":3,"refused":0},"tile-metrics":{"unknown":1,"refused":2}},"left":{}}
{"f":"run.completion","v":0,"x":"CompletedAsPlanned"}
{"f":"telemetry.laser.power","m":60,"v":0}
{"f":"tile.clusters","l":1,"t":1101,"v":880656.5}
{"f":"tile.clusters","l":1,"t":1102,"v":2}
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeRefuses(t *testing.T) {
	head := func(rows int) string {
		return fmt.Sprintf(`{"format":"proactive-payload/1","catalog":"%s","rows":%d,"dropped":{},"left":{}}`, hash, rows) + "\n"
	}
	cases := []struct{ name, raw, reason string }{
		{"empty", "", observation.NotAPayload},
		{"text", "hello\n", observation.NotAPayload},
		{"an empty object", "{}\n", observation.NotAPayload},
		{"another version", strings.Replace(head(0), "payload/1", "payload/2", 1), observation.UnknownFormat},
		{"no line feed", strings.TrimSuffix(head(0), "\n"), observation.Truncated},
		{"a space in the header", strings.Replace(head(0), ":0", ": 0", 1), observation.NotCanonical},
		{"an unknown member", strings.Replace(head(0), `"rows"`, `"x":1,"rows"`, 1), observation.NotCanonical},
		{"a member twice", strings.Replace(head(0), `"rows"`, `"rows":0,"rows"`, 1), observation.NotCanonical},
		{"a kind of file with spaces", strings.Replace(head(0), `{}`, `{"Maria Lopez":{"unknown":1,"refused":0}}`, 1), observation.NotCanonical},
		{"fewer drops than none", strings.Replace(head(0), `{}`, `{"other":{"unknown":-1,"refused":0}}`, 1), observation.NotCanonical},
		{"no drops as null", strings.Replace(head(0), `{}`, `null`, 1), observation.NotCanonical},
		{"no catalog", strings.Replace(head(0), hash, "", 1), observation.NotCanonical},
		{"too many rows announced", head(observation.MaxRows + 1), observation.TooLarge},
		{"a header without end", strings.Repeat("a", observation.MaxHeader+2), observation.TooLarge},
		{"a row too few", head(1), observation.RowCount},
		{"a row too many", head(0) + `{"f":"a","v":1}` + "\n", observation.RowCount},
		{"a torn row", head(1) + `{"f":"a","v":1}`, observation.Truncated},
		{"a carriage return", head(1) + `{"f":"a","v":1}` + "\r\n", observation.NotCanonical},
		{"an empty line", head(1) + "\n", observation.NotCanonical},
		{"an unknown field", head(1) + `{"f":"a","v":1,"note":"x"}` + "\n", observation.NotCanonical},
		{"another letter case", head(1) + `{"F":"a","v":1}` + "\n", observation.NotCanonical},
		{"another order of members", head(1) + `{"v":1,"f":"a"}` + "\n", observation.NotCanonical},
		{"a zero dimension", head(1) + `{"f":"a","l":0,"v":1}` + "\n", observation.NotCanonical},
		{"another way to write a number", head(1) + `{"f":"a","v":1.0}` + "\n", observation.NotCanonical},
		{"a negative zero", head(1) + `{"f":"a","v":-0}` + "\n", observation.NotCanonical},
		{"a number too large", head(1) + `{"f":"a","v":1e999}` + "\n", observation.NotCanonical},
		{"two values in a line", head(1) + `{"f":"a","v":1}{}` + "\n", observation.NotCanonical},
		{"a long row", head(1) + `{"f":"` + strings.Repeat("a", observation.MaxLine) + `","v":1}` + "\n", observation.TooLarge},
		{"the wrong order", head(2) + `{"f":"b","v":1}` + "\n" + `{"f":"a","v":1}` + "\n", observation.NotInOrder},
		{"a row twice", head(2) + `{"f":"a","v":1}` + "\n" + `{"f":"a","v":2}` + "\n", observation.Repeated},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := observation.Decode(strings.NewReader(c.raw))
			if kind, reason := fault.Public(err); kind != fault.Malformed || reason != c.reason {
				t.Errorf("%v, want %s", err, c.reason)
			}
			if err != nil && strings.Contains(err.Error(), "Maria") {
				t.Errorf("the error quotes the content: %v", err)
			}
		})
	}
}

func TestDecodePassesOnAFailingReader(t *testing.T) {
	broken := errors.New("broken")
	_, err := observation.Decode(iotest.ErrReader(broken))
	if kind, _ := fault.Public(err); !errors.Is(err, broken) || kind == fault.Malformed {
		t.Error(err)
	}
}

func rows() *rapid.Generator[[]observation.Observation] {
	one := rapid.Custom(func(t *rapid.T) observation.Observation {
		return observation.Observation{
			Field: rapid.StringMatching(`[a-z]{1,3}\.[a-z]{1,3}`).Draw(t, "field"),
			Lane:  rapid.IntRange(0, 8).Draw(t, "lane"), Surface: rapid.IntRange(0, 2).Draw(t, "surface"),
			Tile: rapid.IntRange(0, 23612).Draw(t, "tile"), Read: rapid.IntRange(0, 4).Draw(t, "read"),
			Cycle: rapid.IntRange(0, 300).Draw(t, "cycle"), Minute: rapid.IntRange(0, 600).Draw(t, "minute"),
			Value: rapid.Float64().Draw(t, "value"), Text: rapid.StringN(0, 20, 40).Draw(t, "text"),
		}
	})
	return rapid.SliceOfN(one, 0, 20)
}

func TestEncodeDecodeIsTheIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rows().Draw(t, "rows")
		slices.SortStableFunc(in, observation.Compare)
		in = slices.CompactFunc(in, func(a, b observation.Observation) bool { return observation.Compare(a, b) == 0 })
		shuffled := rapid.Permutation(in).Draw(t, "order")
		var b, again bytes.Buffer
		if err := observation.Encode(&b, observation.Payload{Catalog: hash, Observations: shuffled}); err != nil {
			t.Fatal(err)
		}
		got, err := observation.Decode(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := observation.Encode(&again, got); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
			t.Fatalf("%v: not the same bytes", err)
		}
		packed := observation.Compress(b.Bytes())
		plain, err := observation.Decompress(packed, int64(b.Len()))
		if err != nil || !bytes.Equal(plain, b.Bytes()) {
			t.Fatal(err)
		}
		if _, err := observation.Decompress(packed, int64(b.Len())-1); !errors.Is(err, fault.New(fault.Malformed, observation.ExpansionLimit, nil)) {
			t.Fatal(err)
		}
	})
}

func TestEncodeRefuses(t *testing.T) {
	for name, p := range map[string]observation.Payload{
		"a row twice":    {Catalog: hash, Observations: []observation.Observation{{Field: "a"}, {Field: "a", Value: 1}}},
		"not a number":   {Catalog: hash, Observations: []observation.Observation{{Field: "a", Value: math.NaN()}}},
		"no catalog":     {},
		"a kind of file": {Catalog: hash, Dropped: map[string]observation.Drops{"A B": {}}},
		"a long text":    {Catalog: hash, Observations: []observation.Observation{{Field: "a", Text: strings.Repeat("x", 600)}}},
	} {
		if err := observation.Encode(&bytes.Buffer{}, p); err == nil {
			t.Errorf("%s: encoded", name)
		}
	}
}

func TestDecompressRefuses(t *testing.T) {
	plain := bytes.Repeat([]byte("0123456789"), 20_000)
	packed := observation.Compress(plain)
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	var streamed bytes.Buffer // declares no size
	w.Reset(&streamed)
	if _, err := w.Write(plain); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(packed)
	flipped[len(flipped)-1] ^= 1 // the checksum
	cases := []struct {
		name   string
		frame  []byte
		reason string
	}{
		{"nothing", nil, observation.NotOneFrame},
		{"no magic", []byte("hello, hello, hello"), observation.NotOneFrame},
		{"truncated", packed[:len(packed)-1], observation.NotOneFrame},
		{"a byte behind", append(bytes.Clone(packed), 0), observation.NotOneFrame},
		{"two frames", append(bytes.Clone(packed), packed...), observation.NotOneFrame},
		{"a skippable frame behind", append(bytes.Clone(packed), 0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 'x'), observation.NotOneFrame},
		{"no declared size", streamed.Bytes(), observation.NotOneFrame},
		{"a wrong checksum", flipped, observation.NotOneFrame},
		{"one byte more than allowed", observation.Compress(append(bytes.Clone(plain), 'x')), observation.ExpansionLimit},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := observation.Decompress(c.frame, int64(len(plain)))
			if kind, reason := fault.Public(err); kind != fault.Malformed || reason != c.reason {
				t.Errorf("%v, want %s", err, c.reason)
			}
		})
	}
}

// Whatever Decode accepts, Encode gives back byte for byte.
func FuzzDecode(f *testing.F) {
	f.Add(encode(f, observation.Payload{Catalog: hash, Observations: []observation.Observation{{Field: "a.b", Lane: 1, Value: 1.5}, {Field: "a.c", Text: "x"}}}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := observation.Decode(bytes.NewReader(raw))
		if err != nil {
			if kind, _ := fault.Public(err); kind != fault.Malformed {
				t.Fatal(err)
			}
			return
		}
		var b bytes.Buffer
		if err := observation.Encode(&b, p); err != nil || !bytes.Equal(b.Bytes(), raw) {
			t.Fatalf("%v: %q became %q", err, raw, b.Bytes())
		}
	})
}

// Decompress never gives more than it was allowed, and what it accepts is one frame.
func FuzzDecompress(f *testing.F) {
	f.Add(observation.Compress([]byte("hello")))
	f.Fuzz(func(t *testing.T, frame []byte) {
		const most = 1 << 16
		out, err := observation.Decompress(frame, most)
		if err == nil && len(out) > most {
			t.Fatalf("%d bytes", len(out))
		}
		if _, behind := observation.Decompress(append(bytes.Clone(frame), frame...), most); err == nil && behind == nil {
			t.Fatal("two frames were accepted")
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	p := observation.Payload{Catalog: hash}
	for tile := range 10_000 {
		p.Observations = append(p.Observations, observation.Observation{Field: "tile.clusters", Lane: 1, Tile: tile + 1, Value: 880656.5})
	}
	raw := encode(b, p)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := observation.Decode(bytes.NewReader(raw)); err != nil {
			b.Fatal(err)
		}
	}
}

// A row is exactly what encoding/json makes of an Observation.
func TestRowIsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, o := range rows().Draw(t, "rows") {
			line, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := observation.Encode(&b, observation.Payload{Catalog: hash, Observations: []observation.Observation{o}}); err != nil {
				t.Fatal(err)
			}
			if o.Value != 0 && !bytes.HasSuffix(b.Bytes(), append(line, '\n')) {
				t.Fatalf("%s", b.Bytes())
			}
		}
	})
}
