package year

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"proactive/shared/fleet"
)

// world is what instruments share: customers, rooms, lots, software.
type world struct {
	members  []*member
	releases map[string][]release // by instrument type
}

// member is one instrument and where it stands.
type member struct {
	fleet.Instrument
	family *family
	site   *site
	null   bool
}

type tenant struct {
	id      string
	noPhiX  float64
	library []stretch // badly prepared libraries
}

type site struct {
	id     string
	tenant *tenant
	region int       // which of the depots it is sent lots from
	kind   int       // of siteKinds
	room   []float64 // K above its usual, by day
	warm   []stretch // its cooling failed
	dark   [signals]bool
}

// stretch of days: from up to, not including, to.
type stretch struct{ from, to int }

func during(all []stretch, day int) bool {
	return slices.ContainsFunc(all, func(s stretch) bool { return s.from <= day && day < s.to })
}

// release is a version of the control software. shift replaces that of the release
// before: versions change baselines, they do not pile up.
type release struct {
	day           int
	software, rta string
	shift         [signals]float64
}

// regionSize is how many sites a depot serves: what one lot is shared by.
const regionSize = 14

func (g *generator) newWorld() *world {
	w := &world{releases: map[string][]release{}}
	rng := g.stream("world")
	sites := 0
	for len(w.members) < g.Instruments {
		t := &tenant{
			id: "t-" + g.opaque("tenant", len(w.members)), noPhiX: max(0, min(.95, g.Nuisance.NoPhiX+rng.between(-.08, .08))),
			library: g.stretches(rng, g.Nuisance.LibraryWeeks, 7, 21),
		}
		for range 1 + rng.IntN(3) {
			if s := g.newSite(t, sites); len(w.members) < g.Instruments {
				sites++
				for range 1 + rng.IntN(8) {
					if len(w.members) < g.Instruments {
						w.members = append(w.members, g.newMember(rng, s, len(w.members)))
					}
				}
			}
		}
	}
	for _, n := range rng.Perm(g.Instruments)[:g.Null] {
		w.members[n].null = true
	}
	for i := range families {
		w.releases[families[i].name] = g.newReleases(&families[i])
	}
	return w
}

func (g *generator) newMember(rng stream, s *site, n int) *member {
	u, f := rng.Float64(), &families[0]
	for i := range families {
		if f = &families[i]; u < f.share {
			break
		}
		u -= f.share
	}
	return &member{
		Instrument: fleet.Instrument{ID: "i-" + g.opaque("instrument", n), Tenant: s.tenant.id, Site: s.id, Type: f.name},
		family:     f, site: s,
	}
}

func (g *generator) newSite(t *tenant, n int) *site {
	rng := g.stream("site", n)
	s := &site{id: "s-" + g.opaque("site", n), tenant: t, region: n / regionSize, warm: g.stretches(rng, g.Nuisance.RoomEpisodes, 3, 12)}
	u := rng.Float64()
	for s.kind = range siteKinds {
		if u < siteKinds[s.kind].share {
			break
		}
		u -= siteKinds[s.kind].share
	}
	season, summer := float64(g.Nuisance.Season*rng.between(.5, 1.3)), 110.0
	if rng.chance(.25) { // south of the equator
		summer += 182.5
	}
	weather := 0.0
	for day := range g.Days {
		yearDay := float64(g.Start.AddDate(0, 0, day).YearDay())
		weather = float64(.8*weather) + float64(.6*rng.normal()) // sd 1
		k := float64(season*sine((yearDay-summer)/365)) + float64(g.Nuisance.Room*weather)
		if during(s.warm, day) {
			k += g.Nuisance.RoomEpisode
		}
		s.room = append(s.room, k)
	}
	if rng.chance(g.Nuisance.DarkSites) {
		for _, c := range append(slices.Clone(Components), "", "logs") {
			if !rng.chance(.35) {
				continue
			}
			for i := range s.dark {
				log := strings.HasPrefix(table[i].name, "log.")
				if log && c == "logs" || !log && table[i].component == c && (i < telemetrySignals || i >= metricSignals) {
					s.dark[i] = true
				}
			}
		}
	}
	return s
}

// stretches begin so many times a year and last between low and high days.
func (g *generator) stretches(rng stream, yearly, low, high float64) []stretch {
	var all []stretch
	for range rng.count(float64(yearly*float64(g.Days)) / 365) {
		from := rng.IntN(g.Days)
		all = append(all, stretch{from, from + int(rng.between(low, high))})
	}
	return all
}

