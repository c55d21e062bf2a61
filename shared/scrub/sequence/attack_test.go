package sequence_test

import (
	"math"
	"slices"
	"testing"

	"proactive/shared/interop"
)

type span struct{ from, to int }

// rate is how many bases of a run were guessed: mean over runs, and its standard error.
type rate struct{ mean, error float64 }

// attacks guess the bases of a span for each run of which he has got the numbers, from runs
// that he knows.
var attacks = map[string]func(known []run, have, got [][]float64, at span) [][]int{
	"a regression for each position": byPosition,
	"the mix of each window":         func(k []run, h, g [][]float64, at span) [][]int { return byMix(k, h, g, at, 25) },
	"the mix of the read":            func(k []run, h, g [][]float64, at span) [][]int { return byMix(k, h, g, at, at.to-at.from) },
	"the run that is most alike":     byNeighbour,
}

func score(secret []run, at span, guesses [][]int) rate {
	rates := make([]float64, len(secret))
	mean := 0.0
	for i, a := range secret {
		for p := at.from; p < at.to; p++ {
			if guesses[i][p-at.from] == a.bases[p] {
				rates[i]++
			}
		}
		rates[i] /= float64(at.to - at.from)
		mean += rates[i] / float64(len(secret))
	}
	sum := 0.0
	for _, r := range rates {
		sum += (r - mean) * (r - mean)
	}
	n := float64(len(secret))
	return rate{mean, math.Sqrt(sum / n / (n - 1))}
}

// standardise gives every number mean 0 and deviation 1 over the runs that are known.
func standardise(have, got [][]float64) {
	for j := range have[0] {
		mean, sum := 0.0, 0.0
		for _, row := range have {
			mean += row[j] / float64(len(have))
		}
		for _, row := range have {
			sum += (row[j] - mean) * (row[j] - mean)
		}
		deviation := math.Sqrt(sum / float64(len(have)))
		for _, rows := range [][][]float64{have, got} {
			for _, row := range rows {
				if row[j] -= mean; deviation > 1e-9 {
					row[j] /= deviation
				} else {
					row[j] = 0
				}
			}
		}
	}
}

// byPosition fits each base of each position to all numbers, by ridge regression.
func byPosition(known []run, have, got [][]float64, at span) [][]int {
	n := at.to - at.from
	targets := make([][]float64, len(known))
	for i, r := range known {
		targets[i] = make([]float64, 4*n)
		for p := range n {
			targets[i][4*p+r.bases[at.from+p]] = 1
		}
	}
	return choose(ridge(have, got, targets), n, func(p int) int { return p })
}

// byMix fits how many of each base a window has, and guesses the base of which it has the
// most wherever in the window: the best there is to do with a mix.
func byMix(known []run, have, got [][]float64, at span, width int) [][]int {
	n := at.to - at.from
	windows := max(1, n/width)
	windowOf := func(p int) int { return min(p/width, windows-1) }
	sizes := make([]float64, windows)
	for p := range n {
		sizes[windowOf(p)]++
	}
	targets := make([][]float64, len(known))
	for i, r := range known {
		targets[i] = make([]float64, 4*windows)
		for p := range n {
			targets[i][4*windowOf(p)+r.bases[at.from+p]] += 1 / sizes[windowOf(p)]
		}
	}
	return choose(ridge(have, got, targets), n, windowOf)
}

// choose takes for each position the base that was predicted most for its group.
func choose(predicted [][]float64, n int, group func(p int) int) [][]int {
	all := make([][]int, len(predicted))
	for i, row := range predicted {
		all[i] = make([]int, n)
		for p := range n {
			four := row[4*group(p) : 4*group(p)+4]
			all[i][p] = slices.Index(four, slices.Max(four))
		}
	}
	return all
}

func byNeighbour(known []run, have, got [][]float64, at span) [][]int {
	all := make([][]int, len(got))
	for i, row := range got {
		best, nearest := math.Inf(1), 0
		for k, other := range have {
			d := 0.0
			for j, v := range row {
				d += (v - other[j]) * (v - other[j])
			}
			if d < best {
				best, nearest = d, k
			}
		}
		all[i] = known[nearest].bases[at.from:at.to]
	}
	return all
}

