package factors

// usual is the level that most runs of each instrument have, and whether nine in ten runs
// of the fleet are at their instrument's usual level: then it is something that an
// instrument is rather than something that it runs.
func (t *table) usual(column int) (of []int32, steady bool) {
	if u, ok := t.usuals[column]; ok {
		return u.of, u.steady
	}
	type place struct{ instrument, level int32 }
	counts := map[place]int{}
	of = make([]int32, len(t.columns[ofInstrument].labels))
	most := make([]int, len(of))
	for i, level := range t.columns[column].of {
		p := place{t.columns[ofInstrument].of[i], level}
		counts[p]++
		if counts[p] > most[p.instrument] {
			most[p.instrument], of[p.instrument] = counts[p], level
		}
	}
	at := 0
	for _, n := range most {
		at += n
	}
	steady = 10*at >= 9*t.runs()
	t.usuals[column] = usual{of, steady}
	return of, steady
}

// mostly is by instrument whether most of its runs are at a level. It is steady, something
// that an instrument is, if nine in ten runs at the level are of these instruments, and nine
// in ten of their runs are at the level.
func (t *table) mostly(factor int, level int32) (of []bool, steady bool) {
	at, all := make([]int, len(t.columns[ofInstrument].labels)), make([]int, len(t.columns[ofInstrument].labels))
	for i, l := range t.columns[factor].of {
		if l != 0 {
			all[t.columns[ofInstrument].of[i]]++
			if l == level {
				at[t.columns[ofInstrument].of[i]]++
			}
		}
	}
	of = make([]bool, len(at))
	exposed, theirs, both := 0, 0, 0
	for i := range at {
		exposed += at[i]
		if of[i] = 2*at[i] > all[i]; of[i] {
			theirs += all[i]
			both += at[i]
		}
	}
	return of, 10*both >= 9*max(exposed, theirs)
}
