package condition

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"proactive/shared/health"
)

var monday = time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC)

// at is a run in the n-th week with some values.
func at(n int64, values map[string]float64) health.Features {
	return health.Features{Instrument: "i", Sequence: n, Week: monday.AddDate(0, 0, 7*int(n-1)), Values: values,
		Factors: map[string]string{"config.instrument_type": "MiSeq", "run.completion": "CompletedAsPlanned"}}
}

// noisy is a run of a healthy instrument, with one value moved.
func noisy(rng *rand.Rand, n int64, feature string, to float64) health.Features {
	values := map[string]float64{
		"laser.current.mean": 2.2 * (1 + .008*rng.NormFloat64()), "laser.power.mean": 800 * (1 + .004*rng.NormFloat64()),
		"fan.speed.mean": 3000 * (1 + .006*rng.NormFloat64()), "chiller.duty.mean": 46 + rng.NormFloat64(), "q30": 92 + .4*rng.NormFloat64(),
	}
	if feature != "" {
		values[feature] = to
	}
	return at(n, values)
}

func column(t *testing.T, s *State, component, name string) float64 {
	t.Helper()
	row := make([]float64, len(Columns))
	for i, c := range Components {
		if c.Name == component {
			s.Vector(i, row)
		}
	}
	for i, c := range Columns {
		if c == name {
			return row[i]
		}
	}
	t.Fatalf("no column %s", name)
	return 0
}

// What is stored between two runs and carried on with gives the same numbers to the bit.
func TestStoredAndCarriedOn(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	kept, stored := &State{}, &State{}
	services, visits := map[string]health.Epoch{}, map[string]int64{}
	for n := range int64(80) {
		r := noisy(rng, n+1, "", 0)
		switch n {
		case 30:
			services["laser"] = health.Epoch{Number: 1, Since: 31}
		case 50:
			visits["fan"] = 51
		}
		kept.Add(r, map[string]float64{"q30": .1}, services, visits)
		stored.Add(r, map[string]float64{"q30": .1}, services, visits)
		raw, err := json.Marshal(stored)
		if err != nil {
			t.Fatal(err)
		}
		stored = &State{}
		if err := json.Unmarshal(raw, stored); err != nil {
			t.Fatal(err)
		}
		a, b := make([]float64, len(Columns)), make([]float64, len(Columns))
		for c := range Components {
			kept.Vector(c, a)
			stored.Vector(c, b)
			for i := range a {
				if math.Float64bits(a[i]) != math.Float64bits(b[i]) && !(math.IsNaN(a[i]) && math.IsNaN(b[i])) {
					t.Fatalf("run %d, %s, %s: %v and %v", n, Components[c].Name, Columns[i], a[i], b[i])
				}
			}
		}
	}
}

// The state does not grow with the history.
func TestConstantMemory(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	s := &State{}
	sizes := map[int]int{}
	for n := range 2000 {
		s.Add(noisy(rng, int64(n+1), "", 0), nil, nil, nil)
		if n == 200 || n == 1999 {
			raw, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			sizes[n] = len(raw)
		}
	}
	t.Logf("%d bytes after 201 runs, %d after 2000", sizes[200], sizes[1999])
	if sizes[1999] > sizes[200]*11/10 || sizes[1999] > 100_000 {
		t.Errorf("grows: %v", sizes)
	}
}

// A run that is not newer than what is there changes nothing.
func TestOldRunIsRefused(t *testing.T) {
	s := &State{}
	rng := rand.New(rand.NewPCG(1, 4))
	for n := range int64(6) {
		s.Add(noisy(rng, n+1, "", 0), nil, nil, nil)
	}
	before, _ := json.Marshal(s)
	if s.Add(noisy(rng, 6, "", 0), nil, nil, nil) || s.Add(noisy(rng, 2, "", 0), nil, nil, nil) {
		t.Error("taken")
	}
	if after, _ := json.Marshal(s); string(before) != string(after) {
		t.Error("changed by a run that was refused")
	}
}

