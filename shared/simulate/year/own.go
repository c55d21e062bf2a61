package year

import (
	"cmp"
	"math"
	"slices"
	"time"

	"proactive/shared/fleet"
)

// history is how the normal of an instrument moves, by day.
type history struct {
	own      [signals]float64
	drift    [signals]float64 // in a year
	wander   [][signals]float64
	steps    []step // by day
	silent   [signals][]stretch
	flapping []flap
	clocks   []clock
}

// step is a service that moved the baselines of a component's signals.
type step struct {
	at    time.Time
	day   int
	shift [signals]float64
	sets  [signals]bool // in place of what the steps before did
}

// flap is a sensor that says what is not so: it jumps from run to run, or is off.
type flap struct {
	stretch
	signal int
	by     float64
	jumps  bool
}

// clock of the instrument that is wrong.
type clock struct {
	stretch
	days int
}

// wanderDays is how long a wander takes to forget.
const wanderDays = 25

// historyOf draws an instrument's normal. It adds to the life the visits that no failure
// called for.
func (g *generator) historyOf(m *member, l *life) history {
	rng := g.stream("own", m.ID)
	h := history{wander: make([][signals]float64, g.Days)}
	keep := exp(-1.0 / wanderDays)
	fresh := math.Sqrt(1 - float64(keep*keep))
	for s := range table {
		h.own[s] = float64(float64(table[s].own*rng.normal()) * g.Nuisance.Spread)
		h.drift[s] = float64(table[s].drift * rng.Float64())
		w, sd := rng.normal(), float64(table[s].wander*g.Nuisance.Noise)
		for day := range g.Days {
			h.wander[day][s] = float64(w * sd)
			w = float64(keep*w) + float64(fresh*rng.normal())
		}
	}
	for range rng.count(float64(g.Nuisance.Gaps*float64(g.Days)) / 365) {
		s := rng.IntN(telemetrySignals)
		from := rng.IntN(g.Days)
		h.silent[s] = append(h.silent[s], stretch{from, from + int(rng.between(3, 40))})
	}
	g.flaps(rng, &h, m, l)
	for _, s := range g.stretches(rng, g.Nuisance.ClockSteps, 2, 20) {
		h.clocks = append(h.clocks, clock{s, []int{-365, -30, -1, 1, 30}[rng.IntN(5)]})
	}
	g.visits(rng, m, l)
	slices.SortStableFunc(l.services, func(a, b fleet.Service) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Component, b.Component))
	})
	for _, v := range l.services {
		h.steps = append(h.steps, g.stepOf(rng, v))
	}
	return h
}

// flaps are sensors that lie. One that is off is put right from afar some weeks later.
func (g *generator) flaps(rng stream, h *history, m *member, l *life) {
	for range rng.count(float64(g.Nuisance.Flapping*float64(g.Days)) / 365) {
		f := flap{signal: rng.IntN(telemetrySignals - 1), jumps: rng.chance(.5)}
		t := table[f.signal]
		f.from = rng.IntN(g.Days)
		f.to = f.from + int(rng.between(10, 50))
		f.by = float64(rng.between(5, 15) * (t.noise + t.wander))
		if rng.chance(.5) {
			f.by = -f.by
		}
		h.flapping = append(h.flapping, f)
		if !f.jumps && f.to < g.Days {
			l.services = append(l.services, fleet.Service{
				Instrument: m.ID, Component: t.component, At: g.Start.AddDate(0, 0, f.to).Add(9 * time.Hour), Kind: fleet.Reset,
			})
		}
	}
}

// visits of the yearly maintenance, and recalibrations from afar.
func (g *generator) visits(rng stream, m *member, l *life) {
	years := float64(g.Days) / 365
	visits := int(float64(g.Nuisance.Maintenance*years) + float64(rng.Float64()))
	for range visits {
		at := g.Start.AddDate(0, 0, rng.IntN(g.Days)).Add(10 * time.Hour)
		for _, c := range Components {
			if rng.chance(.3) {
				l.services = append(l.services, fleet.Service{Instrument: m.ID, Component: c, At: at, Kind: fleet.Maintenance})
			}
		}
	}
	for range rng.count(float64(.25 * float64(g.Nuisance.Maintenance*years))) {
		l.services = append(l.services, fleet.Service{
			Instrument: m.ID, Component: Components[rng.IntN(len(Components))], At: g.Start.AddDate(0, 0, rng.IntN(g.Days)).Add(15 * time.Hour), Kind: fleet.Reset,
		})
	}
}

// stepOf draws what a service does to the baselines of its component: a new part is
// another part, a look at an old one moves it half of the times.
func (g *generator) stepOf(rng stream, v fleet.Service) step {
	st := step{at: v.At, day: int(v.At.Sub(g.Start).Hours() / 24)}
	for s := range table {
		if table[s].component != v.Component || s >= metricSignals {
			continue
		}
		z, moved := rng.normal(), rng.chance(.5)
		switch {
		case v.Kind == fleet.Repair:
			st.sets[s] = true
			st.shift[s] = float64(float64(.5*table[s].own*z) * g.Nuisance.VisitShift)
		case moved || v.Kind == fleet.Reset:
			st.shift[s] = float64(float64(table[s].visit*z) * g.Nuisance.VisitShift)
		}
	}
	return st
}

// at is an instrument's normal in a run: own, wander, drift and services.
func (h *history) at(start time.Time, day int) [signals]float64 {
	shift, since := [signals]float64{}, [signals]int{}
	for _, st := range h.steps {
		if !st.at.Before(start) {
			break
		}
		for s := range shift {
			if st.sets[s] {
				shift[s], since[s] = st.shift[s], st.day
			} else {
				shift[s] += st.shift[s]
			}
		}
	}
	for s := range shift {
		shift[s] += h.own[s] + h.wander[day][s] + float64(h.drift[s]*float64(day-since[s])/365)
	}
	return shift
}
