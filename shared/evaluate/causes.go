package evaluate

import (
	"math"
	"slices"
	"time"

	"proactive/shared/attribute"
	"proactive/shared/condition"
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

// asked is what is remembered of a run that looked bad.
type asked struct {
	instrument string
	at         time.Time
	factors    map[string]string
	weights    []attribute.Weight
	evidence   attribute.Evidence
	met        map[string]time.Time // when the instrument first had the run's level, by factor
}

// inquiry asks what runs that look bad are owed to.
type inquiry struct {
	usual map[string]*attribute.Usual     // by instrument
	met   map[string]map[string]time.Time // by instrument, and factor and level
	asked []asked
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

// suspicious is from how many standard deviations on a run is asked about.
const suspicious = 3.5

// add weighs the explanations of a run, if it looks bad. own is the highest probability of a
// fault on its instrument.
func (q *inquiry) add(s Step, own float64) {
	if q.usual == nil {
		q.usual, q.met = map[string]*attribute.Usual{}, map[string]map[string]time.Time{}
		q.notices, q.libraries, q.due, q.streak = map[notice]time.Time{}, map[string]*attribute.Libraries{}, map[string]bool{}, map[string]int{}
	}
	usual, met := q.usual[s.Instrument], q.met[s.Instrument]
	if usual == nil {
		usual, met = &attribute.Usual{}, map[string]time.Time{}
		q.usual[s.Instrument], q.met[s.Instrument] = usual, met
	}
	a := asked{instrument: s.Instrument, at: s.At, factors: s.Factors, met: map[string]time.Time{}}
	for _, factor := range condition.Shared {
		level := factor + " " + s.Factors[factor]
		if _, there := met[level]; !there {
			met[level] = s.At
		}
		a.met[factor] = met[level]
	}
	scale := make([]float64, len(condition.Signals))
	for i, signal := range condition.Signals {
		scale[i] = math.NaN()
		if t := s.State.Tracks[signal.Feature]; t != nil && !signal.Count {
			scale[i] = t.Reference.Scale()
		}
	}
	q.notice(s, s.cohorts, scale)
	a.evidence = usual.Add(s.Residual, scale, s.Shift, own)
	for _, z := range a.evidence.Metrics {
		if math.Abs(z) >= suspicious {
			a.weights = attribute.Weigh(a.evidence)
			q.asked = append(q.asked, a)
			return
		}
	}
}

// newsDays is how long after an instrument first had a level what looks bad is news of it.
const newsDays = 30

// notice gives the notices that are due after a run.
func (q *inquiry) notice(s Step, cohorts map[string]*condition.Cohort, scale []float64) {
	say := func(cause, value string, n int) {
		if _, there := q.notices[notice{cause, value, n}]; !there {
			q.notices[notice{cause, value, n}] = s.At
		}
	}
	for _, lot := range []struct{ factor, cause string }{{"run.reagent_lot", fleet.ReagentLot}, {"run.flowcell_lot", fleet.FlowcellLot}} {
		id := level(s.Run, lot.factor)
		if bad, _ := attribute.LotIsBad(lot.factor, cohorts[id], s.State.Day); !bad {
			q.streak[id] = 0
		} else if q.streak[id]++; q.streak[id] == attribute.Lasting {
			say(lot.cause, s.Factors[lot.factor], 0)
		}
	}
	if moves, _ := attribute.ReleaseMoves(cohorts[level(s.Run, software)], s.State.Day); moves && s.State.Software.Changed {
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

// struck tells whether a run is one of an episode's, and was when that was news.
func struck(e fleet.Episode, r asked, tenant, site map[string]string) bool {
	switch e.Field {
	case "tenant":
		return tenant[r.instrument] == e.Value
	case "site":
		return site[r.instrument] == e.Value
	}
	return r.factors[e.Field] == e.Value && !r.at.After(r.met[e.Field].AddDate(0, 0, newsDays))
}
