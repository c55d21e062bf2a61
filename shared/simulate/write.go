package simulate

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"proactive/shared/interop"
)

// Write writes runs [from, from+runs) of every instrument below dir, one folder per
// serial number, and truth.json beside them.
func (f Fleet) Write(dir string, from, runs int) error {
	truths := f.Truths()
	for _, t := range truths {
		for run := from; run < from+runs; run++ {
			if err := f.writeRun(dir, t, run, false); err != nil {
				return err
			}
		}
	}
	raw, err := json.MarshalIndent(truths, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the truth: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "truth.json"), append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("writing the truth: %w", err)
	}
	return nil
}

// WriteServiced writes runs of one instrument whose fault has been mended.
func (f Fleet) WriteServiced(dir, serial string, from, runs int) error {
	for _, t := range f.Truths() {
		if t.Serial != serial {
			continue
		}
		for run := from; run < from+runs; run++ {
			if err := f.writeRun(dir, t, run, true); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("the fleet has no instrument %s", serial)
}

func (f Fleet) writeRun(dir string, t Truth, run int, serviced bool) error {
	s := f.stateOf(t, run, serviced)
	folder := filepath.Join(dir, t.Serial, s.runID())
	for _, sub := range []string{"InterOp", "Logs"} {
		if err := os.MkdirAll(filepath.Join(folder, sub), 0o750); err != nil {
			return fmt.Errorf("making a run folder: %w", err)
		}
	}
	tiles := s.tiles()
	for _, file := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"RunInfo.xml", func(w io.Writer) error { return runInfo.Execute(w, s.page()) }},
		{"RunParameters.xml", func(w io.Writer) error { return runParameters.Execute(w, s.page()) }},
		{"InterOp/TileMetricsOut.bin", func(w io.Writer) error {
			if t.family.patterned {
				return interop.WriteTilesV3(w, tiles, t.family.area)
			}
			return interop.WriteTilesV2(w, tiles)
		}},
		{"InterOp/QMetricsOut.bin", func(w io.Writer) error { return s.writeQuality(w, tiles) }},
		{"Logs/telemetry.jsonl", s.writeTelemetry},
		// Last, as on an instrument: it says that the rest is whole.
		{"RunCompletionStatus.xml", func(w io.Writer) error { return completion.Execute(w, s.page()) }},
	} {
		if err := writeFile(filepath.Join(folder, file.name), file.write); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name) //nolint:gosec // G304: below the directory that the caller names
	if err != nil {
		return fmt.Errorf("creating a file: %w", err)
	}
	if err := write(f); err != nil {
		_ = f.Close()
		return fmt.Errorf("writing %s: %w", filepath.Base(name), err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("writing %s: %w", filepath.Base(name), err)
	}
	return nil
}

// runID is date, serial number, run number and flow cell.
func (s state) runID() string {
	return fmt.Sprintf("%s_%s_%04d_%s%s", s.started.Format("060102"), s.truth.Serial, s.run+1, s.side(), s.flowcell)
}

// side of the flow cell: a MiSeq has none.
func (s state) side() string {
	if s.truth.family.name == "MiSeq" {
		return ""
	}
	return "A"
}

// page is what the XML templates show.
func (s state) page() map[string]any {
	f := s.truth.family
	type read struct {
		Number, Cycles int
		Index          string
	}
	var reads []read
	for i, cycles := range f.reads() {
		index := "N"
		if cycles == f.index {
			index = "Y"
		}
		reads = append(reads, read{i + 1, cycles, index})
	}
	naming := "FourDigit"
	if f.cameras > 0 {
		naming = "FiveDigit"
	}
	var names []string
	for _, id := range f.tileList() {
		names = append(names, fmt.Sprintf("%d_%d", id.Lane, id.Number))
	}
	lot := func(kind int) string { return fmt.Sprintf("20%06d", 700000+1000*kind+s.run/5) } // a lot lasts five runs
	channels := []string{"Red", "Green"}
	if s.side() == "" {
		channels = []string{"A", "C", "G", "T"}
	}
	return map[string]any{
		"Channels": channels, "ID": s.runID(), "Number": s.run + 1, "Flowcell": s.flowcell, "Serial": s.truth.Serial, "Date": s.started.Format("060102"),
		"Reads": reads, "F": map[string]any{"Lanes": f.lanes, "Swaths": f.swaths, "Tiles": f.tiles, "Software": f.software, "RTA": f.rta, "Chemistry": f.chemistry},
		"Cameras": f.cameras, "Naming": naming, "Tiles": names, "NovaSeq": f.patterned, "MiSeq": strings.HasPrefix(f.name, "MiSeq"),
		"FlowcellLot": lot(1), "ReagentLot": lot(2), "BufferLot": lot(3),
	}
}

var runInfo = template.Must(template.New("RunInfo.xml").Parse(`<?xml version="1.0"?>
<RunInfo Version="4">
  <Run Id="{{.ID}}" Number="{{.Number}}">
    <Flowcell>{{.Flowcell}}</Flowcell>
    <Instrument>{{.Serial}}</Instrument>
    <Date>{{.Date}}</Date>
    <Reads>
{{- range .Reads}}
      <Read Number="{{.Number}}" NumCycles="{{.Cycles}}" IsIndexedRead="{{.Index}}" />
{{- end}}
    </Reads>
    <FlowcellLayout LaneCount="{{.F.Lanes}}" SurfaceCount="2" SwathCount="{{.F.Swaths}}" TileCount="{{.F.Tiles}}"{{if .Cameras}} SectionPerLane="{{.Cameras}}" LanePerSection="2"{{end}}>
      <TileSet TileNamingConvention="{{.Naming}}">
        <Tiles>{{range .Tiles}}<Tile>{{.}}</Tile>{{end}}</Tiles>
      </TileSet>
    </FlowcellLayout>
    <ImageChannels>{{range .Channels}}<Name>{{.}}</Name>{{end}}</ImageChannels>
  </Run>
</RunInfo>
`))

var runParameters = template.Must(template.New("RunParameters.xml").Parse(`<?xml version="1.0"?>
<RunParameters>
  <ApplicationVersion>{{.F.Software}}</ApplicationVersion>
{{- if .NovaSeq}}
  <RtaVersion>{{.F.RTA}}</RtaVersion>
  <ExperimentName>simulated</ExperimentName>
  <RfidsInfo>
    <FlowCellPartNumber>20012850</FlowCellPartNumber><FlowCellLotNumber>{{.FlowcellLot}}</FlowCellLotNumber><FlowCellMode>{{.F.Chemistry}}</FlowCellMode>
    <SbsPartNumber>20031054</SbsPartNumber><SbsLotNumber>{{.ReagentLot}}</SbsLotNumber>
    <BufferLotNumber>{{.BufferLot}}</BufferLotNumber>
  </RfidsInfo>
{{- else}}
  <RTAVersion>{{.F.RTA}}</RTAVersion>
  <ExperimentName>simulated</ExperimentName>
{{- if .MiSeq}}
  <ReagentKitVersion>{{.F.Chemistry}}</ReagentKitVersion>
{{- else}}
  <Chemistry>{{.F.Chemistry}}</Chemistry>
{{- end}}
  <FlowcellRFIDTag><PartNumber>15028382</PartNumber><LotNumber>{{.FlowcellLot}}</LotNumber></FlowcellRFIDTag>
  <ReagentKitRFIDTag><PartNumber>15033572</PartNumber><LotNumber>{{.ReagentLot}}</LotNumber></ReagentKitRFIDTag>
  <PR2BottleRFIDTag><PartNumber>15041807</PartNumber><LotNumber>{{.BufferLot}}</LotNumber></PR2BottleRFIDTag>
{{- end}}
</RunParameters>
`))

var completion = template.Must(template.New("RunCompletionStatus.xml").Parse(`<?xml version="1.0"?>
<RunCompletionStatus>
  <RunId>{{.ID}}</RunId>
  <CompletionStatus>CompletedAsPlanned</CompletionStatus>
</RunCompletionStatus>
`))
