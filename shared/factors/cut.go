package factors

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// cell is one instrument's part of a stratum.
type cell struct {
	number     int // index of the stratum
	instrument int32
	stratum
}

// cut is a comparison laid out: runs at a level (exposed) against runs at another level of
// the same factor (the rest), in strata of what is held fixed. Strata without both are not
// in it: they compare nothing.
type cut struct {
	strata []stratum
	cells  []cell // by instrument, then stratum
	mantelHaenszel
}

// cut lays out a comparison of a sample of comparable runs.
func (t *table) cut(s sample, factor int, level int32) cut {
	levels, instruments := t.columns[factor].of, t.columns[ofInstrument].of
	out := cut{strata: make([]stratum, s.strata())}
	for n := range out.strata {
		first := len(out.cells)
		for _, i := range s.stratum(n) {
			if last := len(out.cells) - 1; last < first || out.cells[last].instrument != instruments[i] {
				out.cells = append(out.cells, cell{number: n, instrument: instruments[i]})
			}
			out.strata[n].add(levels[i] == level, t.problem[i])
			out.cells[len(out.cells)-1].add(levels[i] == level, t.problem[i])
		}
	}
	slices.SortStableFunc(out.cells, func(a, b cell) int { return cmp.Compare(a.instrument, b.instrument) })
	out.mantelHaenszel = mantelHaenszelOf(out.strata)
	return out
}

// exposed counts the runs at the level.
func (c cut) exposed() int {
	n := 0
	for _, s := range c.strata {
		n += s.exposed
	}
	return n
}

func (s *stratum) add(exposed, problem bool) {
	n, y := &s.rest, &s.restProblems
	if exposed {
		n, y = &s.exposed, &s.exposedProblems
	}
	if *n++; problem {
		*y++
	}
}

// logRatio is the log odds ratio, drawn a little towards 0 so that it is always finite.
func (c cut) logRatio() float64 {
	const nought = 0.25 // of a problem
	return math.Log((c.over + nought) / (c.under + nought))
}

// member is one instrument's part in a comparison.
type member struct {
	instrument int32
	exposed    bool    // most of its runs
	more       float64 // problems among its exposed runs beyond what was expected, given its strata
	own        float64 // problems beyond what its strata's rates say
	varies     bool    // more could have been another number
	from, to   int     // its cells
}

// members of a comparison, in the order of instruments.
func (c cut) members() []member {
	var all []member
	for from := 0; from < len(c.cells); {
		to := from
		m := member{instrument: c.cells[from].instrument, from: from}
		exposed, rest := 0, 0
		for ; to < len(c.cells) && c.cells[to].instrument == m.instrument; to++ {
			part, s := c.cells[to], c.strata[c.cells[to].number]
			exposed, rest = exposed+part.exposed, rest+part.rest
			n, y := part.runs(), float64(part.exposedProblems+part.restProblems)
			share := float64(s.exposed) / s.runs()
			rate := float64(s.exposedProblems+s.restProblems) / s.runs()
			m.own += y - float64(rate*n)
			// Σ (exposed − share)·(problem − rate) over the runs of the cell.
			m.more += float64(part.exposedProblems) - float64(share*y) - float64(rate*float64(part.exposed)) + float64(float64(share*rate)*n)
			m.varies = m.varies || rate > 0 && rate < 1
		}
		m.exposed, m.to = exposed > rest, to
		all = append(all, m)
		from = to
	}
	return all
}

// byMeans is the P values of no difference: one-sample t over what each instrument says. It holds for any number of instruments of unequal weight,
// so that one that went bad cannot speak for a lot it happened to run (Ibragimov and Müller
// 2010), and for any correlation of the runs of one.
func byMeans(members []member) sides {
	n, sum, squares := 0.0, 0.0, 0.0
	for _, m := range members {
		if m.varies {
			n++
			sum += m.more
			squares += float64(m.more * m.more)
		}
	}
	spread := squares - float64(sum*sum)/n
	switch {
	case n < 2 || squares == 0:
		return sides{1, 1}
	case spread < 1e-12*squares: // all say the same: as likely as that many coins
		all := sides{1, rounded(math.Exp2(-n))}
		if sum > 0 {
			all.more, all.less = all.less, all.more
		}
		return all
	}
	t := sum / math.Sqrt(float64(spread*n)/(n-1))
	d := distuv.StudentsT{Sigma: 1, Nu: n - 1}
	return sides{rounded(d.Survival(t)), rounded(d.Survival(-t))}
}

// jackknife is the variance of the log odds ratio by leaving out each instrument in turn,
// and its degrees of freedom; false if one instrument alone makes the ratio finite.
func (c cut) jackknife(members []member, within bool) (variance, freedom float64, ok bool) {
	exposed, rest, n := 0.0, 0.0, 0.0
	var logs []float64
	for _, m := range members {
		if !m.varies {
			continue
		}
		n++
		if m.exposed {
			exposed++
		} else {
			rest++
		}
		over, under := c.over, c.under
		for _, part := range c.cells[m.from:m.to] {
			s := c.strata[part.number]
			o, u := s.terms()
			over, under = over-o, under-u
			s.exposed -= part.exposed
			s.exposedProblems -= part.exposedProblems
			s.rest -= part.rest
			s.restProblems -= part.restProblems
			if s.runs() > 0 {
				o, u = s.terms()
				over, under = over+o, under+u
			}
		}
		if over < 1e-9 || under < 1e-9 {
			return 0, 0, false
		}
		logs = append(logs, math.Log(over/under))
	}
	if freedom = n - 1; !within {
		freedom = min(exposed, rest) - 1
	}
	if freedom < 1 {
		return 0, 0, false
	}
	mean := 0.0
	for _, v := range logs {
		mean += v / n
	}
	for _, v := range logs {
		variance += float64((v - mean) * (v - mean))
	}
	return float64(variance*(n-1)) / n, freedom, true
}

// terms are a stratum's parts of the odds ratio's numerator and denominator.
func (s stratum) terms() (over, under float64) {
	n := s.runs()
	return float64(s.exposedProblems*(s.rest-s.restProblems)) / n, float64((s.exposed-s.exposedProblems)*s.restProblems) / n
}
