package factors

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// enough is how often the rarer tail is seen before a permutation test stops: the P value
// is then known to a fifth.
const enough = 30

// swapped is the P values of no difference, of a comparison between instruments: how often
// instruments at the level would have had this many more problems, or this many fewer, if
// levels were handed out to instruments at random. groups says among which an instrument's
// level may be exchanged. The runs of an instrument stay together, so that they may be as
// alike as they are.
//
// Chance comes from seed alone, and sums are made in a fixed order.
func swapped(members []member, groups []int32, seed uint64, limit int) sides {
	type pool struct {
		own   []float64
		drawn int
	}
	order := make([]int, len(members))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(groups[a], groups[b]) })
	var pools []pool
	seen := 0.0
	for i, at := range order {
		if i == 0 || groups[at] != groups[order[i-1]] {
			pools = append(pools, pool{})
		}
		p := &pools[len(pools)-1]
		p.own = append(p.own, members[at].own)
		if members[at].exposed {
			p.drawn++
			seen += members[at].own
		}
	}
	chance := rand.New(rand.NewPCG(seed, 0x666163746f7273)) //nolint:gosec // it must be repeatable, not secret
	more, fewer, n := 0, 0, 0
	for n < limit && min(more, fewer) < enough {
		n++
		sum := 0.0
		for _, p := range pools {
			for i := range p.drawn {
				j := i + chance.IntN(len(p.own)-i)
				p.own[i], p.own[j] = p.own[j], p.own[i]
				sum += p.own[i]
			}
		}
		const same = 1e-9 // sums of the same numbers in another order
		if sum >= seen-same {
			more++
		}
		if sum <= seen+same {
			fewer++
		}
	}
	all := float64(n + 1)
	return sides{rounded(float64(more+1) / all), rounded(float64(fewer+1) / all)}
}
