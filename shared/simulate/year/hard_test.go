package year

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"proactive/shared/fleet"
	"proactive/shared/score"
)

// TestHard says how hard a fleet is: what static limits catch at an alert budget, and
// what the oracle does. FLEET_HARD is the number of instruments, a fifth of them null.
// Another fleet than the frozen ones: FLEET_SEED.
func TestHard(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("FLEET_HARD"))
	if err != nil {
		t.Skip("FLEET_HARD is not set to a number of instruments")
	}
	seed, err := strconv.ParseUint(cmp.Or(os.Getenv("FLEET_SEED"), "101"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	h := study(t, fleet.Settings{Seed: seed, Instruments: n, Days: 365, Null: n / 5, Start: monday, Nuisance: fleet.Usual()})
	h.report(t)
}

var monday = time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC)

// budget is of false cases in an instrument-year, over all components.
const budget = .15

// holdOff is how long a case stays open when nothing failed.
const holdOff = 45 * 24 * time.Hour

// alert is a component's first sign, as of a run's arrival.
type alert struct {
	instrument, component string
	at                    time.Time
}

// hardness is what was measured of a fleet.
type hardness struct {
	years    float64
	failures []fleet.Failure
	static   map[string][]verdict // by rule: at each scale
	rows     []fleet.Oracle
	when     []time.Time // of rows
}

type verdict struct{ alerts []alert }

var scales = func() []float64 {
	var all []float64
	for s := .3; s < 2.5; s *= 1.07 {
		all = append(all, s)
	}
	return all
}()

func study(t *testing.T, s fleet.Settings) *hardness {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "fleet")
	began := time.Now()
	if _, err := Write(context.Background(), dir, s, func(int) {}); err != nil {
		t.Fatal(err)
	}
	t.Logf("written in %v", time.Since(began))
	f, err := fleet.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := &hardness{years: float64(s.Instruments*s.Days) / 365, failures: f.Failures(), static: map[string][]verdict{}}
	services := map[string][]fleet.Service{}
	for _, v := range f.Services() {
		services[v.Instrument+v.Component] = append(services[v.Instrument+v.Component], v)
	}
	for _, r := range score.Rules {
		h.static[r.ID] = make([]verdict, len(scales))
	}
	for _, i := range f.Instruments() {
		var runs []fleet.Run
		arrived := map[int64]time.Time{}
		for r, err := range f.Runs(i.ID) {
			if err != nil {
				t.Fatal(err)
			}
			runs = append(runs, r)
			arrived[r.Sequence] = r.At
		}
		for _, r := range score.Rules {
			for k, scale := range scales {
				v := &h.static[r.ID][k]
				v.alerts = append(v.alerts, staticAlerts(r, scale, runs, services[i.ID+r.Component])...)
			}
		}
		for o, err := range f.Oracle(i.ID) {
			if err != nil {
				t.Fatal(err)
			}
			h.rows, h.when = append(h.rows, o), append(h.when, arrived[o.Sequence])
		}
	}
	return h
}

// healthy is what a limit rule's feature is when all is well: scaling moves the limit
// towards it or away.
var healthy = map[string]float64{
	"stage.retries.hourly": 0, "valve.retries.hourly": 0, "chiller.temperature.mean": 4, "chiller.duty.mean": 46,
	"heater.error.mean": .18, "pump.delivered.mean": 1,
}

// staticAlerts are where a rule, its threshold moved by a scale, speaks: K of M runs
// beyond it, the baseline that of the first five runs since the last service.
func staticAlerts(r score.Rule, scale float64, runs []fleet.Run, services []fleet.Service) []alert {
	var all []alert
	var first []float64
	var window []bool
	next := 0
	quiet := time.Time{}
	for _, run := range runs {
		for next < len(services) && services[next].Since <= run.Sequence {
			first, window = nil, nil
			quiet = time.Time{}
			next++
		}
		v, ok := run.Values[r.Feature]
		if !ok {
			continue
		}
		threshold := healthy[r.Feature] + scale*(r.Limit-healthy[r.Feature])
		if r.Kind == score.Drift {
			if len(first) < 5 {
				first = append(first, v)
				continue
			}
			own := slices.Sorted(slices.Values(first))[2]
			threshold = own*(1+scale*(r.Factor-1)) + scale*r.Offset
		}
		window = append(window, v > threshold == r.Above && v != threshold)
		violations := 0
		for _, w := range window[max(0, len(window)-r.M):] {
			if w {
				violations++
			}
		}
		if violations >= r.K && !run.At.Before(quiet) {
			all = append(all, alert{run.Instrument, r.Component, run.At})
			quiet = run.At.Add(holdOff)
		}
	}
	return all
}

