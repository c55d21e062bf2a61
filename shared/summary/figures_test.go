package summary_test

import (
	"encoding/binary"
	"math"
	"testing"
)

// u is a record in the making: little-endian, by the widths of a metric file.
type u []byte

func (b u) u16(v int) u     { return binary.LittleEndian.AppendUint16(b, uint16(v)) }
func (b u) u32(v int) u     { return binary.LittleEndian.AppendUint32(b, uint32(v)) }
func (b u) f32(v float64) u { return binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v))) }

func approx(t *testing.T, what string, got float32, want float64) {
	t.Helper()
	if math.IsNaN(want) != math.IsNaN(float64(got)) || math.Abs(float64(got)-want) > 1e-5*math.Max(1, math.Abs(want)) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// Figures of files made for the purpose, worked out by hand (docs/metrics.md): two tiles,
// of which one seems to get back into step, in which no cluster can be.
func TestFiguresByHand(t *testing.T) {
	tiles := u{3, 15}.f32(2)
	for _, tile := range []int{1101, 2101} {
		tiles = append(tiles.u16(1).u32(tile), 't').f32(1000).f32(800)
		tiles = append(tiles.u16(1).u32(tile), 'r').u32(1).f32(2)
	}
	phasing, quality, extended := u{2, 16}, u{7, 20, 1, 3, 2, 19, 10, 20, 29, 25, 30, 40, 35}, u{3, 18}
	for c := 1; c <= 30; c++ {
		slope := 0.1
		if c > 25 {
			slope = 0.2 // the rate is of the first 25 cycles
		}
		phasing = phasing.u16(1).u32(1101).u16(c).f32(0.5 + slope*float64(c)).f32(0)
		phasing = phasing.u16(1).u32(2101).u16(c).f32(5 - 0.1*float64(c)).f32(0)
		quality = quality.u16(1).u32(1101).u16(c).u32(10).u32(30).u32(60)
	}
	for _, tile := range []int{1101, 2101} {
		extended = extended.u16(1).u32(tile).f32(900).f32(0).f32(0)
	}
	r := of(t, map[string][]byte{
		"TileMetricsOut.bin": tiles, "EmpiricalPhasingMetricsOut.bin": phasing, "QMetricsOut.bin": quality, "ExtendedTileMetricsOut.bin": extended,
	})
	none, lane := math.NaN(), r.Reads[0].Lanes[0]
	approx(t, "clusters of the read", r.Reads[0].Clusters.Mean, 2000)
	approx(t, "clusters of a tile of the lane", lane.Clusters.Mean, 1000)
	approx(t, "density", lane.Density.Mean, 500)
	approx(t, "PF", lane.PF.Mean, 80)
	approx(t, "aligned", lane.Aligned.Mean, 2)
	approx(t, "phasing", lane.Phasing.Mean, 0.05) // 0.1 and, instead of -0.1, 0
	approx(t, "its deviation", lane.Phasing.SD, 0.0707107)
	approx(t, "slope of the tile that gets back", r.Reads[0].Lanes[0].Surfaces[1].PhasingSlope.Mean, -0.1)
	approx(t, "its offset", r.Reads[0].Lanes[0].Surfaces[1].PhasingOffset.Mean, 5)
	approx(t, "Q30", lane.Q30, 60)
	approx(t, "Q20", lane.Q20, 90)
	approx(t, "yield", lane.YieldG, 29*100/1e9)
	approx(t, "occupied", lane.Occupied.Mean, 90)
	approx(t, "phasing of the index read", r.Reads[1].Lanes[0].Phasing.Mean, none)
	approx(t, "error rate of a run without", r.Total.ErrorRate.Mean, none)
	approx(t, "Q30 of the index read, not begun", r.Reads[1].Q30, 0)
	approx(t, "its lane's", r.Reads[1].Lanes[0].Q30, none)
	// The index read has 3 usable cycles of the 29 of which one tile has brought 100 bases each.
	approx(t, "projected yield of the index read", r.Reads[1].ProjectedYieldG*1e9, 300)
	approx(t, "intensity without the file", r.Total.FirstCycleIntensity.Mean, none)
}
