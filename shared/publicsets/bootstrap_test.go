package publicsets

import (
	"testing"

	"pgregory.net/rapid"
)

func TestPairedRMSE(t *testing.T) {
	n := 100
	truth, near1, far, same := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range truth {
		truth[i] = float64(i)
		near1[i] = truth[i] + float64(i%3-1)
		far[i] = truth[i] + 5*float64(i%2*2-1)
		same[i] = near1[i]
	}
	d := PairedRMSE(near1, far, truth, 2000, 1)
	if d.Better != 1 || d.Mean >= 0 || d.Low > d.Mean || d.High < d.Mean || d.High >= 0 {
		t.Errorf("ours is better throughout: %+v", d)
	}
	if d != PairedRMSE(near1, far, truth, 2000, 1) {
		t.Error("another run, another interval")
	}
	if d := PairedRMSE(near1, same, truth, 500, 1); d.Mean != 0 || d.Low != 0 || d.High != 0 || d.Better != 0 {
		t.Errorf("the same predictions differ: %+v", d)
	}
	// One engine in ten makes the difference: its interval holds zero.
	for i := range far {
		far[i] = near1[i]
	}
	far[7], far[20] = truth[7]+20, truth[20]
	near1[20] = truth[20] + 18
	if d := PairedRMSE(near1, far, truth, 2000, 1); d.Low >= 0 || d.High <= 0 {
		t.Errorf("a difference of two engines: %+v", d)
	}
}

// The baseline's recipe and ours on the same rows: an engine of which both say the same
// charges the same, and one that is told too late costs more than too early.
func TestPairedNASAScore(t *testing.T) {
	truth := []float64{10, 20, 30, 40}
	early, late := []float64{0, 20, 30, 40}, []float64{20, 20, 30, 40}
	d := PairedNASAScore(early, late, truth, 1000, 1)
	if !near(d.Theirs, NASAScore(late, truth)) || !near(d.Mean, NASAScore(early, truth)-NASAScore(late, truth)) || d.Mean >= 0 {
		t.Errorf("%+v", d)
	}
	if d.High != 0 || d.Low >= d.Mean || d.Better < .6 || d.Better > .75 { // without engine 1: (3/4)^4 = .32 of draws
		t.Errorf("%+v", d)
	}
}

// A ranking that was sorted once has the area of one that is made of the rows drawn.
func TestWeightedAUPRC(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "rows")
		score := rapid.SliceOfN(rapid.Float64Range(0, 1), n, n).Draw(t, "score")
		for i := range score { // ties
			score[i] = float64(int(score[i] * 6))
		}
		positive := rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "positive")
		unit := rapid.SliceOfN(rapid.IntRange(0, 4), n, n).Draw(t, "unit")
		times := rapid.SliceOfN(rapid.IntRange(0, 3), 5, 5).Draw(t, "times")
		var drawn []float64
		var hit []bool
		weight := make([]float64, 5)
		for u, k := range times {
			weight[u] = float64(k)
		}
		for i := range score {
			for range times[unit[i]] {
				drawn, hit = append(drawn, score[i]), append(hit, positive[i])
			}
		}
		want := 0.0
		if count(hit) > 0 {
			want = AUPRC(drawn, hit)
		}
		if got := rank(score, positive, unit).auprc(weight); !near(got, want) {
			t.Errorf("%v, not %v", got, want)
		}
	})
}

func TestPairedAUPRC(t *testing.T) {
	const n = 400
	part := Scored{Ours: make([]float64, n), Theirs: make([]float64, n), Positive: make([]bool, n), Unit: make([]int, n)}
	for i := range n {
		part.Unit[i], part.Positive[i] = i%37, i%10 == 0
		part.Ours[i] = float64(i % 7)
		if part.Positive[i] {
			part.Ours[i] = 6.5 // above all others
		}
		part.Theirs[i] = float64(i % 7)
	}
	d := PairedAUPRC([]Scored{part, part}, 500, 1)
	if !near(d.Mean, 1-AUPRC(part.Theirs, part.Positive)) || !near(d.Theirs, AUPRC(part.Theirs, part.Positive)) || d.Low <= 0 || d.Better != 1 {
		t.Errorf("%+v", d)
	}
	for i := range part.Unit { // only who is the same matters
		part.Unit[i] = 1000 + 3*part.Unit[i]
	}
	if again := PairedAUPRC([]Scored{part, part}, 500, 1); again != d {
		t.Errorf("other numbers for the units: %+v, not %+v", again, d)
	}
	part.Theirs = part.Ours
	if d := PairedAUPRC([]Scored{part}, 500, 1); d.Mean != 0 || d.Low != 0 || d.High != 0 || d.Better != 0 {
		t.Errorf("the same predictions differ: %+v", d)
	}
}
