package evaluate

import (
	"proactive/shared/condition"
	"proactive/shared/predict"
)

// Report is everything that a year says of a bundle.
type Report struct {
	Fleet      string  `json:"fleet"` // its digest
	Bundle     string  `json:"bundle"`
	Synthetic  bool    `json:"synthetic"` // the fleet is simulated
	Budget     Figure  `json:"budget_false_per_instrument_year"`
	Cases      []Tally `json:"cases"` // of all, then by component
	NullCases  int     `json:"false_cases_on_instruments_that_never_fail"`
	NullYears  Figure  `json:"instrument_years_that_never_fail"`
	Comparison []Rival `json:"comparison"`
	// Probabilities are by target and component, those of all components together first.
	Probabilities []Probabilities `json:"probabilities"`
	Attribution   []Attributed    `json:"attribution"`
	Owed          []Owed          `json:"cases_owed_to"`
}

// Rival is another way to open cases, at the same budget of false ones.
type Rival struct {
	Name      string `json:"name"`
	Threshold Figure `json:"threshold"`
	Tally
}

// ReportOf a scored year.
func ReportOf(y *Year, b *predict.Bundle) Report {
	r := Report{Fleet: y.Fleet.Digest(), Bundle: b.Hash, Synthetic: true, Budget: Figure(b.Thresholds.Budget), Attribution: y.attributed()}
	d := y.Try(Bundled(b))
	r.Owed = owed(d)
	r.Cases = append(r.Cases, y.Tally(d, ""))
	for _, c := range condition.Components {
		r.Cases = append(r.Cases, y.Tally(d, c.Name))
	}
	for _, c := range d.Cases {
		if y.Fleet.Null(c.Instrument) {
			r.NullCases++
		}
	}
	nulls := 0
	for _, i := range y.Instruments {
		if y.Fleet.Null(i) {
			nulls++
		}
	}
	r.NullYears = Figure(float64(nulls) * float64(y.Fleet.Settings().Days) / 365)
	for _, rival := range []struct {
		name      string
		number    func(*Scored) float64
		low, high float64
	}{
		{"fixed limits", func(s *Scored) float64 { return s.Limit }, .5, 4},
		{"a moving average of each signal", func(s *Scored) float64 { return s.EWMA }, .5, 400},
		{"an oracle that knows the true state (30 days)", func(s *Scored) float64 { return s.Oracle[3] }, 0, 1},
	} {
		threshold, d := y.ToBudget(rival.number, rival.low, rival.high, b.Thresholds.Budget)
		r.Comparison = append(r.Comparison, Rival{rival.name, Figure(threshold), y.Tally(d, "")})
	}
	for h := range Horizons {
		r.Probabilities = append(r.Probabilities, y.probabilities(h, -1))
		for c := range condition.Components {
			r.Probabilities = append(r.Probabilities, y.probabilities(h, c))
		}
	}
	return r
}

// probabilities judges one horizon on one component, -1 for all.
func (y *Year) probabilities(horizon, component int) Probabilities {
	var rows []saidRow
	for i := range y.Rows {
		row := &y.Rows[i]
		label := row.Labels[len(row.Labels)-len(Horizons)+horizon]
		if label < 0 || component >= 0 && int(row.Component) != component {
			continue
		}
		rows = append(rows, saidRow{row.Instrument, row.P.Within[horizon], row.Oracle[horizon], label == 1})
	}
	p := judge(rows, len(y.Instruments))
	p.Target = predict.Targets[len(predict.Targets)-len(Horizons)+horizon] + " d"
	if component >= 0 {
		p.Component = condition.Components[component].Name
	}
	return p
}
