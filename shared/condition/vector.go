package condition

import (
	"fmt"
	"math"
	"slices"
)

// A vector is what a model is asked about one component of one instrument after a run. Its
// columns are the same for every component, so that what is learnt of one helps with
// another: a component's own signals stand in slots, turned so that up is worse.
//
// What is not known is NaN.

// Types are the instrument types that a model tells apart, by their place in the list; one
// that is not on it is missing to the model.
var Types = []string{"MiSeq", "NextSeq 500", "NextSeq 550", "NextSeq 1000", "NextSeq 2000", "NovaSeq 6000", "NovaSeq X", "HiSeq 2500", "HiSeq 4000", "HiSeq X", "iSeq 100", "MiniSeq"}

// slotColumns are the columns of each slot.
var slotColumns = []string{"z", "raw", "fast", "slow", "up", "down", "slope", "sure", "end", "age", "peak", "jitter", "fleet", "among"}

// commonColumns are those of each common signal.
var commonColumns = []string{"z", "fast", "slow", "slope"}

// plainColumns come first. The first two are categories.
var plainColumns = []string{"component", "type", "epoch.runs", "epoch.days", "rate", "aborted", "streak", "others", "software.days", "visit.runs"}

// Categories is how many of the first columns are categories.
const Categories = 2

// Columns names the columns of a vector.
var Columns = func() []string {
	all := slices.Clone(plainColumns)
	for i := range Slots {
		for _, c := range slotColumns {
			all = append(all, fmt.Sprintf("own%d.%s", i+1, c))
		}
	}
	for _, f := range Common {
		for _, c := range commonColumns {
			all = append(all, f+"."+c)
		}
	}
	return all
}()

// Vector writes the vector of a component as of the newest run into row, which has
// len(Columns) elements.
func (s *State) Vector(component int, row []float64) {
	c := Components[component]
	e := s.Epochs[c.Name]
	row = row[:0]
	kind := math.NaN()
	if i := slices.Index(Types, s.Type); i >= 0 {
		kind = float64(i)
	}
	row = append(row, float64(component), kind, float64(e.Runs), s.Day-e.Day, s.Rate.Mean(), s.Aborted.Mean(), float64(s.Streak), s.others(component), s.Software.days(s.Day), s.sinceVisit(c.Name))
	for i := range Slots {
		var t *Track
		var signal Signal
		if i < len(c.Signals) {
			signal = bySignal[c.Signals[i]]
			t = s.Tracks[c.Signals[i]]
		}
		row = t.slot(row, signal, s.Day)
	}
	for _, f := range Common {
		row = s.Tracks[f].common(row, bySignal[f], s.Day)
	}
	for i, x := range row {
		if math.IsInf(x, 0) { // a slope without an error: of readings that do not move
			row[i] = math.NaN()
		}
	}
}

// fresh is how many days a reading stays news.
const fresh = 21.

func (t *Track) slot(row []float64, s Signal, day float64) []float64 {
	if t == nil {
		for range slotColumns {
			row = append(row, math.NaN())
		}
		return row
	}
	sign := s.sign()
	line := t.Trend.Line()
	up, down := t.Sum.Up, t.Sum.Down
	if s.Down {
		up, down = down, up
	}
	age := t.Seen.At(day)
	if age > fresh { // what it was then says nothing of now
		return append(row, math.NaN(), math.NaN(), math.NaN(), sign*t.Slow.Mean(), up, down, math.NaN(), math.NaN(), math.NaN(), age, math.NaN(), math.NaN(), math.NaN(), math.NaN())
	}
	return append(row, sign*float64(t.Last), sign*float64(t.Raw), sign*t.Fast.Mean(), sign*t.Slow.Mean(), up, down,
		sign*line.Slope*30, sign*line.Slope/line.Error, sign*line.End, age, t.peak(sign), t.jitter(), sign*float64(t.Fleet), sign*t.Among.Mean())
}

func (t *Track) common(row []float64, s Signal, day float64) []float64 {
	if t == nil || t.Seen.At(day) > fresh {
		for range commonColumns {
			row = append(row, math.NaN())
		}
		return row
	}
	sign := s.sign()
	return append(row, sign*float64(t.Last), sign*t.Fast.Mean(), sign*t.Slow.Mean(), sign*t.Trend.Line().Slope*30)
}

// peak is the second highest of the last few readings: one alone is chance.
func (t *Track) peak(sign float64) float64 {
	const last = 6
	v := t.Trend.V[max(0, len(t.Trend.V)-last):]
	first, second := math.NaN(), math.NaN()
	for _, x := range v {
		x *= sign
		switch {
		case !(x <= first):
			first, second = x, first
		case !(x <= second):
			second = x
		}
	}
	return second
}

// jitter is by how much the last few readings jump from one to the next, as a standard
// deviation (von Neumann 1941): a trend adds little to it. NaN below three readings.
func (t *Track) jitter() float64 {
	const last = 8
	v := t.Trend.V[max(0, len(t.Trend.V)-last):]
	if len(v) < 3 {
		return math.NaN()
	}
	sum := 0.0
	for i := 1; i < len(v); i++ {
		sum += float64((v[i] - v[i-1]) * (v[i] - v[i-1]))
	}
	return math.Sqrt(sum / float64(2*(len(v)-1)))
}

// sinceVisit is how many runs a component has had since it was last looked at, NaN if it
// never was.
func (s *State) sinceVisit(component string) float64 {
	since, there := s.Visits[component]
	if !there {
		return math.NaN()
	}
	return float64(s.Sequence - since + 1)
}

func (s Signal) sign() float64 {
	if s.Down {
		return -1
	}
	return 1
}

// others is how badly the worst other component stands by its own signals: where two are
// bad, one may be the other's doing.
func (s *State) others(component int) float64 {
	worst := math.NaN()
	for i, c := range Components {
		if i == component {
			continue
		}
		for _, f := range c.Signals {
			t := s.Tracks[f]
			if t == nil || slices.Contains(Components[component].Signals, f) {
				continue
			}
			if z := bySignal[f].sign() * t.Fast.Mean(); !(z <= worst) && !math.IsNaN(z) {
				worst = z
			}
		}
	}
	return worst
}
