package outcomes

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/casework"
	"proactive/shared/health"
)

var day0 = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// onDay n, and so run n was received then.
func onDay(n int64) time.Time { return day0.AddDate(0, 0, int(n)) }

func predicted(id, model, reason string, run int64) health.Finding {
	return health.Finding{
		ID: id, Component: "pump", Kind: health.Predicted, Rule: "fluidics.pump.predicted", Reason: reason, State: health.Active, LastSequence: run,
		Foretold: &health.Foretold{Model: model},
	}
}

func ruled(id, kind string, run int64) health.Finding {
	return health.Finding{ID: id, Component: "pump", Kind: kind, Rule: "fluidics.pump." + kind, Reason: "pump-underdelivering", State: health.Active, LastSequence: run}
}

// aCase that the first of its findings opened on the day of its run.
func aCase(asked string, change func(*casework.Case), findings ...health.Finding) (casework.Case, File) {
	c := casework.Case{ID: "c-1", Component: "pump", Asked: asked, OpenedAt: onDay(findings[0].LastSequence), Finding: findings[0].ID}
	file := File{Findings: findings, Cased: map[string]bool{}, At: func(n int64) (time.Time, bool) { return onDay(n), true }}
	for _, f := range findings {
		if f.State == health.Active || f.ID == c.Finding {
			c.Findings, file.Cased[f.ID] = append(c.Findings, f.ID), true
		}
	}
	if change != nil {
		change(&c)
	}
	return c, file
}

