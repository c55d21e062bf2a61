package trees

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// objective is what a model was trained for, and so the transform from its score to its
// prediction.
type objective struct {
	name    string
	link    func(o *objective, scores []float64)
	sigmoid float64
	classes int
}

func (o *objective) transform(scores []float64) { o.link(o, scores) }

// links are the objectives that we know, by the name in the file.
var links = map[string]func(*objective, []float64){
	"regression": identity, "regression_l1": identity, "huber": identity, "fair": identity,
	"quantile": identity, "mape": identity,
	"poisson": exponential, "gamma": exponential, "tweedie": exponential,
	"binary": logistic, "cross_entropy": logistic, "multiclassova": logistic,
	"multiclass": softmax,
}

func identity(*objective, []float64) {}

// square undoes regression's "sqrt": the model predicts the signed root of its target.
func square(_ *objective, scores []float64) {
	for i, s := range scores {
		scores[i] = math.Abs(s) * s
	}
}

func exponential(_ *objective, scores []float64) {
	for i, s := range scores {
		scores[i] = exp(s)
	}
}

func logistic(o *objective, scores []float64) {
	for i, s := range scores {
		scores[i] = 1 / (1 + exp(float64(-o.sigmoid*s)))
	}
}

func softmax(_ *objective, scores []float64) {
	top := scores[0]
	for _, s := range scores[1:] {
		top = max(top, s)
	}
	sum := 0.0
	for i, s := range scores {
		scores[i] = exp(s - top)
		sum += scores[i]
	}
	for i := range scores {
		scores[i] /= sum
	}
}

// parseObjective reads the header's words: "multiclassova num_class:3 sigmoid:1".
func parseObjective(text string) (objective, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return objective{}, fmt.Errorf("%w: an objective of the trainer's own", ErrUnsupported)
	}
	o := objective{name: words[0], link: links[words[0]], sigmoid: 1, classes: 1}
	if o.link == nil {
		return objective{}, fmt.Errorf("%w: objective %.40q", ErrUnsupported, o.name)
	}
	for _, word := range words[1:] {
		key, value, _ := strings.Cut(word, ":")
		var err error
		switch {
		case word == "sqrt" && o.name == "regression":
			o.link = square
		case key == "sigmoid" && (o.name == "binary" || o.name == "multiclassova"):
			if o.sigmoid, err = number(value); err == nil && o.sigmoid <= 0 {
				err = strconv.ErrRange
			}
		case key == "num_class" && strings.HasPrefix(o.name, "multiclass"):
			o.classes, err = strconv.Atoi(value)
		default:
			return objective{}, fmt.Errorf("%w: objective %s with %.40q", ErrUnsupported, o.name, word)
		}
		if err != nil {
			return objective{}, fmt.Errorf("%w: objective %s with %.40q", ErrMalformed, o.name, word)
		}
	}
	return o, nil
}
