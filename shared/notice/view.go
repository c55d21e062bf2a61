package notice

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"proactive/shared/casework"
	"proactive/shared/health"
	"proactive/shared/language"
	"proactive/shared/people"
)

// view is what the words may say. Every string is one line.
type view struct {
	Case, Finding, Opaque, SiteID string
	Instrument, Place, Address    string
	Headline, Observed, Component string
	Urgent, NoEvidence            bool

	// Evidence of the first finding; "" without one.
	Seen, SeenCapital, Feature, Latest, Bound, Since, Missing, Rule string
	Others                                                          []string

	// Foretold is there if the first finding is a prediction.
	Foretold *foretold
	// Similar are past cases that were foretold for similar reasons, one a line.
	Similar []string

	Diagnosis                 *casework.Diagnosis
	Cause, Part               string
	CauseWeight, Alternatives string
	Hours                     string
	Opened, Closed, Due, Plan string
	Zone                      string
	Booked, BookedCapital     string
	LabContacts, LabPeople    string
	OneContact                bool
	Link, Expires, SlotsSpan  string
	Reminder, Last            bool
	Asked                     string
	Failing                   bool
	Fixed, NotFixed, NoAnswer bool
	OutcomeWords              string
}

// view of the matter, in a language and by the site's clock.
func (m matter) view(l language.Language) view {
	c := m.c
	v := view{
		Case: c.ID, Finding: c.Finding, Opaque: c.Instrument, SiteID: c.Site,
		Instrument: line(m.name), Place: line(m.circle.Place()), Address: line(m.circle.Site.Address),
		Headline: m.headline(), Observed: m.observed(l), Component: l.Component(c.Component),
		Urgent: urgencyOf(m.findings) == ActToday, Others: others(m.findings),
		Opened: m.moment(l, c.OpenedAt), Zone: language.Zone(m.now.In(m.zone)), Plan: plan(m.circle.Contract),
		Seen: "no evidence on file", SeenCapital: "No evidence on file", Since: "Not known", Rule: "not on file", Feature: "The finding is not on file", Latest: "–", Bound: "no bound",
	}
	if v.NoEvidence = len(m.findings) == 0; !v.NoEvidence {
		v.evidence(m.findings[0])
		if m.findings[0].Foretold != nil {
			v.Foretold = foretoldOf(l, m.findings[0])
		}
	}
	if d := c.Diagnosis; d != nil {
		v.Diagnosis, v.Cause, v.Part = d, capital(d.Cause), capital(d.Part)
		v.Hours = hours(l, d.Hours)
		if d.Weight > 0 {
			v.CauseWeight = percent(d.Weight)
		}
		var all []string
		for _, a := range d.Alternatives {
			all = append(all, a.Cause+" ("+percent(a.Weight)+")")
		}
		v.Alternatives = strings.Join(all, ", ")
	} else {
		v.Hours = hours(l, defaultHours)
	}
	if due := m.circle.Contract.Due(c.OpenedAt, m.zone); !due.IsZero() {
		v.Due = l.Day(due)
	}
	if b := c.Booked; b != nil {
		v.Booked = l.Span(b.Start.In(m.zone), b.End.In(m.zone))
		v.BookedCapital = capital(v.Booked)
		v.Zone = language.Zone(b.Start.In(m.zone))
	}
	v.lab(m.circle.To(people.Offer))
	v.outcome(c)
	return v
}

// defaultHours is how long a visit takes that nobody diagnosed [G].
const defaultHours = 4

func (v *view) evidence(f health.Finding) {
	v.Seen, v.Bound, v.Rule = seen(f), bound(f), f.Rule
	v.SeenCapital = capital(v.Seen)
	v.Feature = feature(f.Evidence.Feature).long
	if n := len(f.Evidence.Points); n > 0 {
		v.Latest = value(language.English, f.Evidence.Points[n-1].Value, f.Evidence.Unit)
	}
	v.Since = fmt.Sprintf("Run %d, the first beyond the limit; found with run %d", f.FirstSequence, f.LastSequence)
	if f.Foretold != nil {
		v.Since = fmt.Sprintf("Run %d, the first of which the models were sure enough; told with run %d", f.FirstSequence, f.LastSequence)
	}
	if gaps, n := missing(f); n == 1 {
		v.Missing = "Run " + gaps + " has not arrived; it counts neither way."
	} else if n > 1 {
		v.Missing = "Runs " + gaps + " have not arrived; they count neither way."
	}
}

func (v *view) lab(contacts []people.Contact) {
	if len(contacts) == 0 {
		return
	}
	v.OneContact = len(contacts) == 1
	v.LabContacts = fmt.Sprintf("%d contacts", len(contacts))
	if v.OneContact {
		v.LabContacts = "1 contact"
	}
	var all []string
	for _, c := range contacts {
		all = append(all, line(c.Name)+" <"+c.Mail+">")
	}
	v.LabPeople = strings.Join(all, ", ")
}

var outcomeWords = map[casework.Outcome]string{
	casework.Fixed: "fixed", casework.NotFixed: "not fixed", casework.NoAnswer: "no answer", casework.Unverified: "not verified",
}

func (v *view) outcome(c casework.Case) {
	v.Fixed, v.NotFixed, v.NoAnswer = c.Outcome == casework.Fixed, c.Outcome == casework.NotFixed, c.Outcome == casework.NoAnswer
	v.OutcomeWords = outcomeWords[c.Outcome]
	v.Asked = map[int]string{0: "not yet", 1: "once", 2: "twice"}[c.Round]
	if c.Round > 2 {
		v.Asked = fmt.Sprintf("%d times", c.Round)
	}
}

// moment is a time by the site's clock: "Monday 23 November 2026, 17:41".
func (m matter) moment(l language.Language, t time.Time) string {
	t = t.In(m.zone)
	return l.Day(t) + ", " + t.Format("15:04") + " " + language.Zone(t)
}

func plan(c people.Contract) string {
	switch {
	case c.Plan == "":
		return "No contract on file."
	case c.ResponseDays == 1:
		return "Plan " + line(c.Plan) + ", 1 working day."
	case c.ResponseDays > 1:
		return fmt.Sprintf("Plan %s, %d working days.", line(c.Plan), c.ResponseDays)
	default:
		return "Plan " + line(c.Plan) + "."
	}
}

func percent(weight float64) string { return strconv.FormatFloat(100*weight, 'f', 0, 64) + "\u00a0%" }

func hours(l language.Language, h float64) string { return value(l, h, "1") }

// line makes one line of what people typed.
func line(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s))
}

func capital(s string) string {
	for i, r := range s {
		return s[:i] + string(unicode.ToUpper(r)) + s[i+len(string(r)):]
	}
	return s
}