// ridge predicts the targets of got from those of have: (XᵀX + λI)⁻¹XᵀY, by elimination.
func ridge(have, got, target [][]float64) [][]float64 {
	d, targets := len(have[0])+1, len(target[0])
	with1 := func(row []float64) []float64 { return append(slices.Clone(row), 1) }
	m := make([][]float64, d)
	for j := range m {
		m[j] = make([]float64, d+targets)
		m[j][j] = 10
	}
	for i, row := range have {
		x := with1(row)
		for j, v := range x {
			if v == 0 {
				continue
			}
			for k, w := range x {
				m[j][k] += v * w
			}
			for y, w := range target[i] {
				m[j][d+y] += v * w
			}
		}
	}
	for j := range d {
		for k := range d {
			if k == j {
				continue
			}
			factor := m[k][j] / m[j][j]
			for y := j; y < d+targets; y++ {
				m[k][y] -= factor * m[j][y]
			}
		}
	}
	out := make([][]float64, len(got))
	for i, row := range got {
		out[i] = make([]float64, targets)
		for j, v := range with1(row) {
			for y := range targets {
				out[i][y] += v * m[j][d+y] / m[j][j]
			}
		}
	}
	return out
}

// spellIntensity reads the bases from brightness by channel: each image against the brightest
// of its run, then the base whose pattern is nearest.
func spellIntensity(t *testing.T, c chemistry, r run) []int {
	t.Helper()
	seen := make([][]float64, cycles)
	f, err := r.folder.Open("InterOp/ExtractionMetricsOut.bin")
	if err != nil {
		t.Fatal(err)
	}
	_, err = interop.ReadExtraction(f, func(b *interop.ExtractionBlock) {
		for i, v := range b.Intensity() {
			cycle := b.Cycle[i/b.Channels] - 1
			if seen[cycle] == nil {
				seen[cycle] = make([]float64, b.Channels)
			}
			seen[cycle][i%b.Channels] += float64(v) / float64(2*c.lanes)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	var peaks []float64
	for _, s := range seen {
		peaks = append(peaks, slices.Max(s))
	}
	slices.Sort(peaks)
	scale := peaks[len(peaks)*7/10]
	all := make([]int, len(seen))
	for i, s := range seen {
		best := math.Inf(1)
		for base, light := range c.light {
			d := 0.0
			for channel, l := range light {
				d += math.Pow(s[channel]/scale-l, 2)
			}
			if d < best {
				best, all[i] = d, base
			}
		}
	}
	return all
}

// spellQuality reads the bases from the share of Q30 by cycle: a line for each read of the
// insert, and the base whose cost is nearest to how far below it a cycle lies, over and over. The
// indexes lie on the first read's level.
func spellQuality(t *testing.T, c chemistry, r run) []int {
	t.Helper()
	seen := make([]float64, cycles)
	f, err := r.folder.Open("InterOp/QMetricsOut.bin")
	if err != nil {
		t.Fatal(err)
	}
	_, err = interop.ReadQuality(f, func(b *interop.QualityBlock) {
		for i, n := range b.Bases() {
			seen[b.Cycle[i]-1] += 100 * float64(n.Q30) / float64(n.All) / float64(2*c.lanes)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	first := spellRead(c, seen[:insertBases])
	last := spellRead(c, seen[insertBases+2*indexBases:])
	all := append([]int{}, first.bases...)
	for _, s := range seen[insertBases : insertBases+2*indexBases] {
		near := math.Inf(1)
		base := 0
		for b, cost := range c.quality {
			if d := math.Abs(first.level - cost - s); d < near {
				near, base = d, b
			}
		}
		all = append(all, base)
	}
	return append(all, last.bases...)
}

type spelled struct {
	bases []int
	level float64
}

func spellRead(c chemistry, seen []float64) spelled {
	var best spelled
	least := math.Inf(1)
	for fall := 0.; fall < .15; fall += .002 { // the slope, then the height that fits best
		for level := 75.; level < 101; level += .1 {
			all, off := make([]int, len(seen)), 0.0
			for i, s := range seen {
				near := math.Inf(1)
				for base, cost := range c.quality {
					if d := math.Abs(level - fall*float64(i) - cost - s); d < near {
						near, all[i] = d, base
					}
				}
				off += near
			}
			if off < least {
				least, best = off, spelled{all, level}
			}
		}
	}
	return best
}
