// Package condition is what is known of an instrument between two runs: how each of its
// signals stands against what it was when the part was well, how it moves, and how long
// nothing was heard of it. It is a fold over an instrument's runs in the order of their
// sequence numbers, in constant memory; stored as JSON and carried on with, it gives the
// same numbers to the bit.
//
// A signal is compared with its own past, less what the instrument shares with others:
// the shift that a reagent lot or a software version brought to everyone who has it (see
// Shift). What is left is its own.
package condition

import (
	"math"
	"slices"
	"time"

	"proactive/shared/features"
	"proactive/shared/health"
)

// State is the condition of one instrument. The zero value has seen nothing.
type State struct {
	Tracks map[string]*Track `json:"tracks"` // by feature
	Epochs map[string]Epoch  `json:"epochs"` // by component
	// Sequence is the newest run that is in it, Day when that was (see Time),
	// Runs how many there were, Aborted how many of late did not end as planned.
	Sequence int64         `json:"sequence"`
	Day      float64       `json:"day"`
	Runs     int           `json:"runs"`
	Aborted  features.EWMA `json:"aborted"`
	Streak   int           `json:"streak"` // runs in a row that did not
	// Visits are the visits that were accounted for, by component: the first run after each.
	Visits map[string]int64 `json:"visits"`
	Type   string           `json:"type"` // config.instrument_type
	Rate   features.EWMA    `json:"rate"` // days between runs
	// Software is since when the control software is what it is.
	Software Level `json:"software"`
}

// Level is what a factor is now, and the day since which it is; Changed tells that it was
// another before.
type Level struct {
	Value   string  `json:"value"`
	Day     float64 `json:"day"`
	Changed bool    `json:"changed"`
}

func (l *Level) set(value string, day float64) {
	if value != "" && value != l.Value {
		*l = Level{Value: value, Day: day, Changed: l.Value != ""}
	}
}

// days since it changed, NaN if it never did.
func (l *Level) days(now float64) float64 {
	if !l.Changed {
		return math.NaN()
	}
	return now - l.Day
}

// Epoch is a component's time since its last service, as far as it was seen.
type Epoch struct {
	Number int     `json:"number"`
	Since  int64   `json:"since"` // first sequence number of the epoch
	Day    float64 `json:"day"`   // when it began; of the first, when the instrument was first seen
	Runs   int     `json:"runs"`
}

// Time is the run's own week: it travels with the run, so that a batch that comes late or
// is scored again next year says the same. An instrument's clock may be off or be set:
// time never goes back, and what jumps further than a summer's closure is taken for a
// clock that was set.
const (
	jump      = 35.
	afterJump = 7.
	unknown   = 3. // days between runs, where a run does not say when it was
)

// dayOf is the day, since 1970, on which a run counts.
func (s *State) dayOf(week time.Time) float64 {
	day := float64(week.Unix()) / 86400
	switch {
	case week.IsZero() && s.Runs == 0:
		return 0
	case week.IsZero():
		return s.Day + unknown
	case s.Runs > 0 && day > s.Day+jump:
		return s.Day + afterJump
	case s.Runs > 0 && day < s.Day:
		return s.Day
	}
	return day
}

// Followed is a value in the unit in which a signal is followed: its logarithm where it
// varies by factors. false if it has none.
func (s Signal) Followed(value float64) (float64, bool) {
	if !s.Log {
		return value, !math.IsNaN(value) && !math.IsInf(value, 0)
	}
	if !(value > 0) || math.IsInf(value, 0) {
		return 0, false
	}
	return math.Log(value), true
}

// Add adds the next run. Runs come in the order of their sequence numbers; one that is not
// newer than what is there is refused, with false. services are the components' epochs,
// visits the first sequence number after the last visit to each at which nothing was
// replaced. shift is by how much what the
// instrument shares with others moved each signal, in the unit that is followed (see
// Signal.Log); nil is nothing known.
func (s *State) Add(r health.Features, shift map[string]float64, services map[string]health.Epoch, visits map[string]int64) bool {
	if r.Sequence <= s.Sequence {
		return false
	}
	day := s.dayOf(r.Week)
	if s.Tracks == nil {
		s.Tracks, s.Epochs, s.Visits = map[string]*Track{}, map[string]Epoch{}, map[string]int64{}
		s.Aborted, s.Rate = features.EWMA{Alpha: .3}, features.EWMA{Alpha: .1}
	}
	if s.Runs > 0 {
		s.Rate.Add(math.Max(0, day-s.Day))
	}
	s.Sequence, s.Day, s.Runs = r.Sequence, day, s.Runs+1
	if t := r.Factors["config.instrument_type"]; t != "" {
		s.Type = t
	}
	s.Software.set(r.Factors["config.control_software"], day)
	s.end(r)
	s.serve(services, day)
	s.visit(visits)
	for _, signal := range Signals {
		value, ok := r.Values[signal.Feature]
		if !ok {
			continue
		}
		x, ok := signal.Followed(value)
		if !ok {
			continue
		}
		t := s.Tracks[signal.Feature]
		if t == nil {
			t = newTrack(signal)
			s.Tracks[signal.Feature] = t
		}
		t.add(signal, day, x, shift[signal.Feature])
	}
	return true
}

