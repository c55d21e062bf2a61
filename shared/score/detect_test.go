package score

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"proactive/shared/health"
)

const testInstrument = "i-01hzzzzzzzzzzzzzzzzzzzzzzz"

// run is a row with the given features.
func run(sequence int64, values map[string]float64) health.Features {
	return health.Features{
		Instrument: testInstrument, Batch: fmt.Sprintf("B%d", sequence), Sequence: sequence,
		Run: fmt.Sprintf("run-%d", sequence), Values: values,
	}
}

// series makes one row for each value, from sequence 1; NaN leaves the feature out.
func series(feature string, values ...float64) []health.Features {
	var rows []health.Features
	for i, v := range values {
		f := run(int64(i+1), map[string]float64{"q30": 90})
		if !math.IsNaN(v) {
			f.Values[feature] = v
		}
		rows = append(rows, f)
	}
	return rows
}

func rulesOf(found []health.Finding) []string {
	rules := []string{}
	for _, f := range found {
		rules = append(rules, f.Rule)
	}
	return rules
}

func TestDetect(t *testing.T) {
	none := math.NaN()
	const (
		chiller = "chiller.temperature.mean"
		stage   = "stage.error.mean"
		laser   = "laser.power.mean"
		warm    = "thermal.chiller.temperature.limit"
		growing = "mechanical.stage.error.drift"
	)
	for name, c := range map[string]struct {
		rows []health.Features
		want []string
	}{
		"nothing at all":                          {nil, []string{}},
		"healthy":                                 {series(chiller, 4, 4.1, 3.9, 4.2, 4, 4), []string{}},
		"one warm run":                            {series(chiller, 4, 12, 4, 4), []string{}},
		"exactly on the limit":                    {series(chiller, 8, 8, 8, 8), []string{}},
		"two warm runs of three":                  {series(chiller, 4, 9, 4, 9), []string{warm}},
		"two warm runs too far apart":             {series(chiller, 9, 4, 4, 9), []string{}},
		"warm runs with no telemetry in between":  {series(chiller, 9, none, 9), []string{warm}},
		"warm runs with much missing in between":  {series(chiller, 9, none, none, 9), []string{}},
		"missing telemetry":                       {series(chiller, none, none, none), []string{}},
		"stage error doubles":                     {series(stage, .1, .11, .1, .09, .1, .25, .25, .25), []string{growing}},
		"stage error grows by half":               {series(stage, .1, .11, .1, .09, .1, .15, .15, .15), []string{}},
		"drift without a baseline":                {series(stage, .1, .1, .3, .3, .3), []string{}},
		"drift with three of a baseline":          {series(stage, .1, .1, .1, .3, .3, .3), []string{growing}},
		"baseline with runs that lack telemetry":  {series(stage, none, none, .1, .1, .1, .1, .1, .3, .3, .3), []string{growing}},
		"laser loses eight percent":               {series(laser, 100, 101, 99, 100, 100, 92, 92, 92), []string{}},
		"laser loses twelve percent":              {series(laser, 100, 101, 99, 100, 100, 88, 88, 88), []string{"optical.laser.power.drift"}},
		"laser brighter is no fault":              {series(laser, 100, 101, 99, 100, 100, 150, 150, 150), []string{}},
		"pump delivers too little":                {series("pump.delivered.mean", .99, .9, .9), []string{"fluidics.pump.delivered.limit"}},
		"run metrics alone, however bad, no case": {series("q30.r1", 95, 95, 95, 95, 95, 20, 20, 20), []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, rulesOf(Detect(c.rows, nil))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDetectOneRuleAtLeastInEachSubsystem(t *testing.T) {
	seen := map[health.Subsystem]int{}
	ids := map[string]bool{}
	for _, r := range Rules {
		seen[r.Subsystem]++
		if ids[r.ID] {
			t.Errorf("rule %s stands twice", r.ID)
		}
		ids[r.ID] = true
		if r.K < 2 {
			t.Errorf("rule %s makes a finding of one run", r.ID)
		}
	}
	for _, s := range []health.Subsystem{health.Optical, health.Mechanical, health.Thermal, health.Fluidics} {
		if seen[s] == 0 {
			t.Errorf("no rule for %s", s)
		}
	}
}

func TestDetectFlappingAroundTheLimitIsOneFinding(t *testing.T) {
	ids := map[string]bool{}
	var rows []health.Features
	for i := range int64(60) {
		e := 1e-9
		if i%2 == 0 {
			e = -e
		}
		rows = append(rows, run(i+1, map[string]float64{"chiller.temperature.mean": 8 + e}))
		for _, f := range Detect(rows, nil) {
			ids[f.ID] = true
		}
	}
	if len(ids) != 1 {
		t.Errorf("%d findings, want 1", len(ids))
	}
}

func TestDetectOneRunSentTwiceIsOneRun(t *testing.T) {
	rows := series("chiller.temperature.mean", 9, 9)
	rows[1].Run = rows[0].Run
	if found := Detect(rows, nil); len(found) != 0 {
		t.Errorf("one run, sent in two batches, made %v", rulesOf(found))
	}
	rows = append(rows, run(3, map[string]float64{"chiller.temperature.mean": 9}))
	if found := Detect(rows, nil); len(found) != 1 {
		t.Errorf("two runs made %v", rulesOf(found))
	}
}

// Runs that come in parts count as runs: two of three that are warm are found however
// many batches each took, and however those of two flow cells interleave.
func TestDetectRunsInParts(t *testing.T) {
	parts := func(runs ...string) (rows []health.Features) {
		for i, name := range runs {
			f := run(int64(i+1), map[string]float64{"chiller.temperature.mean": 9})
			if f.Run = name; name == "cold" {
				f.Values["chiller.temperature.mean"] = 4
			}
			rows = append(rows, f)
		}
		return rows
	}
	for name, c := range map[string]struct {
		runs []string
		want int
	}{
		"one run in six parts":               {[]string{"a", "a", "a", "a", "a", "a"}, 0},
		"two warm runs, a cold one between":  {[]string{"a", "a", "a", "cold", "cold", "cold", "b", "b"}, 1},
		"two flow cells at once":             {[]string{"a", "b", "a", "b", "a", "b"}, 1},
		"two warm ones, too far apart":       {[]string{"a", "x1", "x1", "x2", "x2", "b"}, 0},
		"far apart in numbers, near in runs": {[]string{"a", "cold", "cold", "cold", "cold", "cold", "cold", "b"}, 1},
	} {
		rows := parts(c.runs...)
		for i := range rows {
			if strings.HasPrefix(rows[i].Run, "x") {
				rows[i].Values["chiller.temperature.mean"] = 4
			}
		}
		if found := Detect(rows, nil); len(found) != c.want {
			t.Errorf("%s: %v, want %d", name, rulesOf(found), c.want)
		}
	}
	// A missing number may be anything: it counts as a run.
	rows := parts("a", "cold", "cold", "b")
	if found := Detect([]health.Features{rows[0], rows[3]}, nil); len(found) != 0 {
		t.Errorf("with two numbers missing: %v", rulesOf(found))
	}
	if found := Detect(rows, nil); len(found) != 1 {
		t.Errorf("with all of them: %v", rulesOf(found))
	}
}

func TestDetectAfterServiceJudgesAfresh(t *testing.T) {
	rows := series("chiller.temperature.mean", 9, 9, 9, 4, 4, 9, 9)
	before := Detect(rows[:5], nil)
	services := map[string]health.Epoch{"chiller": {Number: 1, Since: 4, Case: "c-1"}}
	if found := Detect(rows[:5], services); len(found) != 0 {
		t.Errorf("runs before the service count: %v", rulesOf(found))
	}
	again := Detect(rows, services)
	if len(again) != 1 || again[0].ID == before[0].ID || again[0].Epoch != 1 || again[0].FirstSequence != 6 {
		t.Errorf("a recurrence is not a new finding: %+v", again)
	}
}

func TestDetectEvidenceCanBeChecked(t *testing.T) {
	rows := series("stage.error.mean", .1, .1, .1, .1, .1, .3, .3, .3, .3)
	f := Detect(rows, nil)[0]
	if f.FirstSequence != 6 || f.LastSequence != 8 || len(f.Evidence.Points) != 8 {
		t.Errorf("window %d to %d with %d points", f.FirstSequence, f.LastSequence, len(f.Evidence.Points))
	}
	if f.Evidence.Baseline != .1 || f.Evidence.Limit != .2 || !f.Evidence.Above {
		t.Errorf("evidence %+v", f.Evidence)
	}
	if len(f.Evidence.Support) != 1 || f.Evidence.Support[0].Feature != "q30" {
		t.Errorf("support %+v", f.Evidence.Support)
	}
	for _, p := range f.Evidence.Points {
		if p.Violates != (p.Value > f.Evidence.Limit) {
			t.Errorf("point %+v", p)
		}
	}
}

// A gap chosen by an instrument must cost nothing.
func TestDetectHugeSequenceNumbers(*testing.T) {
	rows := series("stage.error.mean", .1, .1, .1, .3, .3, .3)
	rows[5].Sequence = math.MaxInt64 - 1
	Detect(rows, nil)
}

// history draws a history of at most 40 numbers, with faults, gaps and absent features.
func drawHistory(t *rapid.T) []health.Features {
	n := rapid.IntRange(1, 40).Draw(t, "runs")
	var rows []health.Features
	for i := range n {
		if rapid.IntRange(0, 9).Draw(t, "lost") == 0 {
			continue
		}
		values := map[string]float64{}
		for _, r := range Rules {
			if rapid.IntRange(0, 4).Draw(t, "absent") > 0 {
				normal := r.Limit
				if r.Kind == Drift {
					normal = 10
				}
				values[r.Feature] = normal * rapid.Float64Range(0.5, 2.5).Draw(t, r.Feature)
			}
		}
		f := run(int64(i+1), values)
		// Sent again, or in parts, maybe with those of the run on the other side between.
		if back := rapid.IntRange(0, 6).Draw(t, "a part of"); back <= 2 && i >= back {
			f.Run = fmt.Sprintf("run-%d", i+1-back)
		}
		rows = append(rows, f)
	}
	return rows
}

func drawServices(t *rapid.T) map[string]health.Epoch {
	services := map[string]health.Epoch{}
	for _, r := range Rules {
		if rapid.IntRange(0, 5).Draw(t, "serviced") == 0 {
			services[r.Component] = health.Epoch{Number: 1, Since: rapid.Int64Range(1, 30).Draw(t, "since"), Case: "c"}
		}
	}
	return services
}

// Promise 5: findings do not depend on the order of delivery, nor on repetition; and a
// finding made on some of the batches is made on all of them.
func TestDetectIsOrderFreeAndMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, services := drawHistory(t), drawServices(t)
		want := Detect(rows, services)
		final := map[string]bool{}
		for _, f := range want {
			final[f.ID] = true
		}
		delivered := append([]health.Features{}, rows...)
		for range rapid.IntRange(0, 10).Draw(t, "repeated") {
			if len(rows) > 0 {
				delivered = append(delivered, rows[rapid.IntRange(0, len(rows)-1).Draw(t, "again")])
			}
		}
		seed := rapid.Uint64().Draw(t, "order")
		rand.New(rand.NewPCG(seed, seed)).Shuffle(len(delivered), func(i, j int) {
			delivered[i], delivered[j] = delivered[j], delivered[i]
		})
		was := map[string]bool{}
		for n := 1; n <= len(delivered); n++ {
			now := map[string]bool{}
			for _, f := range Detect(delivered[:n], services) {
				now[f.ID] = true
				if !final[f.ID] {
					t.Fatalf("after %d of %d deliveries: %s, which all of them do not support", n, len(delivered), f.Rule)
				}
			}
			for id := range was {
				if !now[id] {
					t.Fatalf("delivery %d took %s away", n, id)
				}
			}
			was = now
		}
		if diff := cmp.Diff(want, Detect(delivered, services)); diff != "" {
			t.Fatalf("the order of delivery changed the findings: %s", diff)
		}
	})
}

