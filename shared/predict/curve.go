package predict

import (
	"cmp"
	"math"
	"slices"
)

// Curve makes a model's raw score a probability: straight lines between its points, flat
// beyond the first and last. It never falls.
type Curve struct {
	Score       []float64 `json:"score"`
	Probability []float64 `json:"probability"`
}

// At is the probability at a score, 0 to 1; NaN of a curve without points.
func (c Curve) At(score float64) float64 {
	n := len(c.Score)
	if n == 0 || math.IsNaN(score) {
		return math.NaN()
	}
	i, _ := slices.BinarySearch(c.Score, score)
	switch i {
	case 0:
		return c.Probability[0]
	case n:
		return c.Probability[n-1]
	}
	part := (score - c.Score[i-1]) / (c.Score[i] - c.Score[i-1])
	return c.Probability[i-1] + float64(part*(c.Probability[i]-c.Probability[i-1]))
}

// Outcome is one prediction whose truth is known.
type Outcome struct {
	Score float64
	Came  bool
}

// Fit is the isotonic curve through outcomes (Ayer et al. 1955, pool adjacent violators):
// of all that never fall, the one of least squared error, its steps widened until in each
// it came true at least so many times, or, at the ends, what is left; between the steps'
// middles it is straight. Rates are of n+1 with half an outcome at the curve's mean, so
// that no step says never or always.
func Fit(outcomes []Outcome, least int) Curve {
	all := slices.Clone(outcomes)
	slices.SortStableFunc(all, func(a, b Outcome) int { return cmp.Compare(a.Score, b.Score) })
	type block struct {
		sum, n, came float64
	}
	mean := 0.0
	for _, o := range all {
		if o.Came {
			mean++
		}
	}
	if len(all) > 0 {
		mean /= float64(len(all))
	}
	rate := func(b block) float64 { return (b.came + mean) / (b.n + 1) }
	thin := func(b block) bool { return b.came < float64(least) }
	var blocks []block
	for _, o := range all {
		b := block{sum: o.Score, n: 1}
		if o.Came {
			b.came = 1
		}
		// Outcomes of one score are one block whatever their order.
		blocks = append(blocks, b)
		for n := len(blocks); n > 1; n = len(blocks) {
			last, before := blocks[n-1], blocks[n-2]
			if rate(before) < rate(last) && !thin(before) {
				break
			}
			blocks[n-2] = block{before.sum + last.sum, before.n + last.n, before.came + last.came}
			blocks = blocks[:n-1]
		}
	}
	if n := len(blocks); n > 1 && thin(blocks[n-1]) {
		blocks[n-2] = block{blocks[n-2].sum + blocks[n-1].sum, blocks[n-2].n + blocks[n-1].n, blocks[n-2].came + blocks[n-1].came}
		blocks = blocks[:n-1]
	}
	var c Curve
	for _, b := range blocks {
		x := b.sum / b.n
		if n := len(c.Score); n > 0 && !(x > c.Score[n-1]) {
			continue
		}
		c.Score, c.Probability = append(c.Score, x), append(c.Probability, rate(b))
	}
	return c
}

// Moved is the curve of something of which few outcomes are known, from the one that it has
// in common with others: of the log-odds x that the curve says, a + b·x, by maximum
// likelihood with normal priors about a = 0 and b = 1, so that no outcomes leave the curve
// as it is, and each outcome moves it a little.
func (c Curve) Moved(outcomes []Outcome) Curve {
	const spreadA, spreadB = .5, .25
	a, b := 0.0, 1.0
	for range 30 { // Newton's method
		ga, gb := -a/(spreadA*spreadA), (1-b)/(spreadB*spreadB)
		haa, hab, hbb := 1/(spreadA*spreadA), 0.0, 1/(spreadB*spreadB)
		for _, o := range outcomes {
			x := logit(c.At(o.Score))
			p := 1 / (1 + math.Exp(-(a + b*x)))
			rest, w := -p, p*(1-p)
			if o.Came {
				rest = 1 - p
			}
			ga, gb = ga+rest, gb+rest*x
			haa, hab, hbb = haa+w, hab+w*x, hbb+w*x*x
		}
		det := haa*hbb - hab*hab
		da, db := (hbb*ga-hab*gb)/det, (haa*gb-hab*ga)/det
		a, b = a+da, b+db
		if math.Abs(da)+math.Abs(db) < 1e-9 {
			break
		}
	}
	b = max(b, 0)
	moved := Curve{Score: slices.Clone(c.Score), Probability: make([]float64, len(c.Probability))}
	for i, p := range c.Probability {
		moved.Probability[i] = 1 / (1 + math.Exp(-(a + b*logit(p))))
	}
	return moved
}

func logit(p float64) float64 { return math.Log(p / (1 - p)) }