// end notes how the run ended.
func (s *State) end(r health.Features) {
	switch r.Factors["run.completion"] {
	case "":
	case "CompletedAsPlanned":
		s.Aborted.Add(0)
		s.Streak = 0
	default:
		s.Aborted.Add(1)
		s.Streak++
	}
}

// serve begins the epochs of components that were serviced: their signals start anew. Of
// the others that the component moved, and of those that are nobody's, the normal stays
// and what was made of the time since is forgotten: it was the old part's.
func (s *State) serve(services map[string]health.Epoch, day float64) {
	for _, c := range Components {
		e, there := s.Epochs[c.Name]
		now := services[c.Name]
		switch {
		case !there:
			e = Epoch{Number: now.Number, Since: now.Since, Day: day}
		case now.Number > e.Number && s.Sequence >= now.Since:
			e = Epoch{Number: now.Number, Since: now.Since, Day: day}
			for _, signal := range Signals {
				t := s.Tracks[signal.Feature]
				switch {
				case t == nil:
				case signal.Owner == c.Name:
					delete(s.Tracks, signal.Feature)
				case signal.Owner == "" || slices.Contains(c.Signals, signal.Feature):
					t.forget(signal)
				}
			}
		}
		e.Runs++
		s.Epochs[c.Name] = e
	}
}

// visit bridges the signals of components that were looked at.
func (s *State) visit(visits map[string]int64) {
	for _, c := range Components {
		since, there := visits[c.Name]
		if !there || since <= s.Visits[c.Name] || s.Sequence < since {
			continue
		}
		s.Visits[c.Name] = since
		for _, signal := range Signals {
			t := s.Tracks[signal.Feature]
			if signal.Owner == c.Name && t != nil && !signal.Count && !math.IsNaN(t.Slow.Mean()) {
				t.Bridge = &Bridge{Before: t.Fast.Mean()}
			}
		}
	}
}

// Stand notes how the newest run stands among others of its type: see Cohort.Standing. It
// is what is known of a part whose own normal is not known yet. It comes after Add.
func (s *State) Stand(standing map[string]float64) {
	for _, signal := range Signals {
		t := s.Tracks[signal.Feature]
		if t == nil {
			continue
		}
		z, known := standing[signal.Feature]
		if !known {
			t.Fleet = Maybe(math.NaN())
			continue
		}
		t.Fleet = Maybe(z)
		t.Among.Add(math.Max(-clip, math.Min(clip, z)))
	}
}

// Levels are the values of a run's signals as they are followed, in the order of Signals;
// NaN where it has none. It is what is posted to a fleet.
func Levels(values map[string]float64) []float64 {
	all := make([]float64, len(Signals))
	for i, signal := range Signals {
		all[i] = math.NaN()
		if value, there := values[signal.Feature]; there && !signal.Count {
			if x, ok := signal.Followed(value); ok {
				all[i] = x
			}
		}
	}
	return all
}

// Residuals are by how much the signals of the newest run differ from the instrument's own
// normals, in the order of Signals and in the unit that is followed, nothing shared taken
// off; NaN where no normal is known or the run did not have it. It is what others compare
// theirs with.
func (s *State) Residuals(values map[string]float64) []float64 {
	all := make([]float64, len(Signals))
	for i, signal := range Signals {
		all[i] = math.NaN()
		t := s.Tracks[signal.Feature]
		value, there := values[signal.Feature]
		if !there || t == nil || signal.Count {
			continue
		}
		if x, ok := signal.Followed(value); ok {
			all[i] = x - t.Reference.Location()
		}
	}
	return all
}

// Scales are what the signals vary by from run to run, in the order of Signals and in the
// unit that is followed; NaN where that is not known, and of what is counted.
func (s *State) Scales() []float64 {
	all := make([]float64, len(Signals))
	for i, signal := range Signals {
		all[i] = math.NaN()
		if t := s.Tracks[signal.Feature]; t != nil && !signal.Count {
			all[i] = t.Reference.Scale()
		}
	}
	return all
}

// Normal is what is normal for a signal and what it varies by, in the unit that is
// followed; NaN where that is not known.
func (s *State) Normal(feature string) (location, scale float64) {
	t := s.Tracks[feature]
	if t == nil {
		return math.NaN(), math.NaN()
	}
	if signal := bySignal[feature]; signal.Count {
		return 0, signal.Noise
	}
	return t.Reference.Location() + float64(t.Offset*t.Reference.Scale()), t.Reference.Scale()
}

// Value is a followed value in the signal's own unit: Followed backwards.
func (s Signal) Value(followed float64) float64 {
	if s.Log {
		return math.Exp(followed)
	}
	return followed
}
