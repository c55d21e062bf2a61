package score

import (
	"errors"
	"fmt"
	"math"

	"proactive/shared/condition"
	"proactive/shared/health"
	"proactive/shared/predict"
)

// ErrOtherModels means that a finding was made by other models than are at hand.
var ErrOtherModels = errors.New("made by other models")

// ErrNotPredicted means that a finding was not made by models.
var ErrNotPredicted = errors.New("not a prediction")

// Replay asks the models again about what a finding was made from. From the same bundle
// it is the very same, to the bit, on every machine.
func Replay(b *predict.Bundle, f health.Finding) (*health.Foretold, error) {
	if f.Foretold == nil {
		return nil, fmt.Errorf("replaying finding %s: %w", f.ID, ErrNotPredicted)
	}
	if f.Foretold.Model != b.Hash || len(f.Foretold.Vector) != len(condition.Columns) {
		return nil, fmt.Errorf("replaying finding %s: %w: %.12s", f.ID, ErrOtherModels, f.Foretold.Model)
	}
	for c, component := range condition.Components {
		if component.Name != f.Component {
			continue
		}
		row := make([]float64, len(f.Foretold.Vector))
		for i, x := range f.Foretold.Vector {
			row[i] = math.NaN()
			if x != nil {
				row[i] = *x
			}
		}
		told, _ := foretoldOf(b, row, c, f.Foretold.Ordinal, f.Foretold.Catalog)
		told.Causes = f.Foretold.Causes // see there
		return told, nil
	}
	return nil, fmt.Errorf("replaying finding %s: %w: no component %s", f.ID, ErrOtherModels, f.Component)
}

// foretoldOf is what a bundle says of a vector, and all its reasons.
func foretoldOf(b *predict.Bundle, row []float64, component int, ordinal int, catalog string) (told *health.Foretold, all []predict.Because) {
	base, all := b.ExplainOf(row, component)
	told = &health.Foretold{Ordinal: ordinal, Outlook: outlook(b.Of(row, condition.Components[component].Name)), Base: base, Model: b.Hash, Catalog: catalog}
	for _, x := range row {
		told.Vector = append(told.Vector, known(x))
	}
	for _, one := range all[:min(becauses, len(all))] {
		told.Because = append(told.Because, health.Because{Signal: one.Signal, Score: one.Score, Standing: known(float64(one.Standing))})
	}
	return told, all
}
