package outcomes

import "time"

// windows is how many a report has.
const windows = 12

// Report is what outcomes say today, and what they said of earlier windows.
type Report struct {
	Days int `json:"days"` // of each window
	// Windows end on the first of each of the last eleven months, at 0:00 UTC, and now; the
	// newest is last.
	Windows []Window `json:"windows"`
	Cases   []Case   `json:"cases"` // all that there are, the newest first
}

// ReportOf cases, newest first, as of a time.
func ReportOf(all []Case, fleet []Observed, budgets map[string]float64, days int, now time.Time) Report {
	r := Report{Days: days, Cases: all}
	now = now.UTC()
	for _, until := range ends(now) {
		r.Windows = append(r.Windows, WindowOf(all, fleet, budgets, days, until))
	}
	return r
}

func ends(now time.Time) (all []time.Time) {
	for back := windows - 2; back >= 0; back-- {
		all = append(all, time.Date(now.Year(), now.Month()-time.Month(back), 1, 0, 0, 0, 0, time.UTC))
	}
	return append(all, now)
}

// Now is the window that ends now.
func (r Report) Now() Window { return r.Windows[len(r.Windows)-1] }

// Series is one figure of a model over all components in each window, as pick has it; NaN
// is for pick to say where there is none. A window that knows nothing of the model gives
// pick the zero value.
func (r Report) Series(model string, pick func(Figures) float64) (all []float64) {
	for _, w := range r.Windows {
		var of Figures
		for _, f := range w.Figures {
			if f.Model == model && f.Component == "" {
				of = f
			}
		}
		all = append(all, pick(of))
	}
	return all
}
