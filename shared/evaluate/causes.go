package evaluate

import (
	"math"
	"time"

	"proactive/shared/attribute"
	"proactive/shared/condition"
	"proactive/shared/fleet"
)

// Attributed is how often a shared cause was told for what it was, over the runs that it
// struck and that looked bad enough to ask.
type Attributed struct {
	Cause    string `json:"cause"`
	Episodes int    `json:"episodes"` // of which a run looked bad
	Runs     int    `json:"runs"`
	Right    int    `json:"runs_attributed_right"`
	// RightEpisodes are those whose runs, taken together, name the cause.
	RightEpisodes int    `json:"episodes_attributed_right"`
	Share         Figure `json:"share_right"`
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
}

// suspicious is from how many standard deviations on a run is asked about.
const suspicious = 3.5

// add weighs the explanations of a run, if it looks bad. own is the highest probability of a
// fault on its instrument.
func (q *inquiry) add(s Step, own float64) {
	if q.usual == nil {
		q.usual, q.met = map[string]*attribute.Usual{}, map[string]map[string]time.Time{}
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

// attributed compares what was said of bad-looking runs with the episodes.
func (y *Year) attributed() (all []Attributed) {
	tenant, site := map[string]string{}, map[string]string{}
	for _, i := range y.Fleet.Instruments() {
		tenant[i.ID], site[i.ID] = i.Tenant, i.Site
	}
	for _, cause := range []string{fleet.ReagentLot, fleet.FlowcellLot, fleet.Software, fleet.Library, fleet.Room} {
		a := Attributed{Cause: cause}
		for _, e := range y.Fleet.Episodes() {
			if e.Cause != cause {
				continue
			}
			together, runs := map[attribute.Cause]float64{}, 0
			for _, r := range y.inquiry.asked {
				if r.at.Before(e.From) || r.at.After(e.To) || !struck(e, r, tenant, site) {
					continue
				}
				runs++
				a.Runs++
				if string(r.weights[0].Cause) == cause {
					a.Right++
				}
				for _, w := range r.weights {
					together[w.Cause] += math.Log(math.Max(w.Weight, 1e-3))
				}
			}
			if runs == 0 {
				continue
			}
			a.Episodes++
			right := true
			for c, w := range together {
				right = right && (string(c) == cause || w < together[attribute.Cause(cause)])
			}
			if right {
				a.RightEpisodes++
			}
		}
		a.Share = share(a.RightEpisodes, a.Episodes)
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
