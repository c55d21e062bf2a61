package publicsets

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
)

// Model answers one row: a probability, or remaining cycles. trees.Model is one.
type Model interface {
	PredictOne(row []float64) float64
}

// Params are what infra/train is told of a model.
type Params struct {
	LightGBM map[string]any `json:"lightgbm"`
	Rounds   int            `json:"rounds"`
}

// Learn trains a model on a table and its labels. name is the model's, and no other's.
type Learn func(ctx context.Context, name string, t Table, y []float64, p Params) (Model, error)

// Recipe is how one set's models are trained: the same once for each seed, and the mean of
// their answers taken.
type Recipe struct {
	Params
	Seeds []int `json:"seeds"`
}

//go:embed recipes
var recipes embed.FS

// RecipeOf is one of recipes/.
func RecipeOf(set string) (Recipe, error) {
	var r Recipe
	raw, err := recipes.ReadFile("recipes/" + set + ".json")
	if err == nil {
		err = json.Unmarshal(raw, &r)
	}
	if err != nil {
		return Recipe{}, fmt.Errorf("reading the recipe of %s: %w", set, err)
	}
	return r, nil
}

// Ensemble answers with the mean of its models.
type Ensemble []Model

// PredictOne is the mean, summed in the order of the models.
func (e Ensemble) PredictOne(row []float64) float64 {
	sum := 0.0
	for _, m := range e {
		sum += m.PredictOne(row)
	}
	return sum / float64(len(e))
}

// train trains the models of a recipe.
func (r Recipe) train(ctx context.Context, learn Learn, name string, t Table, y []float64) (Ensemble, error) {
	var out Ensemble
	for _, seed := range r.Seeds {
		p := Params{LightGBM: map[string]any{"seed": seed}, Rounds: r.Rounds}
		for k, v := range r.LightGBM {
			p.LightGBM[k] = v
		}
		m, err := learn(ctx, fmt.Sprintf("%s.seed%d", name, seed), t, y, p)
		if err != nil {
			return nil, fmt.Errorf("training %s: %w", name, err)
		}
		out = append(out, m)
	}
	return out, nil
}

// heldOut answers every row by a model that has not seen it. table makes the rows of a fold,
// for what is fitted there may know its training part only.
func (r Recipe) heldOut(ctx context.Context, learn Learn, name string, folds []Fold, y []float64, table func(Fold) (Table, error)) ([]float64, error) {
	out := make([]float64, len(y))
	for i, f := range folds {
		t, err := table(f)
		if err != nil {
			return nil, err
		}
		m, err := r.train(ctx, learn, fmt.Sprintf("%s.fold%d", name, i), t.Pick(f.Train), pick(y, f.Train))
		if err != nil {
			return nil, err
		}
		for _, row := range f.Held {
			out[row] = m.PredictOne(t.Rows[row])
		}
	}
	return out, nil
}

// label is 1 where it is true.
func label(is []bool) []float64 {
	out := make([]float64, len(is))
	for i, b := range is {
		if b {
			out[i] = 1
		}
	}
	return out
}
