package interop_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/interop"
)

// record is one of any kind: where it stands, and its values by the reference's names.
type record struct {
	Tile   interop.Tile
	Cycle  int
	Values map[string][]float64
}

// rows cuts a column of k values each into records.
func rows[T uint16 | uint32 | uint64 | float32](to []record, name string, column []T, k int) {
	if column == nil {
		return
	}
	for i := range to {
		for _, v := range column[i*k:][:k] {
			to[i].Values[name] = append(to[i].Values[name], float64(v))
		}
	}
}

func placed(p *interop.Place) []record {
	all := make([]record, p.Len())
	for i := range all {
		all[i] = record{Tile: p.Tile[i].Tile(), Values: map[string][]float64{}}
		if len(p.Cycle) > 0 {
			all[i].Cycle = int(p.Cycle[i])
		}
	}
	return all
}

// reader reads a whole file of one kind into records.
type reader struct {
	kind     string
	versions []int
	read     func(in io.Reader, each func([]record)) (interop.File, error)
}

var readers = []reader{
	{"q_metric", []int{4, 5, 6, 7, 8, 9}, func(in io.Reader, each func([]record)) (interop.File, error) {
		return interop.ReadQuality(in, func(b *interop.QualityBlock) {
			all := placed(&b.Place)
			rows(all, "qscore_hist", b.Counts(), b.Bins.Len())
			for i, sum := range b.Bases() {
				all[i].Values["bases"] = []float64{float64(sum.All), float64(sum.Q20), float64(sum.Q30)}
			}
			each(all)
		})
	}},
	{"q_collapsed_metric", []int{2, 3, 4, 5, 6}, func(in io.Reader, each func([]record)) (interop.File, error) {
		return interop.ReadCollapsed(in, func(b *interop.CollapsedBlock) {
			all := placed(&b.Place)
			rows(all, "q20", b.Q20, 1)
			rows(all, "q30", b.Q30, 1)
			rows(all, "total", b.Total, 1)
			rows(all, "median_qscore_flt", b.Median, 1)
			each(all)
		})
	}},
	{"error_metric", []int{3, 4, 5, 6}, func(in io.Reader, each func([]record)) (interop.File, error) {
		return interop.ReadErrors(in, func(b *interop.ErrorBlock) {
			all := placed(&b.Place)
			rows(all, "error_rate", b.Rate, 1)
			if b.Adapters > 0 {
				rows(all, "phix_adapter_rate", b.Adapter, b.Adapters)
			}
			each(all)
		})
	}},
	{"extraction_metric", []int{2, 3}, func(in io.Reader, each func([]record)) (interop.File, error) {
		return interop.ReadExtraction(in, func(b *interop.ExtractionBlock) {
			all := placed(&b.Place)
			rows(all, "focus_scores", b.Focus(), b.Channels)
			rows(all, "max_intensity_values", b.Intensity(), b.Channels)
			for i, raw := range b.Time() {
				if at, ok := interop.Ticks(raw); ok {
					all[i].Values["date_time"] = []float64{float64(at.Unix())}
				}
			}
			each(all)
		})
	}},
	{"image_metric", []int{1, 2, 3}, func(in io.Reader, each func([]record)) (interop.File, error) {
		return interop.ReadImages(in, func(b *interop.ImageBlock) {
			all := placed(&b.Place)
			rows(all, "channel", b.Channel(), 1)
			rows(all, "min_contrast_array", b.Min(), b.Channels)
			rows(all, "max_contrast_array", b.Max(), b.Channels)
			for i := range all {
				dark, bright := b.Sum(i, i+1)
				for c := range b.Channels {
					dark -= uint64(b.Min()[i*b.Channels+c])
					bright -= uint64(b.Max()[i*b.Channels+c])
				}
				if dark != 0 || bright != 0 {
					panic("a sum that is not that of its parts")
				}
			}
			each(all)
		})
	}},
	{"corrected_intensity_metric", []int{2, 3, 4}, func(in io.Reader, each func([]record)) (interop.File, error) {
		return interop.ReadCorrected(in, func(b *interop.CorrectedBlock) {
			all := placed(&b.Place)
			rows(all, "called_counts_array", b.Calls(), 5)
			rows(all, "corrected_int_called_array", b.Called(), 4)
			rows(all, "corrected_int_all_array", b.All(), 4)
			rows(all, "average_cycle_intensity", b.Average(), 1)
			rows(all, "signal_to_noise", b.SignalToNoise(), 1)
			each(all)
		})
	}},
	{"phasing_metric", []int{1, 2}, func(in io.Reader, each func([]record)) (interop.File, error) {
		return interop.ReadPhasing(in, func(b *interop.PhasingBlock) {
			all := placed(&b.Place)
			rows(all, "weights", b.Weights, 2)
			each(all)
		})
	}},
	{"extended_tile_metric", []int{1, 2, 3}, func(in io.Reader, each func([]record)) (interop.File, error) {
		return interop.ReadExtended(in, func(b *interop.ExtendedBlock) {
			all := placed(&b.Place)
			rows(all, "cluster_count_occupied", b.Occupied, 1)
			rows(all, "upper_left", b.UpperLeft, 2)
			each(all)
		})
	}},
	{"summary_run_metric", []int{1}, func(in io.Reader, each func([]record)) (interop.File, error) {
		t, ok, f, err := interop.ReadRunTotals(in)
		if ok {
			each([]record{{Values: map[string][]float64{
				"occupancy_proxy_cluster_count": {t.OccupancyProxy}, "raw_cluster_count": {t.Raw},
				"occupied_cluster_count": {t.Occupied}, "pf_cluster_count": {t.PF},
			}}})
		}
		return f, err
	}},
}

