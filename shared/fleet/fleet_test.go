package fleet

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/health"
)

var start = time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC)

func settings() Settings {
	return Settings{Seed: 1, Instruments: 2, Days: 30, Start: start, Nuisance: Usual()}
}

func run(id string, n int64, hours int, values map[string]float64) Run {
	return Run{At: start.Add(time.Duration(hours) * time.Hour), Features: health.Features{
		Instrument: id, Batch: "b", Sequence: n, Run: "r", Week: start, Values: values, Factors: map[string]string{"run.reagent_lot": "1"},
	}}
}

func stories() []Story {
	return []Story{
		{
			Instrument: Instrument{ID: "i-b", Tenant: "t-1", Site: "s-1", Type: "MiSeq"}, Null: true,
			Runs: []Run{run("i-b", 1, 5, map[string]float64{"q30": 90}), run("i-b", 3, 9, map[string]float64{"fan.speed.mean": 0})},
		},
		{
			Instrument: Instrument{ID: "i-a", Tenant: "t-1", Site: "s-1", Type: "MiSeq"},
			Runs:       []Run{run("i-a", 1, 7, map[string]float64{"q30": 91.25, "fan.speed.mean": 3000}), run("i-a", 2, 11, map[string]float64{})},
			Services:   []Service{{Instrument: "i-a", Component: "fan", At: start, Since: 2, Kind: Repair, Part: "fan"}},
			Failures:   []Failure{{Instrument: "i-a", Component: "fan", Mode: "m", Onset: start, Precursor: true, Cause: "wear"}},
			Oracle: []Oracle{
				{"i-a", 1, "fan", .1, .2, .3, .4}, {"i-a", 1, "laser", 0, 0, 0, .1}, {"i-a", 2, "fan", 0, 0, 0, 0},
			},
		},
	}
}

func write(t *testing.T, stories []Story) (dir, digest string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "fleet")
	w, err := Create(dir, settings(), []string{"q30", "fan.speed.mean"}, []string{"run.reagent_lot"})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stories {
		if err := w.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	if digest, err = w.Close([]Episode{{Cause: Room, Field: "site", Value: "s-1", From: start, To: start, Instruments: []string{"i-a"}}}); err != nil {
		t.Fatal(err)
	}
	return dir, digest
}

func open(t *testing.T, dir string) *Fleet {
	t.Helper()
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// TestRoundTrip reads back what was written, whatever the order of writing.
func TestRoundTrip(t *testing.T) {
	all := stories()
	dir, digest := write(t, all)
	f := open(t, dir)
	for _, s := range all {
		var runs []Run
		for r, err := range f.Runs(s.Instrument.ID) {
			if err != nil {
				t.Fatal(err)
			}
			runs = append(runs, r)
		}
		var oracle []Oracle
		for o, err := range f.Oracle(s.Instrument.ID) {
			if err != nil {
				t.Fatal(err)
			}
			oracle = append(oracle, o)
		}
		if d := cmp.Diff(s.Runs, runs); d != "" {
			t.Error(s.Instrument.ID, d)
		}
		if d := cmp.Diff(s.Oracle, oracle); d != "" {
			t.Error(s.Instrument.ID, d)
		}
		if f.Null(s.Instrument.ID) != s.Null {
			t.Errorf("%s: null %v", s.Instrument.ID, !s.Null)
		}
	}
	if d := cmp.Diff([]Instrument{all[1].Instrument, all[0].Instrument}, f.Instruments()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(all[1].Services, f.Services()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(all[1].Failures, f.Failures()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(settings(), f.Settings()); d != "" {
		t.Error(d)
	}
	if len(f.Episodes()) != 1 || f.Digest() != digest {
		t.Errorf("%d episodes, digest %s, want %s", len(f.Episodes()), f.Digest(), digest)
	}
	if err := f.Verify(); err != nil {
		t.Error(err)
	}
	if _, other := write(t, []Story{all[1], all[0]}); other != digest {
		t.Errorf("another order of writing: %s, want %s", other, digest)
	}
}

func TestByTime(t *testing.T) {
	dir, _ := write(t, stories())
	var got []string
	for r, err := range open(t, dir).ByTime() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r.Instrument+r.At.Sub(start).String())
	}
	if want := "i-b5h0m0s i-a7h0m0s i-b9h0m0s i-a11h0m0s"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
}

// TestAltered: a fleet whose files are not those that were written is found out.
func TestAltered(t *testing.T) {
	dir, _ := write(t, stories())
	name := filepath.Join(dir, failuresFile)
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(raw), "fan", "laser", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(t, dir).Verify(); !errors.Is(err, ErrAltered) {
		t.Errorf("%v, want ErrAltered", err)
	}
}

func TestRefuses(t *testing.T) {
	dir, _ := write(t, stories())
	if _, err := Create(dir, settings(), nil, nil); err == nil {
		t.Error("wrote into a fleet that was there")
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrFormat) {
		t.Errorf("an empty directory: %v, want ErrFormat", err)
	}
	w, err := Create(filepath.Join(t.TempDir(), "fleet"), settings(), []string{"q30"}, []string{"run.reagent_lot"})
	if err != nil {
		t.Fatal(err)
	}
	if w.Add(stories()[0]) == nil {
		t.Error("wrote a value that has no column")
	}
}

func TestBounds(t *testing.T) {
	if err := settings().Check(); err != nil {
		t.Fatal(err)
	}
	for _, k := range Knobs() {
		if !(k.Low <= k.Usual && k.Usual <= k.High) || k.Name == "" || k.Meaning == "" {
			t.Errorf("%+v", k)
		}
		raw, err := json.Marshal(map[string]float64{k.Name: k.High + .001})
		if err != nil {
			t.Fatal(err)
		}
		n := Usual()
		if err := json.Unmarshal(raw, &n); err != nil {
			t.Fatal(err)
		}
		if n.Check() == nil {
			t.Errorf("%s above its bound: allowed", k.Name)
		}
	}
}
