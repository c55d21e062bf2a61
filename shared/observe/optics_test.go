package observe_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"testing"
	"testing/fstest"

	"proactive/shared/observation"
	"proactive/shared/observe"
)

// optical is a run of two tiles, an insert of 76 cycles and an index of 8, whose files say in
// cycle c: focus 2+surface/10, brightness 1000+c of the brightest of two channels, errors of
// 0.5 % on the first tile and 1.5 on the second.
func optical() fstest.MapFS {
	extraction, errors := []byte{3, 20, 2}, []byte{4, 12}
	for cycle := 1; cycle <= 84; cycle++ {
		for i, tile := range []uint32{1101, 2101} {
			rec := binary.LittleEndian.AppendUint16(nil, 1)
			rec = binary.LittleEndian.AppendUint32(rec, tile)
			rec = binary.LittleEndian.AppendUint16(rec, uint16(cycle))
			bad := binary.LittleEndian.AppendUint32(bytes.Clone(rec), math.Float32bits(.5+float32(i)))
			for range 2 {
				rec = binary.LittleEndian.AppendUint32(rec, math.Float32bits(2.1+.1*float32(i)))
			}
			rec = binary.LittleEndian.AppendUint16(rec, 10)
			rec = binary.LittleEndian.AppendUint16(rec, uint16(1000+cycle))
			extraction, errors = append(extraction, rec...), append(errors, bad...)
		}
	}
	return fstest.MapFS{
		"RunInfo.xml": {Data: []byte(`<RunInfo><Run Id="x"><Instrument>A01234</Instrument><FlowcellLayout LaneCount="1" SurfaceCount="2" SwathCount="1" TileCount="1"/>
			<Reads><Read Number="1" NumCycles="76" IsIndexedRead="N"/><Read Number="2" NumCycles="8" IsIndexedRead="Y"/></Reads></Run></RunInfo>`)},
		"InterOp/ExtractionMetricsOut.bin": {Data: extraction},
		"InterOp/ErrorMetricsOut.bin":      {Data: errors},
	}
}

func told(t *testing.T, folder fstest.MapFS) map[string]float64 {
	t.Helper()
	report, err := observe.Run(t.Context(), folder, observe.Options{LabKey: labKey})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, o := range report.Observations {
		if o.Field == "error.rate" || o.Field == "optics.fwhm" || o.Field == "optics.intensity" {
			all[at(o)] = o.Value
		}
	}
	return all
}

func at(o observation.Observation) string {
	return fmt.Sprintf("%s lane %d surface %d read %d cycle %d tile %d", o.Field, o.Lane, o.Surface, o.Read, o.Cycle, o.Tile)
}

// Nothing is told of the index, nothing finer than a lane and a read; brightness is of the
// best two of the first 25 cycles, 1024.5, to three digits.
func TestOptics(t *testing.T) {
	got := told(t, optical())
	want := map[string]float64{
		"error.rate lane 1 surface 0 read 1 cycle 0 tile 0":       1,
		"optics.fwhm lane 1 surface 1 read 1 cycle 0 tile 0":      2.1,
		"optics.fwhm lane 1 surface 2 read 1 cycle 0 tile 0":      2.2,
		"optics.intensity lane 1 surface 0 read 1 cycle 0 tile 0": 1020,
	}
	if len(got) != len(want) {
		t.Errorf("%v", got)
	}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s: %v, want %v", k, got[k], v)
		}
	}
}

// A read whose first third is not whole, or that is too short for one, has no brightness;
// without RunInfo.xml nothing is told at all.
func TestOpticsOfParts(t *testing.T) {
	folder := optical()
	raw := folder["InterOp/ExtractionMetricsOut.bin"].Data
	folder["InterOp/ExtractionMetricsOut.bin"].Data = raw[:3+20*2*20]
	if _, there := told(t, folder)["optics.intensity lane 1 surface 0 read 1 cycle 0 tile 0"]; there {
		t.Error("20 cycles of 25 have a brightness")
	}
	delete(folder, "RunInfo.xml")
	if got := told(t, folder); len(got) != 0 {
		t.Errorf("without RunInfo.xml: %v", got)
	}
}
