package sequence_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"proactive/shared/interop"
)

// The reads of a run: the insert from both ends, and between them the two indexes. The last
// cycle of a read is not usable.
const (
	insertBases = 151
	indexBases  = 8
	cycles      = 2*insertBases + 2*indexBases
	bases       = insertBases + 2*indexBases // what there is to guess
)

// A chemistry is how bases are told apart, and how an instrument of its kind suffers from
// each: the dark base of two and one channels is called worst and gives the focus least to go
// by. Costs are by base in the order ACGT.
type chemistry struct {
	name    string
	serial  string
	lanes   int
	minutes float64      // of a cycle
	refocus float64      // pixels by which sharpness differs from read to read: of the runs at hand
	light   [4][]float64 // brightness in each channel
	quality [4]float64   // percent of bases that are not Q30
	filter  [4]float64   // percent of clusters that do not pass, for each base of the first 25 that is this one
}

var chemistries = []chemistry{
	{"4 channels", "M01234", 1, 4.05, .03, [4][]float64{{1, .4, 0, 0}, {.3, 1, 0, 0}, {0, 0, 1, .3}, {0, 0, .4, 1}}, [4]float64{0, 1, 2.5, 1.8}, [4]float64{0, .05, .1, .08}},
	{"2 channels", "A01234", 2, 3.5, .01, [4][]float64{{.9, .9}, {1, .05}, {.03, .03}, {.05, 1}}, [4]float64{0, 1, 4, 2}, [4]float64{0, .05, .15, .08}},
	{"1 channel", "FS10001234", 1, 3, .02, [4][]float64{{1, .05}, {.05, .9}, {.04, .04}, {.9, .9}}, [4]float64{0, 2, 3.5, 1}, [4]float64{0, .08, .12, .05}},
}

// dark is how little of a base's light there is, from 0 to 1.
func (c chemistry) dark(base int) float64 { return 1 - slices.Max(c.light[base]) }

// run is one run: its sequence, insert and then indexes, 0 to 3, and what its files hold.
type run struct {
	bases  []int
	folder fstest.MapFS
}

// imaged is the base in a cycle of the run, from 0, its read, from 0, and the cycle of that.
func (r run) imaged(cycle int) (base, read, within int) {
	switch {
	case cycle < insertBases:
		return r.bases[cycle], 0, cycle
	case cycle < insertBases+indexBases:
		return r.bases[cycle], 1, cycle - insertBases
	case cycle < insertBases+2*indexBases:
		return r.bases[cycle], 2, cycle - insertBases - indexBases
	}
	within = cycle - insertBases - 2*indexBases
	return 3 - r.bases[insertBases-1-within], 3, within // the other strand, from the other end
}

// newRun simulates a run. Beside the bases, what moves each number from run to run, from read
// to read and from tile to tile is what moves it on real instruments; standard deviations are
// of the runs at hand and of the instruments' descriptions.
func newRun(t *testing.T, c chemistry, rng *rand.Rand) run {
	t.Helper()
	r := run{bases: make([]int, bases)}
	for i := range r.bases {
		r.bases[i] = rng.IntN(4)
	}
	r.folder = fstest.MapFS{
		"RunInfo.xml": {Data: fmt.Appendf(nil, `<RunInfo><Run Id="x"><Instrument>%s</Instrument><Flowcell>y</Flowcell><Date>20261124</Date>
			<FlowcellLayout LaneCount="%d" SurfaceCount="2" SwathCount="1" TileCount="1"/><Reads><Read Number="1" NumCycles="%[3]d" IsIndexedRead="N"/>
			<Read Number="2" NumCycles="%[4]d" IsIndexedRead="Y"/><Read Number="3" NumCycles="%[4]d" IsIndexedRead="Y"/><Read Number="4" NumCycles="%[3]d" IsIndexedRead="N"/></Reads></Run></RunInfo>`,
			c.serial, c.lanes, insertBases, indexBases)},
		"RunCompletionStatus.xml": {Data: []byte(`<RunCompletionStatus><CompletionStatus>CompletedAsPlanned</CompletionStatus></RunCompletionStatus>`)},
	}
	var tiles []interop.Tile
	for lane := 1; lane <= c.lanes; lane++ {
		tiles = append(tiles, interop.Tile{Lane: lane, Number: 1101}, interop.Tile{Lane: lane, Number: 2101})
	}
	r.folder["InterOp/QMetricsOut.bin"] = file(r.quality(t, c, tiles, rng))
	r.folder["InterOp/ExtractionMetricsOut.bin"] = file(r.extraction(c, tiles, rng))
	r.folder["InterOp/ErrorMetricsOut.bin"] = file(r.errors(c, tiles, rng))
	r.folder["InterOp/TileMetricsOut.bin"] = file(r.tiles(t, c, tiles, rng))
	telemetry, log := r.logs(c, rng)
	r.folder["Logs/telemetry.csv"], r.folder["Logs/operation.log"] = file(telemetry), file(log)
	return r
}