// tally is what alerts are worth.
type tally struct {
	caught, precursors, sudden int
	cases, wrong               int
	leads                      []float64 // days
}

// judge merges alerts to cases and holds them against the truth: a case is right if the
// component has begun to fail and is not mended.
func judge(alerts []alert, failures []fleet.Failure) tally {
	var r tally
	byPart := map[string][]alert{}
	for _, a := range alerts {
		byPart[a.instrument+a.component] = append(byPart[a.instrument+a.component], a)
	}
	truth := map[string][]int{}
	for i, f := range failures {
		truth[f.Instrument+f.Component] = append(truth[f.Instrument+f.Component], i)
		if f.Precursor && !f.Failed.IsZero() {
			r.precursors++
		}
		if f.Abrupt {
			r.sudden++
		}
	}
	for key, all := range byPart {
		slices.SortFunc(all, func(a, b alert) int { return a.at.Compare(b.at) })
		quiet, caught := time.Time{}, map[int]bool{}
		for _, a := range all {
			right := -1
			for _, i := range truth[key] {
				f := failures[i]
				if !a.at.Before(f.Onset) && (f.Ended.IsZero() || a.at.Before(f.Ended)) {
					right = i
				}
			}
			if right >= 0 {
				f := failures[right]
				if !caught[right] {
					caught[right] = true
					r.cases++
					if f.Precursor && !f.Failed.IsZero() && a.at.Before(f.Failed) {
						r.caught++
						r.leads = append(r.leads, f.Failed.Sub(a.at).Hours()/24)
					}
				}
				continue
			}
			if !a.at.Before(quiet) {
				r.cases++
				r.wrong++
				quiet = a.at.Add(holdOff)
			}
		}
	}
	slices.Sort(r.leads)
	return r
}

func (r tally) String(years float64) string {
	median := math.NaN()
	if len(r.leads) > 0 {
		median = r.leads[len(r.leads)/2]
	}
	return fmt.Sprintf("caught %4d of %d = %.0f %%, false %.3f a year, precision %.0f %%, lead %.0f d",
		r.caught, r.precursors, 100*float64(r.caught)/float64(r.precursors), float64(r.wrong)/years, 100*(1-float64(r.wrong)/float64(max(1, r.cases))), median)
}

func (h *hardness) report(t *testing.T) {
	failed, abrupt, began, censored := 0, 0, 0, 0
	parts := map[string][3]int{}
	for _, f := range h.failures {
		p := parts[f.Component]
		switch {
		case f.Abrupt:
			failed, abrupt = failed+1, abrupt+1
			p[1]++
		case f.Failed.IsZero():
			censored++
			p[2]++
		default:
			failed++
			p[0]++
		}
		parts[f.Component] = p
		began++
	}
	t.Logf("%d failed in %.0f instrument-years, %.0f %% without a precursor; %d began and had not failed", failed, h.years, 100*float64(abrupt)/float64(failed), censored)
	for _, c := range Components {
		t.Logf("  %-8s %v", c, parts[c])
	}
	for k, s := range scales {
		if k%4 == 0 {
			var all []alert
			for _, r := range score.Rules {
				all = append(all, h.static[r.ID][k].alerts...)
			}
			t.Logf("static × %.2f: %s", s, judge(all, h.failures).String(h.years))
		}
	}
	best, at := h.static1()
	t.Logf("static, one scale (%.2f): %s", at, best.String(h.years))
	tuned := h.static2()
	t.Logf("static, a scale for each rule: %s", tuned.String(h.years))
	for _, r := range score.Rules {
		line := ""
		for k := 0; k < len(scales); k += 3 {
			j := judge(h.static[r.ID][k].alerts, h.failures)
			line += fmt.Sprintf(" %.2f:%d/%d", scales[k], j.caught, j.wrong)
		}
		t.Logf("  %-36s%s", r.ID, line)
	}
	for _, threshold := range []float64{.05, .1, .15, .2, .3, .4, .5} {
		t.Logf("oracle P30 > %.2f: %s", threshold, judge(h.oracle(threshold), h.failures).String(h.years))
	}
	h.calibration(t)
}

