package factors

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The figures are scipy 1.17.1's, ttest_1samp.
func TestByMeans(t *testing.T) {
	var all []member
	for _, v := range []float64{1.2, -.4, 2.5, .9, -.1, 1.7} {
		all = append(all, member{more: v, varies: true})
	}
	all = append(all, member{more: 99}) // says nothing, for it could say nothing else
	p := byMeans(all)
	near(t, "more", p.more, 0.0410721564827)
	near(t, "less", p.less, 0.9589278435173)
	same := byMeans([]member{{more: 2, varies: true}, {more: 2, varies: true}, {more: 2, varies: true}})
	if same.more != 0.125 || same.less != 1 {
		t.Errorf("three that say the same: %+v, want a coin's 1/8", same)
	}
}

// A permutation test counts how often chance does as much: against every permutation.
func TestSwappedIsCounting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(4, 9).Draw(t, "instruments")
		members, groups := make([]member, n), make([]int32, n)
		for i := range members {
			members[i].own = float64(rapid.IntRange(-3, 6).Draw(t, "own"))
			members[i].exposed = rapid.Bool().Draw(t, "exposed")
			groups[i] = int32(rapid.IntRange(0, 1).Draw(t, "group"))
		}
		drawn := [2]int{}
		seen := 0.0
		for i, m := range members {
			if m.exposed {
				drawn[groups[i]]++
				seen += m.own
			}
		}
		all, more, fewer := 0.0, 0.0, 0.0
		for mask := range 1 << n {
			count, sum := [2]int{}, 0.0
			for i, m := range members {
				if mask>>i&1 == 1 {
					count[groups[i]]++
					sum += m.own
				}
			}
			if count != drawn {
				continue
			}
			all++
			if sum >= seen {
				more++
			}
			if sum <= seen {
				fewer++
			}
		}
		const limit = 20000
		got := swapped(members, groups, rapid.Uint64().Draw(t, "seed"), limit)
		for _, side := range [][2]float64{{got.more, more / all}, {got.less, fewer / all}} {
			// It stops at 30 of the rarer: within five standard errors of that.
			if slack := 5*side[1]/math.Sqrt(enough) + 2.0/limit; math.Abs(side[0]-side[1]) > slack+1e-9 {
				t.Fatalf("P %g, want %g ± %g", side[0], side[1], slack)
			}
		}
	})
}

// Leaving instruments out in turn: of one-run instruments it is the textbook's jackknife.
func TestJackknife(t *testing.T) {
	tb := table{columns: []column{{name: instrumentColumn, labels: []string{""}}, {labels: []string{"", "t"}}, {name: "lot", labels: []string{"", "a", "b"}}}, factors: 1}
	for i := range 40 {
		tb.columns[ofInstrument].of = append(tb.columns[ofInstrument].of, int32(i+1))
		tb.columns[ofTenant].of = append(tb.columns[ofTenant].of, 1)
		tb.columns[2].of = append(tb.columns[2].of, int32(1+i%2))
		tb.problem = append(tb.problem, i%4 == 1 || i%10 == 0)
	}
	c := tb.cut(tb.known(2), 2, 2)
	variance, freedom, ok := c.jackknife(c.members(), false)
	if !ok || freedom != 19 {
		t.Fatalf("%v, %g degrees of freedom", ok, freedom)
	}
	var logs []float64
	mean := 0.0
	for leave := range 40 {
		var n, y [3]float64
		for i := range 40 {
			if i != leave {
				l := tb.columns[2].of[i]
				n[l]++
				if tb.problem[i] {
					y[l]++
				}
			}
		}
		v := math.Log(y[2] * (n[1] - y[1]) / (n[2] - y[2]) / y[1])
		logs = append(logs, v)
		mean += v / 40
	}
	want := 0.0
	for _, v := range logs {
		want += (v - mean) * (v - mean) * 39 / 40
	}
	near(t, "variance", variance, want)
}
