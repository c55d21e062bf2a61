package trees

import (
	"encoding/binary"
	"math"
)

// A walk down one tree waits at every split: for the node, then for the value it asks
// for, then for the comparison, whose outcome no processor guesses. So lanes trees are
// walked at once and in step, without a branch but the one that ends them: a comparison
// is a number, 0 or 1, added to where the next node is. For that, what a split has to
// know about missing values and categories is answered once for each row, as a number
// that it only compares (view), and a leaf leads to itself.

const lanes = 8

// node is a split or a leaf of a tree in the form that is walked.
type node struct {
	threshold float64 // of a leaf, its value
	view      uint32  // what is compared: up to the threshold, the way is to next+1
	next      uint32  // else to next
}

// nowhere is the view that leaves have. It is NaN, which is not up to anything.
const nowhere = 0

// view is a feature as some of the splits see it.
type view struct {
	feature int32
	missing uint8
	left    bool // a missing value is put where all of these splits send it left
}

// group is the sets of categories that splits on one feature ask for. Each has a view:
// 0 of a value outside the set, 1 of one inside.
type group struct {
	feature int32
	sets    [][]uint32
}

// wood is all trees of a model in the form that is walked.
type wood struct {
	nodes  []node
	roots  []uint32 // a multiple of lanes; what is beyond the model's trees gives zero
	views  []view   // numbered from 1
	groups []group  // numbered after them
	count  int      // of views, with nowhere
}

// plant brings trees into the form that is walked, each breadth first: the splits that
// every row comes to share cache lines.
func plant(trees []tree) wood {
	var w wood
	numeric, sets := w.find(trees)
	type place struct {
		from int32
		to   uint32
	}
	var line []place
	for i := range trees {
		t := &trees[i]
		root := w.end()
		w.roots = append(w.roots, root)
		w.nodes = append(w.nodes, node{})
		line = append(line[:0], place{t.root(), root})
		for j := 0; j < len(line); j++ {
			p := line[j]
			if p.from < 0 {
				w.nodes[p.to] = node{threshold: t.leaves[^p.from], view: nowhere, next: p.to}
				continue
			}
			s := &t.splits[p.from]
			next := w.end()
			n := node{next: next}
			up, other := s.left, s.right
			if s.kind == category {
				up, other = s.right, s.left // 0, outside the set, goes right
				n.view = sets[keyOf(s.feature, t.sets[s.set])]
			} else {
				n.threshold, n.view = s.threshold, numeric[s.view()]
			}
			w.nodes[p.to] = n
			w.nodes = append(w.nodes, node{}, node{})
			line = append(line, place{other, next}, place{up, next + 1})
		}
	}
	for len(w.roots)%lanes != 0 {
		w.roots = append(w.roots, w.end())
		w.nodes = append(w.nodes, node{next: w.end()})
	}
	return w
}

// end is where the next node goes.
func (w *wood) end() uint32 {
	return uint32(len(w.nodes)) //nolint:gosec // G115: a file of maxBytes has fewer
}

// find numbers the views of all splits, in the order in which they are met.
func (w *wood) find(trees []tree) (numeric map[view]uint32, sets map[setKey]uint32) {
	numeric, sets = map[view]uint32{}, map[setKey]uint32{}
	groups := map[int32]int{}
	for i := range trees {
		for _, s := range trees[i].splits {
			if s.kind == category {
				g, there := groups[s.feature]
				if !there {
					g = len(w.groups)
					groups[s.feature] = g
					w.groups = append(w.groups, group{feature: s.feature})
				}
				set := trees[i].sets[s.set]
				if k := keyOf(s.feature, set); sets[k] == 0 {
					sets[k] = 1 // for now
					w.groups[g].sets = append(w.groups[g].sets, set)
				}
			} else if k := s.view(); numeric[k] == 0 {
				w.views = append(w.views, k)
				numeric[k] = uint32(len(w.views)) //nolint:gosec // G115: as above
			}
		}
	}
	number := uint32(len(w.views)) + 1 //nolint:gosec // G115: a file of maxBytes has fewer
	for _, g := range w.groups {
		for _, set := range g.sets {
			sets[keyOf(g.feature, set)] = number
			number++
		}
	}
	w.count = int(number)
	return numeric, sets
}