func TestDriftStandsOut(t *testing.T) {
	s := &State{}
	rng := rand.New(rand.NewPCG(1, 5))
	for n := range int64(40) {
		current := 2.2 * (1 + .008*rng.NormFloat64()) * math.Exp(.004*float64(max(0, n-20)))
		s.Add(noisy(rng, n+1, "laser.current.mean", current), nil, nil, nil)
	}
	if fast, slope := column(t, s, "laser", "own1.fast"), column(t, s, "laser", "own1.slope"); fast < 4 || slope < .5 {
		t.Errorf("the drift stands at %.1f sd, %.1f sd in 30 days", fast, slope)
	}
	if fast := column(t, s, "fan", "own1.fast"); math.Abs(fast) > 2 {
		t.Errorf("the fan, which is well, stands at %.1f sd", fast)
	}
	if worst := column(t, s, "fan", "others"); worst < 4 {
		t.Errorf("beside the fan the worst stands at %.1f sd", worst)
	}
}

// What moves down when it wears is turned: up is worse everywhere.
func TestTurned(t *testing.T) {
	s := &State{}
	rng := rand.New(rand.NewPCG(1, 6))
	for n := range int64(30) {
		s.Add(noisy(rng, n+1, "fan.speed.mean", 3000*(1+.006*rng.NormFloat64())*math.Exp(-.01*float64(max(0, n-15)))), nil, nil, nil)
	}
	if z := column(t, s, "fan", "own1.z"); z < 4 {
		t.Errorf("a slow fan stands at %.1f", z)
	}
}

// A new part has a normal of its own; the other parts keep theirs.
func TestServiceBeginsAnew(t *testing.T) {
	s := &State{}
	rng := rand.New(rand.NewPCG(1, 7))
	services := map[string]health.Epoch{}
	for n := range int64(40) {
		current := 2.2
		if n >= 20 {
			services["laser"] = health.Epoch{Number: 1, Since: 21}
			current = 1.7 // another laser
		}
		s.Add(noisy(rng, n+1, "laser.current.mean", current*(1+.008*rng.NormFloat64())), nil, services, nil)
	}
	if z := column(t, s, "laser", "own1.fast"); math.Abs(z) > 2 {
		t.Errorf("the new laser stands at %.1f sd", z)
	}
	if runs := column(t, s, "laser", "epoch.runs"); runs != 20 {
		t.Errorf("%v runs since the service, want 20", runs)
	}
	if runs := column(t, s, "fan", "epoch.runs"); runs != 40 {
		t.Errorf("the fan has %v runs, want 40", runs)
	}
}

// What a worn part did to the signals that others own is forgotten with it; the normal of
// these is not.
func TestNeighboursForgetTheOldPart(t *testing.T) {
	s := &State{}
	rng := rand.New(rand.NewPCG(1, 17))
	services := map[string]health.Epoch{}
	for n := range int64(44) {
		score := .92
		switch {
		case n >= 40: // the drive was replaced
			services["z-drive"] = health.Epoch{Number: 1, Since: 41}
		case n >= 20:
			score = .92 - .004*float64(n-20)
		}
		s.Add(noisy(rng, n+1, "focus.score.mean", score+.004*rng.NormFloat64()), nil, services, nil)
	}
	if up, z := column(t, s, "focus", "own1.up"), column(t, s, "focus", "own1.fast"); up > 6 || math.Abs(z) > 2 {
		t.Errorf("after the drive's repair the focus still stands at %.1f sd, its sum at %.1f", z, up)
	}
	if runs := column(t, s, "focus", "epoch.runs"); runs != 44 {
		t.Errorf("the focus has %v runs, want 44: it is the same", runs)
	}
}