func whole(r reader, raw []byte) (all []record, f interop.File, err error) {
	f, err = r.read(bytes.NewReader(raw), func(some []record) { all = append(all, some...) })
	return all, f, err
}

// Every byte vector of the kinds above: each number that we hand on equals the
// reference's to one unit in the last place of single precision.
func TestVectorsOfEveryKind(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "data", "vectors")
	raw, err := os.ReadFile(filepath.Join(dir, "vectors.json"))
	if err != nil {
		t.Skip("NOT RUN: the vectors are not on this machine")
	}
	var all []struct {
		Struct, Metric, File string
		Version              int
		Decoded              json.RawMessage `json:"decoded_by_illumina_reader"`
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, v := range all {
		i := slices.IndexFunc(readers, func(r reader) bool { return r.kind == v.Metric })
		if i < 0 || v.File == "" {
			continue
		}
		t.Run(v.Struct, func(t *testing.T) {
			file, err := os.ReadFile(filepath.Join(dir, v.File))
			if err != nil {
				t.Fatal(err)
			}
			got, f, err := whole(readers[i], file)
			if err != nil || f.Version != v.Version || f.Torn || len(got) == 0 {
				t.Fatalf("%+v: %v", f, err)
			}
			seen[fmt.Sprint(v.Metric, v.Version)] = true
			if v.Metric == "phasing_metric" { // not decoded in the vectors; from their source, by hand
				want := []float64{1.16406322, 1.92952883}
				near(t, "weights", got[0].Values["weights"], want)
				return
			}
			var decoded struct{ Records []map[string]any }
			if err := json.Unmarshal(v.Decoded, &decoded); err != nil {
				var text string
				if json.Unmarshal(v.Decoded, &text) != nil || json.Unmarshal([]byte(text), &decoded) != nil {
					t.Fatal(err)
				}
			}
			if v.Metric == "image_metric" && v.Version == 1 {
				got = joined(got)
			}
			if len(decoded.Records) == 0 || len(got) != len(decoded.Records) {
				t.Fatalf("%d records, want %d", len(got), len(decoded.Records))
			}
			for i, want := range decoded.Records {
				equalRecord(t, got[i], want, v.Metric == "summary_run_metric")
			}
		})
	}
	for _, r := range readers {
		for _, version := range r.versions {
			if !seen[fmt.Sprint(r.kind, version)] {
				t.Errorf("no vector of %s version %d", r.kind, version)
			}
		}
	}
}