// setKey is a set of a feature's categories, as a map wants it.
type setKey struct {
	feature int32
	words   string
}

func keyOf(feature int32, set []uint32) setKey {
	words := make([]byte, 0, 4*len(set))
	for _, word := range set {
		words = binary.LittleEndian.AppendUint32(words, word)
	}
	return setKey{feature, string(words)}
}

// look fills seen with what the splits see of a row.
func (w *wood) look(row, seen []float64) {
	seen[nowhere] = math.NaN()
	seen = seen[1:]
	for i, v := range w.views {
		seen[i] = v.of(row[v.feature])
	}
	seen = seen[len(w.views):]
	for i := range w.groups {
		g := &w.groups[i]
		c := categoryOf(row[g.feature])
		word, bit := int(c/32), c%32
		for j, set := range g.sets {
			inside := uint32(0)
			if word < len(set) {
				inside = set[word] >> bit & 1
			}
			seen[j] = float64(inside)
		}
		seen = seen[len(g.sets):]
	}
}

// of is a value as the view has it: the value, zero for what counts as zero, and for
// what is missing a number that is on the right side of every threshold.
func (v *view) of(x float64) float64 {
	if near := -nearZero <= x && x <= nearZero; near || x != x {
		switch {
		case v.missing == missingNone, v.missing == missingNaN && near:
			return 0
		case v.left:
			return math.Inf(-1)
		}
		return math.NaN()
	}
	return x
}

// score adds the leaves that a row comes to to out, in the order of the trees.
func (w *wood) score(seen, out []float64) {
	if len(out) == 1 {
		sum := 0.0
		for roots := w.roots; len(roots) >= lanes; roots = roots[lanes:] {
			for _, value := range w.walk((*[lanes]uint32)(roots), seen) {
				sum += value
			}
		}
		out[0] = sum
		return
	}
	k := 0
	for roots := w.roots; len(roots) >= lanes; roots = roots[lanes:] {
		for _, value := range w.walk((*[lanes]uint32)(roots), seen) {
			out[k] += value
			if k++; k == len(out) {
				k = 0
			}
		}
	}
}

// walk goes down lanes trees to their leaves. It is written out, for the compiler keeps
// single variables in registers, and an array in memory.
func (w *wood) walk(roots *[lanes]uint32, seen []float64) [lanes]float64 {
	nodes := w.nodes
	a, b, c, d := int(roots[0]), int(roots[1]), int(roots[2]), int(roots[3])
	e, f, g, h := int(roots[4]), int(roots[5]), int(roots[6]), int(roots[7])
	for {
		n := &nodes[a]
		view := n.view
		anywhere := view
		a = int(n.next) + bit(seen[view] <= n.threshold)

		n = &nodes[b]
		view = n.view
		anywhere |= view
		b = int(n.next) + bit(seen[view] <= n.threshold)

		n = &nodes[c]
		view = n.view
		anywhere |= view
		c = int(n.next) + bit(seen[view] <= n.threshold)

		n = &nodes[d]
		view = n.view
		anywhere |= view
		d = int(n.next) + bit(seen[view] <= n.threshold)

		n = &nodes[e]
		view = n.view
		anywhere |= view
		e = int(n.next) + bit(seen[view] <= n.threshold)

		n = &nodes[f]
		view = n.view
		anywhere |= view
		f = int(n.next) + bit(seen[view] <= n.threshold)

		n = &nodes[g]
		view = n.view
		anywhere |= view
		g = int(n.next) + bit(seen[view] <= n.threshold)

		n = &nodes[h]
		view = n.view
		anywhere |= view
		h = int(n.next) + bit(seen[view] <= n.threshold)

		if anywhere == nowhere { // all are leaves
			return [lanes]float64{
				nodes[a].threshold, nodes[b].threshold, nodes[c].threshold, nodes[d].threshold,
				nodes[e].threshold, nodes[f].threshold, nodes[g].threshold, nodes[h].threshold,
			}
		}
	}
}

// bit is a comparison as a number; the compiler makes no branch of it.
func bit(b bool) int {
	n := 0
	if b {
		n = 1
	}
	return n
}
