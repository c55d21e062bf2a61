// Package trees reads and evaluates LightGBM's text model files: gradient-boosted trees
// and forests trained offline, as versions v3 and v4 of the format say them. It gives
// LightGBM's own predictions to the bit before the objective's transform, and the exact
// share of each feature in them.
//
// What a file asks for and this package does not do is refused by name when the file is
// read; nothing is guessed at. Results have the same bits on amd64 and arm64.
package trees

import (
	"fmt"
	"slices"
	"sync"
)

// Model is a trained model, safe for use by many at once.
type Model struct {
	features  []string
	hash      string
	objective objective
	outputs   int  // numbers per row: 1, or one a class
	average   bool // a forest: the mean of its trees, not their sum
	trees     []tree
	depth     int  // the most splits on the way to a leaf
	wood      wood // the trees again, to be walked fast

	// Room that calls borrow.
	sights, explainers sync.Pool
}

// Features are the names of a row's values, in the row's order.
func (m *Model) Features() []string { return slices.Clone(m.features) }

// Hash is the SHA-256 of the file's bytes, in hex: what a model is addressed by.
func (m *Model) Hash() string { return m.hash }

// Objective is what the model was trained for, as the file names it: "binary".
func (m *Model) Objective() string { return m.objective.name }

// Outputs is how many numbers a prediction is: 1, or one for each class.
func (m *Model) Outputs() int { return m.outputs }

// Trees is how many trees are summed up, of all classes.
func (m *Model) Trees() int { return len(m.trees) }

// Raw is the score of a row before the objective's transform: log-odds of a binary
// model, the logarithm of a Poisson mean. A forest's is the mean over its trees, where
// LightGBM's raw_score is their sum.
//
// The row has a value for each of Features; NaN where it is missing; a category as its
// number. The result is Outputs numbers, in out if that has room for them. A row of
// another length is a fault of the program, and panics.
func (m *Model) Raw(row, out []float64) []float64 {
	m.check(row)
	if cap(out) < m.outputs {
		out = make([]float64, m.outputs)
	}
	out = out[:m.outputs]
	s := m.borrow()
	m.raw(s, row, out)
	m.sights.Put(s)
	return out
}

// Predict is what the model says of a row: a probability, one for each class, or a
// quantity, as its objective has it. Arguments and result are as in Raw.
func (m *Model) Predict(row, out []float64) []float64 {
	out = m.Raw(row, out)
	m.objective.transform(out)
	return out
}

// PredictOne is Predict of a model with one output; of another it panics.
func (m *Model) PredictOne(row []float64) float64 {
	m.check(row)
	if m.outputs != 1 {
		panic(fmt.Sprintf("trees: PredictOne of a model with %d outputs", m.outputs))
	}
	s := m.borrow()
	m.raw(s, row, s.out[:])
	m.objective.transform(s.out[:])
	prediction := s.out[0]
	m.sights.Put(s)
	return prediction
}

// sight is what a call needs room for.
type sight struct {
	seen []float64 // what the splits see of a row
	out  [1]float64
}

func (m *Model) borrow() *sight {
	if s, ok := m.sights.Get().(*sight); ok {
		return s
	}
	return &sight{seen: make([]float64, m.wood.count)}
}

func (m *Model) raw(s *sight, row, out []float64) {
	clear(out)
	m.wood.look(row, s.seen)
	m.wood.score(s.seen, out)
	if m.average {
		for k := range out {
			out[k] /= m.rounds()
		}
	}
}

// rounds is how many trees each output has.
func (m *Model) rounds() float64 { return float64(len(m.trees) / m.outputs) }

func (m *Model) check(row []float64) {
	if len(row) != len(m.features) {
		panic(fmt.Sprintf("trees: a row of %d values for a model of %d features", len(row), len(m.features)))
	}
}
