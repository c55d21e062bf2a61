package outcomes

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat"

	"proactive/shared/casework"
	"proactive/shared/factors"
)

// Verdict says how the false cases stand to the alert budget.
type Verdict string

// The verdicts.
const (
	Within    Verdict = "within-budget"   // all of the interval is, were every closed case that nobody told of false
	Over      Verdict = "over-budget"     // all of the interval is over it, with one false case less as well
	NotEnough Verdict = "not-enough-data" // the budget is in the interval, or too few cases were told of
	NoBudget  Verdict = "no-budget"       // none is known: of rules, and of bundles that are not built in
)

// Share is a part of a whole, with its exact 95 % interval (Clopper and Pearson).
type Share struct {
	Share *float64    `json:"share"` // null of nothing
	CI    *[2]float64 `json:"ci95"`
}

func shareOf(part, whole int) Share {
	if whole == 0 {
		return Share{}
	}
	share := float64(part) / float64(whole)
	low, high := factors.ClopperPearson(float64(part), float64(whole))
	return Share{&share, &[2]float64{low, high}}
}

// Figures are what outcomes say of one model on one component in one window.
type Figures struct {
	Model     string `json:"model"`     // Rules, or the hash of a bundle
	Component string `json:"component"` // "" of all together

	// Cases that it opened, and what was told of them. Untold are closed all the same.
	Cases     int   `json:"cases"`
	Told      int   `json:"told"`
	Confirmed int   `json:"confirmed"`
	Other     int   `json:"other_cause"`
	NoFault   int   `json:"no_fault_found"`
	Untold    int   `json:"closed_untold"`
	Precision Share `json:"precision"` // Confirmed of Told

	// Faults are confirmed cases, whoever opened them, of which it was asked.
	Faults   int   `json:"faults"`
	Foretold int   `json:"foretold"`
	AsCome   int   `json:"as_come"`
	NotTold  int   `json:"told_by_others"`
	Recall   Share `json:"recall"` // Foretold of Faults

	// LeadDays are the quartiles of the leads of Foretold faults; of Leads, AtLeast were
	// ended by something else than the fault.
	Leads    int         `json:"leads"`
	AtLeast  int         `json:"leads_at_least"`
	LeadDays *[3]float64 `json:"lead_days"`

	// Years are instrument-years observed while it was in use; false is Other and NoFault.
	Years        float64     `json:"instrument_years"`
	FalsePerYear *float64    `json:"false_per_instrument_year"`
	FalseCI      *[2]float64 `json:"false_per_instrument_year_ci95"` // exact: Garwood
	// Budget and Verdict are of all components together.
	Budget  *float64 `json:"budget"`
	Verdict Verdict  `json:"verdict,omitempty"`
}

// Window is what outcomes say of the cases that were opened in it, as far as it is known
// today: what is told later changes earlier windows too.
type Window struct {
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until"`
	Figures []Figures `json:"figures"` // Rules first; of each all components, then one by one
	// Unknown are confirmed cases of which it is not on record which models were asked:
	// they count for no bundle's recall.
	Unknown int `json:"asked_unknown"`
}

// WindowOf is the window of so many days that ends at a time. budgets are of bundles, by
// hash.
func WindowOf(all []Case, fleet []Observed, budgets map[string]float64, days int, until time.Time) Window {
	w := Window{Since: until.AddDate(0, 0, -days), Until: until, Figures: []Figures{}}
	uses := usesOf(all, fleet)
	by := map[[2]string]*tally{}
	of := func(model, component string) [2]*tally {
		var both [2]*tally
		for i, component := range []string{"", component} {
			k := [2]string{model, component}
			if by[k] == nil {
				by[k] = &tally{Figures: Figures{Model: model, Component: component}}
			}
			both[i] = by[k]
		}
		return both
	}
	of(Rules, "")
	for model := range uses {
		of(model, "")
	}
	for _, c := range all {
		if c.Opened.Before(w.Since) || !c.Opened.Before(until) {
			continue
		}
		for _, t := range of(c.Model, c.Component) {
			t.opened(c)
		}
		if c.Label == nil || c.Label.Verdict != casework.Confirmed {
			continue
		}
		if c.Asked == "" {
			w.Unknown++
		}
		for _, told := range c.Told {
			for _, t := range of(told.Model, c.Component) {
				t.fault(told)
			}
		}
	}
	keys := slices.SortedFunc(maps.Keys(by), func(a, b [2]string) int {
		return cmp.Or(cmp.Compare(rank(a[0]), rank(b[0])), cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	for _, k := range keys {
		t := by[k]
		t.Years = years(fleet, uses[k[0]], w.Since, until)
		if budget, there := budgets[k[0]]; there && k[1] == "" {
			t.Budget = &budget
		}
		if t.Component == "" || t.Cases+t.Faults > 0 {
			w.Figures = append(w.Figures, t.figures())
		}
	}
	return w
}

func rank(model string) int { return map[bool]int{true: 0, false: 1}[model == Rules] }

// tally counts.
type tally struct {
	Figures
	leads []float64
}

// opened counts a case that it opened. Of all components it is called as well.
func (t *tally) opened(c Case) {
	t.Cases++
	if c.Label == nil {
		if c.Closed != nil {
			t.Untold++
		}
		return
	}
	t.Told++
	switch c.Label.Verdict {
	case casework.Confirmed:
		t.Confirmed++
	case casework.OtherCause:
		t.Other++
	case casework.NoFault:
		t.NoFault++
	}
}

// fault counts a confirmed case of which it was asked.
func (t *tally) fault(told Told) {
	t.Faults++
	switch told.How {
	case Foretold:
		t.Foretold++
	case AsCome:
		t.AsCome++
	case NotTold:
		t.NotTold++
	}
	if told.LeadDays != nil {
		t.leads = append(t.leads, *told.LeadDays)
		if told.Until != Came {
			t.AtLeast++
		}
	}
}

func (t *tally) figures() Figures {
	f := t.Figures
	f.Precision, f.Recall = shareOf(f.Confirmed, f.Told), shareOf(f.Foretold, f.Faults)
	if f.Leads = len(t.leads); f.Leads > 0 {
		slices.Sort(t.leads)
		f.LeadDays = &[3]float64{}
		for i, p := range []float64{.25, .5, .75} {
			f.LeadDays[i] = stat.Quantile(p, stat.Empirical, t.leads, nil)
		}
	}
	wrong := f.Other + f.NoFault
	if f.Years > 0 {
		rate := float64(wrong) / f.Years
		low, high := factors.Poisson(wrong)
		f.FalsePerYear, f.FalseCI = &rate, &[2]float64{low / f.Years, high / f.Years}
	}
	if f.Component == "" {
		f.Verdict = verdict(wrong, f.Untold, f.Years, f.Budget)
	}
	return f
}

// verdict judges false cases by a budget. What nobody told of may be false as well; and one
// false case may be the very trace from which on a bundle counts as in use: by it alone no
// budget is overspent.
func verdict(wrong, untold int, years float64, budget *float64) Verdict {
	if budget == nil {
		return NoBudget
	}
	allowed := *budget * years
	low, _ := factors.Poisson(max(0, wrong-1))
	_, high := factors.Poisson(wrong + untold)
	switch {
	case !(years > 0):
		return NotEnough
	case low > allowed:
		return Over
	case high <= allowed:
		return Within
	}
	return NotEnough
}