// The bounds of a baseline are tight: with everything there they are the median.
func TestBaselineBounds(t *testing.T) {
	all := []reading{{1, "a", 5}, {2, "b", 1}, {3, "c", 4}, {4, "d", 2}, {5, "e", 3}, {6, "f", 100}}
	present := func(s ...int64) map[int64]bool {
		m := map[int64]bool{}
		for _, n := range s {
			m[n] = true
		}
		return m
	}
	for name, c := range map[string]struct {
		readings  []reading
		present   map[int64]bool
		newest    int64
		low, high float64
		ok        bool
	}{
		"all five":                  {all, present(1, 2, 3, 4, 5, 6), 6, 3, 3, true},
		"four so far":               {all[:4], present(1, 2, 3, 4), 4, 2, 4, true},
		"three so far":              {all[:3], present(1, 2, 3), 3, 1, 5, true},
		"two so far":                {all[:2], present(1, 2), 2, 0, 0, false},
		"one missing":               {append(all[:1:1], all[2:]...), present(1, 3, 4, 5, 6), 6, 3, 4, true},
		"one without the feature":   {append(all[:1:1], all[2:]...), present(1, 2, 3, 4, 5, 6), 6, 4, 4, true},
		"three missing at the head": {all[3:], present(4, 5, 6), 6, 0, 0, false},
		"three lost at the head":    {all[3:], present(4, 5, 6, 60), 60, 2, 100, true},
	} {
		t.Run(name, func(t *testing.T) {
			low, high, ok := baseline(c.readings, c.present, 0, c.newest)
			if low != c.low || high != c.high || ok != c.ok {
				t.Errorf("%v to %v, %v; want %v to %v, %v", low, high, ok, c.low, c.high, c.ok)
			}
		})
	}
}

