package runfolder_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"proactive/shared/runfolder"
)

func parse(t *testing.T, raw, serial string) runfolder.Configuration {
	t.Helper()
	c, err := runfolder.ParseConfiguration(strings.NewReader(raw), serial)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Each family writes the same facts elsewhere; its table knows where.
func TestParseConfiguration(t *testing.T) {
	day := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }
	for name, c := range map[string]struct {
		raw, serial string
		want        runfolder.Configuration
	}{
		"MiSeq": {`<RunParameters><Setup><ApplicationName>MiSeq Control Software</ApplicationName></Setup><MCSVersion>2.6.2.1</MCSVersion><RTAVersion>1.18.54</RTAVersion>
			<Username>sbsuser</Username><FlowcellRFIDTag><SerialNumber>000000000-ABCDE</SerialNumber><PartNumber>15028382</PartNumber><LotNumber>20012345</LotNumber>
			<ExpirationDate>2027-06-15T00:00:00</ExpirationDate></FlowcellRFIDTag><ReagentKitRFIDTag><LotNumber>20054321</LotNumber></ReagentKitRFIDTag></RunParameters>`, "M01234",
			runfolder.Configuration{
				Family: "MiSeq", Layout: "MiSeq", Serial: "M01234", Application: "MiSeq Control Software", ControlSoftware: "2.6.2.1", RTA: "1.18.54",
				FlowCell: runfolder.Consumable{Part: "15028382", Lot: "20012345", Serial: "000000000-ABCDE", Expires: day(2027, 6, 15)}, Reagent: runfolder.Consumable{Lot: "20054321"},
			}},
		"NovaSeq 6000, in another letter case": {`<runparameters><Application>NovaSeq Control Software</Application><ApplicationVersion>1.7.5</ApplicationVersion><RtaVersion>v3.4.4</RtaVersion>
			<RfidsInfo><FlowCellMode>S4</FlowCellMode><FlowCellLotNumber>20111111</FlowCellLotNumber><SbsLotNumber>20222222</SbsLotNumber><SbsExpirationdate>06/17/2027 00:00:00</SbsExpirationdate>
			<LibraryTubeSerialBarcode>SAMPLE-1</LibraryTubeSerialBarcode></RfidsInfo><FirmwareVersions><FirmwareVersion><Board>Fluidics Board</Board><Version>1.26.1</Version></FirmwareVersion>
			<FirmwareVersion><Version>1.2</Version><Board>System Thermal Board</Board></FirmwareVersion></FirmwareVersions></runparameters>`, "",
			runfolder.Configuration{
				Family: "NovaSeq 6000", Layout: "NovaSeq 6000", Application: "NovaSeq Control Software", ControlSoftware: "1.7.5", RTA: "v3.4.4", Chemistry: "S4",
				Hardware: map[string]string{"fluidics": "1.26.1", "thermal": "1.2"},
				FlowCell: runfolder.Consumable{Lot: "20111111"}, Reagent: runfolder.Consumable{Lot: "20222222", Expires: day(2027, 6, 17)},
			}},
		"NovaSeq X, whose consumables say what they are": {`<RunParameters><InstrumentType>NovaSeqXPlus</InstrumentType><InstrumentSerialNumber>LH00001</InstrumentSerialNumber>
			<ConsumableInfo><ConsumableInfo><LotNumber>1</LotNumber><Type>SampleTube</Type><SerialNumber>JANE</SerialNumber></ConsumableInfo>
			<ConsumableInfo><LotNumber>20775712</LotNumber><Mode>10B</Mode><Type>FlowCell</Type></ConsumableInfo>
			<ConsumableInfo><Type>Buffer</Type><PartNumber>20089853</PartNumber></ConsumableInfo></ConsumableInfo>
			<PlannedReads><Read ReadName="Read1" Cycles="151"/><Read ReadName="Index1" Cycles="10"/></PlannedReads></RunParameters>`, "",
			runfolder.Configuration{
				Family: "NovaSeq X", Layout: "NovaSeq X", Serial: "LH00001", Application: "NovaSeqXPlus", Chemistry: "10B", Planned: runfolder.Planned{Read1: 151, Index1: 10},
				FlowCell: runfolder.Consumable{Lot: "20775712"}, Buffer: runfolder.Consumable{Part: "20089853"},
			}},
		"a table by the serial number": {`<RunParameters><Setup><ApplicationVersion>2.0</ApplicationVersion><Read1>81</Read1></Setup></RunParameters>`, "NS500001",
			runfolder.Configuration{Family: "NextSeq 500", Layout: "NextSeq 500", Serial: "NS500001", ControlSoftware: "2.0", Planned: runfolder.Planned{Read1: 81}}},
		"a family of tomorrow that writes as others": {`<RunParameters><RtaVersion>9.1</RtaVersion><Quantum><Version>9</Version></Quantum><ExperimentName>Jane Doe</ExperimentName></RunParameters>`, "QQ1",
			runfolder.Configuration{Family: "unknown", Layout: "any", Serial: "QQ1", RTA: "9.1"}},
		"cycles that are none": {`<RunParameters><Setup><ApplicationName>HiSeq Control Software</ApplicationName><Read1>-1</Read1><Read2>99999999</Read2><IndexRead1>8</IndexRead1></Setup></RunParameters>`, "",
			runfolder.Configuration{Family: "HiSeq 2500", Layout: "HiSeq", Application: "HiSeq Control Software", Planned: runfolder.Planned{Index1: 8}}},
	} {
		got := parse(t, c.raw, c.serial)
		if c.want.Hardware == nil {
			c.want.Hardware = map[string]string{}
		}
		if diff := cmp.Diff(c.want, got, cmpopts.IgnoreFields(runfolder.Configuration{}, "Fields", "Elements")); diff != "" {
			t.Errorf("%s (- want, + got):\n%s", name, diff)
		}
	}
}

