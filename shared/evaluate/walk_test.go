package evaluate

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"proactive/shared/condition"
	"proactive/shared/fleet"
	"proactive/shared/health"
)

// small writes a fleet of one site: instruments whose fans run at a speed each of its own,
// all slower by a release on day 60; the first one's fan wears from day 80 on and fails.
func small(t *testing.T, instruments, days int) *fleet.Fleet {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "fleet")
	w, err := fleet.Create(dir, fleet.Settings{Seed: 1, Instruments: instruments, Days: days, Start: day0, Nuisance: fleet.Usual()}, []string{"fan.speed.mean", "q30"}, []string{"config.control_software", "config.instrument_type", "run.reagent_lot"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range instruments {
		rng := rand.New(rand.NewPCG(9, uint64(i)))
		s := fleet.Story{Instrument: fleet.Instrument{ID: fmt.Sprint("i-", i), Tenant: "t", Site: "s", Type: "MiSeq"}, Null: i > 0}
		speed := 3000 * (1 + .04*rng.NormFloat64())
		for d := 1; d < days; d += 2 {
			v, version := speed*(1+.005*rng.NormFloat64()), "4.0"
			if d >= 60 {
				v, version = v*.93, "4.1"
			}
			if i == 0 && d > 80 {
				v *= 1 - .004*float64(d-80)
			}
			n := int64(len(s.Runs)) + 1
			s.Runs = append(s.Runs, fleet.Run{At: day(float64(d) + .4 + .01*float64(i)), Features: health.Features{
				Instrument: s.Instrument.ID, Batch: fmt.Sprint(i, "-", n), Sequence: n, Week: day(float64(d - d%7)),
				Values:  map[string]float64{"fan.speed.mean": v, "q30": 90 + .3*rng.NormFloat64()},
				Factors: map[string]string{"config.control_software": version, "config.instrument_type": "MiSeq", "run.reagent_lot": fmt.Sprint(d / 40)},
			}})
		}
		if i == 0 && days > 110 {
			s.Failures = []fleet.Failure{{Instrument: s.Instrument.ID, Component: "fan", Mode: "fan-wear", Onset: day(80), Failed: day(110), Precursor: true, Cause: "wear"}}
		}
		if err := w.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(nil); err != nil {
		t.Fatal(err)
	}
	f, err := fleet.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// vectors are all rows up to a day, by instrument, sequence number and component.
func vectors(t *testing.T, f *fleet.Fleet, until time.Time) map[string][]float64 {
	t.Helper()
	all := map[string][]float64{}
	if err := Rows(f, nil, func(r Row) error {
		if r.At.Before(until) {
			all[fmt.Sprint(r.Instrument, " ", r.Sequence, " ", r.Component)] = slices.Clone(r.Vector)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// What a model is asked after a run is a function of what came until then: a year that goes
// on does not change it.
func TestNothingIsKnownAhead(t *testing.T) {
	short, long := vectors(t, small(t, 12, 90), day(90)), vectors(t, small(t, 12, 140), day(90))
	if len(short) == 0 || len(short) != len(long) {
		t.Fatalf("%d rows and %d", len(short), len(long))
	}
	for k, v := range short {
		for i := range v {
			if a, b := v[i], long[k][i]; math.Float64bits(a) != math.Float64bits(b) && !(math.IsNaN(a) && math.IsNaN(b)) {
				t.Fatalf("%s, %s: %v, and %v if the year goes on", k, condition.Columns[i], a, b)
			}
		}
	}
}

// A release that slows all fans is not taken for wear; a fan that wears is.
func TestWhatIsSharedIsTakenOff(t *testing.T) {
	fan, at := componentAt("fan"), slices.Index(condition.Columns, "own1.fast")
	raw := slices.Index(condition.Columns, "own1.raw")
	for k, v := range vectors(t, small(t, 12, 140), day(139)) {
		var instrument string
		var sequence, component int
		if _, err := fmt.Sscan(k, &instrument, &sequence, &component); err != nil {
			t.Fatal(err)
		}
		switch d := 2*sequence - 1; {
		case component != fan || d < 70:
		case instrument == "i-0" && d > 104 && v[at] < 6:
			t.Errorf("%s: the worn fan stands at %.1f sd", k, v[at])
		case instrument != "i-0" && v[at] > 4:
			t.Errorf("%s: the release is taken for wear, %.1f sd", k, v[at])
		case instrument != "i-0" && v[raw] < 4:
			t.Errorf("%s: the release cannot be seen, %.1f sd: nothing is tested", k, v[raw])
		}
	}
}

// What is learnt are all rows near a fault and a share of the others.
func TestLearn(t *testing.T) {
	f := small(t, 12, 140)
	all, some := &Matrix{}, &Matrix{}
	if err := all.Learn(f, 1); err != nil {
		t.Fatal(err)
	}
	if err := some.Learn(f, .1); err != nil {
		t.Fatal(err)
	}
	if all.Len() != 12*70*len(condition.Components) {
		t.Errorf("%d rows", all.Len())
	}
	if n := float64(some.Len()) / float64(all.Len()); n < .08 || n > .14 {
		t.Errorf("%.2f of the rows, want a tenth and those near the failure", n)
	}
	failing := func(m *Matrix) (n int) {
		for _, l := range m.labels {
			if l[1] == 1 {
				n++
			}
		}
		return n
	}
	if failing(all) == 0 || failing(all) != failing(some) {
		t.Errorf("%d rows of a fault, of which %d were kept", failing(all), failing(some))
	}
	var a, b bytes.Buffer
	for _, w := range []*bytes.Buffer{&a, &b} {
		if err := some.Write(w, 0); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) || a.Len() < some.Len()*len(condition.Columns)*4 {
		t.Errorf("written twice: %d and %d bytes", a.Len(), b.Len())
	}
}
