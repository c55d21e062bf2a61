package factors

import "slices"

// hold is what is held fixed: a column, or only whether a run is at one of its levels.
type hold struct {
	column int
	level  int32 // whole: every level apart
}

const whole int32 = -1

// value is what a hold tells runs apart by.
func (h hold) value(level int32) int32 {
	switch {
	case h.level == whole:
		return level
	case h.level == level:
		return 1
	default:
		return 0
	}
}

// sample is runs in strata: those of stratum s are runs[from[s]:from[s+1]]. Within a
// stratum they are in the order of the table, that is by instrument.
type sample struct {
	runs []int32
	from []int
}

func (s sample) strata() int { return len(s.from) - 1 }

func (s sample) stratum(n int) []int32 { return s.runs[s.from[n]:s.from[n+1]] }

// known is all runs that say their level of a column, as one stratum.
func (t *table) known(column int) sample {
	s := sample{runs: make([]int32, 0, t.runs()), from: []int{0, 0}}
	for i, level := range t.columns[column].of {
		if level != 0 {
			s.runs = append(s.runs, int32(i))
		}
	}
	s.from[1] = len(s.runs)
	return s
}

// apart parts each stratum by what is held fixed, parts in the order in which they first come.
func (t *table) apart(s sample, by hold) sample {
	levels := t.columns[by.column].of
	// slot is by value where its part lies in the stratum under way, from 1.
	slot := make([]int, max(2, len(t.columns[by.column].labels)))
	out := sample{runs: make([]int32, 0, len(s.runs)), from: make([]int, 1, len(s.from))}
	var parts [][]int32
	for n := range s.strata() {
		parts = parts[:0]
		runs := s.stratum(n)
		for _, i := range runs {
			v := by.value(levels[i])
			if slot[v] == 0 {
				parts = append(parts, nil)
				slot[v] = len(parts)
			}
			parts[slot[v]-1] = append(parts[slot[v]-1], i)
		}
		for _, i := range runs {
			slot[by.value(levels[i])] = 0
		}
		for _, part := range parts {
			out.runs = append(out.runs, part...)
			out.from = append(out.from, len(out.runs))
		}
	}
	return out
}

// comparable keeps the runs that keep says (nil: all) of the strata that then have runs at
// the level and runs at others: only these compare anything.
func (t *table) comparable(s sample, factor int, level int32, keep func(run int32) bool) sample {
	levels := t.columns[factor].of
	out := sample{runs: make([]int32, 0, len(s.runs)), from: make([]int, 1, len(s.from))}
	for n := range s.strata() {
		before := len(out.runs)
		for _, i := range s.stratum(n) {
			if keep == nil || keep(i) {
				out.runs = append(out.runs, i)
			}
		}
		is := func(i int32) bool { return levels[i] == level }
		isNot := func(i int32) bool { return levels[i] != level }
		if now := out.runs[before:]; slices.ContainsFunc(now, is) && slices.ContainsFunc(now, isNot) {
			out.from = append(out.from, len(out.runs))
		} else {
			out.runs = out.runs[:before]
		}
	}
	return out
}
