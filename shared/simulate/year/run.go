package year

import (
	"fmt"
	"math"
	"strings"
	"time"

	"proactive/shared/fleet"
	"proactive/shared/health"
)

// Values and Factors name everything that a run may have.
var (
	Values  = valueNames()
	Factors = []string{
		"config.control_software", "config.fpga", "config.instrument_type", "config.rta",
		"run.buffer_lot", "run.chemistry", "run.completion", "run.flowcell_lot", "run.reagent_lot",
	}
)

func valueNames() []string {
	var all []string
	for s, t := range table {
		switch {
		case s < telemetrySignals:
			all = append(all, t.name+".mean", t.name+".max")
		case s >= metricSignals:
			all = append(all, t.name+".hourly")
		case s == passing:
			all = append(all, t.name)
		case s == quality:
			all = append(all, "q30", "q30.r1", "q30.r2")
		default:
			all = append(all, t.name+".r1", t.name+".r2")
		}
	}
	return append(all, "aligned.r1", "aligned.r2")
}

// teller tells the runs of one instrument.
type teller struct {
	*generator
	m        *member
	life     *life
	history  history
	releases []release
	installs []int
	lots     [2]supply
	residue  float64 // what missed washes left in the lines
	habits   habits
	touched  touched
}

// supply is one kind of lots as a site gets them.
type supply struct {
	kind, field string
	byDay       []int
	all         []lot
	late        int // days after the depot
}

// habits of the people who run it.
type habits struct{ missesWash, lowDiversity, phix float64 }

// run composes one run; sequence is its number.
func (t *teller) run(p planned, sequence int64) fleet.Run {
	day := int(p.start.Sub(t.Start).Hours() / 24)
	rng := t.stream("run", t.m.ID, " ", p.start.Unix())
	c := conditions{room: t.m.site.room[day], wears: &t.life.days[day], rng: rng, f: t.m.family}
	shift := t.history.at(p.start, day)
	var e effects

	// The library.
	c.load = float64(float64(t.m.family.loading*rng.heavy()) * t.Nuisance.Loading)
	if rng.chance(t.Nuisance.Misloaded) {
		c.load += []float64{-.55, .5}[rng.IntN(2)]
	}
	poor := during(t.m.site.tenant.library, day)
	if poor {
		c.load += .35
	}
	c.library(rng.chance(t.habits.lowDiversity), poor, &e)
	if poor {
		t.touch(fleet.Library, "tenant", t.m.Tenant, p.start)
	}
	phix := float64(t.habits.phix * exp(float64(.2*rng.normal())-float64(.8*c.load)))
	if rng.chance(t.m.site.tenant.noPhiX) {
		phix = 0
	}

	// The lots.
	factors := map[string]string{
		"config.instrument_type": t.m.Type, "run.chemistry": p.kit.chemistry, "run.completion": "CompletedAsPlanned",
		"run.buffer_lot": fmt.Sprint(30_000_000 + t.m.site.region*1000 + day/45),
	}
	lots := [signals]float64{}
	for _, s := range t.lots {
		l := s.all[s.byDay[max(0, day-s.late)]]
		factors[s.field] = l.number
		for i := range lots {
			lots[i] += l.shift[i]
		}
		if l.bad {
			t.touch(s.kind, s.field, l.number, p.start)
		}
	}
	e.light += lots[intensity]
	e.phase += lots[phasing]
	e.pre += lots[prephasing]
	e.passing += lots[passing]

	// The software.
	current := 0
	for i, d := range t.installs {
		if d < day {
			current = i
		}
	}
	r := t.releases[current]
	factors["config.control_software"], factors["config.rta"] = r.software, r.rta
	if t.m.family.fpga != "" {
		factors["config.fpga"] = t.m.family.fpga
	}
	if current > 0 {
		t.touch(fleet.Software, "config.control_software", r.software, p.start)
	}

	// The room, the people, the idle time.
	if during(t.m.site.warm, day) {
		t.touch(fleet.Room, "site", t.m.Site, p.start)
	}
	if rng.chance(t.habits.missesWash) {
		t.residue++
	} else {
		t.residue *= .6
	}
	e.shift[linePressure] += float64(.02 * t.residue)
	e.phase += float64(.02 * t.residue)
	if p.idle > 7 {
		idle := rng.between(.05, .15)
		e.phase += idle
		e.bubbles += .2
	}
	if rng.chance(t.Nuisance.Doors) {
		e.load += rng.between(2, 8)
		e.warm += rng.between(1, 4)
		e.shift[logDoorOpened] += 1.2
		e.shift[logChillerWarm] += 1.5
	}

	// The instrument.
	c.wear(&e)
	for _, component := range Components {
		if t.life.broken(component, p.start, p.end) {
			c.failed(component, &e)
		}
	}
	e.bubbles += float64(.03 * (1 + t.residue))
	if n := float64(rng.count(e.bubbles)); n > 0 {
		e.shift[linePressure] += float64(.01 * n)
		e.shift[phixError] += float64(.20 * min(n, 8))
		e.quality -= float64(.05 * min(n, 8))
	}
	hours := p.end.Sub(p.start).Hours()
	switch u := rng.Float64(); {
	case e.aborted:
		factors["run.completion"] = "ExceptionEndedEarly"
	case u < .012:
		factors["run.completion"] = "UserEndedEarly"
	case u < .020:
		factors["run.completion"] = "ExceptionEndedEarly" // power, network, a full disk
	case u < .024:
		factors["run.completion"] = "unknown"
	}
	short := factors["run.completion"] == "ExceptionEndedEarly" || factors["run.completion"] == "UserEndedEarly"
	read2 := p.kit.read2 > 0
	if short {
		left := rng.between(.15, .9)
		hours *= left
		read2 = read2 && left > .6
	}

	for i := range shift {
		shift[i] += r.shift[i] + e.shift[i] + float64(table[i].room*c.room) + float64(float64(table[i].noise*rng.heavy())*t.Nuisance.Noise)
	}
	out := fleet.Run{At: p.at, Features: health.Features{
		Instrument: t.m.ID, Batch: strings.ToUpper(t.opaque("batch", t.m.ID, sequence)), Sequence: sequence,
		Run: t.opaque("token", t.m.ID, sequence)[:16], Week: t.week(p.start, day), Values: make(map[string]float64, len(Values)), Factors: factors,
	}}
	t.telemetry(out.Values, &c, &e, shift, day)
	t.metrics(out.Values, p.kit, &c, &e, shift, phix, read2)
	t.counters(out.Values, rng, shift, hours)
	if rng.chance(t.Nuisance.Outliers) { // a tile or two in a cycle or two
		out.Values["q30.r1"] -= rng.between(.05, .4)
		if v, ok := out.Values["error.r1"]; ok {
			out.Values["error.r1"] = v + rng.between(.05, .4)
		}
	}
	for name, v := range out.Values {
		out.Values[name] = rounded(v)
	}
	return out
}