func file(raw []byte) *fstest.MapFile { return &fstest.MapFile{Data: raw} }

// quality falls along a read, from a level of its own; what a base costs comes on top.
func (r run) quality(t *testing.T, c chemistry, tiles []interop.Tile, rng *rand.Rand) []byte {
	level := 93 + 2*rng.NormFloat64()
	levels := []float64{level, level, level, level - 3 + 1.5*rng.NormFloat64()}
	falls := []float64{.03 * math.Exp(.5*rng.NormFloat64()), 0, 0, .04 * math.Exp(.5*rng.NormFloat64())}
	places := make([]float64, len(tiles)) // surfaces and lanes differ
	for i := range places {
		places[i] = .5 * rng.NormFloat64()
	}
	cycle, at := 0, 0
	var out bytes.Buffer
	err := interop.WriteQuality(&out, 6, interop.Bins{Lower: []byte{2, 30}, Upper: []byte{29, 40}, Value: []byte{15, 36}}, func() (interop.Quality, bool) {
		if at == len(tiles) {
			cycle, at = cycle+1, 0
		}
		if cycle == cycles {
			return interop.Quality{}, false
		}
		base, read, within := r.imaged(cycle)
		share := (levels[read] + places[at] - falls[read]*float64(within) - c.quality[base] + .15*rng.NormFloat64()) / 100
		const clusters = 200_000
		good := uint64(math.Round(clusters * max(.05, min(.999, share))))
		at++
		return interop.Quality{Tile: tiles[at-1], Cycle: cycle + 1, Counts: []uint64{clusters - good, good}}, true
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// extraction is brightness, which fades, and sharpness, which is measured worse where little
// shines.
func (r run) extraction(c chemistry, tiles []interop.Tile, rng *rand.Rand) []byte {
	channels := len(c.light[0])
	out := []byte{3, byte(8 + 6*channels), byte(channels)}
	gain, width := 1+.2*rng.NormFloat64(), 1.6+.06*rng.NormFloat64()
	var gains, decays, widths [4]float64
	for i := range gains {
		gains[i], decays[i], widths[i] = gain*(1+.06*rng.NormFloat64()), .002*math.Exp(.3*rng.NormFloat64()), width+c.refocus*rng.NormFloat64()
	}
	for cycle := range cycles {
		base, read, within := r.imaged(cycle)
		for _, tile := range tiles {
			out = place(out, tile, cycle)
			for _, light := range c.light[base] {
				out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(widths[read]+.02*(1-light)+.013*rng.NormFloat64())))
			}
			for _, light := range c.light[base] {
				v := 3000 * gains[read] * math.Exp(-decays[read]*float64(within)) * (light + .04*rng.NormFloat64())
				out = binary.LittleEndian.AppendUint16(out, uint16(max(0, v)))
			}
		}
	}
	return out
}

// errors are the control's; where the others are dark its spots are found a little worse.
func (r run) errors(c chemistry, tiles []interop.Tile, rng *rand.Rand) []byte {
	out := []byte{4, 12}
	level := .1 * math.Exp(.3*rng.NormFloat64())
	var levels, rises [4]float64
	for i := range levels { // the second read's is 1.05 to 1.5 times the first's
		levels[i], rises[i] = level*math.Exp(.15*rng.NormFloat64()), .004*math.Exp(.4*rng.NormFloat64())
	}
	for cycle := range cycles {
		base, read, within := r.imaged(cycle)
		for _, tile := range tiles {
			rate := levels[read] + rises[read]*float64(within) + .05*c.dark(base) + .03*rng.NormFloat64()
			out = binary.LittleEndian.AppendUint32(place(out, tile, cycle), math.Float32bits(float32(max(0, rate))))
		}
	}
	return out
}

func place(out []byte, tile interop.Tile, cycle int) []byte {
	out = binary.LittleEndian.AppendUint16(out, uint16(tile.Lane))
	out = binary.LittleEndian.AppendUint32(out, uint32(tile.Number))
	return binary.LittleEndian.AppendUint16(out, uint16(cycle+1))
}

// tiles are clusters, of which the first 25 bases decide how many pass, and phasing, which
// differs from base to base.
func (r run) tiles(t *testing.T, c chemistry, tiles []interop.Tile, rng *rand.Rand) []byte {
	density := 1200 * (1 + .15*rng.NormFloat64())
	pass := 101.6 - .0089*density + .8*rng.NormFloat64()
	for _, base := range r.bases[:25] {
		pass -= c.filter[base]
	}
	phasing := func(at []int) float64 {
		slow := 0.0
		for _, base := range at {
			slow += []float64{-.01, .005, .01, -.005}[base] / float64(len(at))
		}
		return .1 + .02*rng.NormFloat64() + slow
	}
	first, last := phasing(r.bases[:insertBases]), phasing(r.bases[:insertBases])
	index := phasing(r.bases[insertBases:])
	metrics := interop.Tiles{}
	for _, id := range tiles {
		d := 1000 * density * (1 + .05*rng.NormFloat64())
		n := math.Round(d * 1.4)
		pf := (pass + .9*rng.NormFloat64()) / 100
		noisy := func(v float64) float64 { return v + .005*rng.NormFloat64() }
		metrics[id] = &interop.TileMetric{Clusters: n, ClustersPF: math.Round(n * pf), Density: d, DensityPF: d * pf, Reads: []interop.ReadMetric{
			{Phasing: noisy(first), Prephasing: noisy(first) - .02, Aligned: 2 + .2*rng.NormFloat64()},
			{Phasing: noisy(index), Prephasing: math.NaN(), Aligned: math.NaN()},
			{Phasing: noisy(index), Prephasing: math.NaN(), Aligned: math.NaN()},
			{Phasing: noisy(last), Prephasing: noisy(last) - .02, Aligned: 2 + .2*rng.NormFloat64()},
		}}
	}
	var out bytes.Buffer
	if err := interop.WriteTilesV2(&out, metrics); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// logs are what parts report of themselves, every few cycles. The focus has less to go by in a
// dark cycle and is lost there more often; laser, stage and chiller do not know what is imaged.
func (r run) logs(c chemistry, rng *rand.Rand) (telemetry, log []byte) {
	score, power := 1+.05*rng.NormFloat64(), 800+20*rng.NormFloat64()
	telemetry = []byte("time,component,metric,value,unit\n")
	start := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	for cycle := range cycles {
		base, _, _ := r.imaged(cycle)
		dark := c.dark(base)
		at := start.Add(time.Duration(float64(cycle) * c.minutes * float64(time.Minute))).Format(time.RFC3339)
		telemetry = fmt.Appendf(telemetry, "%s,focus,score,%.4f,1\n", at, score*(1-.1*dark+.02*rng.NormFloat64()))
		if cycle%8 == 0 {
			telemetry = fmt.Appendf(telemetry, "%[1]s,laser,power,%.2[2]f,mW\n%[1]s,chiller,temperature,%.2[3]f,Cel\n%[1]s,stage,error,%.3[4]f,um\n",
				at, power+2*rng.NormFloat64(), 4+.1*rng.NormFloat64(), .3+.1*rng.NormFloat64())
		}
		if rng.Float64() < .002+.02*dark {
			log = fmt.Appendf(log, "%s WARN focus: lost at lane 1 cycle %d\n", at, cycle+1)
		}
	}
	return telemetry, log
}
