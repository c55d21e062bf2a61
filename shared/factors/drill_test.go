package factors_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"proactive/shared/factors"
)

// scenario is a kind of fleet and what must come out.
type scenario struct {
	name  string
	world world
	// truth are the levels that are guilty, and none else.
	truth []string
	// allowed are levels that share the guilt by construction, and count neither way.
	allowed []string
	// innocent is a level that looks guilty until what confounds it is held fixed.
	innocent string
	// recall that must be reached; 0: it is only reported.
	recall float64
}

// Fleets of 50 instruments with 20 runs each, of 12 customers, where one run in ten has the
// problem and every factor has five levels but experiment (4) and software (2).
func usual(change func(*world)) world {
	w := world{instruments: 50, runs: 1000, tenants: 12, base: .1, lots: 5}
	change(&w)
	return w
}

const (
	badLot  = "run.reagent_lot=1"
	badType = "config.instrument_type=1"
	badKind = "run.experiment=1"
)

func threefold(level string) map[string]float64 { return map[string]float64{level: 3} }

var scenarios = []scenario{
	{name: "null: runs independent", world: usual(func(*world) {})},
	{name: "null: instruments differ", world: usual(func(w *world) { w.rotate, w.spread = true, .8 })},
	{name: "null: 1,000 instruments of one run", world: usual(func(w *world) { w.instruments, w.tenants = 1000, 40 })},
	{name: "null: one instrument goes bad", world: usual(func(w *world) { w.rotate, w.spread, w.bad = true, .3, 1 })},
	{name: "null: three instruments go bad", world: usual(func(w *world) { w.rotate, w.base, w.bad = true, .05, 3 })},
	{name: "null: one lab is bad", world: usual(func(w *world) { w.rotate, w.badTenant = true, true })},
	{name: "null: 30 small lots", world: usual(func(w *world) { w.lots, w.rotate, w.spread = 30, true, .5 })},
	{
		name: "bad lot: runs independent", truth: []string{badLot}, recall: .9,
		world: usual(func(w *world) { w.flat, w.effects = true, threefold(badLot) }),
	},
	{
		name: "bad lot: instruments differ", truth: []string{badLot}, recall: .9,
		world: usual(func(w *world) { w.flat, w.spread, w.effects = true, .5, threefold(badLot) }),
	},
	{
		name: "bad lot: 20 instruments of 50 runs", truth: []string{badLot}, recall: .9,
		world: usual(func(w *world) { w.instruments, w.flat, w.spread, w.effects = 20, true, .3, threefold(badLot) }),
	},
	{
		name: "bad lot: 1,000 instruments of one run", truth: []string{badLot}, recall: .9,
		world: usual(func(w *world) { w.instruments, w.tenants, w.flat, w.effects = 1000, 40, true, threefold(badLot) }),
	},
	{
		name: "bad lot: 10 instruments of 100 runs", truth: []string{badLot},
		world: usual(func(w *world) {
			w.instruments, w.tenants, w.flat, w.spread, w.effects = 10, 7, true, .3, threefold(badLot)
		}),
	},
	{
		name: "bad lot: used up before the next", truth: []string{badLot},
		world: usual(func(w *world) { w.rotate, w.spread, w.effects = true, .5, threefold(badLot) }),
	},
	{
		name: "bad type: 10 instruments of 50", truth: []string{badType}, recall: .9,
		world: usual(func(w *world) { w.effects = threefold(badType) }),
	},
	{
		name: "bad type: 40 instruments of 200", truth: []string{badType}, recall: .9,
		world: usual(func(w *world) { w.instruments, w.tenants, w.effects = 200, 30, threefold(badType) }),
	},
	{
		name: "bad type: instruments differ", truth: []string{badType},
		world: usual(func(w *world) { w.instruments, w.tenants, w.spread, w.effects = 200, 30, .5, threefold(badType) }),
	},
	{
		name: "Simpson: a lot used mostly on a bad type", truth: []string{badType}, innocent: badLot,
		world: usual(func(w *world) {
			w.follows, w.tied, w.effects = "config.instrument_type", [2]float64{.7, .08}, map[string]float64{badType: 4}
		}),
	},
	{
		name: "Simpson: a lot used mostly in bad experiments", truth: []string{badKind}, innocent: badLot,
		world: usual(func(w *world) {
			w.follows, w.tied, w.effects = "run.experiment", [2]float64{.7, .08}, map[string]float64{badKind: 4}
		}),
	},
	{
		name: "Simpson: a bad lot used mostly in good experiments", truth: []string{badLot}, recall: .9,
		allowed: []string{badKind, "run.experiment=2", "run.experiment=3", "run.experiment=4"},
		world: usual(func(w *world) {
			w.runs, w.base, w.lots, w.follows, w.tied = 2000, .3, 3, "run.experiment", [2]float64{.8, .2}
			w.effects = map[string]float64{badKind: .12, badLot: 3}
		}),
	},
	{
		name: "bad revision of one type", truth: []string{"config.revision=11"}, allowed: []string{badType},
		world: usual(func(w *world) {
			w.instruments, w.runs, w.tenants, w.revision, w.effects = 100, 2000, 20, true, map[string]float64{"config.revision=11": 4}
		}),
	},
}

