package trees

// Contributions are the exact Shapley values of a row's features: how much of the raw
// score each is answerable for, when what is not known of a row is averaged over the
// training rows that a tree's counts tell of (Lundberg, Erion, Lee, arXiv:1802.03888,
// the path-dependent form; LightGBM's pred_contrib).
//
// For each output there is one number per feature and, last, the expected score of a row
// of which nothing is known: together they are the Raw score, but for rounding. The
// result is in out if that has room for Outputs × (Features+1) numbers.
func (m *Model) Contributions(row, out []float64) []float64 {
	m.check(row)
	width := len(m.features) + 1
	if cap(out) < m.outputs*width {
		out = make([]float64, m.outputs*width)
	}
	out = out[:m.outputs*width]
	clear(out)
	e, _ := m.explainers.Get().(*explainer)
	if e == nil {
		e = &explainer{paths: make([]step, (m.depth+1)*(m.depth+2)/2)}
	}
	e.row = row
	for i := range m.trees {
		e.tree, e.out = &m.trees[i], out[i%m.outputs*width:][:width]
		e.out[width-1] += e.tree.expected
		if len(e.tree.splits) > 0 {
			e.walk(0, e.paths, nil, step{feature: -1, absent: 1, present: 1})
		}
	}
	e.row, e.tree, e.out = nil, nil, nil
	m.explainers.Put(e)
	if m.average {
		for k := range out {
			out[k] /= m.rounds()
		}
	}
	return out
}

// step is one feature on the way to a leaf.
type step struct {
	feature int32
	// absent is the share of training rows that come this way when the feature is not
	// known; present is 1 when this row's value comes this way and 0 when not.
	absent, present float64
	// weight, of the i-th of the steps: how much the orders of features in which i of
	// them are known weigh together, each set of features as likely to come this far.
	weight float64
}

// explainer is one row's way through one tree after another.
type explainer struct {
	row   []float64
	tree  *tree
	out   []float64
	paths []step // room for a copy of the path at every depth
}

// walk goes down to every leaf below node with the path to it, which it leaves as it
// was. room is what paths of deeper nodes may use.
func (e *explainer) walk(node int32, room, path []step, next step) {
	here := append(append(room[:0], path...), next)
	extend(here)
	room = room[len(here):]
	if node < 0 {
		value := e.tree.leaves[^node]
		for i := 1; i < len(here); i++ {
			s := &here[i]
			e.out[s.feature] += float64(float64(without(here, i)*(s.present-s.absent)) * value)
		}
		return
	}
	s := &e.tree.splits[node]
	hot, cold := s.right, s.left
	if e.tree.goesLeft(s, e.row[s.feature]) {
		hot, cold = cold, hot
	}
	// A feature met before is taken off the path, and its shares go on from there.
	seen := step{absent: 1, present: 1}
	for i := 1; i < len(here); i++ {
		if here[i].feature == s.feature {
			seen = here[i]
			here = unwind(here, i)
			break
		}
	}
	e.walk(hot, room, here, step{feature: s.feature, absent: float64(seen.absent * e.tree.share(hot, node)), present: seen.present})
	// Where no training row went and this one does not go, there is nothing to share.
	if absent := float64(seen.absent * e.tree.share(cold, node)); absent > 0 {
		e.walk(cold, room, here, step{feature: s.feature, absent: absent})
	}
}

// share is how many of the training rows at a node went on to its child.
func (t *tree) share(child, node int32) float64 {
	if all := t.count(node); all > 0 {
		return t.count(child) / all
	}
	return .5 // none came here
}

// count is how many training rows came to a node.
func (t *tree) count(node int32) float64 {
	if node < 0 {
		return t.counts[^node]
	}
	return t.nodes[node]
}

// extend gives the last of the steps its part of the weights.
func extend(path []step) {
	last := len(path) - 1
	s := &path[last]
	s.weight = 0
	if last == 0 {
		s.weight = 1
	}
	n := float64(last + 1)
	for i := last - 1; i >= 0; i-- {
		w := path[i].weight
		path[i+1].weight += float64(float64(s.present*w)*float64(i+1)) / n
		path[i].weight = float64(float64(s.absent*w)*float64(last-i)) / n
	}
}

// unwind takes the i-th step and its part of the weights off a path.
func unwind(path []step, i int) []step {
	last := len(path) - 1
	s := path[i]
	n, rest := float64(last+1), path[last].weight
	for j := last - 1; j >= 0; j-- {
		w := path[j].weight
		path[j].weight = before(s, rest, w, n, j)
		rest = w - float64(float64(path[j].weight*s.absent)*float64(last-j))/n
	}
	for j := i; j < last; j++ {
		path[j].feature, path[j].absent, path[j].present = path[j+1].feature, path[j+1].absent, path[j+1].present
	}
	return path[:last]
}

// without is the sum of the weights that a path would have without its i-th step.
func without(path []step, i int) float64 {
	last := len(path) - 1
	s := path[i]
	n, rest, sum := float64(last+1), path[last].weight, 0.0
	for j := last - 1; j >= 0; j-- {
		w := before(s, rest, path[j].weight, n, j)
		sum += w
		rest = path[j].weight - float64(float64(w*s.absent)*float64(last-j))/n
	}
	return sum
}

// before is the j-th weight as it was before the step s was put on a path of n: of one
// that this row goes, rest is what the later weights left of the next; of another, w is
// its own.
func before(s step, rest, w, n float64, j int) float64 {
	if s.present != 0 {
		return float64(rest*n) / float64(float64(j+1)*s.present)
	}
	return float64(w*n) / float64(s.absent*(n-1-float64(j)))
}
