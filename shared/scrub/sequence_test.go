package scrub_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/fstest"

	"proactive/shared/catalog"
	"proactive/shared/interop"
	"proactive/shared/observe"
	"proactive/shared/scrub"
)

// A run of a single amplicon under a single index: every cluster has the same base in the
// same cycle, so a number by cycle that depends on the base spells it. This is the worst
// case; a library of many inserts spells nothing.
const (
	insertCycles = 151 // the last is not usable
	indexCycles  = 8
	attackRuns   = 1500 // to learn from, and as many to attack
)

// A chemistry is how bases are told apart, and how much quality each costs, in percent of
// bases of Q30 or better: the dark base of two and one channels is called worst. With costs
// of up to 7 % the mean of a whole read gives a guess 0.2 points better than chance's 25 %.
type chemistry struct {
	name  string
	light [4][]float64 // brightness in each channel, by base in the order ACGT
	costs [4]float64
}

var chemistries = []chemistry{
	{"4 channels", [4][]float64{{1, .4, 0, 0}, {.3, 1, 0, 0}, {0, 0, 1, .3}, {0, 0, .4, 1}}, [4]float64{0, 1, 2.5, 1.8}},
	{"2 channels", [4][]float64{{.9, .9, 0, 0}, {1, .05, 0, 0}, {.03, .03, 0, 0}, {.05, 1, 0, 0}}, [4]float64{0, 1, 4, 2}},
	{"1 channel", [4][]float64{{1, .05, 0, 0}, {.05, .9, 0, 0}, {.04, .04, 0, 0}, {.9, .9, 0, 0}}, [4]float64{0, 2, 3.5, 1}},
}

// amplicon is one run: its sequence, and what its files hold.
type amplicon struct {
	bases  []int // of the insert, then of the index: 0 to 3
	folder fstest.MapFS
}

// newAmplicon simulates a run. Beside the bases, what moves quality from run to run and along
// a read is what moves it on real instruments: level (standard deviation 2 %), fall, noise.
func newAmplicon(t *testing.T, c chemistry, rng *rand.Rand) amplicon {
	t.Helper()
	a := amplicon{bases: make([]int, insertCycles+indexCycles)}
	for i := range a.bases {
		a.bases[i] = rng.IntN(4)
	}
	level, fall := 93+2*rng.NormFloat64(), .03*math.Exp(.5*rng.NormFloat64())
	gain, decay := 1+.2*rng.NormFloat64(), .002*math.Exp(.3*rng.NormFloat64())
	tiles := []interop.Tile{{Lane: 1, Number: 1101}, {Lane: 1, Number: 2101}}
	extraction := []byte{2, 38}
	var quality bytes.Buffer
	cycle, at := 0, 0
	bins := interop.Bins{Lower: []byte{2, 30}, Upper: []byte{29, 40}, Value: []byte{15, 36}}
	err := interop.WriteQuality(&quality, 6, bins, func() (interop.Quality, bool) {
		if at == len(tiles) {
			cycle, at = cycle+1, 0
		}
		if cycle == len(a.bases) {
			return interop.Quality{}, false
		}
		id, base := tiles[at], a.bases[cycle]
		at++
		within := cycle
		if cycle >= insertCycles {
			within = cycle - insertCycles
		}
		share := (level - fall*float64(within) - c.costs[base] + .15*rng.NormFloat64()) / 100
		share = max(.05, min(.999, share))
		const clusters = 200_000
		good := uint64(math.Round(clusters * share))
		rec := make([]byte, 38)
		binary.LittleEndian.PutUint16(rec, 1)
		binary.LittleEndian.PutUint16(rec[2:], uint16(id.Number))
		binary.LittleEndian.PutUint16(rec[4:], uint16(cycle+1))
		for channel, light := range c.light[base] {
			v := 3000 * gain * math.Exp(-decay*float64(within)) * (light + .04*rng.NormFloat64())
			binary.LittleEndian.PutUint16(rec[22+2*channel:], uint16(max(0, v)))
		}
		extraction = append(extraction, rec...)
		return interop.Quality{Tile: id, Cycle: cycle + 1, Counts: []uint64{clusters - good, good}}, true
	})
	if err != nil {
		t.Fatal(err)
	}
	metrics := interop.Tiles{}
	for _, id := range tiles {
		n := math.Round(8e5 * (1 + .1*rng.NormFloat64()))
		metrics[id] = &interop.TileMetric{Clusters: n, ClustersPF: math.Round(.9 * n), Density: n / 1.4, DensityPF: .9 * n / 1.4,
			Reads: []interop.ReadMetric{{Phasing: .1 + .02*rng.NormFloat64(), Prephasing: .08, Aligned: 2}, {Phasing: math.NaN(), Prephasing: math.NaN(), Aligned: math.NaN()}}}
	}
	var tileFile bytes.Buffer
	if err := interop.WriteTilesV2(&tileFile, metrics); err != nil {
		t.Fatal(err)
	}
	a.folder = fstest.MapFS{
		"RunInfo.xml": {Data: fmt.Appendf(nil, `<RunInfo><Run Id="x"><Instrument>M01234</Instrument><FlowcellLayout LaneCount="1" SurfaceCount="2" SwathCount="1" TileCount="1"/>
			<Reads><Read Number="1" NumCycles="%d" IsIndexedRead="N"/><Read Number="2" NumCycles="%d" IsIndexedRead="Y"/></Reads></Run></RunInfo>`, insertCycles, indexCycles)},
		"InterOp/TileMetricsOut.bin":       {Data: tileFile.Bytes()},
		"InterOp/QMetricsOut.bin":          {Data: quality.Bytes()},
		"InterOp/ExtractionMetricsOut.bin": {Data: extraction},
		"RunCompletionStatus.xml":          {Data: []byte(`<RunCompletionStatus><CompletionStatus>CompletedAsPlanned</CompletionStatus></RunCompletionStatus>`)},
	}
	return a
}