// The Genome Analyzer's RunInfo.xml gives first and last cycles, and marks an index read
// by an element.
func TestGenomeAnalyzer(t *testing.T) {
	info, err := runfolder.ParseInfo(strings.NewReader(`<RunInfo><Run Id="090101_GA1_0001" Number="1"><Instrument>GA1</Instrument>
		<Reads><Read FirstCycle="1" LastCycle="51"/><Read FirstCycle="52" LastCycle="58"><Index/></Read></Reads></Run></RunInfo>`))
	want := []runfolder.Read{{Number: 1, Cycles: 51}, {Number: 2, Cycles: 7, Index: true}}
	if err != nil || !reflect.DeepEqual(info.Reads, want) {
		t.Errorf("%+v, %v", info.Reads, err)
	}
}

// Nothing that names a person, a place or a thing of the lab's is a fact for others.
func TestFieldsHoldNoIdentity(t *testing.T) {
	c := parse(t, `<RunParameters><Setup><ApplicationName>MiSeq Control Software</ApplicationName></Setup><ScannerID>M01234</ScannerID><Barcode>FC1</Barcode>
		<FlowcellRFIDTag><SerialNumber>FC1</SerialNumber><LotNumber>20012345</LotNumber></FlowcellRFIDTag></RunParameters>`, "M01234")
	if c.FlowCell.Serial != "FC1" || c.Serial != "M01234" {
		t.Errorf("%+v", c)
	}
	if diff := cmp.Diff(map[string]string{"run.flowcell_lot": "20012345"}, c.Fields); diff != "" {
		t.Error(diff)
	}
}

// A name planted in every place of every real file that no table names is in no result.
func TestWhatNoTableNamesIsNotHeld(t *testing.T) {
	for _, place := range []string{"Username", "ExperimentName", "Setup><OutputFolder", "ConsumableInfo><ConsumableInfo><SerialNumber", "RfidsInfo><LibraryTubeSerialBarcode", "ComputerName"} {
		var raw strings.Builder
		raw.WriteString("<RunParameters><RtaVersion>1.2</RtaVersion>")
		parts := strings.Split(place, "><")
		for _, p := range parts {
			raw.WriteString("<" + p + ">")
		}
		raw.WriteString("Jane_Doe")
		for i := len(parts) - 1; i >= 0; i-- {
			raw.WriteString("</" + parts[i] + ">")
		}
		raw.WriteString("</RunParameters>")
		out, err := json.Marshal(parse(t, raw.String(), ""))
		if err != nil || strings.Contains(string(out), "Jane") {
			t.Errorf("%s: %s %v", place, out, err)
		}
	}
}

