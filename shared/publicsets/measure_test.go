package publicsets

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-12*math.Max(1, math.Abs(b)) }

// The same numbers from scikit-learn 1.9.1: average_precision_score, precision_recall_curve.
func TestAUPRCAndBestF1(t *testing.T) {
	score := []float64{.9, .8, .8, .7, .7, .7, .5, .4, .4, .1}
	positive := []bool{true, false, true, true, false, false, true, false, true, false}
	if got := AUPRC(score, positive); !near(got, 0.6587301587301588) {
		t.Errorf("AUPRC %v", got)
	}
	at := BestF1(score, positive)
	f1, p, r := F1(score, positive, at)
	if at != .4 || !near(f1, 5./7) || !near(p, 5./9) || r != 1 {
		t.Errorf("at %v: F1 %v, precision %v, recall %v", at, f1, p, r)
	}
	if f1, p, r := F1(score, positive, 1); f1 != 0 || p != 0 || r != 0 {
		t.Errorf("without an alarm: %v, %v, %v", f1, p, r)
	}
	if !math.IsNaN(AUPRC(score, make([]bool, len(score)))) {
		t.Error("an area without a positive")
	}
}

// What must hold of any scores: all alike find as much as chance, only their order counts,
// and no threshold has a higher F1 than the best.
func TestAUPRCAndBestF1AnyScores(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 40).Draw(t, "rows")
		score, cubed, alike, positive := make([]float64, n), make([]float64, n), make([]float64, n), make([]bool, n)
		for i := range score {
			score[i] = float64(rapid.IntRange(-5, 5).Draw(t, "score"))
			cubed[i] = score[i] * score[i] * score[i]
			positive[i] = rapid.Bool().Draw(t, "positive")
		}
		positive[0] = true
		area := AUPRC(score, positive)
		if area <= 0 || area > 1 || area != AUPRC(cubed, positive) {
			t.Fatalf("area %v, of the cubes %v", area, AUPRC(cubed, positive))
		}
		if share := float64(count(positive)) / float64(n); !near(AUPRC(alike, positive), share) {
			t.Fatalf("all alike: %v, not %v", AUPRC(alike, positive), share)
		}
		best, _, _ := F1(score, positive, BestF1(score, positive))
		for _, s := range score {
			if f1, _, _ := F1(score, positive, s); f1 > best {
				t.Fatalf("F1 %v at %v, %v at the best threshold", f1, s, best)
			}
		}
	})
}

func TestRMSEAndNASAScore(t *testing.T) {
	truth := []float64{50, 20, 100}
	predicted := []float64{60, 7, 100}
	if got := RMSE(predicted, truth); !near(got, math.Sqrt((100.+169)/3)) {
		t.Errorf("RMSE %v", got)
	}
	// Ten too late and thirteen too early cost e − 1 each.
	if got := NASAScore(predicted, truth); !near(got, 2*(math.E-1)) {
		t.Errorf("score %v", got)
	}
}

func TestEpisodes(t *testing.T) {
	machine := []int{1, 1, 1, 1, 1, 2, 2}
	at := []float64{0, 3, 27, 30, 90, 0, 24}
	for _, c := range []struct {
		name  string
		alarm []bool
		want  int
	}{
		{"none", make([]bool, 7), 0},
		{"24 hours apart are one", []bool{true, true, true, true, false, false, false}, 1},
		{"from the last alarm, not the first", []bool{true, false, true, false, false, false, false}, 2},
		{"each machine its own", []bool{true, false, false, false, true, true, true}, 3},
	} {
		if got := Episodes(machine, at, c.alarm, 24); got != c.want {
			t.Errorf("%s: %d, not %d", c.name, got, c.want)
		}
	}
}

func TestSpread(t *testing.T) {
	if got := spread([]float64{1, 3}); got != (Spread{2, 1}) {
		t.Errorf("%+v", got)
	}
}
