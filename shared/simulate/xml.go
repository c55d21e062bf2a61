package simulate

import (
	"fmt"
	"text/template"
)

// Planted stands in every place of a run folder where real ones name people, samples or
// hosts. A test that finds it downstream has found a leak.
const Planted = "planted.name"

// page is what the templates show.
func (s state) page() map[string]any {
	f := s.truth.family
	type numbered struct {
		Number, Cycles int
		Index          string
	}
	var reads []numbered
	for i, r := range f.reads {
		index := "N"
		if r.index {
			index = "Y"
		}
		reads = append(reads, numbered{i + 1, r.cycles, index})
	}
	page := map[string]any{
		"ID": s.runID(), "Number": s.number, "Flowcell": s.flowcell, "Serial": s.truth.Serial, "Family": f.name,
		"Date": s.started.Format("060102"), "Day": s.started.Format("060102"), "Reads": reads, "Planted": Planted,
		"Lanes": f.lanes, "Swaths": f.swaths, "TileCount": f.tiles, "Cameras": f.cameras,
		"Software": f.software, "RTA": f.rta, "Chemistry": f.chemistry,
		"FlowcellLot": s.lot.number + 100_000, "ReagentLot": s.lot.number, "BufferLot": s.lot.number + 200_000,
	}
	switch {
	case f.patterned():
		page["Date"] = s.started.Format("1/2/2006 3:04:05 PM")
		page["Version"], page["Naming"], page["Channels"] = 5, "FourDigit", []string{"RED", "GREEN"}
	case f.cameras > 0:
		page["Version"], page["Naming"], page["Channels"] = 4, "FiveDigit", []string{"Red", "Green"}
	default:
		page["Version"] = 2
		return page // neither tiles nor channels are listed
	}
	var names []string
	for _, id := range f.tileList() {
		names = append(names, fmt.Sprintf("%d_%d", id.Lane, id.Number))
	}
	page["Tiles"] = names
	return page
}

var runInfo = template.Must(template.New("RunInfo.xml").Parse(`<?xml version="1.0"?>
<RunInfo Version="{{.Version}}">
  <Run Id="{{.ID}}" Number="{{.Number}}">
    <Flowcell>{{.Flowcell}}</Flowcell>
    <Instrument>{{.Serial}}</Instrument>
    <Date>{{.Date}}</Date>
    <Reads>
{{- range .Reads}}
      <Read Number="{{.Number}}" NumCycles="{{.Cycles}}" IsIndexedRead="{{.Index}}" />
{{- end}}
    </Reads>
    <FlowcellLayout LaneCount="{{.Lanes}}" SurfaceCount="2" SwathCount="{{.Swaths}}" TileCount="{{.TileCount}}"{{if .Cameras}} SectionPerLane="{{.Cameras}}" LanePerSection="2"{{end}}
{{- if .Tiles}}>
      <TileSet TileNamingConvention="{{.Naming}}">
        <Tiles>{{range .Tiles}}<Tile>{{.}}</Tile>{{end}}</Tiles>
      </TileSet>
    </FlowcellLayout>
    <ImageChannels>{{range .Channels}}<Name>{{.}}</Name>{{end}}</ImageChannels>
{{- else}} />
{{- end}}
  </Run>
</RunInfo>
`))

var runParameters = template.Must(template.New("RunParameters.xml").Parse(`<?xml version="1.0"?>
<RunParameters>
  <RunID>{{.ID}}</RunID>
  <ExperimentName>{{.Planted}} panel</ExperimentName>
  <RunDescription>for {{.Planted}}</RunDescription>
{{- if eq .Family "NovaSeq 6000"}}
  <RtaVersion>{{.RTA}}</RtaVersion>
  <Application>NovaSeq Control Software</Application>
  <ApplicationVersion>{{.Software}}</ApplicationVersion>
  <RfidsInfo>
    <FlowCellSerialBarcode>{{.Flowcell}}</FlowCellSerialBarcode>
    <FlowCellPartNumber>20012850</FlowCellPartNumber>
    <FlowCellLotNumber>{{.FlowcellLot}}</FlowCellLotNumber>
    <FlowCellMode>{{.Chemistry}}</FlowCellMode>
    <LibraryTubeSerialBarcode>{{.Planted}}</LibraryTubeSerialBarcode>
    <SbsPartNumber>20031054</SbsPartNumber>
    <SbsLotNumber>{{.ReagentLot}}</SbsLotNumber>
    <BufferLotNumber>{{.BufferLot}}</BufferLotNumber>
  </RfidsInfo>
  <SamplesheetFile>\\{{.Planted}}\runs\SampleSheet.csv</SamplesheetFile>
  <OutputRunFolder>//{{.Planted}}.example.org/runs/{{.ID}}</OutputRunFolder>
{{- else}}
{{- if eq .Family "MiSeq"}}
  <Setup><ApplicationVersion>{{.Software}}</ApplicationVersion><ApplicationName>MiSeq Control Software</ApplicationName></Setup>
  <FlowcellRFIDTag><SerialNumber>{{.Flowcell}}</SerialNumber><PartNumber>15028382</PartNumber><LotNumber>{{.FlowcellLot}}</LotNumber></FlowcellRFIDTag>
  <PR2BottleRFIDTag><PartNumber>15041807</PartNumber><LotNumber>{{.BufferLot}}</LotNumber></PR2BottleRFIDTag>
  <ReagentKitRFIDTag><PartNumber>15033572</PartNumber><LotNumber>{{.ReagentLot}}</LotNumber></ReagentKitRFIDTag>
  <FPGAVersion>9.5.12</FPGAVersion>
  <MCSVersion>{{.Software}}</MCSVersion>
  <ReagentKitVersion>{{.Chemistry}}</ReagentKitVersion>
  <Chemistry>Amplicon</Chemistry>
  <Username>{{.Planted}}</Username>
{{- else}}
  <Setup><ApplicationVersion>{{.Software}}</ApplicationVersion><ApplicationName>NextSeq Control Software</ApplicationName></Setup>
  <FlowCellRfidTag><SerialNumber>{{.Flowcell}}</SerialNumber><PartNumber>15065974</PartNumber><LotNumber>{{.FlowcellLot}}</LotNumber></FlowCellRfidTag>
  <PR2BottleRfidTag><PartNumber>15057941</PartNumber><LotNumber>{{.BufferLot}}</LotNumber></PR2BottleRfidTag>
  <ReagentKitRfidTag><PartNumber>15057934</PartNumber><LotNumber>{{.ReagentLot}}</LotNumber></ReagentKitRfidTag>
  <Chemistry>{{.Chemistry}}</Chemistry>
  <ComputerName>{{.Planted}}</ComputerName>
{{- end}}
  <RTAVersion>{{.RTA}}</RTAVersion>
  <OutputFolder>\\{{.Planted}}\runs\{{.ID}}</OutputFolder>
{{- end}}
  <RunStartDate>{{.Day}}</RunStartDate>
</RunParameters>
`))

// The index sequences are of no kit.
var sampleSheet = template.Must(template.New("SampleSheet.csv").Parse(`[Header]
Investigator Name,{{.Planted}}
[Data]
Sample_ID,Sample_Name,index,index2
1,{{.Planted}},ACGTTGCA,TGCAACGT
`))

var completion = template.Must(template.New("RunCompletionStatus.xml").Parse(`<?xml version="1.0"?>
<RunCompletionStatus>
  <CompletionStatus>CompletedAsPlanned</CompletionStatus>
  <RunId>{{.ID}}</RunId>
  <ErrorDescription>None</ErrorDescription>
</RunCompletionStatus>
`))