// telemetry names what sensors said.
func (t *teller) telemetry(out map[string]float64, c *conditions, e *effects, shift [signals]float64, day int) {
	for _, f := range t.history.flapping {
		if f.from <= day && day < f.to {
			if !f.jumps || c.rng.chance(.5) {
				shift[f.signal] += f.by
			}
		}
	}
	for s := range telemetrySignals {
		d := table[s]
		v := d.base + shift[s]
		if d.scale == relative {
			v = float64(d.base * exp(shift[s]))
		}
		peak := float64(d.peak * (1 + float64(.15*math.Abs(c.rng.normal()))))
		switch s {
		case chillerDuty:
			wanted := (v + e.load) / (1 - min(.85, e.weak))
			v = min(100, wanted)
		case chillerTemperature:
			peak += e.warm
		}
		high := v + peak
		if d.scale == relative {
			high = float64(v * (1 + peak))
		}
		switch s {
		case chillerDuty, diskFree:
			v, high = max(0, min(100, v)), max(0, min(100, high))
		case focusScore:
			v, high = max(0, min(1, v)), max(0, min(1, high))
		case linePressure:
			high *= 1 + float64(.08*min(10, e.bubbles))
		}
		if t.m.site.dark[s] || during(t.history.silent[s], day) {
			continue
		}
		out[d.name+".mean"], out[d.name+".max"] = v, high
	}
}

// metrics are what the images said: the reads share a run's fortune.
func (t *teller) metrics(out map[string]float64, k kit, c *conditions, e *effects, shift [signals]float64, phix float64, read2 bool) {
	f := t.m.family
	light := e.light - float64(2*e.blur)
	out["clusters.pf"] = max(5, min(98, f.passing+shift[passing]+e.passing-float64(20*max(0, e.blur-.1))))
	level := f.logit + shift[quality] + e.quality + float64(2*light) - e.phase - float64(3*e.blur) - float64(.3*e.pre)
	total, bases := 0.0, 0.0
	for read, cycles := range []int{k.read1, k.read2} {
		if read == 1 && !read2 {
			break
		}
		name := fmt.Sprintf(".r%d", read+1)
		own := func(sd float64) float64 { return float64(sd * c.rng.normal()) }
		second := float64(read)
		out["intensity"+name] = float64(f.intensity * exp(shift[intensity]+light-float64(.27*second)+own(.01)))
		out["fwhm"+name] = float64(f.fwhm * exp(shift[fwhm]+e.blur+float64(.006*second)+own(.001)))
		out["phasing"+name] = float64(f.phasing * exp(shift[phasing]+e.phase+float64(.18*second)+own(.02)))
		out["prephasing"+name] = float64(f.prephasing * exp(shift[prephasing]+e.pre-float64(.10*second)+own(.02)))
		long := float64(cycles - 151)
		q := level - float64(.005*long) - float64(.35*second) + own(.03)
		share := 100 / (1 + exp(-q))
		out["q30"+name] = share
		total += float64(share * float64(cycles))
		bases += float64(cycles)
		out["aligned"+name] = min(95, float64(phix*exp(own(.02))))
		if phix > 0 {
			wrong := shift[phixError] - float64(.8*(level-f.logit-shift[quality])) + float64(.009*long) + float64(.5*second) + own(.03)
			out["error"+name] = min(60, float64(f.errorRate*exp(wrong)))
		}
	}
	out["q30"] = total / bases
}

// counters are events an hour: a number that was counted, over the hours.
func (t *teller) counters(out map[string]float64, rng stream, shift [signals]float64, hours float64) {
	for s := metricSignals; s < signals; s++ {
		mean := float64(table[s].base * exp(min(9, shift[s])) * hours)
		n := float64(rng.count(mean))
		if !t.m.site.dark[s] {
			out[table[s].name+".hourly"] = n / hours
		}
	}
}

// week is the Monday of a run's week, by the instrument's clock.
func (t *teller) week(start time.Time, day int) time.Time {
	for _, c := range t.history.clocks {
		if during([]stretch{c.stretch}, day) {
			start = start.AddDate(0, 0, c.days)
		}
	}
	start = start.Truncate(24 * time.Hour)
	return start.AddDate(0, 0, -(int(start.Weekday())+6)%7)
}
