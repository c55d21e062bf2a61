// Package outcomes says what outcomes of cases say of rules and models: how often they were
// right, how much of what came they had foretold, how long before, and how many needless
// cases they cost. All of it is from what people told of cases; of a fault that never
// became a case nothing is known here. Pure functions.
package outcomes

import (
	"slices"
	"time"

	"proactive/shared/casework"
	"proactive/shared/health"
)

// Rules stands for a bundle's hash where the rules are meant, all of them together.
const Rules = "rules"

// How something had told of a fault.
type How string

// The ways, of which the first that applies is meant.
const (
	Foretold How = "foretold"       // that it was on its way, before anything said that it had come
	AsCome   How = "as-come"        // only when it had
	NotTold  How = "told-by-others" // not at all: the case was opened without
)

// Until is what ended the time that a foretelling gave.
type Until string

// The ends. Only the first is a lead's own: after the others nobody knows how long it would
// have lasted, and the lead is what was left of it at least.
const (
	Came    Until = "came"    // something said that the fault had come: a fixed limit crossed, or models
	Service Until = "service" // the visit was over
	Ended   Until = "ended"   // a person told what was true, or the case was closed
)

// Told is how one of those that were asked had told of a case.
type Told struct {
	Model   string `json:"model"` // Rules, or the hash of a bundle
	How     How    `json:"how"`
	Finding string `json:"finding,omitempty"` // the first that did
	// LeadDays is from the run that it was told with to Until; null where it was not
	// foretold, its run's time is not on record, or nothing has ended it yet.
	LeadDays *float64 `json:"lead_days"`
	Until    Until    `json:"until,omitempty"`
}

// Case is a case as one learns from it: what opened it, what was true, and how each that
// was asked had told of it.
type Case struct {
	Case       string           `json:"case"`
	Instrument string           `json:"instrument"`
	Component  string           `json:"component"`
	Rule       string           `json:"rule"` // of the finding that opened it
	Kind       string           `json:"kind"`
	Model      string           `json:"model"` // that opened it: Rules, or the hash of a bundle
	Epoch      int              `json:"epoch"`
	Sequence   int64            `json:"sequence"` // of the run that made the finding
	Opened     time.Time        `json:"opened"`
	Closed     *time.Time       `json:"closed"`
	Outcome    casework.Outcome `json:"outcome,omitempty"`
	Label      *casework.Label  `json:"label"` // null: nobody has told yet
	// Asked is casework.Case.Asked: "" is not known.
	Asked string `json:"asked"`
	Told  []Told `json:"told"` // of Rules, then of the bundle that was asked
}

// File is what is on file of a case's instrument.
type File struct {
	Findings []health.Finding // of every epoch
	// Cased are the findings that joined a case, of whatever case.
	Cased map[string]bool
	// At is when the run with a sequence number was received; false if that is not on record.
	At func(sequence int64) (time.Time, bool)
}

// kinds of finding that rules make [score]: a drift is news before any limit is crossed.
const (
	drift = "drift"
	limit = "limit"
)

// hasCome and onItsWay are the reasons of what models find [predict].
const (
	hasCome  = "failure-has-come"
	onItsWay = "failure-foretold"
)

// CaseOf a case and what is on file.
func CaseOf(c casework.Case, file File) Case {
	out := Case{
		Case: c.ID, Instrument: c.Instrument, Component: c.Component, Model: Rules, Opened: c.OpenedAt.UTC(), Closed: c.ClosedAt,
		Outcome: c.Outcome, Label: c.Label, Asked: c.Asked, Told: []Told{},
	}
	i := slices.IndexFunc(file.Findings, func(f health.Finding) bool { return f.ID == c.Finding })
	if i < 0 {
		return out
	}
	opening := file.Findings[i]
	out.Rule, out.Kind, out.Model, out.Epoch, out.Sequence = opening.Rule, opening.Kind, maker(opening), opening.Epoch, opening.LastSequence
	about := file.about(c, opening)
	for _, model := range []string{Rules, c.Asked} {
		if model != "" && model != casework.NoModels {
			out.Told = append(out.Told, file.told(c, about, model))
		}
	}
	return out
}

func maker(f health.Finding) string {
	if f.Foretold != nil {
		return f.Foretold.Model
	}
	return Rules
}

// about are the findings that speak of a case, the earliest first: those that joined it,
// and, where models only record, those that joined none and stood when it ended.
func (file File) about(c casework.Case, opening health.Finding) (about []health.Finding) {
	for _, f := range file.Findings {
		if f.Component != c.Component || f.Epoch != opening.Epoch {
			continue
		}
		recorded := f.Foretold != nil && f.State == health.Active && !file.Cased[f.ID]
		if recorded && c.ClosedAt != nil {
			at, known := file.At(f.LastSequence)
			recorded = known && at.Before(*c.ClosedAt)
		}
		if recorded || slices.Contains(c.Findings, f.ID) {
			about = append(about, f)
		}
	}
	slices.SortStableFunc(about, func(a, b health.Finding) int { return int(min(1, max(-1, a.LastSequence-b.LastSequence))) })
	return about
}

// told is how a model had told of a case.
func (file File) told(c casework.Case, about []health.Finding, model string) Told {
	come := slices.IndexFunc(about, func(f health.Finding) bool { return f.Reason == hasCome || f.Kind == limit })
	t := Told{Model: model, How: NotTold}
	for _, f := range about {
		if maker(f) != model {
			continue
		}
		if t.Finding == "" {
			t.How, t.Finding = AsCome, f.ID
		}
		if (f.Reason == onItsWay || f.Kind == drift) && (come < 0 || f.LastSequence < about[come].LastSequence) {
			t.How, t.Finding = Foretold, f.ID
			t.LeadDays, t.Until = file.lead(c, f, about, come)
			break
		}
	}
	return t
}

// lead is from the run that a finding was told with to the first that ended it.
func (file File) lead(c casework.Case, f health.Finding, about []health.Finding, come int) (*float64, Until) {
	from, known := file.At(f.LastSequence)
	if !known && f.ID == c.Finding {
		from, known = c.OpenedAt, true
	}
	var end time.Time
	var until Until
	first := func(at time.Time, what Until) {
		if until == "" || at.Before(end) {
			end, until = at, what
		}
	}
	if come >= 0 {
		if at, known := file.At(about[come].LastSequence); known {
			first(at, Came)
		}
	}
	if c.Visit != nil && c.Booked != nil {
		first(c.Booked.End, Service)
	}
	if c.Label != nil {
		first(c.Label.At, Ended)
	}
	if c.ClosedAt != nil {
		first(*c.ClosedAt, Ended)
	}
	if !known || until == "" {
		return nil, ""
	}
	days := max(0, end.Sub(from).Hours()/24)
	return &days, until
}
