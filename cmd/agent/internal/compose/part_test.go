package compose_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/cmd/agent/internal/compose"
	"proactive/shared/observation"
	"proactive/shared/observe"
	"proactive/shared/simulate"
)

var labKey = bytes.Repeat([]byte{7}, 32)

// sendAll takes the parts of a run's snapshots, oldest first, as an agent would, and
// returns every measurement it sent. The last snapshot is the run at its end.
func sendAll(t *testing.T, snapshots []compose.Composition) (rows map[string]float64, parts int) {
	t.Helper()
	rows = map[string]float64{}
	sent := map[string]bool{}
	for i, made := range snapshots {
		last := i == len(snapshots)-1
		p, ok, err := compose.NextPart(made, sent, last)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			continue
		}
		parts++
		decoded, err := observation.Decode(bytes.NewReader(p.Payload))
		if err != nil {
			t.Fatalf("part %d: %v", parts, err)
		}
		n := 0
		for _, o := range decoded.Observations {
			if observe.Fixed(o) {
				continue
			}
			n++
			name := key(o)
			if _, twice := rows[name]; twice {
				t.Errorf("part %d sends %s again", parts, name)
			}
			rows[name] = o.Value
		}
		if n != len(p.Rows) || p.Last != (last || made.Report.Complete) {
			t.Errorf("part %d: %d rows of which %d are named, last %v", parts, n, len(p.Rows), p.Last)
		}
		for _, r := range p.Rows {
			sent[r] = true
		}
	}
	return rows, parts
}

func key(o observation.Observation) string {
	o.Value, o.Text = 0, ""
	return string(must(o))
}

func must(o observation.Observation) []byte {
	var b bytes.Buffer
	_ = observation.Encode(&b, observation.Payload{Catalog: "sha256:" + string(bytes.Repeat([]byte{'a'}, 64)), Observations: []observation.Observation{o}})
	return b.Bytes()
}

// measured are the measurements of a whole run.
func measured(made compose.Composition) map[string]float64 {
	rows := map[string]float64{}
	for _, o := range made.Content.Observations {
		if !observe.Fixed(o) {
			rows[key(o)] = o.Value
		}
	}
	return rows
}

// A simulated run, looked at while it grows: InterOp files cut anywhere, telemetry line
// by line, the completion file last.
func TestPartsOfAGrowingRun(t *testing.T) {
	dir := t.TempDir()
	f := simulate.Fleet{Seed: 3, Instruments: 1, Start: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)}
	if err := f.Write(dir, 0, 1); err != nil {
		t.Fatal(err)
	}
	folders, err := filepath.Glob(filepath.Join(dir, "*", "*", "RunInfo.xml"))
	if err != nil || len(folders) != 1 {
		t.Fatal(folders, err)
	}
	whole := files(t, filepath.Dir(folders[0]))
	var snapshots []compose.Composition
	for percent := 10; percent <= 110; percent += 10 {
		grown := fstest.MapFS{}
		for name, file := range whole {
			switch data := file.Data; {
			case name == "RunCompletionStatus.xml" && percent <= 100:
			case filepath.Dir(name) == "InterOp" || filepath.Dir(name) == "Logs":
				grown[name] = &fstest.MapFile{Data: data[:len(data)*min(percent, 100)/100]}
			default:
				grown[name] = file
			}
		}
		made, err := compose.FS(t.Context(), grown, labKey)
		if err != nil {
			t.Fatal(err)
		}
		snapshots = append(snapshots, made)
	}
	end := snapshots[len(snapshots)-1]
	if !end.Report.Complete {
		t.Fatal("the run does not say that it has ended")
	}
	rows, parts := sendAll(t, snapshots)
	if diff := cmp.Diff(measured(end), rows); diff != "" {
		t.Errorf("the parts are not the whole (- whole, + parts):\n%s", diff)
	}
	if parts < 5 {
		t.Errorf("%d parts of %d snapshots", parts, len(snapshots))
	}
	only, ok, err := compose.NextPart(end, nil, false)
	if err != nil || !ok || !bytes.Equal(only.Payload, end.Payload) {
		t.Errorf("a run of which nothing was sent is not sent whole: %v %v", ok, err)
	}
}

// The snapshots of a real run in progress, where they are at hand.
func TestPartsOfARealGrowingRun(t *testing.T) {
	root := filepath.Join("..", "..", "..", "..", "..", "shared", "data", "growing")
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Skip("NOT RUN: the growing run is not on this machine")
	}
	var snapshots []compose.Composition
	for _, e := range entries {
		made, err := compose.Dir(t.Context(), filepath.Join(root, e.Name()), labKey)
		if err != nil {
			t.Logf("%s: %v", e.Name(), err) // nothing measured yet
			continue
		}
		snapshots = append(snapshots, made)
	}
	if len(snapshots) < 3 {
		t.Fatalf("%d of %d snapshots have anything", len(snapshots), len(entries))
	}
	rows, parts := sendAll(t, snapshots)
	if diff := cmp.Diff(measured(snapshots[len(snapshots)-1]), rows); diff != "" {
		t.Errorf("the parts are not the whole (- whole, + parts):\n%s", diff)
	}
	t.Logf("%d snapshots, %d parts, %d rows", len(snapshots), parts, len(rows))
}

func files(t *testing.T, dir string) fstest.MapFS {
	t.Helper()
	all := fstest.MapFS{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		all[filepath.ToSlash(name)] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