// A signal that jumps from run to run is told from one that drifts.
func TestJitter(t *testing.T) {
	for name, c := range map[string]struct {
		next      func(n int, noise float64) float64
		low, high float64
	}{
		"still":  {func(_ int, noise float64) float64 { return 3000 * (1 + .006*noise) }, .3, 2.5},
		"jumps":  {func(_ int, noise float64) float64 { return 3000 * (1 + .05*noise) }, 4, 40},
		"drifts": {func(n int, noise float64) float64 { return 3000 * (1 - .01*float64(max(0, n-15)) + .006*noise) }, .3, 3.5},
	} {
		s := &State{}
		rng := rand.New(rand.NewPCG(1, 23))
		for n := range 30 {
			noise := rng.NormFloat64()
			x := 3000 * (1 + .006*noise)
			if n >= 15 {
				x = c.next(n, noise)
			}
			s.Add(noisy(rng, int64(n)+1, "fan.speed.mean", x), nil, nil, nil)
		}
		if j := column(t, s, "fan", "own1.jitter"); !(j >= c.low && j <= c.high) {
			t.Errorf("%s: %.2f sd, want %v to %v", name, j, c.low, c.high)
		}
	}
}

// A part of which no normal is known yet stands out among others of its type; too few others
// say nothing.
func TestStanding(t *testing.T) {
	at := -1
	for i, s := range Signals {
		if s.Feature == "fan.speed.mean" {
			at = i
		}
	}
	rng := rand.New(rand.NewPCG(3, 1))
	var fleet Cohort
	slow := Levels(map[string]float64{"fan.speed.mean": 2300, "log.laser.off.hourly": 3})
	for i := range 15 {
		if _, there := fleet.Standing(slow, "me", 10)["fan.speed.mean"]; there != (i >= fleetLeast) {
			t.Errorf("known among %d others: %v", i, there)
		}
		fleet.Post(fmt.Sprint("i-", i), 10, Levels(map[string]float64{"fan.speed.mean": 3000 * (1 + .04*rng.NormFloat64())}))
	}
	z := fleet.Standing(slow, "me", 10)
	if len(z) != 1 || !(z["fan.speed.mean"] < -3) {
		t.Errorf("%v", z)
	}
	if z := fleet.Standing(slow, "me", 10+cohortDays+1); len(z) != 0 {
		t.Errorf("nobody was heard of for long: %v", z)
	}
	s := &State{}
	s.Add(health.Features{Sequence: 1, Week: monday, Values: map[string]float64{"fan.speed.mean": 2300}}, nil, nil, nil)
	s.Stand(z)
	if got := column(t, s, "fan", "own1.fleet"); got != -z["fan.speed.mean"] {
		t.Errorf("the column says %v of %v: up is worse", got, z)
	}
	if math.IsNaN(slow[at]) || len(slow) != len(Signals) {
		t.Errorf("levels %v", slow)
	}
}

// What a lot of reagents cannot move is not taken off for it.
func TestMoves(t *testing.T) {
	for _, c := range []struct {
		factor, feature string
		want            bool
	}{
		{"run.reagent_lot", "phasing.r1", true}, {"run.reagent_lot", "clusters.pf", false}, {"run.reagent_lot", "laser.current.mean", false},
		{"run.flowcell_lot", "clusters.pf", true}, {"run.flowcell_lot", "phasing.r1", false},
		{"config.control_software", "laser.current.mean", true},
	} {
		if got := Moves(c.factor, c.feature); got != c.want {
			t.Errorf("%s moves %s: %v", c.factor, c.feature, got)
		}
	}
}

// A release is news for a while, the version that was always there is not.
func TestSoftwareDays(t *testing.T) {
	s := &State{}
	add := func(n int64, version string) float64 {
		s.Add(health.Features{Sequence: n, Week: monday.AddDate(0, 0, 7*int(n)), Factors: map[string]string{"config.control_software": version}}, nil, nil, nil)
		return column(t, s, "fan", "software.days")
	}
	if d := add(1, "4.0"); !math.IsNaN(d) {
		t.Errorf("a version that never changed: %v days", d)
	}
	if d := add(2, "4.1"); d != 0 {
		t.Errorf("just changed: %v days", d)
	}
	if d := add(4, ""); d != 14 {
		t.Errorf("a run that does not say: %v days", d)
	}
}

