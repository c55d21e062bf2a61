package summary

// tally sums up the lanes of a read, or the reads of a run.
type tally struct {
	m                          *metrics
	clusters, clustersPF       float64
	errors, intensity, aligned mean
	occupied                   mean // of lanes, not of tiles
	bases                      bases
	tiles                      int
}

func (m *metrics) newTally() *tally { return &tally{m: m} }

// add adds what is not missing.
func (m *mean) addAll(values []float32) {
	for _, v := range values {
		if !missing(v) {
			m.add(v)
		}
	}
}

func (m *mean) merge(o mean) {
	m.sum += o.sum
	m.n += o.n
}

// orZero is the mean, 0 of nothing.
func (m mean) orZero() float32 {
	if m.n == 0 {
		return 0
	}
	return m.value()
}

// merge adds a read to a run. Clusters are the same in every read.
func (t *tally) merge(o *tally) {
	t.clusters, t.clustersPF, t.tiles = o.clusters, o.clustersPF, o.tiles
	t.errors.merge(o.errors)
	t.intensity.merge(o.intensity)
	t.aligned.merge(o.aligned)
	t.occupied.merge(o.occupied)
	t.bases.add(o.bases)
}

// figures of a read or a run. Where the file is there but has nothing of the read, the
// reference says 0, but of error rates nothing; so it is here.
func (t *tally) figures() Figures {
	f := noFigures()
	f.TileCount = t.tiles
	f.ErrorRate.Mean = t.errors.value()
	if t.m.tile != nil {
		f.Reads, f.ReadsPF = float32(t.clusters), float32(t.clustersPF)
		f.Clusters.Mean, f.ClustersPF.Mean = f.Reads, f.ReadsPF
		f.PF.Mean = percent(t.clustersPF, t.clusters)
		f.Aligned.Mean = t.aligned.orZero()
	}
	if t.m.occupied != nil {
		f.Occupied.Mean = t.occupied.orZero()
	}
	if t.m.extraction != nil {
		f.FirstCycleIntensity.Mean = t.intensity.orZero()
	}
	if t.m.quality != nil {
		f.YieldG = float32(float64(t.bases.All) / 1e9)
		f.Q20, f.Q30 = 0, 0
		if t.bases.All > 0 {
			f.Q20 = percent(float64(t.bases.Q20), float64(t.bases.All))
			f.Q30 = percent(float64(t.bases.Q30), float64(t.bases.All))
		}
	}
	return f
}
