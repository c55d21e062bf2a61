package evaluate

import (
	"runtime"
	"slices"
	"sync"
	"time"

	"proactive/shared/attribute"
	"proactive/shared/condition"
	"proactive/shared/fleet"
	"proactive/shared/predict"
	"proactive/shared/score"
)

// Scored is a row with what every detector makes of it, so that thresholds can be tried
// without playing the year again.
type Scored struct {
	Instrument int32 // by its place in Year.Instruments
	Component  int8
	Epoch      int // the component's
	Sequence   int64
	At         time.Time
	Labels     Labels
	Raw        [len(Labels{})]float64 // the models' scores, as predict.Targets
	P          predict.Prediction     // what the bundle makes of them: see Predict
	// Limit is how far beyond its fixed limits the component is, as a factor of the limit;
	// EWMA the worst exponentially weighted mean of its own signals, in standard deviations.
	Limit, EWMA float64
	Owed        attribute.Cause // what is new in the run is owed to
	Oracle      [4]float64      // the true probabilities
}

// Year is a fleet's year, scored.
type Year struct {
	Fleet       *fleet.Fleet
	Truths      Truths
	Instruments []string
	Years       float64  // instrument-years
	Rows        []Scored // of each run one of each component, in their order
	arrivals    map[string][]time.Time
	inquiry     inquiry
}

// ScoreYear plays a fleet's year once.
func ScoreYear(f *fleet.Fleet, b *predict.Bundle) (*Year, error) {
	y := &Year{Fleet: f, Truths: TruthsOf(f), arrivals: map[string][]time.Time{}, inquiry: inquiry{tenant: tenants(f)}}
	place, oracles := map[string]int32{}, map[string][]fleet.Oracle{}
	for _, i := range f.Instruments() {
		place[i.ID] = int32(len(y.Instruments)) //nolint:gosec // a fleet has at most 100 000
		y.Instruments = append(y.Instruments, i.ID)
		for o, err := range f.Oracle(i.ID) {
			if err != nil {
				return nil, err
			}
			oracles[i.ID] = append(oracles[i.ID], o)
		}
	}
	y.Years = float64(len(y.Instruments)) * float64(f.Settings().Days) / 365
	limits, vectors := limits{}, make([][]float64, len(condition.Components))
	for c := range vectors {
		vectors[c] = make([]float64, len(condition.Columns))
	}
	raw := make([][len(Labels{})]float64, len(condition.Components))
	err := Play(f, func(s Step) error {
		y.arrivals[s.Instrument] = append(y.arrivals[s.Instrument], s.At)
		beyond, own, signals := limits.add(s), 0.0, []string(nil)
		for c := range vectors {
			s.State.Vector(c, vectors[c])
		}
		if b != nil {
			inParallel(len(vectors), func(c int) { raw[c] = b.Raw(vectors[c]) })
		}
		for c, component := range condition.Components {
			row := Scored{
				Instrument: place[s.Instrument], Component: int8(c), Epoch: s.State.Epochs[component.Name].Number, Sequence: s.Sequence, At: s.At,
				Labels: LabelsOf(y.Truths.At(s.Instrument, c, s.At)), Limit: beyond[component.Name], EWMA: worst(vectors[c]), Raw: raw[c],
			}
			if b != nil {
				if p := b.FromRaw(row.Raw, component.Name).Fault; p > own {
					own, signals = p, component.Signals
				}
			}
			all := oracles[s.Instrument]
			for len(all) > 0 && all[0].Sequence < s.Sequence {
				all = all[1:]
			}
			oracles[s.Instrument] = all
			for _, o := range all {
				if o.Sequence != s.Sequence {
					break
				}
				if o.Component == component.Name {
					row.Oracle = [4]float64{o.P1, o.P7, o.P14, o.P30}
				}
			}
			y.Rows = append(y.Rows, row)
		}
		owed := y.inquiry.add(s, own, signals)
		for i := len(y.Rows) - len(vectors); i < len(y.Rows); i++ {
			y.Rows[i].Owed = owed
		}
		return nil
	})
	if err == nil && b != nil {
		y.Predict(b)
	}
	return y, err
}

func tenants(f *fleet.Fleet) map[string]string {
	of := map[string]string{}
	for _, i := range f.Instruments() {
		of[i.ID] = i.Tenant
	}
	return of
}

// inParallel does n independent things on all processors.
func inParallel(n int, do func(int)) {
	var wait sync.WaitGroup
	workers := min(n, runtime.GOMAXPROCS(0))
	for w := range workers {
		wait.Go(func() {
			for i := w; i < n; i += workers {
				do(i)
			}
		})
	}
	wait.Wait()
}

// Predict makes the rows' scores probabilities, by the bundle's curves.
func (y *Year) Predict(b *predict.Bundle) {
	n := len(condition.Components)
	all := make([]predict.Prediction, n)
	for i := 0; i < len(y.Rows); i += n { // of one run
		for c := range all {
			all[c] = b.FromRaw(y.Rows[i+c].Raw, condition.Components[c].Name)
			all[c].Epoch = y.Rows[i+c].Epoch
		}
		predict.Compare(all)
		for c := range all {
			y.Rows[i+c].P = all[c]
		}
	}
}

// firstRun is when the first batch came after a moment, the end of time if none did.
func (y *Year) firstRun(instrument string, after time.Time) time.Time {
	all := y.arrivals[instrument]
	i, _ := slices.BinarySearchFunc(all, after, time.Time.Compare)
	if i == len(all) {
		return time.Unix(1<<40, 0)
	}
	return all[i]
}

// ewmaColumns are the weighted means of a component's own signals.
var ewmaColumns = func() (at []int) {
	for i, c := range condition.Columns {
		if len(c) > 4 && c[:3] == "own" && c[4:] == ".fast" {
			at = append(at, i)
		}
	}
	return at
}()

func worst(vector []float64) float64 {
	high := 0.0
	for _, i := range ewmaColumns {
		if v := vector[i]; v > high {
			high = v
		}
	}
	return high
}

// limits are the fixed rules of score, each with the normal it needs: the median of the
// first five runs of the epoch, as there.
type limits map[string]map[string]*normal // by instrument, rule

type normal struct {
	epoch int
	first []float64
}

const normalRuns = 5

// add tells of each component how far it is beyond its worst limit, as a factor.
func (l limits) add(s Step) map[string]float64 {
	of := l[s.Instrument]
	if of == nil {
		of = map[string]*normal{}
		l[s.Instrument] = of
	}
	beyond := map[string]float64{}
	for _, r := range score.Rules {
		v, there := s.Values[r.Feature]
		if !there || !(v > 0) {
			continue
		}
		n := of[r.ID]
		if e := s.State.Epochs[r.Component].Number; n == nil || n.epoch != e {
			n = &normal{epoch: e}
			of[r.ID] = n
		}
		if len(n.first) < normalRuns {
			n.first = append(n.first, v)
		}
		limit := r.Limit
		if r.Kind == score.Drift {
			if len(n.first) < normalRuns {
				continue
			}
			limit = median(n.first)*r.Factor + r.Offset
		}
		factor := v / limit
		if !r.Above {
			factor = limit / v
		}
		if factor > beyond[r.Component] {
			beyond[r.Component] = factor
		}
	}
	return beyond
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}
