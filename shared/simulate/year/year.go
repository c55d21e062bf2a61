// Package year simulates a fleet of instruments for a year or so at the level of one
// run's features: how they wear, fail and are mended, and everything else that moves what
// they report. docs/fleet.md has every parameter, with where it comes from. What is
// learned from it is learned from a simulation.
package year

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"proactive/shared/fleet"
)

// Version of the physics. It is raised by every change that changes a fleet's digest.
const Version = "year-1"

type generator struct {
	fleet.Settings
	world     *world
	survivals [gradualModes]*survival
	supplies  map[string]supply
}

// Write makes the fleet in a new or empty directory and returns its digest. done is
// called with the number of instruments written so far, from one goroutine at a time.
func Write(ctx context.Context, dir string, s fleet.Settings, done func(instruments int)) (string, error) {
	s.Generator, s.Rates = Version, rates()
	if err := s.Check(); err != nil {
		return "", fmt.Errorf("simulating a fleet: %w", err)
	}
	w, err := fleet.Create(dir, s, Values, Factors)
	if err != nil {
		return "", fmt.Errorf("simulating a fleet: %w", err)
	}
	g := newGenerator(s)
	var (
		wait  sync.WaitGroup
		mu    sync.Mutex
		first error
		all   = touched{}
		next  = make(chan *member)
		count int
	)
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for m := range next {
				story, seen := g.tell(m)
				err := w.Add(story)
				mu.Lock()
				if err != nil && first == nil {
					first = err
				}
				all.join(seen)
				count++
				done(count)
				mu.Unlock()
			}
		})
	}
	for _, m := range g.world.members {
		if ctx.Err() != nil {
			break
		}
		next <- m
	}
	close(next)
	wait.Wait()
	if ctx.Err() != nil {
		return "", fmt.Errorf("simulating a fleet: %w", ctx.Err())
	}
	if first != nil {
		return "", fmt.Errorf("simulating a fleet: %w", first)
	}
	return w.Close(all.episodes())
}

// rates are the failures that begin in a year of an instrument that can fail, by mode.
func rates() map[string]float64 {
	all := map[string]float64{}
	for _, m := range modes {
		all[m.name] = m.onsets
	}
	for component, r := range sudden {
		all[suddenNames[component]] = r
	}
	return all
}

func newGenerator(s fleet.Settings) *generator {
	g := &generator{Settings: s, supplies: map[string]supply{}}
	for i, m := range modes {
		g.survivals[i] = newSurvival(m)
	}
	g.world = g.newWorld()
	for _, m := range g.world.members {
		for _, kind := range []string{fleet.ReagentLot, fleet.FlowcellLot} {
			key := supplyOf(kind, m)
			if _, ok := g.supplies[key]; !ok {
				byDay, all := g.lots(kind, m.family, m.site.region)
				g.supplies[key] = supply{kind: kind, byDay: byDay, all: all}
			}
		}
	}
	return g
}

func supplyOf(kind string, m *member) string {
	return fmt.Sprint(kind, " ", m.family.name, " ", m.site.region)
}

// tell is the whole story of one instrument, and the episodes that touched it.
func (g *generator) tell(m *member) (fleet.Story, touched) {
	plan := g.calendar(m)
	life := g.lifeOf(m, plan)
	t := teller{
		generator: g, m: m, life: &life, history: g.historyOf(m, &life), releases: g.world.releases[m.Type], touched: touched{},
	}
	t.installs = g.installs(m, t.releases)
	rng := g.stream("site habits", m.Site)
	t.habits = habits{
		missesWash:   float64(g.Nuisance.WashMissed * rng.between(.3, 1.7)),
		lowDiversity: min(.9, float64(g.Nuisance.LowDiversity*siteKinds[m.site.kind].lowDiversity)),
		phix:         exp(float64(.6*rng.normal()) + .7),
	}
	for i, kind := range []string{fleet.ReagentLot, fleet.FlowcellLot} {
		t.lots[i] = g.supplies[supplyOf(kind, m)]
		t.lots[i].field = []string{"run.reagent_lot", "run.flowcell_lot"}[i]
		t.lots[i].late = rng.IntN(12)
	}
	story := fleet.Story{Instrument: m.Instrument, Null: m.null, Failures: life.failures}
	lost := g.stream("lost", m.ID)
	sequence := int64(0)
	sinces := make([]int64, len(life.services))
	for _, p := range plan {
		// Nobody runs an instrument that is broken but for a try, nor while it is mended.
		tried, arrived := lost.chance(.35), !lost.chance(g.Nuisance.LostRuns)
		if slices.ContainsFunc(life.outOfUse, func(o outage) bool {
			return p.start.After(o.from) && p.start.Before(o.to) && (!tried || p.at.After(o.to))
		}) {
			continue
		}
		sequence++
		for i, v := range life.services {
			if sinces[i] == 0 && p.start.After(v.At) {
				sinces[i] = sequence
			}
		}
		if arrived {
			story.Runs = append(story.Runs, t.run(p, sequence))
			story.Oracle = append(story.Oracle, g.oracle(m, &life, p, sequence)...)
		}
	}
	for i, v := range life.services {
		if v.Since = sinces[i]; v.Since == 0 {
			v.Since = sequence + 1
		}
		story.Services = append(story.Services, v)
	}
	return story, t.touched
}

// oracle of a run, as of its arrival: of the components that are whole then.
func (g *generator) oracle(m *member, l *life, p planned, sequence int64) []fleet.Oracle {
	since := p.at.Sub(g.Start).Hours() / 24
	day := int(since)
	f := since - float64(day)
	var all []fleet.Oracle
	for _, c := range Components {
		chances, whole := l.oracle[day][c]
		if !whole || l.broken(c, p.at, p.at.Add(time.Nanosecond)) {
			continue
		}
		at := func(k int) float64 { return within(f, chances[0], chances[k], chances[k+1]) }
		all = append(all, fleet.Oracle{Instrument: m.ID, Sequence: sequence, Component: c, P1: at(0), P7: at(2), P14: at(4), P30: at(6)})
	}
	return all
}

// touched are the episodes that an instrument saw, by cause, field and value.
type touched map[[3]string]*fleet.Episode

func (t *teller) touch(cause, field, value string, at time.Time) {
	e := fleet.Episode{Cause: cause, Field: field, Value: value, From: at, To: at, Instruments: []string{t.m.ID}}
	t.touched.join(touched{{cause, field, value}: &e})
}

func (t touched) join(other touched) {
	for key, e := range other {
		all, ok := t[key]
		if !ok {
			t[key] = e
			continue
		}
		if e.From.Before(all.From) {
			all.From = e.From
		}
		if e.To.After(all.To) {
			all.To = e.To
		}
		for _, id := range e.Instruments {
			if !slices.Contains(all.Instruments, id) {
				all.Instruments = append(all.Instruments, id)
			}
		}
	}
}

func (t touched) episodes() []fleet.Episode {
	var all []fleet.Episode
	for _, e := range slices.Collect(maps.Values(t)) {
		slices.Sort(e.Instruments)
		all = append(all, *e)
	}
	return all
}

var crockford = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// opaque is a name that says nothing, of 26 characters.
func (g *generator) opaque(purpose ...any) string {
	sum := sha256.Sum256(fmt.Append(nil, append([]any{"proactive year name\n", g.Seed, "\n"}, purpose...)...))
	return strings.ToLower(crockford.EncodeToString(sum[:17]))[:26]
}
