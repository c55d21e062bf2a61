package publicsets

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// folds of every cross-validation, as in the baseline's recipes.
const folds = 5

// draws of a bootstrap: of 100 engines, and of many thousand rows.
const draws, drawsOfRows = 10000, 2000

// Spread is the mean over folds and the standard deviation between them (of the folds
// themselves: n, not n − 1, as the baseline gives it).
type Spread struct {
	Mean float64 `json:"mean"`
	SD   float64 `json:"sd"`
}

func spread(values []float64) Spread {
	var s Spread
	for _, v := range values {
		s.Mean += v
	}
	s.Mean /= float64(len(values))
	for _, v := range values {
		s.SD += (v - s.Mean) * (v - s.Mean)
	}
	s.SD = math.Sqrt(s.SD / float64(len(values)))
	return s
}

// MillingResult is a cross-validation: the set has no test part.
type MillingResult struct {
	AUPRC Spread `json:"auprc"`
	F1    Spread `json:"f1"` // at a probability of 0.5
	// Paired is ours less the baseline's AUPRC, rows drawn within the five folds, where its
	// predictions are at hand.
	Paired *Difference `json:"paired,omitempty"`
	// Others are the same under other shuffles of the rows into folds (seeds 1 and 2), on
	// which nothing was chosen.
	Others struct {
		AUPRC Spread `json:"auprc"`
		F1    Spread `json:"f1"`
	} `json:"other_folds"`
}

// millingSeed is the shuffle of the baseline's folds.
const millingSeed = 42

// EvaluateMilling cross-validates on AI4I 2020. baseline are its probabilities of all rows
// held out, by the same folds; or none.
func EvaluateMilling(ctx context.Context, learn Learn, m Milling, baseline []float64) (MillingResult, error) {
	r, err := RecipeOf("milling")
	if err != nil {
		return MillingResult{}, err
	}
	var parts []Scored
	by := func(seed uint64) (auprc, f1 []float64, err error) {
		fold := ByClass(m.Failed, folds, seed)
		score, err := r.heldOut(ctx, learn, fmt.Sprintf("milling.shuffle%d", seed), fold, label(m.Failed), func(Fold) (Table, error) { return m.Table, nil })
		if err != nil {
			return nil, nil, err
		}
		for _, f := range fold {
			s, y := pick(score, f.Held), pick(m.Failed, f.Held)
			auprc = append(auprc, AUPRC(s, y))
			at, _, _ := F1(s, y, .5)
			f1 = append(f1, at)
			if seed == millingSeed && len(baseline) == len(score) {
				parts = append(parts, Scored{s, pick(baseline, f.Held), y, f.Held})
			}
		}
		return auprc, f1, nil
	}
	auprc, f1, err := by(millingSeed)
	if err != nil {
		return MillingResult{}, err
	}
	out := MillingResult{AUPRC: spread(auprc), F1: spread(f1)}
	if parts != nil {
		d := PairedAUPRC(parts, drawsOfRows, 1)
		out.Paired = &d
	}
	auprc, f1 = nil, nil
	for seed := range uint64(2) {
		a, f, err := by(seed + 1)
		if err != nil {
			return MillingResult{}, err
		}
		auprc, f1 = append(auprc, a...), append(f1, f...)
	}
	out.Others.AUPRC, out.Others.F1 = spread(auprc), spread(f1)
	return out, nil
}

// FleetResult is of one component of the Azure set.
type FleetResult struct {
	Component int     `json:"component"`
	HeldOut   float64 `json:"held_out_auprc"` // before the test part, by machines not seen
	Threshold float64 `json:"threshold"`      // of the highest F1 there
	// Early is the F1 at the threshold, before the test part, and Episodes are false ones per
	// 100 machine-months.
	Early    float64    `json:"held_out_f1"`
	Episodes float64    `json:"held_out_false_episodes_per_100_machine_months"`
	Test     *FleetTest `json:"test,omitempty"`
}

// FleetResults are of all components.
type FleetResults struct {
	Components []FleetResult `json:"components"`
	// Paired is ours less the baseline's mean AUPRC in the test part, machines drawn, where
	// its predictions are at hand.
	Paired *Difference `json:"paired,omitempty"`
}

