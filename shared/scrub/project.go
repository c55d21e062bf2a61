// Package scrub keeps what the catalog allows and nothing else. The same projection
// runs on the instrument, before anything is packed, and in the cloud, which trusts
// nothing from the edge; there an independent detector follows, and the stage that
// writes the clean batch and has the receipt signed.
package scrub

import (
	"slices"

	"proactive/shared/catalog"
	"proactive/shared/observation"
)

// Reasons for which Project drops an observation, beside those of catalog.Field.Check.
const (
	RepeatedRow     = "repeated"          // the same field and dimensions, a second time
	IndexRead       = "index-read"        // measured on an index read: few cycles, that spell the index
	ShortRead       = "short-read"        // quality of a read as short as an index
	ReadKindUnknown = "read-kind-unknown" // measured on a read that the batch does not say is no index
)

// The fields that tell what kind of read a read is.
const (
	readIsIndex = "run.read_is_index"
	readCycles  = "run.read_cycles"
)

// Tally counts what Project dropped. It keeps no name and no value of what it dropped.
type Tally struct {
	Reasons map[string]int               // by reason
	Files   map[string]observation.Drops // by the kind of file the field is read from
}

// Project returns the observations that the catalog allows, in canonical order, and
// counts the others. It denies by default: a field that is not in the catalog, a value
// out of its bounds, a dimension that its entry does not have are dropped. It does not
// change in, and Project of what it kept keeps all of it.
func Project(cat *catalog.Catalog, in []observation.Observation) (kept []observation.Observation, tally Tally) {
	tally = Tally{Reasons: map[string]int{}, Files: map[string]observation.Drops{}}
	rows := make([]observation.Observation, 0, len(in))
	for _, o := range in {
		f, ok := cat.Field(o.Field)
		if !ok {
			tally.drop(catalog.OtherFile, catalog.UnknownField)
			continue
		}
		if reason, ok := f.Check(o); !ok {
			tally.drop(f.Source.File, reason)
			continue
		}
		o.Value += 0 // one zero, as on the wire
		rows = append(rows, o)
	}
	slices.SortStableFunc(rows, observation.Compare)
	unique := rows[:0]
	for i, o := range rows {
		if i > 0 && observation.Compare(rows[i-1], o) == 0 {
			tally.dropRow(cat, o, RepeatedRow)
			continue
		}
		unique = append(unique, o)
	}
	reads := readKinds(unique)
	kept = make([]observation.Observation, 0, len(unique))
	for _, o := range unique {
		f, _ := cat.Field(o.Field)
		if reason, ok := reads.allow(f, o); !ok {
			tally.drop(f.Source.File, reason)
			continue
		}
		kept = append(kept, o)
	}
	return kept, tally
}

// kinds are the reads that the rows describe.
type kinds struct {
	index  map[int]bool
	cycles map[int]float64
}

func readKinds(rows []observation.Observation) kinds {
	k := kinds{index: map[int]bool{}, cycles: map[int]float64{}}
	for _, o := range rows {
		switch o.Field {
		case readIsIndex:
			k.index[o.Read] = o.Value != 0
		case readCycles:
			k.cycles[o.Read] = o.Value
		}
	}
	return k
}

// allow keeps index reads apart: of them, only how long they are is told. A read of unknown
// kind counts as one, and for quality a read that is as short as one: a sum over ten bases
// says too much of each.
func (k kinds) allow(f catalog.Field, o observation.Observation) (reason string, ok bool) {
	if o.Read == 0 || f.Category != catalog.RunPerformance {
		return "", true
	}
	isIndex, known := k.index[o.Read]
	switch {
	case !known:
		return ReadKindUnknown, false
	case isIndex:
		return IndexRead, false
	case (f.Source.File == catalog.QMetrics || f.Source.File == catalog.ExtractionMetrics) && k.cycles[o.Read] <= observation.WindowCycles:
		return ShortRead, false
	}
	return "", true
}

func (t Tally) dropRow(cat *catalog.Catalog, o observation.Observation, reason string) {
	f, _ := cat.Field(o.Field)
	t.drop(f.Source.File, reason)
}

func (t Tally) drop(kind catalog.FileKind, reason string) {
	t.Reasons[reason]++
	d := t.Files[string(kind)]
	if reason == catalog.UnknownField {
		d.Unknown++
	} else {
		d.Refused++
	}
	t.Files[string(kind)] = d
}