// static1 is the best scale of all rules together within the budget.
func (h *hardness) static1() (best tally, scale float64) {
	for k, s := range scales {
		var all []alert
		for _, r := range score.Rules {
			all = append(all, h.static[r.ID][k].alerts...)
		}
		if j := judge(all, h.failures); float64(j.wrong)/h.years <= budget && j.caught > best.caught {
			best, scale = j, s
		}
	}
	return best, scale
}

// static2 gives each rule the scale at which it catches most for a price of a false
// case, the lowest price that the budget bears; what is left of the budget then goes to
// the step that catches most. It is tuned on the very fleet.
func (h *hardness) static2() tally {
	var best tally
	alone := map[string][]tally{}
	for _, r := range score.Rules {
		for k := range scales {
			alone[r.ID] = append(alone[r.ID], judge(h.static[r.ID][k].alerts, h.failures))
		}
	}
	all := func(at []int) tally {
		var alerts []alert
		for i, r := range score.Rules {
			if at[i] < len(scales) {
				alerts = append(alerts, h.static[r.ID][at[i]].alerts...)
			}
		}
		return judge(alerts, h.failures)
	}
	fits := func(j tally) bool { return float64(j.wrong)/h.years <= budget }
	at := make([]int, len(score.Rules))
	for price := 4.0; price > .01; price *= .9 {
		chosen := make([]int, len(score.Rules))
		for i, r := range score.Rules {
			worth := 0.0
			chosen[i] = len(scales) // off
			for k, j := range alone[r.ID] {
				if w := float64(j.caught) - price*float64(j.wrong); w > worth {
					worth, chosen[i] = w, k
				}
			}
		}
		if j := all(chosen); fits(j) && j.caught > best.caught {
			best, at = j, chosen
		}
	}
	for better := true; better; {
		better = false
		next := at
		for i := range at {
			for k := max(0, at[i]-6); k < at[i]; k++ {
				try := slices.Clone(at)
				try[i] = k
				if j := all(try); fits(j) && j.caught > best.caught {
					best, next, better = j, try, true
				}
			}
		}
		at = next
	}
	return best
}

func (h *hardness) oracle(threshold float64) []alert {
	var all []alert
	for i, o := range h.rows {
		if o.P30 > threshold {
			all = append(all, alert{o.Instrument, o.Component, h.when[i]})
		}
	}
	return all
}

// calibration of the oracle: what it says against what came.
func (h *hardness) calibration(t *testing.T) {
	byPart := map[string][]fleet.Failure{}
	for _, f := range h.failures {
		if !f.Failed.IsZero() {
			byPart[f.Instrument+f.Component] = append(byPart[f.Instrument+f.Component], f)
		}
	}
	for _, days := range []int{1, 7, 30} {
		said, came, n := [11]float64{}, [11]float64{}, [11]int{}
		last := monday.AddDate(0, 0, 365-days)
		for i, o := range h.rows {
			if h.when[i].After(last) {
				continue
			}
			p := map[int]float64{1: o.P1, 7: o.P7, 30: o.P30}[days]
			bin := 0
			if p > .01 {
				bin = 1 + min(9, int(p*10))
			}
			said[bin] += p
			n[bin]++
			for _, f := range byPart[o.Instrument+o.Component] {
				if f.Failed.After(h.when[i]) && !f.Failed.After(h.when[i].AddDate(0, 0, days)) {
					came[bin]++
					break
				}
			}
		}
		line := ""
		for b := range said {
			line += fmt.Sprintf(" %.3f:%.3f(%d)", said[b]/float64(n[b]), came[b]/float64(n[b]), n[b])
		}
		t.Logf("oracle within %d days, said:came(n)%s", days, line)
	}
}
