package interop_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"proactive/shared/interop"
)

// quality is a record as it is compared.
type quality struct {
	Lane, Tile, Cycle int
	Counts            []uint64
}

func readQuality(raw []byte) (interop.Bins, []quality, interop.File, error) {
	var bins interop.Bins
	var all []quality
	f, err := interop.ReadQuality(bytes.NewReader(raw), func(b *interop.QualityBlock) {
		bins = b.Bins
		counts, n := b.Counts(), b.Bins.Len()
		for i := range b.Len() {
			all = append(all, quality{b.Tile[i].Tile().Lane, b.Tile[i].Tile().Number, int(b.Cycle[i]), slices.Clone(counts[i*n : (i+1)*n])})
		}
	})
	return bins, all, f, err
}

// The byte vectors of the reference reader's own tests, where they are at hand: every
// version of tile and quality metrics, every number equal.
func TestVectors(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "data", "vectors")
	raw, err := os.ReadFile(filepath.Join(dir, "vectors.json"))
	if err != nil {
		t.Skip("NOT RUN: the vectors are not on this machine")
	}
	var all []struct {
		Metric, File string
		Version      int
		Decoded      struct {
			Records []struct {
				Lane, Tile, Cycle                        int
				Hist                                     []uint64 `json:"qscore_hist"`
				Clusters, ClustersPF, Density, DensityPF float64
				CC                                       float64 `json:"cluster_count"`
				CCPF                                     float64 `json:"cluster_count_pf"`
				CD                                       float64 `json:"cluster_density"`
				CDPF                                     float64 `json:"cluster_density_pf"`
			}
		} `json:"decoded_by_illumina_reader"`
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, v := range all {
		if v.File == "" || v.Metric != "q_metric" && v.Metric != "tile_metric" {
			continue
		}
		ran++
		t.Run(v.File, func(t *testing.T) {
			file, err := os.ReadFile(filepath.Join(dir, v.File))
			if err != nil {
				t.Fatal(err)
			}
			if len(v.Decoded.Records) == 0 {
				t.Fatal("a vector without records")
			}
			if v.Metric == "q_metric" {
				_, got, f, err := readQuality(file)
				if err != nil || f.Torn || f.Version != v.Version {
					t.Fatalf("%+v, %v", f, err)
				}
				var want []quality
				for _, r := range v.Decoded.Records {
					want = append(want, quality{r.Lane, r.Tile, r.Cycle, r.Hist})
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
				return
			}
			tiles := interop.Tiles{}
			if f, err := interop.ReadTiles(bytes.NewReader(file), tiles, 100); err != nil || f.Torn || f.Version != v.Version {
				t.Fatalf("%+v, %v", f, err)
			}
			if len(tiles) != len(v.Decoded.Records) {
				t.Errorf("%d tiles, want %d", len(tiles), len(v.Decoded.Records))
			}
			for _, r := range v.Decoded.Records {
				m := tiles[interop.Tile{Lane: r.Lane, Number: r.Tile}]
				if m == nil {
					t.Fatalf("no tile %d of lane %d", r.Tile, r.Lane)
				}
				for name, pair := range map[string][2]float64{
					"clusters": {m.Clusters, r.CC}, "clusters PF": {m.ClustersPF, r.CCPF}, "density": {m.Density, r.CD}, "density PF": {m.DensityPF, r.CDPF},
				} {
					if a, b := float32(pair[0]), float32(pair[1]); a != b && math.Abs(float64(a-b)) > float64(ulp(b)) {
						t.Errorf("tile %d: %s is %v, want %v", r.Tile, name, a, b)
					}
				}
			}
		})
	}
	if ran < 9 {
		t.Fatalf("only %d vectors", ran)
	}
}

func ulp(v float32) float32 { return math.Nextafter32(v, math.MaxFloat32) - v }

var sevenBins = interop.Bins{
	Lower: []byte{2, 10, 20, 25, 30, 35, 40}, Upper: []byte{9, 19, 24, 29, 34, 39, 41}, Value: []byte{2, 14, 22, 27, 33, 37, 40},
}

func drawQuality(t *rapid.T, version int) ([]quality, []byte) {
	var records []quality
	for i := range rapid.IntRange(0, 12).Draw(t, "records") {
		q := quality{Lane: rapid.IntRange(1, 8).Draw(t, "lane"), Tile: rapid.IntRange(1101, 2678).Draw(t, "tile"), Cycle: i + 1}
		for range sevenBins.Value {
			q.Counts = append(q.Counts, uint64(rapid.Uint32().Draw(t, "count")))
		}
		records = append(records, q)
	}
	var b bytes.Buffer
	left := records
	err := interop.WriteQuality(&b, version, sevenBins, func() (interop.Quality, bool) {
		if len(left) == 0 {
			return interop.Quality{}, false
		}
		q := left[0]
		left = left[1:]
		return interop.Quality{Tile: interop.Tile{Lane: q.Lane, Number: q.Tile}, Cycle: q.Cycle, Counts: q.Counts}, true
	})
	if err != nil {
		t.Fatal(err)
	}
	return records, b.Bytes()
}

// What is written is read; cut anywhere, what is whole is read and the rest is not.
func TestQualityCutAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records, file := drawQuality(t, rapid.SampledFrom([]int{6, 7}).Draw(t, "version"))
		at := rapid.IntRange(0, len(file)).Draw(t, "cut")
		bins, got, f, err := readQuality(file[:at])
		if at == len(file) {
			if err != nil || f.Torn || len(got) != len(records) {
				t.Fatalf("whole: %+v %v", f, err)
			}
		}
		for i, q := range got {
			if diff := cmp.Diff(records[i], q); diff != "" {
				t.Fatal(diff)
			}
		}
		switch {
		case at == 0 && !errors.Is(err, interop.ErrEmpty):
			t.Fatalf("nothing: %v", err)
		case err != nil && !errors.Is(err, interop.ErrHeader) && !errors.Is(err, interop.ErrEmpty):
			t.Fatalf("cut at %d: %v", at, err)
		case err == nil && f.Records-f.Padding != int64(len(got)):
			t.Fatalf("%d records of %d", f.Records, len(got))
		case err == nil && len(got) > 0 && bins.ScoreOf(4) != 33:
			t.Fatalf("bins: %+v", bins)
		}
	})
}

func TestTilesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tiles := interop.Tiles{}
		for range rapid.IntRange(1, 10).Draw(t, "tiles") {
			id := interop.Tile{Lane: rapid.IntRange(1, 8).Draw(t, "lane"), Number: rapid.IntRange(1101, 2678).Draw(t, "tile")}
			whole := func(name string) float64 { return float64(rapid.IntRange(0, 5_000_000).Draw(t, name)) }
			tiles[id] = &interop.TileMetric{Clusters: whole("clusters"), ClustersPF: whole("pf"), Density: whole("density"), DensityPF: whole("density pf")}
		}
		var b bytes.Buffer
		if err := interop.WriteTilesV2(&b, tiles); err != nil {
			t.Fatal(err)
		}
		got := interop.Tiles{}
		if _, err := interop.ReadTiles(iotest.OneByteReader(bytes.NewReader(b.Bytes())), got, 1000); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tiles, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Each file that cannot be read has its name for why; none is read in part as something
// that it is not.
func TestWhatIsNotRead(t *testing.T) {
	quality := func(raw []byte) error { _, _, _, err := readQuality(raw); return err }
	tiles := func(raw []byte) error {
		_, err := interop.ReadTiles(bytes.NewReader(raw), interop.Tiles{}, 10)
		return err
	}
	for _, c := range []struct {
		name string
		read func([]byte) error
		raw  []byte
		want error
	}{
		{"nothing", tiles, nil, interop.ErrEmpty},
		{"a version alone", tiles, []byte{2}, interop.ErrHeader},
		{"tiles of another size", tiles, []byte{2, 11}, interop.ErrRecordSize},
		{"tiles of version 3 without their area", tiles, []byte{3, 15, 0}, interop.ErrHeader},
		{"quality of another size", quality, []byte{4, 10}, interop.ErrRecordSize},
		{"bins that are none", quality, []byte{6, 34, 1, 0}, interop.ErrHeader},
		{"more bins than scores", quality, append([]byte{6, 34, 1, 51}, make([]byte, 153)...), interop.ErrHeader},
		{"a bin of score 0", quality, append([]byte{6, 34, 1, 7}, make([]byte, 21)...), interop.ErrHeader},
		{"half its bins", quality, []byte{6, 34, 1, 7, 1, 2}, interop.ErrHeader},
	} {
		if err := c.read(c.raw); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	for v := range 256 {
		raw := append([]byte{byte(v), 10, 0}, make([]byte, 64)...)
		if err := tiles(raw); v != 2 && v != 3 && !errors.Is(err, interop.ErrVersion) {
			t.Errorf("tiles of version %d: %v", v, err)
		}
		if err := quality(raw); (v < 4 || v > 9) && !errors.Is(err, interop.ErrVersion) {
			t.Errorf("quality of version %d: %v", v, err)
		}
	}
	failing := iotest.ErrReader(errors.New("the share is gone"))
	if _, err := interop.ReadTiles(io.MultiReader(bytes.NewReader([]byte{2, 10}), failing), interop.Tiles{}, 10); err == nil || strings.Contains(err.Error(), "cut off") {
		t.Errorf("a share that is gone: %v", err)
	}
}

// A file may name more tiles than anyone has; what is held is bounded all the same.
func TestTilesAreBounded(t *testing.T) {
	raw := []byte{2, 10}
	rec := make([]byte, 10)
	for tile := range 5000 {
		binary.LittleEndian.PutUint16(rec, 1)
		binary.LittleEndian.PutUint16(rec[2:], uint16(tile))
		binary.LittleEndian.PutUint16(rec[4:], 102)
		raw = append(raw, rec...)
	}
	tiles := interop.Tiles{}
	f, err := interop.ReadTiles(bytes.NewReader(raw), tiles, 100)
	if err != nil || len(tiles) != 100 || f.Records != 5000 {
		t.Errorf("%d tiles of %d records, %v", len(tiles), f.Records, err)
	}
}

// FuzzQuality holds the reader to: no panic, no more records than bytes for them, the
// same again, and what is read of a beginning is the beginning of what is read.
func FuzzQuality(f *testing.F) {
	f.Add([]byte{4, 206}, 0)
	f.Add([]byte{6, 34, 1, 7, 2, 10, 20, 25, 30, 35, 40, 9, 19, 24, 29, 34, 39, 41, 2, 14, 22, 27, 33, 37, 40}, 3)
	f.Add([]byte{9, 10, 0, 0}, 2)
	f.Fuzz(func(t *testing.T, raw []byte, cut int) {
		bins, all, file, err := readQuality(raw)
		if file.Records-file.Padding != int64(len(all)) || len(all) > 0 && len(all)*file.RecordSize > len(raw) {
			t.Fatalf("%d records of %d bytes from %d", len(all), file.RecordSize, len(raw))
		}
		if _, again, _, err2 := readQuality(raw); fmt.Sprint(err) != fmt.Sprint(err2) || !cmp.Equal(all, again) {
			t.Fatal("not the same again")
		}
		for _, q := range all {
			if total, good := bins.AtLeast(q.Counts, 30); good > total && total != 0 { // a sum may wrap
				_ = good
			}
		}
		if cut >= 0 && cut < len(raw) {
			if _, part, _, _ := readQuality(raw[:cut]); len(part) > len(all) || !cmp.Equal(append([]quality{}, part...), append([]quality{}, all[:len(part)]...)) {
				t.Fatal("a beginning reads otherwise")
			}
		}
	})
}

// FuzzTiles holds the other reader to the same.
func FuzzTiles(f *testing.F) {
	f.Add([]byte{2, 10, 1, 0, 77, 4, 102, 0, 0, 0, 0, 0})
	f.Add([]byte{3, 15, 0, 0, 128, 63, 1, 0, 77, 4, 0, 0, 't', 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		one, two := interop.Tiles{}, interop.Tiles{}
		a, err := interop.ReadTiles(bytes.NewReader(raw), one, 50)
		b, err2 := interop.ReadTiles(iotest.HalfReader(bytes.NewReader(raw)), two, 50)
		if a != b || fmt.Sprint(err) != fmt.Sprint(err2) || len(one) != len(two) || len(one) > 50 {
			t.Fatalf("%+v %v, then %+v %v", a, err, b, err2)
		}
		for id, m := range one {
			if id.Surface() < 1 || id.Surface() > 2 || len(m.Reads) > 8 {
				t.Fatalf("%+v: %+v", id, m)
			}
		}
	})
}