// outcome is what a scenario's fleets came to.
type outcome struct {
	Scenario string `json:"scenario"`
	Fleets   int    `json:"fleets"`
	// False is the part of fleets with any finding that is not true; Recall, with every
	// true level found to be higher.
	False  float64  `json:"false_finding_rate"`
	Recall *float64 `json:"recall,omitempty"`
	// Fooled is the part of fleets in which the innocent level was named.
	Fooled *float64 `json:"fooled,omitempty"`
	// Coverage of intervals by kind, over all levels whose truth is known.
	Coverage map[string]float64 `json:"coverage,omitempty"`
	Answers  map[string]int     `json:"answers"`
}

func fleets() int {
	if n, err := strconv.Atoi(os.Getenv("FACTORS_FLEETS")); err == nil {
		return n
	}
	return 8
}

// tally is what a scenario's fleets are counted in.
type tally struct {
	scenario
	outcome
	inside, seen            map[string]int
	wrong, recalled, fooled int
}

func drill(t *testing.T, s scenario, n int) outcome {
	t.Helper()
	of := tally{scenario: s, inside: map[string]int{}, seen: map[string]int{}}
	of.outcome = outcome{Scenario: s.name, Fleets: n, Answers: map[string]int{}}
	var lock sync.Mutex
	var group sync.WaitGroup
	next := make(chan uint64)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for seed := range next {
				r, err := factors.Analyze(s.world.make(seed), factors.Question{})
				if err != nil {
					t.Error(err)
				}
				lock.Lock()
				of.count(r)
				lock.Unlock()
			}
		})
	}
	for seed := range n {
		next <- uint64(seed) + 1
	}
	close(next)
	group.Wait()
	part := func(count int) *float64 {
		v := float64(count) / float64(n)
		return &v
	}
	of.False = *part(of.wrong)
	if s.truth != nil {
		of.Recall = part(of.recalled)
	}
	if s.innocent != "" {
		of.Fooled = part(of.fooled)
	}
	if len(of.seen) > 0 {
		of.Coverage = map[string]float64{}
	}
	for kind, seen := range of.seen {
		of.Coverage[kind] = float64(of.inside[kind]) / float64(seen)
	}
	return of.outcome
}

func (o *tally) count(r factors.Report) {
	bad, hits := false, 0
	for _, f := range r.Factors {
		for _, l := range f.Levels {
			name := f.Factor + "=" + l.Level
			o.Answers[strings.TrimSpace(string(l.Answer)+" "+l.Reason)]++
			named := l.Answer == factors.Higher || l.Answer == factors.Lower || l.Answer == factors.Inseparable
			guilty := slices.Contains(o.truth, name)
			switch {
			case guilty && l.Answer == factors.Higher:
				hits++
			case named && !slices.Contains(o.allowed, name):
				bad = true
			}
			if named && name == o.innocent {
				o.fooled++
			}
			switch {
			case o.truth == nil:
				o.coverNull(l)
			case guilty && o.allowed == nil && l.Test != nil:
				o.coverTest("the guilty's odds ratio", l.Test, o.world.effects[name])
			}
		}
	}
	if bad {
		o.wrong++
	}
	if hits == len(o.truth) {
		o.recalled++
	}
}

func (o *tally) cover(kind string, i *factors.Interval, truth float64) {
	if i == nil {
		return
	}
	if o.seen[kind]++; i.Contains(truth) {
		o.inside[kind]++
	}
}

func (o *tally) coverTest(what string, t *factors.Test, truth float64) {
	o.cover(what+", reported", &t.Interval, truth)
	o.cover(what+", by instruments", t.Instruments, truth)
	if t.Exact {
		o.cover(what+", exact", &t.Runs, truth)
		o.cover(what+", mid-P", t.MidP, truth)
	}
}

