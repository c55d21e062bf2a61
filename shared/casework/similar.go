package casework

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"proactive/shared/health"
)

// Past is a closed case that models foretold, as similar ones are looked for.
type Past struct {
	Case    string
	Because []health.Because
}

// Archive is the cases table as it looks back.
type Archive interface {
	// Get: see Store.
	Get(ctx context.Context, id string) (Case, error)
	// Past are the closed cases on a component, of any instrument, that models foretold:
	// the newest, most of them at the most.
	Past(ctx context.Context, component string, most int) ([]Past, error)
}

// Similar is a past case that was foretold for similar reasons, and what became of it. Its
// id is for eyes only: what is written down of a case and names another would outlive the
// other's erasure.
type Similar struct {
	Case     string    `json:"case"`
	Likeness float64   `json:"likeness"` // see Alike; above 0
	Opened   time.Time `json:"opened"`
	Days     float64   `json:"days"` // from opening to closing
	Outcome  Outcome   `json:"outcome"`
	Label    *Label    `json:"label"` // null: nobody told
}

// How far one looks back, and how much is shown of it.
const (
	mostLooked = 100
	mostShown  = 3
)

// SimilarTo a component's reasons are the past cases most like them, other than the case
// that they are of: at most 3, among the newest 100. It reads one page and these.
func SimilarTo(ctx context.Context, archive Archive, component, own string, because []health.Because) ([]Similar, error) {
	past, err := archive.Past(ctx, component, mostLooked)
	if err != nil {
		return nil, fmt.Errorf("looking for past cases: %w", err)
	}
	past = slices.DeleteFunc(past, func(p Past) bool { return p.Case == own })
	similar := []Similar{}
	for _, m := range mostAlike(because, past, mostShown) {
		c, err := archive.Get(ctx, m.Case)
		if errors.Is(err, ErrNoCase) || err == nil && c.ClosedAt == nil {
			continue // its instrument is being erased
		}
		if err != nil {
			return nil, fmt.Errorf("reading past case %s: %w", m.Case, err)
		}
		similar = append(similar, Similar{
			Case: c.ID, Likeness: m.likeness, Opened: c.OpenedAt.UTC(), Days: c.ClosedAt.Sub(c.OpenedAt).Hours() / 24, Outcome: c.Outcome, Label: c.Label,
		})
	}
	return similar, nil
}

type match struct {
	Past
	likeness float64
}

// mostAlike are the most similar first, at most so many; of equals the one that sorts
// first by its id. What has nothing in common, or speaks the other way, is not similar.
func mostAlike(because []health.Because, past []Past, most int) []match {
	var all []match
	for _, p := range past {
		if x := Alike(because, p.Because); x > 0 {
			all = append(all, match{p, x})
		}
	}
	slices.SortFunc(all, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.likeness, a.likeness), cmp.Compare(a.Case, b.Case))
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
