package score

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"proactive/shared/attribute"
	"proactive/shared/condition"
	"proactive/shared/health"
	"proactive/shared/ne107"
	"proactive/shared/predict"
)

// Alarm is what is remembered of a component's predictions.
type Alarm struct {
	predict.Alarm
	Raised int   `json:"raised"` // how often in the epoch
	Since  int64 `json:"since"`  // the first of the runs in a row above the threshold
}

// next adds a run's prediction, and tells whether it raised the alarm, and why.
func (a *Alarm) next(b *predict.Bundle, p predict.Prediction, sequence int64) (predict.Reason, bool) {
	if a.Epoch != p.Epoch {
		*a = Alarm{Alarm: predict.Alarm{Epoch: p.Epoch}}
	}
	was := a.Over
	reason := b.Next(&a.Alarm, p)
	if a.Over > was && was == 0 {
		a.Since = sequence
	}
	switch reason {
	case predict.HasCome, predict.Foretold:
		a.Raised++
		if a.Over == 0 {
			a.Since = sequence
		}
		return reason, true
	}
	return reason, false
}

// story is what folding an instrument's runs came to.
type story struct {
	now      Settled           // as of the newest run; not to be kept
	document []byte            // the snapshot to keep; nil: as it was
	foretold []health.Finding  // that are news
	stands   int64             // a predicted finding up to here is not judged again
	outlooks []*health.Outlook // as condition.Components; null without models
	ours     posting           // of the run that was asked for, if it was folded
}

// fold folds what came after a snapshot.
func (s Stage) fold(kept Kept, t Told, sequence int64) (story, error) {
	now, fresh, err := open(kept)
	if err != nil {
		return story{}, err
	}
	out := story{stands: now.Through, outlooks: make([]*health.Outlook, len(condition.Components))}
	through := now.Through
	slices.SortFunc(t.Runs, func(a, b Run) int { return int(min(1, max(-1, a.Sequence-b.Sequence))) })
	first, _ := slices.BinarySearchFunc(t.Runs, through+1, func(r Run, n int64) int { return int(min(1, max(-1, r.Sequence-n))) })
	after := t.Runs[first:]
	if old := len(after) - historic; fresh && old > 0 {
		out.stands = after[old-1].Sequence
	}
	keep := settle(len(after))
	for i, r := range after {
		now.add(r, t.Services)
		if s.Models != nil {
			if err := s.foretell(&now, t.Runs[:first+i+1], t.Services, i == len(after)-1, &out); err != nil {
				return story{}, err
			}
		}
		if r.Sequence == sequence {
			out.ours = postingOf(&now, r)
		}
		if i+1 == keep {
			if out.document, err = json.Marshal(now); err != nil {
				return story{}, fmt.Errorf("encoding a condition: %w", err)
			}
		}
	}
	out.now = now
	return out, nil
}

// foretell asks the models about every component as of the newest of the runs.
func (s Stage) foretell(now *Settled, runs []Run, services map[string]health.Epoch, newest bool, out *story) error {
	r := runs[len(runs)-1]
	vectors, said := make([][]float64, len(condition.Components)), make([]predict.Prediction, len(condition.Components))
	for c, component := range condition.Components {
		vectors[c] = make([]float64, len(condition.Columns))
		now.Condition.Vector(c, vectors[c])
		if newest {
			said[c] = s.Models.Of(vectors[c], component.Name)
		} else {
			said[c] = s.Models.Alarming(vectors[c], component.Name)
		}
		said[c].Epoch = begun(services, r.Sequence)[component.Name].Number
	}
	predict.Compare(said)
	for c, component := range condition.Components {
		row, a := vectors[c], &now.Alarms[c]
		reason, raised := a.next(s.Models, said[c], r.Sequence)
		if newest {
			o := outlook(said[c])
			out.outlooks[c] = &o
		}
		// What was raised before the last service is history, and so is what is settled.
		if !raised || r.Sequence <= out.stands || a.Epoch != services[component.Name].Number {
			continue
		}
		if f, ok := s.finding(now, runs, c, row, reason); ok {
			f.Foretold.Causes = owed(now.news, said[c].Fault, component)
			out.foretold = append(out.foretold, f)
		}
	}
	return nil
}

// owed weighs what the news of a run may be owed to, where a component is thought to have a
// fault with a probability.
func owed(news attribute.Evidence, fault float64, component condition.Component) []health.Owed {
	news.Own, news.Signals = fault, component.Signals
	all := []health.Owed{}
	for _, w := range attribute.Weigh(news) {
		// Hundredths: the last bits of an exponential differ from machine to machine.
		if share := math.Round(w.Weight*100) / 100; share > 0 {
			all = append(all, health.Owed{Cause: string(w.Cause), Weight: share})
		}
	}
	return all
}

func outlook(p predict.Prediction) health.Outlook {
	life := p.Life()
	return health.Outlook{Failed: p.Failed, Fault: p.Fault, Within: p.Within, LifeDays: [3]*float64{known(life.Low), known(life.Median), known(life.High)}}
}