// coverNull counts what covers the truth where no level has any effect. Where instruments
// differ, what takes runs for independent does not have to cover.
func (o *tally) coverNull(l factors.Level) {
	if l.Test != nil {
		o.coverTest("odds ratio", l.Test, 1)
	}
	if w := o.world; l.Rate != nil && w.spread == 0 && w.bad == 0 && !w.badTenant {
		o.cover("rate, exact", &l.Rate.Exact, w.base)
		o.cover("rate, mid-P", &l.Rate.MidP, w.base)
		o.cover("rate, clustered", &l.Rate.Clustered, w.base)
		o.cover("rate, shrunk", l.ShrunkInterval, w.base)
	}
}

// TestDrill is the promise of docs/factors.md, on a few fleets of each kind; make
// bench-factors has thousands. What so few may miss it by is allowed for.
func TestDrill(t *testing.T) {
	n := fleets()
	slack := func(p float64, n int) float64 { return 3.5 * math.Sqrt(p*(1-p)/float64(n)) }
	var all []outcome
	for _, s := range scenarios {
		o := drill(t, s, n)
		all = append(all, o)
		recall := ""
		if o.Recall != nil {
			recall = fmt.Sprintf(", recall %.3f", *o.Recall)
		}
		t.Logf("%-52s false %.4f%s %v", s.name, o.False, recall, o.Coverage)
		limit := .05
		if s.truth != nil {
			limit = .1 // a rate of false discoveries of 5 % is one fleet in ten where one thing is true
		}
		if o.False > limit+slack(limit, n) {
			t.Errorf("%s: a false finding in %.3f of fleets, more than %.2f", s.name, o.False, limit)
		}
		if o.Recall != nil && *o.Recall < s.recall-slack(s.recall, n) {
			t.Errorf("%s: recall %.3f, less than %.2f", s.name, *o.Recall, s.recall)
		}
		if o.Fooled != nil && *o.Fooled > .05+slack(.05, n) {
			t.Errorf("%s: fooled in %.3f of fleets", s.name, *o.Fooled)
		}
		for kind, c := range o.Coverage {
			least, most := .95, 1.0
			switch independent := s.world.spread == 0 && s.world.bad == 0 && !s.world.badTenant; {
			case strings.HasSuffix(kind, "mid-P") && independent:
				least, most = .93, .97
			case (strings.HasSuffix(kind, "exact") || strings.HasSuffix(kind, "mid-P")) && !independent:
				least = 0
			case strings.HasSuffix(kind, "by instruments"):
				least = .93
			}
			if n >= 40 && (c < least-slack(least, 8*n) || c > most+slack(.97, 8*n)) {
				t.Errorf("%s: %s covers %.4f, not %.2f to %.2f", s.name, kind, c, least, most)
			}
		}
	}
	if path := os.Getenv("FACTORS_REPORT"); path != "" {
		raw, err := json.MarshalIndent(map[string]any{"format": "proactive-factors-drill/1", "seeds": fmt.Sprintf("1 to %d", n), "scenarios": all}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(raw, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if path := os.Getenv("FACTORS_PAGE"); path != "" {
		writePage(t, path, n, all)
	}
}

// The markers between which a page's table is written.
const (
	pageBegin = "<!-- make bench-factors writes from here -->\n"
	pageEnd   = "<!-- to here -->\n"
)

// writePage replaces the table of docs/factors.md.
func writePage(t *testing.T, path string, n int, all []outcome) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(raw), pageBegin)
	_, after, ends := strings.Cut(rest, pageEnd)
	if !begins || !ends {
		t.Fatalf("%s has no markers", path)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d fleets of each kind.\n\n", n)
	b.WriteString("| fleets | a false finding | the guilty found | the innocent named | odds ratio covered: reported | exact | mid-P | rate covered: exact | mid-P |\n|---|---|---|---|---|---|---|---|---|\n")
	percent := func(v *float64) string {
		if v == nil {
			return "–"
		}
		return fmt.Sprintf("%.1f %%", 100**v)
	}
	for _, o := range all {
		cell := func(suffix string) string {
			for kind, c := range o.Coverage {
				if strings.HasSuffix(kind, suffix) {
					return percent(&c)
				}
			}
			return "–"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", o.Scenario, percent(&o.False), percent(o.Recall), percent(o.Fooled),
			cell("odds ratio, reported"), cell("odds ratio, exact"), cell("odds ratio, mid-P"), cell("rate, exact"), cell("rate, mid-P"))
	}
	if err := os.WriteFile(path, []byte(before+pageBegin+b.String()+pageEnd+after), 0o600); err != nil {
		t.Fatal(err)
	}
}