func equalRecord(t *testing.T, got record, want map[string]any, unplaced bool) {
	t.Helper()
	at := func(name string) int { v, _ := want[name].(float64); return int(v) }
	if !unplaced && (got.Tile != interop.Tile{Lane: at("lane"), Number: at("tile")} || got.Cycle != at("cycle")) {
		t.Errorf("at %+v cycle %d, want lane %v tile %v cycle %v", got.Tile, got.Cycle, want["lane"], want["tile"], want["cycle"])
	}
	compared := 0
	for name, values := range got.Values {
		switch w := want[name].(type) {
		case float64:
			if name == "phix_adapter_rate" && len(values) > 1 { // their mean
				values = []float64{(values[0] + values[1]) / 2}
			}
			near(t, name, values, []float64{w})
		case []any:
			list := make([]float64, len(w))
			for i := range w {
				list[i], _ = w[i].(float64)
			}
			near(t, name, values, list)
		default:
			continue
		}
		compared++
	}
	if compared == 0 {
		t.Errorf("nothing to compare among %v", want)
	}
}

// joined puts the channels of an image together, which version 1 keeps apart.
func joined(all []record) (images []record) {
	for _, r := range all {
		if n := len(images); n > 0 && images[n-1].Tile == r.Tile && images[n-1].Cycle == r.Cycle {
			for name, v := range r.Values {
				images[n-1].Values[name] = append(images[n-1].Values[name], v...)
			}
			continue
		}
		images = append(images, r)
	}
	return images
}

func near(t *testing.T, name string, got, want []float64) {
	t.Helper()
	if len(got) < len(want) {
		t.Errorf("%s: %v, want %v", name, got, want)
		return
	}
	for i, w := range want {
		if math.Abs(got[i]-w) > float64(ulp(float32(math.Abs(w)))) {
			t.Errorf("%s[%d]: %v, want %v", name, i, got[i], w)
		}
	}
}

// seeds are small files of every kind and version: a header that fits and some records.
func seeds(r reader) (all [][]byte) {
	for _, v := range r.versions {
		for size := range 256 {
			for _, head := range [][]byte{{}, {0}, {0, 0, 0}, {2}, {2, 0, 8, 0}, {1, 3, 2, 20, 30, 19, 29, 40, 10, 25, 35}} {
				raw := append([]byte{byte(v), byte(size)}, head...)
				raw = append(raw, bytes.Repeat([]byte{1, 0, 77, 4, 5}, 40)...)
				if got, _, err := whole(r, raw); err == nil && len(got) > 0 {
					all = append(all, raw)
				}
			}
		}
	}
	return all
}

// A file is cut anywhere: what is whole is read as it was, and nothing else is.
func TestEveryKindCutAnywhere(t *testing.T) {
	for _, r := range readers {
		t.Run(r.kind, func(t *testing.T) {
			files := seeds(r)
			if len(files) < len(r.versions) && r.kind != "summary_run_metric" {
				t.Fatalf("only %d files", len(files))
			}
			for _, raw := range files {
				all, _, err := whole(r, raw)
				if err != nil {
					t.Fatal(err)
				}
				for cut := range raw {
					part, f, err := whole(r, raw[:cut])
					if err != nil && !errors.Is(err, interop.ErrHeader) && !errors.Is(err, interop.ErrEmpty) {
						t.Fatalf("cut at %d: %v", cut, err)
					}
					if r.kind == "summary_run_metric" { // the last whole record stands, not the first
						continue
					}
					if len(part) > len(all) || f.Records-f.Padding != int64(len(part)) || !cmp.Equal(append([]record{}, part...), append([]record{}, all[:len(part)]...), nan) {
						t.Fatalf("cut at %d: %d records, not as they were", cut, len(part))
					}
				}
			}
		})
	}
}