// The real files at hand, by family: what each must say.
func TestRealConfigurations(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "data")
	if _, err := os.Stat(root); err != nil {
		t.Skip("NOT RUN: the real files are not on this machine")
	}
	for _, c := range []struct{ file, family, software, rta, flowCell, reagent, planned string }{
		{"runs/MiSeq_M04034_230825/RunParameters.xml", "MiSeq", "4.0.0.1769", "1.18.54.4", "15028382 20764717 2024-06-15", "15033572 20770331 2024-05-08", "{0 0 0 0}"},
		{"runs/NextSeq500_NS500318_160404/RunParameters.xml", "NextSeq 500", "2.0.2.1", "2.4.11", "15065973  2016-10-06", "15057934  2016-12-08", "{81 6 0 0}"},
		{"runs/NovaSeq6000_A01934_240802/RunParameters.xml", "NovaSeq 6000", "1.8.1", "v3.4.4", "20015846 20866165 2025-06-18", "20031054 20865615 2025-06-17", "{151 18 8 151}"},
		{"runs/HiSeq2500_D00118_170726_tileonly/RunParameters.xml", "HiSeq 2500", "2.2.58", "1.18.64", "  0001-01-01", "  0001-01-01", "{126 8 8 126}"},
		{"xml/cg/sequencing-runs/170517_ST-E00266_0210_BHJCFFALXX/runParameters.xml", "HiSeq 2500", "HD 3.4.0.38", "2.7.7", "  0001-01-01", "  0001-01-01", "{151 8 0 151}"},
		{"xml/cg/run_parameters/RunParameters_novaseq_X_different_index_cycles.xml", "NovaSeq X", "1.1.0.18335", "", "20080370 20775712 2025-01-10", "20066614 20756816 2025-01-25", "{151 10 8 151}"},
		{"xml/illumina/ParseXML_NextSeq2k.xml", "NextSeq 2000", "1.1.0.27334", "3.6.14", "20034693 20444017-D 2020-10-12", "20042419 20452046 2020-11-18", "{101 10 10 101}"},
		{"xml/illumina/ParseXML_iSeq.xml", "iSeq 100", "1.4.0.500", "2.12.5.0", "20009555 20411871 2020-11-05", "20025914 20405542 2020-11-27", "{76 10 10 76}"},
	} {
		raw, err := os.ReadFile(filepath.Join(root, c.file))
		if err != nil {
			t.Fatal(err)
		}
		got := parse(t, string(raw), "")
		tag := func(x runfolder.Consumable) string {
			return fmt.Sprintf("%s %s %s", x.Part, x.Lot, x.Expires.Format(time.DateOnly))
		}
		if got.Family != c.family || got.ControlSoftware != c.software || got.RTA != c.rta || tag(got.FlowCell) != c.flowCell || tag(got.Reagent) != c.reagent || fmt.Sprint(got.Planned) != c.planned {
			t.Errorf("%s:\ngot  %s %s %s, %s, %s, %v\nwant %+v", c.file, got.Family, got.ControlSoftware, got.RTA, tag(got.FlowCell), tag(got.Reagent), got.Planned, c)
		}
	}
}

// FuzzConfiguration holds the reader to: no panic, the same again, and nothing longer than
// a value may be.
func FuzzConfiguration(f *testing.F) {
	f.Add(`<RunParameters><InstrumentType>NovaSeqXPlus</InstrumentType><ConsumableInfo><ConsumableInfo><Type>FlowCell</Type><Mode>1</Mode></ConsumableInfo></ConsumableInfo></RunParameters>`, "LH00001")
	f.Add(`<RunParameters><Setup><ApplicationName>HiSeq Control Software</ApplicationName><Read1>7</Read1></Setup></RunParameters>`, "")
	f.Fuzz(func(t *testing.T, raw, serial string) {
		one, err := runfolder.ParseConfiguration(strings.NewReader(raw), serial)
		two, err2 := runfolder.ParseConfiguration(strings.NewReader(raw), serial)
		if !reflect.DeepEqual(one, two) || (err == nil) != (err2 == nil) {
			t.Fatal("not the same again")
		}
		for id, v := range one.Fields {
			if len(v) > 256 || v == "" {
				t.Fatalf("%s has %d bytes", id, len(v))
			}
		}
		if n := len(one.FlowCell.Serial) + len(one.Application); n > 512 {
			t.Fatalf("%d bytes", n)
		}
	})
}

// Everything in a file is counted, by a name that is for looking up.
func TestElements(t *testing.T) {
	c := parse(t, `<?xml version="1.0"?><RunParameters Version="2"><!-- Jane --><?pi x?><Setup><RTAVersion>1.2</RTAVersion><A b="1"><A>2</A></A><Empty/></Setup>text</RunParameters>`, "")
	want := runfolder.Elements{Names: map[string]int{"rtaversion": 1, "a@b": 1, "a": 1, "empty": 1}, Other: 3}
	if diff := cmp.Diff(want, c.Elements); diff != "" {
		t.Error(diff)
	}
}