// cleanOf is all that the attacker has of a run: every number that leaves, by where it is.
func cleanOf(t *testing.T, cat *catalog.Catalog, a amplicon) map[string]float64 {
	t.Helper()
	report, err := observe.Run(t.Context(), a.folder, observe.Options{LabKey: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	kept, _ := scrub.Project(cat, report.Observations)
	numbers, whole := map[string]float64{}, map[string]float64{}
	for _, o := range kept {
		at := fmt.Sprint(o.Field, o.Lane, o.Surface, o.Tile, o.Read, o.Cycle)
		numbers[at] = o.Value
		if o.Field == "q.bases" || o.Field == "q.bases_q30" {
			whole[fmt.Sprint(o.Field, o.Surface)] = o.Value
		}
	}
	for s := 1; s <= 2; s++ { // the attacker divides, too
		numbers[fmt.Sprint("share", s)] = whole[fmt.Sprint("q.bases_q30", s)] / whole[fmt.Sprint("q.bases", s)]
	}
	return numbers
}

// The clean batches and the catalog, and a thousand runs whose sequence he knows: with all
// of that, whoever attacks a run guesses its bases no better than who has nothing.
func TestSequenceFromNumbersIsChance(t *testing.T) {
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	for n, c := range chemistries {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(20261124, uint64(n)))
			var known, secret []amplicon
			var have, got [][]float64
			var names []string
			for i := range 2 * attackRuns {
				a := newAmplicon(t, c, rng)
				numbers := cleanOf(t, cat, a)
				if names == nil {
					for name := range numbers {
						names = append(names, name)
					}
					slices.Sort(names)
				}
				row := make([]float64, len(names))
				for j, name := range names {
					row[j] = numbers[name]
				}
				a.folder = nil
				if i < attackRuns {
					known, have = append(known, a), append(have, row)
				} else {
					secret, got = append(secret, a), append(got, row)
				}
			}
			standardise(have, got)
			insert, index := span{0, insertCycles - 1}, span{insertCycles, insertCycles + indexCycles}
			for _, target := range []struct {
				name string
				at   span
			}{{"insert", insert}, {"index", index}} {
				best, name := rate{}, ""
				for attack, guess := range attacks {
					r := score(secret, target.at, guess(known, have, got, target.at))
					t.Logf("%s, %s: %.2f %% ± %.2f", target.name, attack, 100*r.mean, 100*2.5*r.error)
					if r.mean > best.mean {
						best, name = r, attack
					}
				}
				// The best of several attacks, so a wider interval: 2.5 standard errors, for
				// 99.4 % of one and 98 % of three.
				if low, high := best.mean-2.5*best.error, best.mean+2.5*best.error; low > .25 || high > .27 {
					t.Errorf("%s: %s guesses %.2f %% of the bases, [%.2f, %.2f]; chance is 25 %%", target.name, name, 100*best.mean, 100*low, 100*high)
				}
			}
		})
	}
}

// The attacks work: on the files as they are in the run folder they read nearly all bases.
func TestSequenceFromRawNumbers(t *testing.T) {
	for n, c := range chemistries {
		rng := rand.New(rand.NewPCG(7, uint64(n)))
		hits, qualityHits, total := 0, 0, 0
		for range 20 {
			a := newAmplicon(t, c, rng)
			byIntensity, byQuality := spellIntensity(t, c, a), spellQuality(t, c, a)
			for i, base := range a.bases {
				total++
				if byIntensity[i] == base {
					hits++
				}
				if byQuality[i] == base {
					qualityHits++
				}
			}
		}
		t.Logf("%s: by channel %.1f %%, by cycle's quality %.1f %%", c.name, 100*float64(hits)/float64(total), 100*float64(qualityHits)/float64(total))
		if 10*hits < 9*total || 10*qualityHits < 9*total {
			t.Errorf("%s: the attack on raw data reads %d and %d of %d: it proves nothing", c.name, hits, qualityHits, total)
		}
	}
}