// known is a number, nil if it is not one.
func known(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// becauses bounds how many reasons a finding names.
const becauses = 6

// finding is what an alarm says. false if nothing of it can be shown: no signal that
// spoke for it has a reading, which a person could check.
func (s Stage) finding(now *Settled, runs []Run, c int, row []float64, reason predict.Reason) (health.Finding, bool) {
	r, component, a := runs[len(runs)-1], condition.Components[c], now.Alarms[c]
	told, all := foretoldOf(s.Models, row, c, a.Raised, s.Catalog)
	evidence, ok := evidenceOf(now, runs, component, all)
	if !ok {
		return health.Finding{}, false
	}
	rule := string(component.Subsystem) + "." + component.Name + "." + health.Predicted
	return health.Finding{
		ID:         FindingID(r.Instrument, component.Name, rule+" "+strconv.Itoa(a.Raised), a.Epoch),
		Instrument: r.Instrument, Component: component.Name, Subsystem: component.Subsystem,
		Rule: rule, Kind: health.Predicted, Reason: string(reason), State: health.Active, Epoch: a.Epoch,
		FirstSequence: a.Since, LastSequence: r.Sequence, Evidence: evidence, Foretold: told,
	}, true
}

// What evidence of a prediction shows: as main reading the component's own signal that
// speaks loudest for a fault, or else any that does; beside it up to supports others.
const supports = 3

// clear is how many standard deviations from its normal a signal is beyond its bound at
// least; where it has gone far, half of the way is.
const clear = 3.

func evidenceOf(now *Settled, runs []Run, component condition.Component, all []predict.Because) (health.Evidence, bool) {
	var speak []predict.Because
	for _, own := range []bool{true, false} {
		for _, b := range all {
			if slices.Contains(component.Signals, b.Signal) == own && b.Score > 0 {
				speak = append(speak, b)
			}
		}
	}
	var e health.Evidence
	for _, b := range speak {
		signal, ok := condition.SignalOf(b.Signal)
		if !ok || len(e.Support) == supports {
			continue
		}
		location, scale := now.Condition.Normal(b.Signal)
		z := float64(b.Standing)
		points := pointsOf(runs, b.Signal, now.Condition.Epochs[component.Name].Since)
		if len(points) == 0 || math.IsNaN(location) {
			continue
		}
		if e.Feature != "" {
			e.Support = append(e.Support, health.Series{Feature: b.Signal, Unit: signal.Unit, Points: points})
			continue
		}
		if math.IsNaN(z) {
			z = 0
		}
		up := z >= 0 != signal.Down // z is turned, the reading is not
		off := math.Max(clear, math.Abs(z)/2) * scale
		if !up {
			off = -off
		}
		e.Feature, e.Unit, e.Above = b.Signal, signal.Unit, up
		e.Baseline, e.Limit = signal.Value(location), signal.Value(location+off)
		for i := range points {
			points[i].Violates = beyond(up, points[i].Value, e.Limit)
		}
		e.Points = points
	}
	return e, e.Feature != ""
}

// pointsOf are the readings of a feature in the last evidencePoints sequence numbers.
func pointsOf(runs []Run, feature string, since int64) (all []health.Point) {
	last := runs[len(runs)-1].Sequence
	for _, r := range runs {
		if v, there := r.Values[feature]; there && r.Sequence > last-evidencePoints && r.Sequence >= since {
			all = append(all, health.Point{Sequence: r.Sequence, Value: v})
		}
	}
	return all
}

// learning is how many runs after a service tell a component's new normal.
const learning = 4

// status is how the instrument stands, with what was found and stands.
func (s Stage) status(instrument string, t story, services map[string]health.Epoch, found []health.Finding) health.Status {
	out := health.Status{Instrument: instrument, Sequence: t.now.Through}
	if s.Models != nil {
		out.Model = s.Models.Hash
	}
	row := make([]float64, len(condition.Columns))
	for c, component := range condition.Components {
		t.now.Condition.Vector(c, row)
		heard := false
		for i, column := range condition.Columns {
			heard = heard || ownNow[column] && !math.IsNaN(row[i])
		}
		a, epoch := t.now.Alarms[c], services[component.Name].Number
		alarmed := s.Models != nil && a.On && a.Epoch == epoch
		e := t.now.Condition.Epochs[component.Name]
		facts := ne107.Facts{Heard: heard, Learning: epoch > 0 && (e.Number < epoch || e.Runs < learning), Come: alarmed && a.Come, Foretold: alarmed}
		one := health.ComponentStatus{Component: component.Name, Subsystem: component.Subsystem, Epoch: epoch, Outlook: t.outlooks[c], Findings: []string{}}
		for _, f := range found {
			if f.Component != component.Name || f.State != health.Active || f.Epoch != epoch {
				continue
			}
			one.Findings = append(one.Findings, f.ID)
			facts.Limit = facts.Limit || f.Kind == Limit
			facts.Drift = facts.Drift || f.Kind == Drift
		}
		one.Status, one.Reason = ne107.Of(facts)
		out.Components = append(out.Components, one)
	}
	return out
}

// ownNow are the columns that tell where a component's own signals stand now.
var ownNow = func() map[string]bool {
	all := map[string]bool{}
	for i := range condition.Slots {
		all[fmt.Sprintf("own%d.z", i+1)] = true
	}
	return all
}()
