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
	IndexCycle      = "index-cycle"       // a window within an index read: cycles of it spell the index
	ReadKindUnknown = "read-kind-unknown" // a window of a read that the batch does not say is no index
)

// readIsIndex is the field that tells index reads from others.
const readIsIndex = "run.read_is_index"

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
	index := readKinds(unique)
	kept = make([]observation.Observation, 0, len(unique))
	for _, o := range unique {
		if reason, ok := cycleAllowed(o, index); !ok {
			tally.dropRow(cat, o, reason)
			continue
		}
		kept = append(kept, o)
	}
	return kept, tally
}

// readKinds maps each read that the rows describe to whether it is an index read.
func readKinds(rows []observation.Observation) map[int]bool {
	kinds := map[int]bool{}
	for _, o := range rows {
		if o.Field == readIsIndex {
			kinds[o.Read] = o.Value != 0
		}
	}
	return kinds
}

// cycleAllowed keeps cycles of index reads apart: an index read has one window, its
// whole, and a read of unknown kind has none.
func cycleAllowed(o observation.Observation, index map[int]bool) (reason string, ok bool) {
	if o.Cycle == 0 {
		return "", true
	}
	isIndex, known := index[o.Read]
	switch {
	case !known:
		return ReadKindUnknown, false
	case isIndex && o.Cycle != 1:
		return IndexCycle, false
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