var nan = cmp.Comparer(func(a, b float64) bool { return a == b || a != a && b != b })

// Every version byte that is not known is named, whatever follows.
func TestUnknownVersions(t *testing.T) {
	for _, r := range readers {
		for v := range 256 {
			raw := append([]byte{byte(v)}, bytes.Repeat([]byte{38, 0}, 100)...)
			if _, _, err := whole(r, raw); !slices.Contains(r.versions, v) && !errors.Is(err, interop.ErrVersion) {
				t.Errorf("%s of version %d: %v", r.kind, v, err)
			}
		}
	}
}

// A file of 16 MiB of whatever it claims is read in little memory: one block of columns.
func TestMemoryIsBounded(t *testing.T) {
	const size, limit = 16 << 20, 64 << 20
	for _, r := range readers {
		for _, head := range seeds(r) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			in := io.LimitReader(io.MultiReader(bytes.NewReader(head), endless{}), size)
			// Blocks are thrown away: what is measured is the reader's own.
			f, err := drain(r, in)
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > limit || err != nil {
				t.Errorf("%s version %d: %d MiB for %d records, %v", r.kind, f.Version, used>>20, f.Records, err)
			}
		}
	}
}

// drain reads without keeping, and without the test's own records.
func drain(r reader, in io.Reader) (interop.File, error) {
	switch r.kind {
	case "q_metric":
		return interop.ReadQuality(in, func(b *interop.QualityBlock) { b.Counts(); b.Bases() })
	case "q_collapsed_metric":
		return interop.ReadCollapsed(in, func(*interop.CollapsedBlock) {})
	case "error_metric":
		return interop.ReadErrors(in, func(*interop.ErrorBlock) {})
	case "extraction_metric":
		return interop.ReadExtraction(in, func(b *interop.ExtractionBlock) { b.Focus(); b.Intensity(); b.Time() })
	case "image_metric":
		return interop.ReadImages(in, func(b *interop.ImageBlock) { b.Channel(); b.Min(); b.Max(); b.Sum(0, b.Len()) })
	case "corrected_intensity_metric":
		return interop.ReadCorrected(in, func(b *interop.CorrectedBlock) { b.Calls(); b.Called(); b.All() })
	case "phasing_metric":
		return interop.ReadPhasing(in, func(*interop.PhasingBlock) {})
	case "extended_tile_metric":
		return interop.ReadExtended(in, func(*interop.ExtendedBlock) {})
	}
	_, _, f, err := interop.ReadRunTotals(in)
	return f, err
}

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(i)
	}
	return len(b), nil
}

// FuzzReaders holds every reader to: no panic, no more records than there are bytes for,
// the same again however the bytes come, and what is read of a beginning is the beginning
// of what is read.
func FuzzReaders(f *testing.F) {
	for i, r := range readers {
		for _, raw := range seeds(r) {
			f.Add(uint8(i), raw, 60)
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, raw []byte, cut int) {
		r := readers[int(kind)%len(readers)]
		all, file, err := whole(r, raw)
		if len(all) > 0 && int64(len(raw)) < file.Records*int64(file.RecordSize) {
			t.Fatalf("%d records of %d bytes from %d", file.Records, file.RecordSize, len(raw))
		}
		var again []record
		_, err2 := r.read(iotest.HalfReader(bytes.NewReader(raw)), func(some []record) { again = append(again, some...) })
		if fmt.Sprint(err) != fmt.Sprint(err2) || r.kind != "summary_run_metric" && !cmp.Equal(all, again, nan) {
			t.Fatal("not the same again")
		}
		if err != nil && strings.Contains(err.Error(), "%!") {
			t.Fatal(err)
		}
		if r.kind == "summary_run_metric" || cut < 0 || cut >= len(raw) {
			return
		}
		if part, _, _ := whole(r, raw[:cut]); len(part) > len(all) || !cmp.Equal(append([]record{}, part...), append([]record{}, all[:len(part)]...), nan) {
			t.Fatal("a beginning reads otherwise")
		}
	})
}
