package traces_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"proactive/shared/catalog"
	"proactive/shared/clean"
	"proactive/shared/observation"
	"proactive/shared/pipelinetest/planted"
	"proactive/shared/pipelinetest/traces"
)

func plants(t testing.TB, n int) []planted.Plant {
	t.Helper()
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	p := planted.New(5, cat)
	for range n {
		p.Text(planted.PayloadOpen)
	}
	return p.All
}

// Whatever is done to a plant, it is found: as it was written and as a person would write it,
// under every wrapping and under two of them.
func TestFindsWhateverIsDoneToIt(t *testing.T) {
	all := plants(t, 1200)
	zw, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	ways := map[string]func(s string) []byte{
		"as it is": func(s string) []byte { return []byte(s) },
		"within":   func(s string) []byte { return []byte(`{"level":"ERROR","msg":"cannot read ` + s + `: no"}`) },
		"gzip": func(s string) []byte {
			var b bytes.Buffer
			w := gzip.NewWriter(&b)
			_, _ = w.Write([]byte("log " + s))
			_ = w.Close()
			return b.Bytes()
		},
		"zip": func(s string) []byte {
			var b bytes.Buffer
			w := zip.NewWriter(&b)
			f, err := w.Create("x.json")
			if err != nil {
				t.Fatal(err)
			}
			_, _ = f.Write([]byte("said " + s))
			_ = w.Close()
			return b.Bytes()
		},
		"zstd": func(s string) []byte { return zw.EncodeAll([]byte(s), nil) },
		"JSON": func(s string) []byte {
			raw, err := json.Marshal(map[string]string{"body": s})
			if err != nil {
				t.Fatal(err)
			}
			return raw
		},
		"JSON in JSON": func(s string) []byte {
			inner, _ := json.Marshal(map[string]string{"body": s})
			raw, err := json.Marshal(map[string]string{"detail": string(inner)})
			if err != nil {
				t.Fatal(err)
			}
			return raw
		},
		"base64":       func(s string) []byte { return []byte("x " + base64.StdEncoding.EncodeToString([]byte(s)) + " y") },
		"hex":          func(s string) []byte { return []byte("digest " + hex.EncodeToString([]byte(s)) + ".") },
		"a query":      func(s string) []byte { return []byte("/v1/x?q=" + url.QueryEscape(s)) },
		"a clean file": func(s string) []byte { return parquet(t, s) },
		"base64 of a clean file": func(s string) []byte {
			return []byte(`{"B":"` + base64.StdEncoding.EncodeToString(parquet(t, s)) + `"}`)
		},
	}
	for name, wrap := range ways {
		t.Run(name, func(t *testing.T) {
			f, missed := traces.Of(all), map[planted.Encoding]int{}
			for i, p := range all {
				if seldom(name) && i%8 != 0 {
					continue
				}
				var content []byte
				for _, w := range p.Written {
					content = append(append(content, wrap(w)...), '\n')
				}
				if name == "gzip" || name == "zstd" || name == "zip" || name == "a clean file" { // not one after the other
					content = wrap(strings.Join(p.Written, "\n"))
				}
				f.In(strconv.Itoa(i), content)
			}
			found := map[string]bool{}
			for _, trace := range f.Found() {
				found[trace.Place+" "+strconv.Itoa(trace.Plant)] = true
			}
			n := 0
			for i, p := range all {
				if seldom(name) && i%8 != 0 {
					continue
				}
				n++
				if !found[strconv.Itoa(i)+" "+strconv.Itoa(p.ID)] {
					missed[p.Encoding]++
				}
			}
			if len(missed) > 0 || len(f.Found()) != n {
				t.Errorf("missed %v; %d found in %d places", missed, len(f.Found()), n)
			}
		})
	}
}

// seldom is what takes long to make.
func seldom(way string) bool {
	return strings.Contains(way, "clean") || way == "gzip" || way == "zstd" || way == "zip"
}

func parquet(t testing.TB, s string) []byte {
	t.Helper()
	raw, err := clean.Encode(clean.Batch{Instrument: "i", Batch: "b", Sequence: 1, Observations: []observation.Observation{{Field: "run.chemistry", Text: s}}})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// All at once, in one heap, and each by its own number.
func TestFindsEachAmongMany(t *testing.T) {
	all := plants(t, 3000)
	f := traces.Of(all)
	for _, p := range all {
		if p.ID%3 == 0 {
			f.In("odd", []byte("begin "+strings.Join(p.Written, " and ")+" end"))
		}
	}
	found := map[int]bool{}
	for _, trace := range f.Found() {
		found[trace.Plant] = true
	}
	for _, p := range all {
		if found[p.ID] != (p.ID%3 == 0) {
			t.Errorf("%s, %s, %q: found is %v", p.Kind, p.Encoding, p.Written, found[p.ID])
		}
	}
}

// Half of what was split is not found, nor a number within a longer one, nor digits of a
// fraction.
func TestFindsNoHalves(t *testing.T) {
	halved := planted.Plant{ID: 0, Value: "maria.lopez@hospital.example", Written: []string{"maria.lopez@ho", "spital.example"}}
	number := planted.Plant{ID: 1, Value: "0048391726", Written: []string{"0048391726"}}
	for text, want := range map[string]int{
		"maria.lopez@ho": 0, "spital.example": 0, "maria.lopez@ho spital.example": 1, "maria.lopez@hospital.example": 1,
		"x0048391726": 0, "00483917261": 0, "3.0048391726": 0, "=0048391726,": 1,
	} {
		f := traces.Of([]planted.Plant{halved, number})
		f.In("here", []byte(text))
		if got := f.Found(); len(got) != want {
			t.Errorf("%q: %v, want %d", text, got, want)
		}
	}
}

func BenchmarkIn(b *testing.B) {
	f := traces.Of(plants(b, 5000))
	text := []byte(strings.Repeat(`{"f":"tile.density","l":1,"t":1101,"v":949554.896142433,"id":"01M84XB6R6DXMN2K7XGPHRTQD3"}`+"\n", 10_000))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		f.In("here", text)
	}
}