func TestHowACaseWasTold(t *testing.T) {
	days := func(d float64) *float64 { return &d }
	told := func(day int64) func(*casework.Case) {
		return func(c *casework.Case) {
			c.Label = &casework.Label{Verdict: casework.Confirmed, At: onDay(day)}
		}
	}
	visited := func(c *casework.Case) {
		told(40)(c)
		c.Visit, c.Booked = &casework.Visit{Epoch: 1}, &casework.Slot{Start: onDay(17), End: onDay(18)}
	}
	later := ruled("f-l", limit, 25)
	later.Epoch = 1
	elsewhere := predicted("f-e", "m", onItsWay, 2)
	elsewhere.Component = "valve"
	withdrawn := predicted("f-w", "m", onItsWay, 3)
	withdrawn.State = health.Withdrawn
	for name, c := range map[string]struct {
		asked    string
		change   func(*casework.Case)
		findings []health.Finding
		want     []Told
	}{
		"foretold, then it came": {"m", told(40), []health.Finding{predicted("f-1", "m", onItsWay, 10), predicted("f-2", "m", hasCome, 22)},
			[]Told{{Rules, NotTold, "", nil, ""}, {"m", Foretold, "f-1", days(12), Came}}},
		"foretold, then a limit was crossed": {"m", told(40), []health.Finding{predicted("f-1", "m", onItsWay, 10), ruled("f-2", limit, 15)},
			[]Told{{Rules, AsCome, "f-2", nil, ""}, {"m", Foretold, "f-1", days(5), Came}}},
		"foretold, then serviced": {"m", visited, []health.Finding{predicted("f-1", "m", onItsWay, 10)},
			[]Told{{Rules, NotTold, "", nil, ""}, {"m", Foretold, "f-1", days(8), Service}}},
		"foretold, then told of": {"m", told(13), []health.Finding{predicted("f-1", "m", onItsWay, 10)},
			[]Told{{Rules, NotTold, "", nil, ""}, {"m", Foretold, "f-1", days(3), Ended}}},
		"foretold, nothing has ended it": {"m", nil, []health.Finding{predicted("f-1", "m", onItsWay, 10)},
			[]Told{{Rules, NotTold, "", nil, ""}, {"m", Foretold, "f-1", nil, ""}}},
		"told when it had come": {"m", told(40), []health.Finding{predicted("f-1", "m", hasCome, 10)},
			[]Told{{Rules, NotTold, "", nil, ""}, {"m", AsCome, "f-1", nil, ""}}},
		"foretold when it had come already": {"m", told(40), []health.Finding{ruled("f-1", limit, 10), predicted("f-2", "m", onItsWay, 11)},
			[]Told{{Rules, AsCome, "f-1", nil, ""}, {"m", AsCome, "f-2", nil, ""}}},
		"foretold with the run that said it had come": {"m", told(40), []health.Finding{ruled("f-1", limit, 10), predicted("f-2", "m", onItsWay, 10)},
			[]Told{{Rules, AsCome, "f-1", nil, ""}, {"m", AsCome, "f-2", nil, ""}}},
		"joined a rule's case before it came": {"m", told(40), []health.Finding{ruled("f-1", drift, 10), predicted("f-2", "m", onItsWay, 12), ruled("f-3", limit, 20)},
			[]Told{{Rules, Foretold, "f-1", days(10), Came}, {"m", Foretold, "f-2", days(8), Came}}},
		"told by rules only": {"m", told(40), []health.Finding{ruled("f-1", drift, 10)},
			[]Told{{Rules, Foretold, "f-1", days(30), Ended}, {"m", NotTold, "", nil, ""}}},
		"foretold by other models than were asked": {"n", told(40), []health.Finding{predicted("f-1", "m", onItsWay, 10)},
			[]Told{{Rules, NotTold, "", nil, ""}, {"n", NotTold, "", nil, ""}}},
		"no models":                  {casework.NoModels, told(40), []health.Finding{ruled("f-1", limit, 10)}, []Told{{Rules, AsCome, "f-1", nil, ""}}},
		"nobody knows which models":  {"", told(40), []health.Finding{ruled("f-1", limit, 10)}, []Told{{Rules, AsCome, "f-1", nil, ""}}},
		"a recurrence after service": {"m", visited, []health.Finding{predicted("f-1", "m", onItsWay, 10), later}, []Told{{Rules, NotTold, "", nil, ""}, {"m", Foretold, "f-1", days(8), Service}}},
		"on another component":       {"m", told(40), []health.Finding{ruled("f-1", limit, 10), elsewhere}, []Told{{Rules, AsCome, "f-1", nil, ""}, {"m", NotTold, "", nil, ""}}},
		"withdrawn, and recorded":    {"m", told(40), []health.Finding{ruled("f-1", limit, 10), withdrawn}, []Told{{Rules, AsCome, "f-1", nil, ""}, {"m", NotTold, "", nil, ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			k, file := aCase(c.asked, c.change, c.findings...)
			if diff := cmp.Diff(c.want, CaseOf(k, file).Told); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// With predictions=record a prediction joins no case, and has foretold it all the same.
func TestWhatIsOnlyRecorded(t *testing.T) {
	c, file := aCase("m", nil, ruled("f-1", limit, 20))
	file.Findings = append(file.Findings, predicted("f-2", "m", onItsWay, 8))
	if got := CaseOf(c, file); got.Model != Rules || got.Told[1].How != Foretold || *got.Told[1].LeadDays != 12 {
		t.Errorf("%+v", got)
	}
	file.Cased["f-2"] = true // it belongs to an earlier case
	if got := CaseOf(c, file); got.Told[1].How != NotTold {
		t.Errorf("another case's: %+v", got)
	}
	file.Cased, c.ClosedAt = map[string]bool{"f-1": true}, new(time.Time)
	if *c.ClosedAt = onDay(7); CaseOf(c, file).Told[1].How != NotTold {
		t.Error("made when the case was closed")
	}
}

func TestWhenTimesAreNotOnRecord(t *testing.T) {
	c, file := aCase("m", nil, predicted("f-1", "m", onItsWay, 10), predicted("f-2", "m", hasCome, 22))
	c.Label = &casework.Label{Verdict: casework.Confirmed, At: onDay(30)}
	file.At = func(int64) (time.Time, bool) { return time.Time{}, false }
	if got := CaseOf(c, file).Told[1]; got.How != Foretold || *got.LeadDays != 20 || got.Until != Ended { // from the opening
		t.Errorf("%+v", got)
	}
	file.Findings = file.Findings[1:] // the finding that opened it is gone
	if got := CaseOf(c, file); got.Rule != "" || len(got.Told) != 0 {
		t.Errorf("%+v", got)
	}
}