// newReleases draws the software of an instrument type. The first one is what all have
// on the first day. A release moves a third of the signals, and one in five is a
// regression of base calling.
func (g *generator) newReleases(f *family) []release {
	rng := g.stream("software", f.name)
	all := []release{{day: -1, software: f.software, rta: f.rta}}
	for range rng.count(float64(g.Nuisance.SoftwareReleases*float64(g.Days)) / 365) {
		r := release{day: rng.IntN(g.Days)}
		for s := range r.shift {
			z := rng.normal()
			if rng.chance(1.0 / 3) {
				r.shift[s] = float64(float64(z*table[s].software) * g.Nuisance.SoftwareShift)
			}
		}
		if rng.chance(.2) {
			r.shift[quality] -= float64(.3 * g.Nuisance.SoftwareShift)
			r.shift[phasing] += float64(.15 * g.Nuisance.SoftwareShift)
		}
		all = append(all, r)
	}
	slices.SortStableFunc(all, func(a, b release) int { return a.day - b.day })
	for i := range all {
		if i > 0 {
			all[i].software, all[i].rta = fmt.Sprintf("%s.%d", f.software, i), all[i-1].rta
			if rng.chance(.5) {
				all[i].rta = fmt.Sprintf("%s.%d", f.rta, i)
			}
		}
	}
	return all
}

// installs is the day on which an instrument got each release of its type; one that it
// never got is after the last day.
func (g *generator) installs(m *member, all []release) []int {
	rng := g.stream("installs", m.ID)
	days := make([]int, len(all))
	for i, r := range all {
		days[i] = r.day + int(float64(rng.Float64()*7*g.Nuisance.RolloutWeeks))
		if i == 0 {
			days[i] = -1
		} else if rng.chance(.1) {
			days[i] = g.Days
		}
	}
	return days
}

// lot is a lot of reagents or flow cells.
type lot struct {
	number string
	bad    bool
	shift  [signals]float64
}

// lots that a depot sends of a kind for a family, by day: a site changes over some days
// after the depot does.
func (g *generator) lots(kind string, f *family, region int) (byDay []int, all []lot) {
	rng := g.stream("lots", kind, f.name, region)
	first := 20_000_000 + rng.IntN(700_000)
	left := rng.between(0, 7*g.Nuisance.LotWeeksMin)
	all = []lot{g.newLot(rng, kind, first)}
	for range g.Days {
		if left <= 0 {
			all = append(all, g.newLot(rng, kind, first+len(all)*37))
			left += rng.between(7*g.Nuisance.LotWeeksMin, 7*g.Nuisance.LotWeeksMax)
		}
		left--
		byDay = append(byDay, len(all)-1)
	}
	return byDay, all
}

func (g *generator) newLot(rng stream, kind string, number int) lot {
	l := lot{number: fmt.Sprint(number), bad: rng.chance(g.Nuisance.BadLots)}
	light, phase, pass := rng.normal(), rng.normal(), rng.normal()
	if l.bad { // the good ones do not reach so far
		light, phase, pass = -g.Nuisance.BadLotSigma, g.Nuisance.BadLotSigma, -g.Nuisance.BadLotSigma
	} else {
		light, phase, pass = max(-2.5, min(2.5, light)), max(-2.5, min(2.5, phase)), max(-2.5, min(2.5, pass))
	}
	if kind == fleet.ReagentLot {
		l.shift[intensity] = float64(g.Nuisance.ReagentIntensity * light)
		l.shift[phasing] = float64(g.Nuisance.ReagentPhasing * phase)
		l.shift[prephasing] = float64(.7 * l.shift[phasing])
	} else {
		l.shift[intensity] = float64(g.Nuisance.FlowcellIntensity * light)
		l.shift[passing] = float64(g.Nuisance.FlowcellPassing * pass)
	}
	return l
}

// planned is a run of the calendar.
type planned struct {
	start, end, at time.Time
	kit            kit
	idle           float64 // days since the run before
}

// calendar of an instrument's runs, as it would be if nothing broke.
func (g *generator) calendar(m *member) []planned {
	rng := g.stream("calendar", m.ID)
	var all []planned
	next, last := g.Start.Add(time.Duration(rng.between(0, 5)*24)*time.Hour), time.Time{}
	busy := rng.between(.75, 1.25)
	received := time.Time{}
	for {
		p := planned{start: next.Add(time.Duration(rng.IntN(600)) * time.Minute)}
		k := rng.IntN(len(m.family.kits) + 2) // the first kit is the usual one
		if k >= len(m.family.kits) {
			k = 0
		}
		p.kit = m.family.kits[k]
		p.end = p.start.Add(m.family.lasts(p.kit))
		if !last.IsZero() {
			p.idle = p.start.Sub(last).Hours() / 24
		}
		last = p.end
		wait := exp(float64(.7 * rng.normal())) // hours until the batch has arrived
		if rng.chance(.02) {
			wait += rng.between(24, 120) // the line was down
		}
		p.at = p.end.Add(time.Duration(float64(wait*60)) * time.Minute)
		if !p.at.After(received) {
			p.at = received.Add(time.Minute)
		}
		if !p.at.Before(g.Until()) {
			return all
		}
		received = p.at
		all = append(all, p)
		gap := float64(7 / float64(m.family.runsWeekly*busy) * rng.between(.5, 1.5))
		if rng.chance(.006) {
			gap += rng.between(7, 21) // a holiday
		}
		next = p.start.Add(time.Duration(float64(gap*24*60)) * time.Minute)
		if free := p.end.Add(2 * time.Hour); next.Before(free) {
			next = free
		}
	}
}
