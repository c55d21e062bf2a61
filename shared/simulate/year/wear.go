package year

import (
	"math"
	"time"

	"proactive/shared/fleet"
)

// worn is one gradual mode of one instrument.
type worn struct {
	mode
	begun  bool
	x      float64
	rate   float64 // of a day
	effect float64 // how much of what it does is seen
	fault  int     // index of its failure in the life
}

// life is an instrument's failures and services, and its wear day by day.
type life struct {
	days     [][gradualModes]seen // by day
	down     map[string][]outage  // by component
	services []fleet.Service
	failures []fleet.Failure
	oracle   []map[string][horizons]float64 // by day and component: chances to last from its start
	outOfUse []outage                       // between a failure that was noticed and its repair
}

// seen is a mode's wear as the physics takes it.
type seen struct{ x, effect float64 }

// outage is from a failure to its repair.
type outage struct{ from, to time.Time }

// horizons of the oracle, in days; for each also the day more, see within.
const horizons = 8

var ahead = [horizons]int{1, 2, 7, 8, 14, 15, 30, 31}

// lifeOf draws what happens to an instrument day by day. It needs the calendar of its
// runs, since a failure is noticed by a run.
func (g *generator) lifeOf(m *member, plan []planned) life {
	rng := g.stream("life", m.ID)
	frailty := exp(float64(frailtySpread*rng.normal()) - frailtySpread*frailtySpread/2)
	if m.null {
		frailty = 0
	}
	l := life{days: make([][gradualModes]seen, g.Days), down: map[string][]outage{}, oracle: make([]map[string][horizons]float64, g.Days)}
	var state [gradualModes]worn
	for i := range state {
		state[i].mode = modes[i]
	}
	asked := map[int]bool{} // the oracle, on the days when a batch arrives
	for _, p := range plan {
		asked[int(p.at.Sub(g.Start).Hours()/24)] = true
	}
	repaired := map[string]int{}       // day
	brokenTo := map[string]time.Time{} // the repair to come
	for _, c := range Components {
		repaired[c] = -1
	}
	for day := range g.Days {
		now := g.Start.AddDate(0, 0, day)
		l.oracle[day] = map[string][horizons]float64{}
		for i := range state {
			l.days[day][i] = seen{state[i].x, state[i].effect}
		}
		for _, c := range Components {
			if to, broken := brokenTo[c]; broken {
				if now.Before(to) {
					continue
				}
				delete(brokenTo, c)
				repaired[c] = day
				for i := range state {
					if state[i].component == c {
						state[i] = worn{mode: modes[i]}
						l.days[day][i] = seen{}
					}
				}
			}
			age := -1
			if repaired[c] >= 0 {
				age = day - repaired[c]
			}
			abrupt := float64(sudden[c]/365*frailty) * infant(age, 0)
			if asked[day] {
				l.oracle[day][c] = g.chances(state[:], c, frailty, age)
			}
			struck, cause := -1, "wear"
			for i := range state {
				w := &state[i]
				if w.component != c {
					continue
				}
				if !w.begun {
					if !rng.chance(float64(w.onsets / 365 * frailty * infant(age, 0))) {
						continue
					}
					if age >= 0 && age < 2*infancyDays {
						cause = "after-service"
					}
					*w = worn{
						mode: w.mode, begun: true, fault: len(l.failures),
						rate: exp(float64(rateSpread*rng.normal())) / w.span, effect: exp(float64(effectSpread * rng.normal())),
					}
					l.failures = append(l.failures, fleet.Failure{
						Instrument: m.ID, Component: c, Mode: w.name, Onset: now.Add(daytime(rng)), Precursor: true, Cause: cause,
					})
					continue
				}
				if rng.chance(hazard(w.x, w.span)) && struck < 0 {
					struck = w.fault
				}
				w.move(rng)
			}
			at := now.Add(daytime(rng))
			if rng.chance(abrupt) && struck < 0 {
				struck = len(l.failures)
				l.failures = append(l.failures, fleet.Failure{
					Instrument: m.ID, Component: c, Mode: suddenNames[c], Onset: at, Abrupt: true, Cause: "electronics",
				})
			}
			if struck >= 0 {
				l.failures[struck].Failed = at
				to := l.repair(rng, at, plan)
				brokenTo[c] = to
				l.down[c] = append(l.down[c], outage{at, to})
				for i := range l.failures { // the other modes of the part end with it
					f := &l.failures[i]
					if f.Component == c && f.Ended.IsZero() && to.Before(g.Until()) {
						f.Ended = to
					}
				}
				if to.Before(g.Until()) {
					l.services = append(l.services, fleet.Service{Instrument: m.ID, Component: c, At: to, Kind: fleet.Repair, Part: parts[c]})
				}
			}
		}
	}
	return l
}

// move is a day of wear.
func (w *worn) move(rng stream) {
	w.x += w.rate + float64(diffusion*rng.normal())
	if u := rng.Float64(); u < jumpChance/2 {
		w.x += jumpSmall
	} else if u < jumpChance {
		w.x += jumpLarge
	}
	w.x = max(0, w.x)
}

// repair is when: the run that is going on, or else the next one, shows the failure; 1
// to 6 days after its end the engineer has been there.
func (l *life) repair(rng stream, failed time.Time, plan []planned) time.Time {
	noticed := failed
	for _, p := range plan {
		if p.end.After(failed) {
			noticed = p.end
			break
		}
	}
	to := noticed.Add(time.Duration(rng.between(24, 144)) * time.Hour).Truncate(time.Hour)
	l.outOfUse = append(l.outOfUse, outage{noticed, to})
	return to
}

// chances of a component to last each of the horizons from the start of today.
func (g *generator) chances(state []worn, component string, frailty float64, age int) [horizons]float64 {
	var out [horizons]float64
	for k, days := range ahead {
		p := 1.0
		for i := range state {
			if state[i].component == component {
				p *= state[i].lasts(g.survivals[i], float64(state[i].onsets/365*frailty), age, days)
			}
		}
		for d := range days {
			p *= 1 - float64(sudden[component]/365*frailty*infant(age, d))
		}
		out[k] = p
	}
	return out
}

func daytime(rng stream) time.Duration {
	return time.Duration(math.Floor(rng.Float64()*24*60)) * time.Minute
}

// broken tells whether a component was broken at some time of a stretch.
func (l *life) broken(component string, from, to time.Time) bool {
	for _, o := range l.down[component] {
		if o.from.Before(to) && o.to.After(from) {
			return true
		}
	}
	return false
}
