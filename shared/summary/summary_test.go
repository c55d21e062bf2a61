package summary_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/simulate"
	"proactive/shared/summary"
)

const runInfo = `<?xml version="1.0"?><RunInfo Version="2"><Run Id="260101_M00001_0001_000000000-AAAAA" Number="1">
<Flowcell>000000000-AAAAA</Flowcell><Instrument>M00001</Instrument><Date>260101</Date>
<Reads><Read Number="1" NumCycles="30" IsIndexedRead="N"/><Read Number="2" NumCycles="4" IsIndexedRead="Y"/></Reads>
<FlowcellLayout LaneCount="2" SurfaceCount="2" SwathCount="1" TileCount="2"/></Run></RunInfo>`

// errorFile is ErrorMetricsOut.bin of version 4: every tile in cycles from to to.
func errorFile(lanes []int, from, to int) []byte {
	b := []byte{4, 12}
	for cycle := from; cycle <= to; cycle++ {
		for _, lane := range lanes {
			for _, tile := range []uint32{1101, 1102, 2101, 2102} {
				b = binary.LittleEndian.AppendUint16(b, uint16(lane))
				b = binary.LittleEndian.AppendUint32(b, tile)
				b = binary.LittleEndian.AppendUint16(b, uint16(cycle))
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(cycle)))
			}
		}
	}
	return b
}

func folder(files map[string][]byte) fstest.MapFS {
	f := fstest.MapFS{"RunInfo.xml": {Data: []byte(runInfo)}}
	for name, raw := range files {
		f["InterOp/"+name] = &fstest.MapFile{Data: raw}
	}
	return f
}

func of(t *testing.T, files map[string][]byte) *summary.Run {
	t.Helper()
	r, err := summary.Of(folder(files))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func note(t *testing.T, r *summary.Run, name string) summary.FileNote {
	t.Helper()
	for _, f := range r.Files {
		if f.Name == "InterOp/"+name {
			return f
		}
	}
	t.Fatalf("%s is not named among %+v", name, r.Files)
	return summary.FileNote{}
}

// The rate of a read is the mean over tiles of the mean over its usable cycles: of cycles
// 1 to 29 of 30, each with its own number as rate, it is 15.
func TestErrorRateLeavesTheLastCycleOut(t *testing.T) {
	r := of(t, map[string][]byte{"ErrorMetricsOut.bin": errorFile([]int{1, 2}, 1, 30)})
	if got := r.Reads[0].ErrorRate.Mean; got != 15 {
		t.Errorf("error rate %v, want 15", got)
	}
	lane := r.Reads[0].Lanes[0]
	if !math.IsNaN(float64(lane.Error35.Mean)) {
		t.Errorf("over 35 cycles of 30: %v, want none", lane.Error35.Mean)
	}
	if lane.Erred != (summary.Range{From: 30, To: 30}) || lane.TileCount != 4 || len(lane.Surfaces) != 2 || lane.Surfaces[1].TileCount != 2 {
		t.Errorf("%+v", lane)
	}
	if !math.IsNaN(float64(r.Reads[1].ErrorRate.Mean)) {
		t.Error("the index read has an error rate")
	}
}

// Each file that is not used, or not whole, is named with its reason; the others are used.
func TestOneOddFileSpoilsNothing(t *testing.T) {
	good := errorFile([]int{1, 2}, 1, 30)
	for _, c := range []struct {
		name   string
		file   string
		raw    []byte
		reason summary.Reason
		read   bool
	}{
		{"empty", "QMetricsOut.bin", nil, summary.Empty, false},
		{"version of the future", "QMetricsOut.bin", []byte{77, 20, 1}, summary.UnknownVersion, false},
		{"record size that lies", "ExtractionMetricsOut.bin", []byte{2, 39}, summary.RecordSize, false},
		{"header cut off", "QMetricsOut.bin", []byte{6, 34, 1}, summary.CutOff, false},
		{"header only", "QMetricsOut.bin", []byte{4, 206}, "", true},
		{"a lane of another run", "ExtractionMetricsOut.bin", append([]byte{3, 20, 2, 3, 0, 77, 4, 0, 0, 1, 0}, make([]byte, 12)...), summary.ForeignLane, false},
		{"a cycle of another run", "ExtractionMetricsOut.bin", append([]byte{3, 20, 2, 1, 0, 77, 4, 0, 0, 99, 0}, make([]byte, 12)...), summary.ForeignCycle, false},
		{"a tile of seven digits", "ExtractionMetricsOut.bin", append([]byte{3, 20, 2, 1, 0, 0x41, 0x42, 0x0f, 0, 1, 0}, make([]byte, 12)...), summary.ForeignTile, false},
		{"torn", "ExtractionMetricsOut.bin", append([]byte{3, 20, 2, 1, 0, 77, 4, 0, 0, 1, 0}, make([]byte, 14)...), summary.Torn, true},
		{"torn in its first record", "QMetricsOut.bin", []byte{4, 206, 1, 0}, summary.Torn, true},
		{"a kind without figures", "FWHMGridMetricsOut.bin", []byte{1}, summary.SkippedKind, false},
		{"a kind of the future", "DreamMetricsOut.bin", []byte{1}, summary.SkippedKind, false},
		{"index metrics", "IndexMetricsOut.bin", []byte{1}, summary.HoldsSequences, false},
		{"control metrics", "ControlMetrics.bin", []byte{1}, summary.HoldsSequences, false},
		{"something else", "README.txt", []byte("x"), summary.NoMetricFile, false},
		{"the older of two", "ErrorMetrics.bin", good, summary.Superseded, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := of(t, map[string][]byte{"ErrorMetricsOut.bin": good, c.file: c.raw})
			f := note(t, r, c.file)
			if f.Reason != c.reason || f.Read != c.read || f.Bytes != int64(len(c.raw)) {
				t.Errorf("%+v, want %q", f, c.reason)
			}
			if r.Reads[0].ErrorRate.Mean != 15 || !note(t, r, "ErrorMetricsOut.bin").Read {
				t.Error("the other file was not used")
			}
			if math.IsNaN(float64(r.Reads[0].FirstCycleIntensity.Mean)) == c.read && strings.HasPrefix(c.file, "Extraction") {
				t.Error("what was set aside is used, or what was read is not")
			}
		})
	}
}

