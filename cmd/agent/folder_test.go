package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// runFolder writes a small MiSeq run folder: its configuration, the tile metrics of
// two tiles, and files that must never be opened. kind changes it.
func runFolder(t testing.TB, dir, kind string) {
	t.Helper()
	serial, date := testSerial, time.Now().AddDate(0, 0, 1).Format("060102")
	number := "0042"
	if n, ok := strings.CutPrefix(kind, "grown"); ok && n != "" {
		number = "01" + fmt.Sprintf("%02s", n) // another run
	}
	switch kind {
	case "old":
		date = "130412"
	case "today":
		date = time.Now().Format("060102")
	case "other":
		serial = "M00612"
	}
	write := func(name string, data []byte) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if kind == "empty" {
		return
	}
	info := fmt.Sprintf(`<?xml version="1.0"?>
<RunInfo xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" Version="2">
  <Run Id="%s_%s_%s_000000000-A5Y02" Number="42">
    <Flowcell>000000000-A5Y02</Flowcell>
    <Instrument>%s</Instrument>
    <Date>%s</Date>
    <Reads><Read NumCycles="151" Number="1" IsIndexedRead="N" /></Reads>
    <FlowcellLayout LaneCount="1" SurfaceCount="1" SwathCount="1" TileCount="2" />
  </Run>
</RunInfo>
`, date, serial, number, serial, date)
	if kind == "torn" {
		info = info[:len(info)/2]
	}
	if kind != "no-info" {
		write("RunInfo.xml", []byte(info))
	}
	write("runParameters.xml", []byte(`<?xml version="1.0"?>
<RunParameters><ApplicationName>MiSeq Control Software</ApplicationName><ApplicationVersion>2.6.2.1</ApplicationVersion><RTAVersion>1.18.54.4</RTAVersion></RunParameters>
`))
	write("SampleSheet.csv", []byte("Sample_ID,patient\n"))
	if kind == "half" {
		return
	}
	clusters := 600000.0
	if n, ok := strings.CutPrefix(kind, "grown"); ok {
		clusters = 700000
		if i, err := strconv.Atoi(n); err == nil {
			clusters += float64(i)
		}
	}
	write("InterOp/TileMetricsOut.bin", tileMetrics(clusters))
	write("InterOp/IndexMetricsOut.bin", []byte("never"))
}

// tileMetrics is a TileMetricsOut.bin, version 2: density and clusters, raw and PF, of
// two tiles.
func tileMetrics(clusters float64) []byte {
	var b bytes.Buffer
	b.Write([]byte{2, 10})
	for _, tile := range []uint16{1101, 1102} {
		for code, v := range map[uint16]float64{100: 800000, 101: 760000, 102: clusters, 103: clusters * 0.95} {
			_ = binary.Write(&b, binary.LittleEndian, []uint16{1, tile, code})
			_ = binary.Write(&b, binary.LittleEndian, math.Float32bits(float32(v)))
		}
	}
	return b.Bytes()
}
