package runfolder_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/runfolder"
)

const miseq = `<?xml version="1.0"?>
<RunInfo xmlns:xsd="http://www.w3.org/2001/XMLSchema" Version="2">
  <Run Id="261124_M01234_0007_000000000-ABCDE" Number="7">
    <Flowcell>000000000-ABCDE</Flowcell><Instrument>M01234</Instrument><Date>261124</Date>
    <Reads><Read NumCycles="151" Number="1" IsIndexedRead="N" /><Read NumCycles="8" Number="2" IsIndexedRead="Y" /></Reads>
    <FlowcellLayout LaneCount="1" SurfaceCount="2" SwathCount="1" TileCount="14" />
  </Run>
</RunInfo>`

func TestParseInfo(t *testing.T) {
	got, err := runfolder.ParseInfo(strings.NewReader(miseq))
	if err != nil {
		t.Fatal(err)
	}
	want := runfolder.Info{
		RunID: "261124_M01234_0007_000000000-ABCDE", Serial: "M01234", Flowcell: "000000000-ABCDE",
		Started: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC),
		Reads:   []runfolder.Read{{Number: 1, Cycles: 151}, {Number: 2, Cycles: 8, Index: true}},
		Lanes:   1, Surfaces: 2, Swaths: 1, TileCount: 14,
	}
	got.Elements = runfolder.Elements{} // see TestElements
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for date, want := range map[string]time.Time{
		"20261124":              time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC),
		"11/24/2026 3:04:05 PM": time.Date(2026, 11, 24, 15, 4, 5, 0, time.UTC),
		"2026-11-24T15:04:05Z":  time.Date(2026, 11, 24, 15, 4, 5, 0, time.UTC),
		"yesterday":             {},
	} {
		got, err := runfolder.ParseInfo(strings.NewReader(strings.Replace(miseq, ">261124<", ">"+date+"<", 1)))
		if err != nil || !got.Started.Equal(want) {
			t.Errorf("%s: %v, %v", date, got.Started, err)
		}
	}
}

func TestReadOf(t *testing.T) {
	info := runfolder.Info{Reads: []runfolder.Read{{Number: 1, Cycles: 3}, {Number: 2, Cycles: 2, Index: true}}}
	for cycle, want := range map[int][2]int{1: {1, 1}, 3: {1, 3}, 4: {2, 1}, 5: {2, 2}} {
		if r, within, ok := info.ReadOf(cycle); !ok || r.Number != want[0] || within != want[1] {
			t.Errorf("cycle %d: read %d, cycle %d, %v", cycle, r.Number, within, ok)
		}
	}
	for _, cycle := range []int{-1, 0, 6} {
		if _, _, ok := info.ReadOf(cycle); ok {
			t.Errorf("cycle %d is in a read", cycle)
		}
	}
}

// What is not the file it should be is refused by one name, which quotes nothing of it.
func TestNotOurXML(t *testing.T) {
	deep := strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100)
	for name, raw := range map[string]string{
		"nothing":              "",
		"half a file":          miseq[:len(miseq)/2],
		"another document":     "<html><body>Patient Jane Doe</body></html>",
		"an external entity":   `<!DOCTYPE RunInfo [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + strings.Replace(miseq, `<?xml version="1.0"?>`, "", 1),
		"an entity of its own": `<!DOCTYPE RunInfo [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><RunInfo><Run Id="&b;"/></RunInfo>`,
		"an unknown entity":    strings.Replace(miseq, "M01234</I", "&x;</I", 1),
		"too deep":             "<RunInfo>" + deep + "</RunInfo>",
		"two roots":            miseq + "<RunInfo></RunInfo>",
		"no reads":             `<RunInfo><Run Id="x"><Instrument>M1</Instrument></Run></RunInfo>`,
		"too large":            "<RunInfo>" + strings.Repeat("<!-- -->", 3<<20) + "</RunInfo>",
		"another encoding":     strings.Replace(miseq, `version="1.0"`, `version="1.0" encoding="utf-16"`, 1),
	} {
		_, err := runfolder.ParseInfo(strings.NewReader(raw))
		if !errors.Is(err, runfolder.ErrXML) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "Jane") {
			t.Errorf("%s: the error quotes the file: %v", name, err)
		}
	}
}

func TestFamily(t *testing.T) {
	for serial, want := range map[string]string{
		"M01234": "MiSeq", "MN01234": "MiniSeq", "NS500123": "NextSeq 500", "NB501234": "NextSeq 550", "VH00123": "NextSeq 2000",
		"A01934": "NovaSeq 6000", "LH00123": "NovaSeq X", "D00118": "HiSeq 2500", "K00123": "HiSeq 4000", "FS10000123": "iSeq 100",
		"m01234": "MiSeq", "XYZ": "unknown", "": "unknown", "M012345678": "unknown",
	} {
		if got := runfolder.Family(serial); got != want {
			t.Errorf("%q is %s, want %s", serial, got, want)
		}
	}
}

// Every real file at hand parses, or is refused by name; the edited ones are broken on
// purpose.
func TestRealXML(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "data")
	if _, err := os.Stat(root); err != nil {
		t.Skip("NOT RUN: the real files are not on this machine")
	}
	infos, parameters := 0, 0
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name := strings.ToLower(d.Name())
		if !strings.HasSuffix(name, ".xml") {
			return nil
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		switch {
		case strings.Contains(name, "runinfo"):
			if info, err := runfolder.ParseInfo(f); err == nil && info.Serial != "" {
				infos++
			} else if err != nil && !errors.Is(err, runfolder.ErrXML) {
				t.Errorf("%s: %v", path, err)
			}
		case strings.Contains(name, "runparameters"):
			if c, err := runfolder.ParseConfiguration(f, ""); err == nil && len(c.Fields) > 0 {
				parameters++
			} else if err != nil && !errors.Is(err, runfolder.ErrXML) {
				t.Errorf("%s: %v", path, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if infos < 9 || parameters < 6 {
		t.Errorf("only %d RunInfo and %d RunParameters were understood", infos, parameters)
	}
	t.Logf("%d RunInfo, %d RunParameters", infos, parameters)
}

// FuzzInfo holds the reader to: no panic, the same again, bounds kept, and errors that
// quote nothing.
func FuzzInfo(f *testing.F) {
	f.Add(miseq)
	f.Add(`<RunInfo><Run Id="a"><Reads><Read Number="1" NumCycles="9"/></Reads></Run></RunInfo>`)
	f.Fuzz(func(t *testing.T, raw string) {
		one, err := runfolder.ParseInfo(strings.NewReader(raw))
		two, err2 := runfolder.ParseInfo(strings.NewReader(raw))
		if !reflect.DeepEqual(one, two) || (err == nil) != (err2 == nil) {
			t.Fatal("not the same again")
		}
		if err != nil && err.Error() != "reading RunInfo: "+runfolder.ErrXML.Error() && err.Error() != "reading RunInfo.xml: "+runfolder.ErrXML.Error() {
			t.Fatalf("the error says more than it may: %v", err)
		}
		if len(one.Reads) > 16 || len(one.Serial) > 256 || len(one.Flowcell) > 256 {
			t.Fatalf("beyond bounds: %d reads", len(one.Reads))
		}
	})
}