// A record of lane, tile or cycle 0 is padding, and says nothing.
func TestPaddingIsSkipped(t *testing.T) {
	good := errorFile([]int{1, 2}, 1, 30)
	for _, field := range []int{0, 2, 6} { // lane, tile, cycle
		raw := append([]byte{}, good[:2]...)
		for i := 2; i < len(good); i += 12 {
			bad := append([]byte{}, good[i:i+12]...)
			clear(bad[field : field+2])
			binary.LittleEndian.PutUint32(bad[8:], math.Float32bits(1000))
			if raw = append(raw, good[i:i+12]...); i%5 == 0 {
				raw = append(append(raw, bad...), bad...)
			}
		}
		r := of(t, map[string][]byte{"ErrorMetricsOut.bin": raw})
		f := note(t, r, "ErrorMetricsOut.bin")
		if r.Reads[0].ErrorRate.Mean != 15 || !f.Read || f.Padding == 0 || f.Records-f.Padding != 240 {
			t.Errorf("field at %d: error rate %v, %+v", field, r.Reads[0].ErrorRate.Mean, f)
		}
	}
}

// A cycle that is written again counts once: its last record stands, wherever it comes.
func TestWhatIsWrittenAgainStandsLast(t *testing.T) {
	whole := of(t, map[string][]byte{"ErrorMetricsOut.bin": errorFile([]int{1, 2}, 1, 30)})
	wrong := errorFile([]int{1, 2}, 11, 20)
	for i := 2; i < len(wrong); i += 12 {
		binary.LittleEndian.PutUint32(wrong[i+8:], math.Float32bits(99))
	}
	for name, parts := range map[string][][]byte{
		"again at once":    {errorFile([]int{1, 2}, 1, 10), wrong, errorFile([]int{1, 2}, 11, 30)},
		"again at the end": {errorFile([]int{1, 2}, 1, 10), wrong, errorFile([]int{1, 2}, 21, 30), errorFile([]int{1, 2}, 11, 20)},
		"late, once":       {errorFile([]int{1, 2}, 1, 10), errorFile([]int{1, 2}, 21, 30), errorFile([]int{1, 2}, 11, 20)},
	} {
		raw := append([]byte{}, parts[0]...)
		for _, p := range parts[1:] {
			raw = append(raw, p[2:]...)
		}
		raw = append(raw, 1, 0, 77) // torn
		r := of(t, map[string][]byte{"ErrorMetricsOut.bin": raw})
		if diff := cmp.Diff(whole.Reads, r.Reads, equalNaN); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		f := note(t, r, "ErrorMetricsOut.bin")
		if want := int64(80); f.Reason != summary.Torn || !f.Read || name != "late, once" && f.Superseded != want || name == "late, once" && f.Superseded != 0 {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// Files by cycle say the same as one of the whole run; the last one may be torn.
func TestFilesByCycle(t *testing.T) {
	whole := of(t, map[string][]byte{"ErrorMetricsOut.bin": errorFile([]int{1, 2}, 1, 30)})
	files := map[string][]byte{}
	for c := 1; c <= 30; c++ {
		files[filepath.Join(fmt.Sprintf("C%d.1", c), "ErrorMetricsOut.bin")] = errorFile([]int{1, 2}, c, c)
	}
	parts := of(t, files)
	if diff := cmp.Diff(whole.Reads, parts.Reads, equalNaN); diff != "" {
		t.Error(diff)
	}
	torn := errorFile([]int{1, 2}, 30, 30)
	files["C30.1/ErrorMetricsOut.bin"] = torn[:len(torn)-5]
	r := of(t, files)
	if f := note(t, r, "C30.1/ErrorMetricsOut.bin"); f.Reason != summary.Torn || !f.Read || f.Records != 7 {
		t.Errorf("%+v", f)
	}
	if got := r.Reads[0].ErrorRate.Mean; got != 15 {
		t.Errorf("error rate %v", got)
	}
}

var equalNaN = cmp.Comparer(func(a, b float32) bool { return a == b || a != a && b != b })

// A run that has not imaged yet has no figures, and that is no error; a folder without
// RunInfo.xml is none.
func TestNothingYet(t *testing.T) {
	r, err := summary.Of(fstest.MapFS{"RunInfo.xml": {Data: []byte(runInfo)}})
	if err != nil || len(r.Rows(summary.Total)) != 0 || len(r.Files) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := summary.Of(fstest.MapFS{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no RunInfo.xml: %v", err)
	}
	if _, err := summary.Of(fstest.MapFS{"RunInfo.xml": {Data: []byte("<RunInfo><Run")}}); err == nil {
		t.Error("a broken RunInfo.xml is used")
	}
}

// Files read side by side give the same figures as one after the other, and figures are
// the same with and without the curves.
func TestSimulatedRunInEveryWay(t *testing.T) {
	dir := t.TempDir()
	fleet := simulate.Fleet{Seed: 5, Instruments: 1, Start: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)}
	if err := fleet.Write(dir, 0, 1); err != nil {
		t.Fatal(err)
	}
	runs, err := filepath.Glob(filepath.Join(dir, "*", "*", "RunInfo.xml"))
	if err != nil || len(runs) == 0 {
		t.Fatalf("%v %v", runs, err)
	}
	in := os.DirFS(filepath.Dir(runs[0]))
	first, err := summary.Of(in)
	if err != nil || len(first.Reads) == 0 || math.IsNaN(float64(first.Total.Q30)) || len(first.Tiles) == 0 || len(first.Cycles) == 0 {
		t.Fatalf("%v: %+v", err, first.Total)
	}
	for range 5 {
		again, err := summary.Of(in)
		if err != nil || !cmp.Equal(first, again, equalNaN) {
			t.Fatal("not the same again", err)
		}
	}
	short, err := summary.Of(in, summary.FiguresOnly())
	if err != nil || !cmp.Equal(first.Reads, short.Reads, equalNaN) || len(short.Cycles) != 0 {
		t.Error("figures differ without the curves", err)
	}
}

// FuzzOf puts any bytes into a metric file of any kind: never a panic, never an error of
// the whole, the file named, and another one read all the same.
func FuzzOf(f *testing.F) {
	names := []string{
		"TileMetricsOut.bin", "ExtractionMetricsOut.bin", "QMetricsOut.bin", "EmpiricalPhasingMetricsOut.bin", "ExtendedTileMetricsOut.bin",
		"ImageMetricsOut.bin", "CorrectedIntMetricsOut.bin", "QMetricsByLaneOut.bin", "QMetrics2030Out.bin", "SummaryRunMetricsOut.bin",
	}
	tail := bytes.Repeat([]byte{1, 0, 77, 4, 0, 0, 1, 0, 66, 66, 66, 66}, 30)
	for i, head := range [][]byte{{2, 10}, {3, 15, 0, 0, 128, 63}, {3, 20, 2}, {2, 38}, {4, 206}, {7, 20, 1, 3, 2, 17, 11, 18, 29, 25, 30, 40, 37}, {2, 16}, {3, 18}, {3, 16, 2}, {2, 48}} {
		f.Add(uint8(i), append(head, tail...))
	}
	good := errorFile([]int{1}, 1, 30)
	f.Fuzz(func(t *testing.T, kind uint8, raw []byte) {
		name := names[int(kind)%len(names)]
		r := of(t, map[string][]byte{"ErrorMetricsOut.bin": good, name: raw})
		if got := note(t, r, name); !got.Read && got.Reason == "" {
			t.Fatalf("%+v", got)
		}
		if r.Reads[0].Lanes[0].ErrorRate.Mean != 15 {
			t.Fatal("the other file is not used")
		}
	})
}

// A run folder of the worst kind, with as many reads as are taken and more tiles than any
// flow cell in each file of 16 MiB, is summed up in little memory.
func TestMemoryIsBounded(t *testing.T) {
	var reads strings.Builder
	for n := range 16 {
		fmt.Fprintf(&reads, `<Read Number="%d" NumCycles="100" IsIndexedRead="N"/>`, n+1)
	}
	info := strings.Replace(runInfo, `<Read Number="1" NumCycles="30" IsIndexedRead="N"/><Read Number="2" NumCycles="4" IsIndexedRead="Y"/>`, reads.String(), 1)
	for name, f := range map[string]struct {
		head []byte
		size int
	}{
		"ErrorMetricsOut.bin": {[]byte{4, 12}, 12}, "ExtractionMetricsOut.bin": {[]byte{3, 104, 16}, 104}, "EmpiricalPhasingMetricsOut.bin": {[]byte{2, 16}, 16},
		"QMetricsOut.bin": {append([]byte{7, 20, 1, 3}, 2, 17, 11, 18, 29, 25, 30, 40, 37), 20}, "CorrectedIntMetricsOut.bin": {[]byte{4, 28}, 28},
	} {
		raw := append([]byte{}, f.head...)
		for n := 0; len(raw) < 16<<20; n++ {
			rec := make([]byte, f.size)
			rec[0] = byte(1 + n%2)
			binary.LittleEndian.PutUint32(rec[2:], uint32(1000+n/2%9_990))
			binary.LittleEndian.PutUint16(rec[6:], uint16(1+n%1600))
			raw = append(raw, rec...)
		}
		files := folder(map[string][]byte{name: raw})
		files["RunInfo.xml"] = &fstest.MapFile{Data: []byte(info)}
		w := &watched{FS: files}
		w.look()
		before := w.peak
		r, err := summary.Of(w)
		w.look()
		if used := w.peak - before; err != nil || used > 64<<20 || !note(t, r, name).Read {
			t.Errorf("%s: %d MiB at most, %+v, %v", name, used>>20, note(t, r, name), err)
		} else {
			t.Logf("%s: %d MiB at most, %d records", name, used>>20, note(t, r, name).Records)
		}
	}
}

// watched looks at what is alive on the heap each time another MiB of a file is read.
type watched struct {
	fs.FS
	peak  uint64
	reads int
}

func (w *watched) look() {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	w.peak = max(w.peak, m.HeapAlloc)
}

func (w *watched) Open(name string) (fs.File, error) {
	f, err := w.FS.Open(name)
	if dir, ok := f.(fs.ReadDirFile); ok {
		return dir, err
	}
	return &watchedFile{f, w}, err
}

type watchedFile struct {
	fs.File
	w *watched
}

func (f *watchedFile) Read(b []byte) (int, error) {
	if f.w.reads++; f.w.reads%16 == 0 {
		f.w.look()
	}
	return f.File.Read(b)
}