// FleetTest is what was found in the test part.
type FleetTest struct {
	AUPRC     float64 `json:"auprc"`
	F1        float64 `json:"f1"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	Failures  int     `json:"failures"`
	Caught    int     `json:"caught"`     // with an alarm in the 24 hours before
	LeadHours float64 `json:"lead_hours"` // median of those caught
	False     int     `json:"false_rows"`
	// Episodes of false alarms, 24 hours apart, per 100 machine-months of 30 days.
	Episodes float64 `json:"false_episodes_per_100_machine_months"`
}

// The test part of the Azure set begins on 1 September 2015; nothing is learnt from the 24
// hours before, and nothing asked in the last 24, whose outcome is not known.
const fleetTest = (31+28+31+30+31+30+31+31)*24 - 6

// EvaluateFleet trains a model for each component; look opens the test part. baseline are
// its probabilities for each component and row of the test part, or none.
func EvaluateFleet(ctx context.Context, learn Learn, f Fleet, look bool, baseline [][]float64) (FleetResults, error) {
	r, err := RecipeOf("fleet")
	if err != nil {
		return FleetResults{}, err
	}
	var early, test []int
	for i, h := range f.Hour {
		switch {
		case h < fleetTest-fleetHorizon:
			early = append(early, i)
		case h >= fleetTest && h <= f.End-fleetHorizon:
			test = append(test, i)
		}
	}
	fold := ByGroup(pick(f.Machine, early), folds)
	learnt := f.Pick(early)
	var out FleetResults
	var parts []Scored
	for c := range fleetComponents {
		fails := f.Fails(c)
		y := pick(fails, early)
		name := fmt.Sprintf("fleet.component%d", c+1)
		score, err := r.heldOut(ctx, learn, name, fold, label(y), func(Fold) (Table, error) { return learnt, nil })
		if err != nil {
			return FleetResults{}, err
		}
		result := FleetResult{Component: c + 1, HeldOut: AUPRC(score, y), Threshold: BestF1(score, y)}
		result.Early, _, _ = F1(score, y, result.Threshold)
		result.Episodes = f.falseEpisodes(early, score, y, result.Threshold)
		if look {
			m, err := r.train(ctx, learn, name, learnt, label(y))
			if err != nil {
				return FleetResults{}, err
			}
			score := make([]float64, len(test))
			for i, row := range test {
				score[i] = m.PredictOne(f.Rows[row])
			}
			t := f.test(c, score, test, result.Threshold)
			result.Test = &t
			if len(baseline) == fleetComponents && len(baseline[c]) == len(test) {
				parts = append(parts, Scored{score, baseline[c], pick(fails, test), pick(f.Machine, test)})
			}
		}
		out.Components = append(out.Components, result)
	}
	if parts != nil {
		d := PairedAUPRC(parts, drawsOfRows, 1)
		out.Paired = &d
	}
	return out, nil
}

// falseEpisodes are those of alarms at threshold, per 100 machine-months of 30 days.
func (f Fleet) falseEpisodes(rows []int, score []float64, positive []bool, threshold float64) float64 {
	wrong := make([]bool, len(rows))
	for i := range rows {
		wrong[i] = score[i] >= threshold && !positive[i]
	}
	hours, machines := pick(f.Hour, rows), pick(f.Machine, rows)
	months := float64(len(slices.Compact(slices.Sorted(slices.Values(machines))))) * (slices.Max(hours) - slices.Min(hours)) / (30 * 24)
	return 100 * float64(Episodes(machines, hours, wrong, fleetHorizon)) / months
}

func (f Fleet) test(component int, score []float64, rows []int, threshold float64) FleetTest {
	alarm := make([]bool, len(rows))
	y := pick(f.Fails(component), rows)
	hours, machines := pick(f.Hour, rows), pick(f.Machine, rows)
	out := FleetTest{AUPRC: AUPRC(score, y), Episodes: f.falseEpisodes(rows, score, y, threshold)}
	for i := range rows {
		if alarm[i] = score[i] >= threshold; alarm[i] && !y[i] {
			out.False++
		}
	}
	out.F1, out.Precision, out.Recall = F1(score, y, threshold)
	var leads []float64
	for _, e := range f.Failures {
		if e.Component != component || e.Hour <= fleetTest+fleetHorizon || e.Hour > f.End {
			continue
		}
		out.Failures++
		lead := 0.0
		for i := range rows {
			if machines[i] == e.Machine && alarm[i] && hours[i] >= e.Hour-fleetHorizon && hours[i] < e.Hour {
				lead = math.Max(lead, e.Hour-hours[i])
			}
		}
		if lead > 0 {
			out.Caught++
			leads = append(leads, lead)
		}
	}
	if len(leads) > 0 {
		slices.Sort(leads)
		out.LeadHours = (leads[(len(leads)-1)/2] + leads[len(leads)/2]) / 2
	}
	return out
}

// TurbofanResult is of one of the C-MAPSS sets.
type TurbofanResult struct {
	Set     string  `json:"set"`
	HeldOut float64 `json:"held_out_rmse"` // all cycles of engines not seen
	Folds   Spread  `json:"held_out_rmse_folds"`
	// HeldOutScore is the NASA score of 100 such cycles.
	HeldOutScore float64       `json:"held_out_nasa_score_of_100"`
	Test         *TurbofanTest `json:"test,omitempty"`
}

// TurbofanTest is the official test: each engine asked once, at its last cycle.
type TurbofanTest struct {
	RMSE          float64 `json:"rmse"` // against remaining lives of at most 125 cycles
	Score         float64 `json:"nasa_score"`
	UncappedRMSE  float64 `json:"uncapped_rmse"`
	UncappedScore float64 `json:"uncapped_nasa_score"`
	// Paired is ours less the baseline's RMSE, where its predictions are at hand.
	Paired *Difference `json:"paired,omitempty"`
	// PairedScore is the same of the NASA score.
	PairedScore *Difference `json:"paired_nasa_score,omitempty"`

	Predicted []float64 `json:"predicted"`
}

// TurbofanSet is one of the C-MAPSS sets: engines run to failure, and test engines that
// were not.
type TurbofanSet struct {
	Name    string
	Sensors []int // those that vary
	Train   []Engine
	Test    []Engine
	Left    []float64 // of the test engines
	// Baseline are the predictions of the recipe that this is compared with, if known.
	Baseline []float64
}

func clip(cycles float64) float64 { return math.Min(math.Max(cycles, 0), cappedCycles) }

// EvaluateTurbofans cross-validates, and with look trains on all engines and opens the test.
func EvaluateTurbofans(ctx context.Context, learn Learn, set TurbofanSet, look bool) (TurbofanResult, error) {
	r, err := RecipeOf("turbofan")
	if err != nil {
		return TurbofanResult{}, err
	}
	t := NewTurbofans(set.Train, set.Sensors)
	y := Capped(t.Left, cappedCycles)
	fold := ByGroup(t.Unit, folds)
	name := "turbofan." + set.Name
	held, err := r.heldOut(ctx, learn, name, fold, y, func(f Fold) (Table, error) {
		table, _, err := t.Fuse(f.Train)
		return table, err
	})
	if err != nil {
		return TurbofanResult{}, err
	}
	for i, p := range held {
		held[i] = clip(p)
	}
	out := TurbofanResult{Set: set.Name, HeldOut: RMSE(held, y), HeldOutScore: 100 * NASAScore(held, y) / float64(len(y))}
	var each []float64
	for _, f := range fold {
		each = append(each, RMSE(pick(held, f.Held), pick(y, f.Held)))
	}
	out.Folds = spread(each)
	if !look {
		return out, nil
	}
	all := make([]int, len(y))
	for i := range all {
		all[i] = i
	}
	table, fusions, err := t.Fuse(all)
	if err != nil {
		return TurbofanResult{}, err
	}
	m, err := r.train(ctx, learn, name, table, y)
	if err != nil {
		return TurbofanResult{}, err
	}
	asked := NewTurbofans(set.Test, set.Sensors)
	rows := asked.With(fusions).Rows
	test := TurbofanTest{}
	for i, left := range asked.Left {
		if left == 0 { // the last cycle that was recorded
			test.Predicted = append(test.Predicted, clip(m.PredictOne(rows[i])))
		}
	}
	if len(test.Predicted) != len(set.Left) {
		return TurbofanResult{}, fmt.Errorf("evaluating %s: %d test engines, %d remaining lives", set.Name, len(test.Predicted), len(set.Left))
	}
	truth := Capped(set.Left, cappedCycles)
	test.RMSE, test.Score = RMSE(test.Predicted, truth), NASAScore(test.Predicted, truth)
	test.UncappedRMSE, test.UncappedScore = RMSE(test.Predicted, set.Left), NASAScore(test.Predicted, set.Left)
	if len(set.Baseline) == len(truth) {
		d, s := PairedRMSE(test.Predicted, set.Baseline, truth, draws, 1), PairedNASAScore(test.Predicted, set.Baseline, truth, draws, 1)
		test.Paired, test.PairedScore = &d, &s
	}
	out.Test = &test
	return out, nil
}
