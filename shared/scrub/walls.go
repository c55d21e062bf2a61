package scrub

import (
	"proactive/shared/catalog"
	"proactive/shared/observation"
)

// walls are the two that a batch has to pass: Project, then Detect. Only the tests of this
// package put something else in the place of one, to see what the other stops alone; no file
// that ships sets either (TestNothingThatShipsHasABreach).
type walls struct {
	first  func(*catalog.Catalog, []observation.Observation) ([]observation.Observation, Tally)
	second func(*catalog.Catalog, []observation.Observation) []Hit
}

func (w walls) project(cat *catalog.Catalog, in []observation.Observation) ([]observation.Observation, Tally) {
	if w.first != nil {
		return w.first(cat, in)
	}
	return Project(cat, in)
}

func (w walls) detect(cat *catalog.Catalog, kept []observation.Observation) []Hit {
	if w.second != nil {
		return w.second(cat, kept)
	}
	return Detect(cat, kept)
}
