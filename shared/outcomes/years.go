package outcomes

import (
	"time"

	"proactive/shared/casework"
)

// Observed is an instrument and the time in which something was heard of it.
type Observed struct {
	Instrument string
	// First and Last are when its first and its last batch was received; zero: none was.
	First, Last time.Time
	// Model is the bundle that its status was last written by, "" for none.
	Model string
}

// use is from when to when a model was in use in the deployment, as far as there is a trace
// of it.
type use struct{ from, to time.Time }

// usesOf finds the uses. Which bundle is in use is one setting for all instruments; nobody
// wrote down when it changed. Its traces are cases of which it was asked, and instruments
// whose status it wrote. Time before the first and after the last trace is not counted: the
// rate of false cases comes out too high rather than too low. Rules are always in use.
func usesOf(all []Case, fleet []Observed) map[string]use {
	uses := map[string]use{}
	trace := func(model string, at time.Time) {
		u, there := uses[model]
		switch {
		case at.IsZero():
			return
		case !there:
			u = use{at, at}
		case at.Before(u.from):
			u.from = at
		case at.After(u.to):
			u.to = at
		}
		uses[model] = u
	}
	for _, c := range all {
		if c.Asked != "" && c.Asked != casework.NoModels {
			trace(c.Asked, c.Opened)
		}
		if c.Model != Rules {
			trace(c.Model, c.Opened)
		}
	}
	for _, o := range fleet {
		if o.Model != "" {
			trace(o.Model, o.Last)
		}
		trace(Rules, o.First)
		trace(Rules, o.Last)
	}
	return uses
}

// years are the instrument-years of a fleet in which a model was in use, within a window.
func years(fleet []Observed, in use, since, until time.Time) float64 {
	var sum time.Duration
	for _, o := range fleet {
		from, to := latest(o.First, in.from, since), earliest(o.Last, in.to, until)
		if !o.First.IsZero() && from.Before(to) {
			sum += to.Sub(from)
		}
	}
	return sum.Hours() / 24 / 365
}

func latest(a time.Time, more ...time.Time) time.Time {
	for _, b := range more {
		if b.After(a) {
			a = b
		}
	}
	return a
}

func earliest(a time.Time, more ...time.Time) time.Time {
	for _, b := range more {
		if b.Before(a) {
			a = b
		}
	}
	return a
}
