package predict

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"proactive/shared/condition"
)

// Because is one reason of a prediction: a signal with all its columns together.
type Because struct {
	Signal string `json:"signal"` // a feature, or a column that is of none
	// Score is how much of the log-odds it is answerable for, exactly: the Shapley values
	// of its columns added up.
	Score float64 `json:"score"`
	// Standing is how many standard deviations it is from where it was when it was well,
	// turned so that up is worse; absent where it is not known.
	Standing condition.Maybe `json:"standing"`
}

// Explain says what the probability of a fault is made of, the weightiest first. base is
// the log-odds of a component of which nothing is known; with all the scores it adds up to
// the model's.
func (b *Bundle) Explain(s *condition.State, component int) (base float64, all []Because) {
	row := make([]float64, len(condition.Columns))
	s.Vector(component, row)
	return b.ExplainOf(row, component)
}

// ExplainOf is Explain of a vector.
func (b *Bundle) ExplainOf(row []float64, component int) (base float64, all []Because) {
	parts := b.models[fault].Contributions(row, nil)
	base = parts[len(parts)-1]
	scores := map[string]float64{}
	standing := map[string]float64{}
	for i, column := range condition.Columns {
		signal := signalOf(condition.Components[component], column)
		scores[signal] += parts[i]
		if strings.HasSuffix(column, ".fast") {
			standing[signal] = row[i]
		}
	}
	for signal, score := range scores {
		z, there := standing[signal]
		if !there {
			z = math.NaN()
		}
		all = append(all, Because{signal, score, condition.Maybe(z)})
	}
	slices.SortFunc(all, func(a, b Because) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Score), math.Abs(a.Score)), cmp.Compare(a.Signal, b.Signal))
	})
	return base, all
}

// signalOf a column: own1.slow is the component's first signal.
func signalOf(c condition.Component, column string) string {
	at := strings.LastIndex(column, ".")
	if at < 0 || strings.HasPrefix(column, "epoch.") {
		return column
	}
	name := column[:at]
	if slot, own := strings.CutPrefix(name, "own"); own {
		if n := int(slot[0] - '1'); n < len(c.Signals) {
			return c.Signals[n]
		}
		return "none"
	}
	return name
}
