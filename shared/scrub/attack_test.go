package scrub_test

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
var attacks = map[string]func(known []amplicon, have, got [][]float64, at span) [][]int{
	"a regression for each position": byPosition,
	"the mix of each window":         func(k []amplicon, h, g [][]float64, at span) [][]int { return byMix(k, h, g, at, 25) },
	"the mix of the read":            func(k []amplicon, h, g [][]float64, at span) [][]int { return byMix(k, h, g, at, at.to-at.from) },
	"the run that is most alike":     byNeighbour,
}

func score(secret []amplicon, at span, guesses [][]int) rate {
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
func byPosition(known []amplicon, have, got [][]float64, at span) [][]int {
	n := at.to - at.from
	predicted := ridge(have, got, 4*n, func(run, target int) float64 {
		if known[run].bases[at.from+target/4] == target%4 {
			return 1
		}
		return 0
	})
	return choose(predicted, n, func(p int) int { return p })
}

// byMix fits how many of each base a window has, and guesses the base of which it has the
// most wherever in the window: the best there is to do with a mix.
func byMix(known []amplicon, have, got [][]float64, at span, width int) [][]int {
	n := at.to - at.from
	windows := max(1, n/width)
	windowOf := func(p int) int { return min(p/width, windows-1) }
	predicted := ridge(have, got, 4*windows, func(run, target int) float64 {
		count, size := 0.0, 0.0
		for p := range n {
			if windowOf(p) == target/4 {
				if size++; known[run].bases[at.from+p] == target%4 {
					count++
				}
			}
		}
		return count / size
	})
	return choose(predicted, n, windowOf)
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

func byNeighbour(known []amplicon, have, got [][]float64, at span) [][]int {
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

// ridge predicts targets for got from those of have: (XᵀX + λI)⁻¹XᵀY, by elimination.
func ridge(have, got [][]float64, targets int, target func(run, target int) float64) [][]float64 {
	d := len(have[0]) + 1
	with1 := func(row []float64, j int) float64 {
		if j == d-1 {
			return 1
		}
		return row[j]
	}
	m := make([][]float64, d)
	for j := range m {
		m[j] = make([]float64, d+targets)
		m[j][j] = 10
	}
	for run, row := range have {
		for j := range d {
			v := with1(row, j)
			for k := range d {
				m[j][k] += v * with1(row, k)
			}
			for y := range targets {
				m[j][d+y] += v * target(run, y)
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
		for j := range d {
			for y := range targets {
				out[i][y] += with1(row, j) * m[j][d+y] / m[j][j]
			}
		}
	}
	return out
}

// spellIntensity reads the bases from brightness by channel: each image against the brightest
// of its read, then the base whose pattern is nearest.
func spellIntensity(t *testing.T, c chemistry, a amplicon) []int {
	t.Helper()
	seen := make([][4]float64, len(a.bases))
	f, err := a.folder.Open("InterOp/ExtractionMetricsOut.bin")
	if err != nil {
		t.Fatal(err)
	}
	_, err = interop.ReadExtraction(f, func(b *interop.ExtractionBlock) {
		for i, v := range b.Intensity() {
			seen[b.Cycle[i/b.Channels]-1][i%b.Channels] += float64(v) / 2
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	var peaks []float64
	for _, s := range seen {
		peaks = append(peaks, slices.Max(s[:]))
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

// spellQuality reads the bases from the share of Q30 by cycle: a line for the run, and the
// base whose cost is nearest to how far below it a cycle lies, over and over.
func spellQuality(t *testing.T, c chemistry, a amplicon) []int {
	t.Helper()
	seen := make([]float64, len(a.bases))
	f, err := a.folder.Open("InterOp/QMetricsOut.bin")
	if err != nil {
		t.Fatal(err)
	}
	_, err = interop.ReadQuality(f, func(b *interop.QualityBlock) {
		for i, n := range b.Bases() {
			seen[b.Cycle[i]-1] += 50 * float64(n.Q30) / float64(n.All)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	within := func(i int) float64 {
		if i >= insertCycles {
			i -= insertCycles
		}
		return float64(i)
	}
	var best []int
	least := math.Inf(1)
	for fall := 0.; fall < .15; fall += .002 { // the slope, then the height that fits best
		for level := 80.; level < 100; level += .1 {
			all, off := make([]int, len(seen)), 0.0
			for i, s := range seen {
				near := math.Inf(1)
				for base, cost := range c.costs {
					if d := math.Abs(level - fall*within(i) - cost - s); d < near {
						near, all[i] = d, base
					}
				}
				off += near
			}
			if off < least {
				least, best = off, all
			}
		}
	}
	return best
}
