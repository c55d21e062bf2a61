package casework

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"proactive/shared/health"
)

var reasons = rapid.Custom(func(t *rapid.T) []health.Because {
	var all []health.Because
	for _, signal := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g"}), 1, 6, rapid.ID[string]).Draw(t, "signals") {
		// As SHAP values are: between a thousandth and ten, either way.
		score := rapid.Float64Range(.001, 10).Draw(t, "score")
		if rapid.Bool().Draw(t, "against") {
			score = -score
		}
		all = append(all, health.Because{Signal: signal, Score: score})
	}
	return all
})

func TestAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := reasons.Draw(t, "a"), reasons.Draw(t, "b")
		if x, y := Alike(a, b), Alike(b, a); x != y {
			t.Errorf("%v one way, %v the other", x, y)
		}
		if x := Alike(a, a); x != 1 {
			t.Errorf("to itself: %v", x)
		}
		other := slices.Clone(a)
		for i := range other {
			other[i].Score *= -1
		}
		slices.Reverse(other)
		if x := Alike(a, other); x != -1 {
			t.Errorf("to its opposite, in another order: %v", x)
		}
		if x := Alike(a, b); math.IsNaN(x) || x < -1 || x > 1 {
			t.Errorf("%v", x)
		}
		apart := slices.Clone(b)
		for i := range apart {
			apart[i].Signal += "'"
		}
		if x := Alike(a, apart); x != 0 {
			t.Errorf("with nothing in common: %v", x)
		}
	})
	if x := Alike(nil, []health.Because{{Signal: "a", Score: 1}}); x != 0 {
		t.Errorf("of nothing: %v", x)
	}
	// 3·4 + 4·3 of 5·5.
	if x := Alike([]health.Because{{Signal: "a", Score: 3}, {Signal: "b", Score: 4}}, []health.Because{{Signal: "b", Score: 3}, {Signal: "a", Score: 4}}); math.Abs(x-.96) > 1e-15 {
		t.Errorf("%v", x)
	}
}

func TestMostAlike(t *testing.T) {
	of := func(score float64) []health.Because {
		return []health.Because{{Signal: "a", Score: 1}, {Signal: "b", Score: score}}
	}
	past := []Past{
		{Case: "c-far-1", Because: of(1)}, {Case: "c-z-1", Because: of(.1)}, {Case: "c-a-1", Because: of(.1)},
		{Case: "c-against-1", Because: []health.Because{{Signal: "a", Score: -2}}}, {Case: "c-same-1", Because: of(0)}, {Case: "c-other-1", Because: []health.Because{{Signal: "x", Score: 9}}},
	}
	names := func(all []match) (ids []string) {
		for _, p := range all {
			ids = append(ids, p.Case)
		}
		return ids
	}
	if diff := cmp.Diff([]string{"c-same-1", "c-a-1", "c-z-1"}, names(mostAlike(of(0), past, 3))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"c-same-1", "c-a-1", "c-z-1", "c-far-1"}, names(mostAlike(of(0), past, 9))); diff != "" {
		t.Errorf("what has nothing in common: %s", diff)
	}
	slices.Reverse(past)
	if diff := cmp.Diff([]string{"c-same-1", "c-a-1", "c-z-1"}, names(mostAlike(of(0), past, 3))); diff != "" {
		t.Errorf("in another order: %s", diff)
	}
}
