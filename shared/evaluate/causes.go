package evaluate

import (
	"slices"
	"time"

	"proactive/shared/attribute"
	"proactive/shared/fleet"
)

// Attributed is how often a shared cause was told for what it was: by notices, one for each
// lot, release and customer's library.
type Attributed struct {
	Cause    string `json:"cause"`
	Episodes int    `json:"episodes"` // that enough instruments saw to be told: see leastSeen
	Found    int    `json:"found"`    // of which a notice named the cause and the level
	Notices  int    `json:"notices"`
	Right    int    `json:"right"` // of the notices: it was so
	Share    Figure `json:"share_right"`
	Recall   Figure `json:"share_found"`
}

// inquiry asks what is new in runs is owed to.
type inquiry struct {
	usual map[string]*attribute.Usual // by instrument
	// What was noticed: a level, when first; and what is remembered of customers' libraries.
	notices   map[notice]time.Time
	libraries map[string]*attribute.Libraries
	due       map[string]bool // of customers
	streak    map[string]int  // runs in a row after which a lot looked bad
	tenant    map[string]string
}

// notice is one that was given: a lot or a release is noticed once, a customer's libraries as
// often as they turn bad.
type notice struct {
	cause string
	level string
	n     int
}

// add adds a run, and says what is new in it is owed to. own is the highest probability of a
// fault on its instrument, and signals are the component's.
func (q *inquiry) add(s Step, own float64, signals []string) attribute.Cause {
	if q.usual == nil {
		q.usual = map[string]*attribute.Usual{}
		q.notices, q.libraries, q.due, q.streak = map[notice]time.Time{}, map[string]*attribute.Libraries{}, map[string]bool{}, map[string]int{}
	}
	usual := q.usual[s.Instrument]
	if usual == nil {
		usual = &attribute.Usual{}
		q.usual[s.Instrument] = usual
	}
	scale := s.State.Scales()
	news := usual.Add(s.Residual, scale, s.Shift, own, signals)
	q.notice(s, news, scale)
	return attribute.Weigh(news)[0].Cause
}

// newsDays is how long after an episode a notice of it is still right.
const newsDays = 30

// notice gives the notices that are due after a run.
func (q *inquiry) notice(s Step, news attribute.Evidence, scale []float64) {
	say := func(cause, value string, n int) {
		if _, there := q.notices[notice{cause, value, n}]; !there {
			q.notices[notice{cause, value, n}] = s.At
		}
	}
	for _, lot := range []struct{ factor, cause string }{{"run.reagent_lot", fleet.ReagentLot}, {"run.flowcell_lot", fleet.FlowcellLot}} {
		id := level(s.Run, lot.factor)
		if bad, _ := attribute.LotIsWorse(lot.factor, s.cohorts[id], news, s.State.Day); !bad {
			q.streak[id] = 0
		} else if q.streak[id]++; q.streak[id] == attribute.LastingOf(lot.factor) {
			say(lot.cause, s.Factors[lot.factor], 0)
		}
	}
	if moves, _ := attribute.ReleaseMoves(s.cohorts[level(s.Run, software)], s.State.Day); moves && s.State.Software.Changed {
		say(fleet.Software, s.Factors[software], 0)
	}
	tenant := q.tenant[s.Instrument]
	l := q.libraries[tenant]
	if l == nil {
		l = &attribute.Libraries{}
		q.libraries[tenant] = l
	}
	left := slices.Clone(s.Residual)
	for _, shift := range s.Shift {
		for i, by := range shift {
			left[i] -= by
		}
	}
	due := l.Add(left, scale)
	if due && !q.due[tenant] {
		n := 0
		for k := range q.notices {
			if k.cause == fleet.Library && k.level == tenant {
				n++
			}
		}
		say(fleet.Library, tenant, n)
	}
	q.due[tenant] = due
}

const software = "config.control_software"

// leastSeen is how many instruments must have seen an episode that is told by comparing
// them: the one that asks, and a cohort's least.
const leastSeen = 5

// attributed compares the notices with the episodes.
func (y *Year) attributed() (all []Attributed) {
	for _, cause := range []string{fleet.ReagentLot, fleet.FlowcellLot, fleet.Software, fleet.Library} {
		a := Attributed{Cause: cause}
		right := map[notice]bool{}
		for _, e := range y.Fleet.Episodes() {
			if e.Cause != cause {
				continue
			}
			found := false
			for n, at := range y.inquiry.notices {
				if n.cause == cause && n.level == e.Value && !at.Before(e.From) && !at.After(e.To.AddDate(0, 0, newsDays)) {
					found, right[n] = true, true
				}
			}
			if cause != fleet.Library && len(e.Instruments) < leastSeen {
				continue
			}
			a.Episodes++
			if found {
				a.Found++
			}
		}
		for n := range y.inquiry.notices {
			if n.cause == cause {
				a.Notices++
			}
		}
		a.Right = len(right)
		a.Share, a.Recall = share(a.Right, a.Notices), share(a.Found, a.Episodes)
		all = append(all, a)
	}
	return all
}

// Owed is what the cases were owed to by the heaviest explanation: of the true ones it should
// be the instrument; of the false ones another could have spared the case.
type Owed struct {
	Cause attribute.Cause `json:"cause"`
	True  int             `json:"true_cases"`
	False int             `json:"false_cases"`
}

// owed counts a desk's cases.
func owed(d *Desk) (all []Owed) {
	for _, cause := range []attribute.Cause{attribute.Instrument, attribute.ReagentLot, attribute.FlowcellLot, attribute.Software, attribute.Library, attribute.Room, attribute.Chance} {
		o := Owed{Cause: cause}
		for _, c := range d.Cases {
			switch {
			case c.Owed != cause:
			case c.Fault != nil:
				o.True++
			default:
				o.False++
			}
		}
		all = append(all, o)
	}
	return all
}