func TestJudge(t *testing.T) {
	const feature = "stage.error.mean"
	broken := series(feature, .1, .1, .1, .1, .1, .3, .3, .3)
	opened := Detect(broken, nil)
	services := map[string]health.Epoch{"stage": {Number: 1, Since: 9, Case: "c"}}
	for name, c := range map[string]struct {
		after []float64
		want  health.Judgement
	}{
		"no runs yet":                        {nil, health.Judgement{}},
		"one good run":                       {[]float64{.1}, health.Judgement{Judged: 1}},
		"two good runs":                      {[]float64{.1, .1}, health.Judgement{Judged: 2}},
		"runs without telemetry":             {[]float64{math.NaN(), math.NaN()}, health.Judgement{}},
		"not repaired":                       {[]float64{.3, .3, .3}, health.Judgement{Judged: 3, Violating: 3, Failing: true}},
		"one bad run":                        {[]float64{.1, .3, .1}, health.Judgement{Judged: 3, Violating: 1}},
		"unrepaired is not the new baseline": {[]float64{.3, .3, .3, .3, .3, .3}, health.Judgement{Judged: 6, Violating: 6, Failing: true}},
	} {
		t.Run(name, func(t *testing.T) {
			rows := append([]health.Features{}, broken...)
			for i, v := range c.after {
				f := run(int64(9+i), map[string]float64{})
				if !math.IsNaN(v) {
					f.Values[feature] = v
				}
				rows = append(rows, f)
			}
			if diff := cmp.Diff(c.want, Judge(opened, "stage", health.History{Runs: rows, Services: services})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A repair that breaks something else on the component has not repaired it.
func TestJudgeAnotherRuleOfTheComponent(t *testing.T) {
	broken := series("stage.error.mean", .1, .1, .1, .1, .1, .3, .3, .3)
	opened := Detect(broken, nil)
	services := map[string]health.Epoch{"stage": {Number: 1, Since: 9, Case: "c"}}
	for n := int64(9); n < 11; n++ {
		broken = append(broken, run(n, map[string]float64{"stage.error.mean": .1, "stage.retries.hourly": 4}))
	}
	want := health.Judgement{Judged: 2, Failing: true}
	if diff := cmp.Diff(want, Judge(opened, "stage", health.History{Runs: broken, Services: services})); diff != "" {
		t.Error(diff)
	}
}

// Single runs, however odd, are never a finding: nobody is paged for one run.
func TestDetectSingleRunsMakeNoFinding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := map[string]float64{}
		for _, r := range Rules {
			values[r.Feature] = rapid.Float64Range(-1e6, 1e6).Draw(t, r.Feature)
		}
		if found := Detect([]health.Features{run(1, values)}, nil); len(found) != 0 {
			t.Fatalf("one run made %v", rulesOf(found))
		}
	})
}

// One decision on a year of a busy instrument: what score does for every batch.
func BenchmarkDetect(b *testing.B) {
	var rows []health.Features
	for n := range int64(300) {
		values := map[string]float64{"q30": 90, "q30.r1": 91, "phasing.r1": .1, "prephasing.r1": .1}
		for _, r := range Rules {
			values[r.Feature] = 10
		}
		rows = append(rows, run(n+1, values))
	}
	for b.Loop() {
		Detect(rows, nil)
	}
}
