package scrub_test

import (
	"math/rand/v2"
	"slices"

	"proactive/shared/catalog"
	"proactive/shared/observation"
	plants "proactive/shared/pipelinetest/planted"
	"proactive/shared/scrub"
)

// defects are what is wrong with the first wall, at both ends: readings that are taken for
// fields which they are not, and checks that are not made.
type defects struct {
	taken  map[plants.Source][]catalog.Field // in turns; none: the text becomes a field's name
	missed []string                          // reasons for which nothing is dropped any more
}

// sources are all that a reader without a list finds.
var sources = []plants.Source{
	plants.Elements, plants.Attributes, plants.TagNames, plants.AttrNames, plants.Comments, plants.Instructions, plants.Directives, plants.Damaged,
	plants.LogLines, plants.Readings, plants.ReadingNames, plants.BadReadings, plants.Cells, plants.FileNames, plants.FolderNames, plants.Binary, plants.Lines,
}

// seededDefects are all of them; for which fields a reading is taken the seed draws, among the
// catalog's and one that is not in it.
func seededDefects(seed uint64, cat *catalog.Catalog) defects {
	rng := rand.New(rand.NewPCG(seed, 2))
	d := defects{taken: map[plants.Source][]catalog.Field{}, missed: []string{
		catalog.UnknownField, catalog.WrongDimension, catalog.WrongType, catalog.NotFinite, catalog.NotWhole, catalog.OutOfBounds, catalog.TooFine, catalog.NotInEnum,
		catalog.TooLong, catalog.PatternMismatch, catalog.ReadsAsDate, catalog.ReadsAsText, scrub.RepeatedRow, scrub.IndexRead, scrub.ShortRead, scrub.ReadKindUnknown,
	}}
	for _, s := range sources {
		switch s {
		case plants.TagNames, plants.AttrNames, plants.ReadingNames:
			d.taken[s] = nil
		default:
			d.taken[s] = append(cat.Fields(), catalog.Field{ID: "run.operator"})
			rng.Shuffle(len(d.taken[s]), func(i, j int) { d.taken[s][i], d.taken[s][j] = d.taken[s][j], d.taken[s][i] })
		}
	}
	return d
}

func (d defects) count() int { return len(d.taken) + len(d.missed) }

// read is a text as the broken reader observes it, the nth time that it reads of its source.
func (d defects) read(t plants.Text, n int) observation.Observation {
	if fields := d.taken[t.Source]; len(fields) > 0 {
		return plants.Row(fields[n%len(fields)], t.Text)
	}
	return observation.Observation{Field: t.Text, Value: 1}
}

// project is Project without the checks that are missed. It is a third hand's, written for
// this: it keeps whatever the defects let through, and the order in which rows travel.
func (d defects) project(cat *catalog.Catalog, in []observation.Observation) ([]observation.Observation, scrub.Tally) {
	kept := make([]observation.Observation, 0, len(in))
	for _, o := range in {
		reason := catalog.UnknownField
		if f, ok := cat.Field(o.Field); ok {
			reason, _ = f.Check(o)
		}
		if reason == "" || slices.Contains(d.missed, reason) {
			kept = append(kept, o)
		}
	}
	slices.SortStableFunc(kept, observation.Compare)
	return kept, scrub.Tally{Reasons: map[string]int{}, Files: map[string]observation.Drops{}}
}

// blind is a detector that sees nothing.
func blind(*catalog.Catalog, []observation.Observation) []scrub.Hit { return nil }
