package observe_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"proactive/shared/catalog"
	"proactive/shared/observation"
	"proactive/shared/observe"
	"proactive/shared/pipelinetest/hostile"
)

const planted = "Maria_Lopez"

// A name in every place of a folder where one can stand is counted, or is a file that is not
// opened, and is in nothing that is told.
func TestWhatNobodyKnowsIsCounted(t *testing.T) {
	folder := sound(t)
	before, err := observe.Run(t.Context(), folder, observe.Options{LabKey: labKey})
	if err != nil {
		t.Fatal(err)
	}
	change := func(name, old, with string) {
		t.Helper()
		for have, f := range folder {
			if strings.EqualFold(have, name) {
				if !bytes.Contains(f.Data, []byte(old)) {
					t.Fatalf("%s has no %q", name, old)
				}
				f.Data = bytes.Replace(f.Data, []byte(old), []byte(with), 1)
				return
			}
		}
		t.Fatalf("no %s", name)
	}
	xml := fmt.Sprintf("<%[1]s>1</%[1]s><a %[1]s='1'/><!--%[1]s--><?%[1]s x?><b><![CDATA[%[1]s]]></b>", planted)
	change("RunInfo.xml", "</Run>", xml+"</Run>")
	change("RunParameters.xml", "</RunParameters>", xml+"</RunParameters>")
	change("Logs/telemetry.jsonl", "{", `{"`+planted+`":"`+planted+`",`)
	folder["Logs/operation.log"] = &fstest.MapFile{Data: []byte("2026-11-24T09:00:00Z INFO operator " + planted + " signed in\n2026-11-24T09:00:00Z INFO door: opened\n")}
	for _, name := range []string{"Logs/" + planted + ".log", planted + ".xml", "InterOp/" + planted + "Out.bin", planted + "/RunInfo.xml", "InterOp/IndexMetricsOut.bin", "SampleSheet.csv", "Logs/operation.log.gz", "run.zip"} {
		folder[name] = &fstest.MapFile{Data: []byte(planted)}
	}
	after, err := observe.Run(t.Context(), folder, observe.Options{LabKey: labKey})
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[catalog.FileKind]int{
		catalog.RunInfo: 5, catalog.RunParameters: 5, // an element, an attribute, a comment, an instruction, an element with text
		catalog.Telemetry: 1, catalog.OperationLog: 1,
	} {
		if got := after.Unknown[file] - before.Unknown[file]; got != want {
			t.Errorf("%s: %d are unknown, want %d", file, got, want)
		}
	}
	for _, f := range after.Files {
		if strings.Contains(f.Name, planted) && f.Read {
			t.Errorf("%s was read", f.Name)
		}
	}
	after.Files = nil // for the lab's own eyes
	if strings.Contains(strings.ToLower(fmt.Sprintf("%+v", after)), "lopez") {
		t.Error("the name is told")
	}
}

// How well the focus does is told once for a run: by the hour it would tell what is imaged.
func TestFocusIsToldOnce(t *testing.T) {
	folder := sound(t)
	delete(folder, "Logs/telemetry.jsonl")
	folder["Logs/telemetry.csv"] = &fstest.MapFile{Data: []byte(`time,component,metric,value,unit
2026-11-24T09:00:00Z,focus,score,1,1
2026-11-24T09:00:00Z,laser,power,800,mW
2026-11-24T10:00:00Z,focus,score,2,1
2026-11-24T10:30:00Z,focus,score,4,1
2026-11-24T10:00:00Z,laser,power,700,mW
`)}
	folder["Logs/operation.log"] = &fstest.MapFile{Data: []byte(`2026-11-24T09:00:00Z WARN focus: lost at lane 1 cycle 2
2026-11-24T10:00:00Z WARN focus: lost at lane 1 cycle 12
2026-11-24T10:00:01Z INFO door: opened
2026-11-24T10:00:02Z WARN focus: lost at lane 1 cycle 12
`)}
	for _, complete := range []bool{true, false} {
		if !complete {
			delete(folder, "RunCompletionStatus.xml")
		}
		report, err := observe.Run(t.Context(), folder, observe.Options{LabKey: labKey})
		if err != nil {
			t.Fatal(err)
		}
		told := map[observation.Observation]bool{}
		for _, o := range report.Observations {
			if strings.Contains(o.Field, "focus") || o.Field == "telemetry.laser.power" || o.Field == "log.door.opened" {
				told[o] = report.Settled(o)
			}
		}
		want := map[observation.Observation]bool{
			{Field: "telemetry.focus.score", Value: 2}:               complete, // the mean of 1 and 3
			{Field: "telemetry.laser.power", Value: 800}:             true,
			{Field: "telemetry.laser.power", Minute: 60, Value: 700}: complete,
			{Field: "log.focus.lost", Value: 3}:                      complete,
			{Field: "log.door.opened", Minute: 60, Value: 1}:         complete,
		}
		if fmt.Sprint(told) != fmt.Sprint(want) {
			t.Errorf("complete %v: %v, want %v", complete, told, want)
		}
	}
}

// A file of quality that names a tile and a cycle in each of its millions of records, and of a
// run under way, is held in a bounded amount of memory.
func TestHostileQuality(t *testing.T) {
	const records = 2_000_000
	raw := make([]byte, 0, 7+10*records)
	raw = append(raw, 6, 10, 1, 1, 2, 40, 30)
	for i := range records {
		raw = binary.LittleEndian.AppendUint16(raw, uint16(i%16))
		raw = binary.LittleEndian.AppendUint16(raw, uint16(i/16))
		raw = binary.LittleEndian.AppendUint16(raw, uint16(1+i%4000))
		raw = binary.LittleEndian.AppendUint32(raw, 1)
	}
	folder := fstest.MapFS{
		"RunInfo.xml":             {Data: []byte(`<RunInfo><Run Id="x"><Instrument>M01234</Instrument><FlowcellLayout SwathCount="6" TileCount="99"/><Reads><Read Number="1" NumCycles="1000000"/></Reads></Run></RunInfo>`)},
		"InterOp/QMetricsOut.bin": {Data: raw},
	}
	if held := hostile.Peak(func() { _, _ = observe.Run(t.Context(), folder, observe.Options{LabKey: labKey}) }); held > 256<<20 {
		t.Errorf("%d MB are held of a file of %d", held>>20, len(raw)>>20)
	}
}