// A visit at which nothing was replaced may move a level: the story goes on from where it
// was. Without the visit the same step stands out.
func TestVisitIsBridged(t *testing.T) {
	for _, visited := range []bool{true, false} {
		s := &State{}
		rng := rand.New(rand.NewPCG(1, 8))
		visits := map[string]int64{}
		for n := range int64(40) {
			current := 2.2
			if n >= 20 {
				current *= 1.1
				if visited {
					visits["laser"] = 21
				}
			}
			s.Add(noisy(rng, n+1, "laser.current.mean", current*(1+.008*rng.NormFloat64())), nil, nil, visits)
		}
		z := column(t, s, "laser", "own1.slow")
		if visited && math.Abs(z) > 2 || !visited && z < 4 {
			t.Errorf("visited %v: stands at %.1f sd", visited, z)
		}
	}
}

// A gap is not known, and not zero.
func TestGapIsMissing(t *testing.T) {
	s := &State{}
	rng := rand.New(rand.NewPCG(1, 9))
	for n := range int64(30) {
		r := noisy(rng, n+1, "", 0)
		if n >= 20 {
			delete(r.Values, "fan.speed.mean")
		}
		s.Add(r, nil, nil, nil)
	}
	if z := column(t, s, "fan", "own1.z"); !math.IsNaN(z) {
		t.Errorf("a fan that was not heard of for ten weeks stands at %v", z)
	}
	if age := column(t, s, "fan", "own1.age"); age != 70 {
		t.Errorf("heard of %v days ago, want 70", age)
	}
}

// Time is the run's own week; it never goes back, and a clock that jumps does not run away.
func TestClock(t *testing.T) {
	s := &State{}
	first := Day0(t, s, 1, monday)
	if d := Day0(t, s, 2, monday.AddDate(0, 0, 7)); d != first+7 {
		t.Errorf("a week later is %v days later", d-first)
	}
	if d := Day0(t, s, 3, monday.AddDate(0, 0, -7)); d != first+7 {
		t.Errorf("a clock that was set back: %v days after the first", d-first)
	}
	if d := Day0(t, s, 4, monday.AddDate(10, 0, 0)); d != first+14 {
		t.Errorf("a clock ten years ahead: %v days after the first", d-first)
	}
	if d := Day0(t, s, 5, time.Time{}); d != first+17 {
		t.Errorf("a run of no date: %v days after the first", d-first)
	}
}

// Day0 adds an empty run and tells its day.
func Day0(t *testing.T, s *State, n int64, week time.Time) float64 {
	t.Helper()
	if !s.Add(health.Features{Sequence: n, Week: week}, nil, nil, nil) {
		t.Fatal("refused")
	}
	return s.Day
}

// What all of a lot show is the lot's; one of them alone is not.
func TestCohort(t *testing.T) {
	signal := -1
	for i, s := range Signals {
		if s.Feature == "phasing.r1" {
			signal = i
		}
	}
	rng := rand.New(rand.NewPCG(2, 1))
	var c Cohort
	post := func(id string, by float64) {
		residuals := make([]float64, len(Signals))
		for i := range residuals {
			residuals[i] = math.NaN()
		}
		residuals[signal] = by
		c.Post(id, 10, residuals)
	}
	for i := range 3 {
		post(fmt.Sprint("i-", i), .5+.03*rng.NormFloat64())
	}
	if by, others := c.Shift(signal, "me", 12); by != 0 || others != 3 {
		t.Errorf("three others: %v of %d", by, others)
	}
	for i := range 60 {
		post(fmt.Sprint("i-", 10+i), .5+.03*rng.NormFloat64())
	}
	if len(c.Members) > cohortMost {
		t.Errorf("%d members are remembered", len(c.Members))
	}
	if by, _ := c.Shift(signal, "me", 12); math.Abs(by-.5) > .05 {
		t.Errorf("a lot at 0.5: %v", by)
	}
	if by, others := c.Shift(signal, "me", 100); by != 0 || others != 0 {
		t.Errorf("long ago: %v of %d", by, others)
	}
	c = Cohort{}
	for i := range 20 {
		by := .03 * rng.NormFloat64()
		if i == 0 {
			by = 3
		}
		post(fmt.Sprint("i-", i), by)
	}
	if by, _ := c.Shift(signal, "me", 12); math.Abs(by) > .03 {
		t.Errorf("one of twenty: %v", by)
	}
}
