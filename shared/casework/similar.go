package casework

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"proactive/shared/health"
)

// Past is a closed case whose component was foretold to fail, and what became of it.
type Past struct {
	Case       string           `json:"case"`
	Likeness   float64          `json:"likeness"` // to what one asks about: see Alike
	Finding    string           `json:"finding"`
	Instrument string           `json:"instrument"`
	Opened     time.Time        `json:"opened"`
	Days       float64          `json:"days"` // from opening to closing
	Outcome    Outcome          `json:"outcome"`
	Label      *Label           `json:"label"` // null: nobody told
	Because    []health.Because `json:"-"`
}

// PastOf a case with the findings of its instrument; false if it is open, or no model
// foretold it. Of several predictions it is the first that joined the case.
func PastOf(c Case, findings []health.Finding) (Past, bool) {
	if c.State != Closed || c.ClosedAt == nil {
		return Past{}, false
	}
	for _, id := range c.Findings {
		i := slices.IndexFunc(findings, func(f health.Finding) bool { return f.ID == id && f.Foretold != nil })
		if i >= 0 {
			return Past{
				Case: c.ID, Finding: id, Instrument: c.Instrument, Opened: c.OpenedAt.UTC(), Days: c.ClosedAt.Sub(c.OpenedAt).Hours() / 24,
				Outcome: c.Outcome, Label: c.Label, Because: findings[i].Foretold.Because,
			}, true
		}
	}
	return Past{}, false
}

// Similar are the past cases that were foretold for the most similar reasons, the most
// similar first, at most so many; of equals the one that sorts first by its id. What has
// nothing in common, or speaks the other way, is not similar.
func Similar(because []health.Because, past []Past, most int) []Past {
	all := []Past{}
	for _, p := range past {
		if p.Likeness = Alike(because, p.Because); p.Likeness > 0 {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b Past) int {
		return cmp.Or(cmp.Compare(b.Likeness, a.Likeness), cmp.Compare(a.Case, b.Case))
	})
	return all[:min(most, len(all))]
}

// Alike is how alike two explanations are: the cosine between their scores by signal, -1 to
// 1. Only what a finding keeps is compared, its weightiest reasons: a signal that is among
// those of one and not of the other counts as 0 there. Explanations of other models are
// compared all the same: a score is of log-odds in each.
func Alike(a, b []health.Because) float64 {
	x, y := scores(a), scores(b)
	var dot, xx, yy float64
	signals := maps.Clone(x)
	maps.Copy(signals, y)
	for _, signal := range slices.Sorted(maps.Keys(signals)) {
		dot += float64(x[signal] * y[signal])
		xx += float64(x[signal] * x[signal])
		yy += float64(y[signal] * y[signal])
	}
	if !(xx > 0) || !(yy > 0) {
		return 0
	}
	return min(1, max(-1, dot/math.Sqrt(float64(xx*yy))))
}

func scores(all []health.Because) map[string]float64 {
	by := map[string]float64{}
	for _, b := range all {
		by[b.Signal] += b.Score
	}
	return by
}
