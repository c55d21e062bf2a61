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
}

// suspicious is from how many standard deviations on a run's metrics are asked about.
const suspicious = 3.5

// ask weighs the explanations of a run, if it looks bad.
func ask(s Step, own float64) (asked, bool) {
	e := attribute.Evidence{Metrics: make([]float64, len(condition.Signals)), Shared: map[string][]float64{}, Own: own}
	bad := false
	scales := make([]float64, len(condition.Signals))
	for i, signal := range condition.Signals {
		e.Metrics[i], scales[i] = math.NaN(), math.NaN()
		t := s.State.Tracks[signal.Feature]
		if t == nil || signal.Count {
			continue
		}
		scales[i] = t.Reference.Scale()
		e.Metrics[i] = s.Residual[i] / scales[i]
		if signal.Owner == "" && math.Abs(e.Metrics[i]) >= suspicious || signal.Feature == "internal.temperature.mean" && e.Metrics[i] >= 2*suspicious {
			bad = true
		}
	}
	if !bad {
		return asked{}, false
	}
	for factor, shift := range s.Shift {
		z := make([]float64, len(shift))
		for i := range shift {
			if scales[i] > 0 {
				z[i] = shift[i] / scales[i]
			}
		}
		e.Shared[factor] = z
	}
	return asked{s.Instrument, s.At, s.Factors, attribute.Weigh(e)}, true
}

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
			for _, r := range y.asked {
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

func struck(e fleet.Episode, r asked, tenant, site map[string]string) bool {
	switch e.Field {
	case "tenant":
		return tenant[r.instrument] == e.Value
	case "site":
		return site[r.instrument] == e.Value
	}
	return r.factors[e.Field] == e.Value
}
