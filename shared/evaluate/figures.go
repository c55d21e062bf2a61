package evaluate

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/stat"
)

// Figure is a number that may not be known: NaN, null in JSON.
type Figure float64

// MarshalJSON implements json.Marshaler.
func (f Figure) MarshalJSON() ([]byte, error) {
	if v := float64(f); !math.IsNaN(v) && !math.IsInf(v, 0) {
		return strconv.AppendFloat(nil, v, 'g', 6, 64), nil
	}
	return []byte("null"), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *Figure) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		*f = Figure(math.NaN())
		return nil
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	*f = Figure(v)
	return err
}

// share is part/whole, NaN of nothing: zero would be a figure.
func share(part, whole int) Figure {
	if whole == 0 {
		return Figure(math.NaN())
	}
	return Figure(float64(part) / float64(whole))
}

func quartiles(values []float64) (q [3]Figure) {
	if len(values) == 0 {
		return [3]Figure{Figure(math.NaN()), Figure(math.NaN()), Figure(math.NaN())}
	}
	v := slices.Sorted(slices.Values(values))
	for i, p := range []float64{.25, .5, .75} {
		q[i] = Figure(stat.Quantile(p, stat.Empirical, v, nil))
	}
	return q
}

// Probabilities judges the probabilities of one target on one component, or on all.
type Probabilities struct {
	Component string `json:"component"`
	Target    string `json:"target"`
	Rows      int    `json:"rows"`
	Came      int    `json:"came"`
	// Skill is 1 − Brier/Brier of always saying the year's own rate: above 0 is better than
	// knowing the rate. Low and High bound it with 95 % (bootstrap over instruments).
	Skill Figure `json:"brier_skill"`
	Low   Figure `json:"brier_skill_low"`
	High  Figure `json:"brier_skill_high"`
	// Ceiling is the same of the true probabilities.
	Ceiling Figure `json:"oracle_brier_skill"`
	// Slope is of the logistic regression of what came on the log-odds that were said: 1 is
	// calibrated, below 1 too sure.
	Slope       Figure `json:"calibration_slope"`
	Reliability []Bin  `json:"reliability"`
}

// Bin is what came of predictions that were about the same.
type Bin struct {
	From Figure `json:"from"`
	To   Figure `json:"to"`
	Rows int    `json:"rows"`
	Said Figure `json:"said"` // mean probability
	Came Figure `json:"came"` // share that came true
}

// binEdges are those of the reliability tables, up to the highest.
var binEdges = []float64{0, .01, .02, .05, .1, .2, .3, .4, .5, .6, .7, .8, .9, 1.0000001}

// resamples of the bootstrap.
const resamples = 200

// saidRow is one probability and what came of it.
type saidRow struct {
	instrument int32
	said, true float64
	came       bool
}

// judge judges probabilities.
func judge(rows []saidRow, instruments int) (p Probabilities) {
	bins := make([]struct{ n, said, came float64 }, len(binEdges)-1)
	per := make([]struct{ n, came, brier, oracle float64 }, instruments)
	for _, r := range rows {
		y := 0.0
		if r.came {
			y = 1
			p.Came++
		}
		i := &per[r.instrument]
		i.n++
		i.came += y
		i.brier += (r.said - y) * (r.said - y)
		i.oracle += (r.true - y) * (r.true - y)
		for b := range bins {
			if r.said < binEdges[b+1] {
				bins[b].n++
				bins[b].said += r.said
				bins[b].came += y
				break
			}
		}
	}
	p.Rows = len(rows)
	skill := func(pick func(int) int) (ours, oracle float64) {
		var n, came, brier, truth float64
		for k := range per {
			i := per[pick(k)]
			n, came, brier, truth = n+i.n, came+i.came, brier+i.brier, truth+i.oracle
		}
		rate := came / n
		usual := n * rate * (1 - rate)
		return 1 - brier/usual, 1 - truth/usual
	}
	ours, oracle := skill(func(k int) int { return k })
	p.Skill, p.Ceiling = Figure(ours), Figure(oracle)
	rng := rand.New(rand.NewPCG(1, uint64(len(rows)))) //nolint:gosec // G404: a bootstrap, not a secret
	again := make([]float64, resamples)
	for k := range again {
		again[k], _ = skill(func(int) int { return rng.IntN(len(per)) })
	}
	slices.Sort(again)
	p.Low, p.High = Figure(again[resamples/40]), Figure(again[resamples-1-resamples/40])
	p.Slope = Figure(slope(rows))
	for b, x := range bins {
		if x.n > 0 {
			p.Reliability = append(p.Reliability, Bin{Figure(binEdges[b]), Figure(math.Min(1, binEdges[b+1])), int(x.n), Figure(x.said / x.n), Figure(x.came / x.n)})
		}
	}
	return p
}

// slope fits P(came) = σ(a + b·logit(said)) by Newton's method and returns b.
func slope(rows []saidRow) float64 {
	a, b := 0.0, 1.0
	for range 25 {
		var ga, gb, haa, hab, hbb float64
		for _, r := range rows {
			s := math.Min(math.Max(r.said, 1e-6), 1-1e-6)
			x := math.Log(s / (1 - s))
			p := 1 / (1 + math.Exp(-(a + b*x)))
			y := 0.0
			if r.came {
				y = 1
			}
			w := p * (1 - p)
			ga, gb = ga+y-p, gb+(y-p)*x
			haa, hab, hbb = haa+w, hab+w*x, hbb+w*x*x
		}
		det := haa*hbb - hab*hab
		if !(det > 0) {
			return math.NaN()
		}
		da, db := (hbb*ga-hab*gb)/det, (haa*gb-hab*ga)/det
		a, b = a+da, b+db
		if math.Abs(da)+math.Abs(db) < 1e-9 {
			break
		}
	}
	return b
}
