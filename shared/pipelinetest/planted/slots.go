package planted

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"proactive/shared/catalog"
)

// slot is one place of one carrier.
type slot struct {
	carrier Carrier
	fit     func(string) bool
	put     func(f *folder, p Plant)
}

// slots are all places of a run folder, each element of each family's XML one of its own.
func (p *Planter) slots() []slot {
	if p.places == nil {
		p.places = slices.Concat(infoSlots(), parameterSlots(p.catalog), completionSlots(), logSlots(), telemetrySlots(), nameSlots(), fileSlots())
		p.rng.Shuffle(len(p.places), func(i, j int) { p.places[i], p.places[j] = p.places[j], p.places[i] })
	}
	return p.places
}

// times is a slot that comes more than once: carriers of one place among hundreds of elements.
func times(n int, s ...slot) []slot {
	var all []slot
	for range n {
		all = append(all, s...)
	}
	return all
}

const moment = "2026-11-24T08:30:00Z"

func logSlots() []slot {
	add := func(file, format string) func(*folder, Plant) {
		return func(f *folder, p Plant) {
			for _, w := range p.Written {
				f.lines[file] = append(f.lines[file], fmt.Sprintf(format, w))
			}
		}
	}
	var all []slot
	for _, format := range []string{
		moment + " INFO operator %s signed in", moment + " WARN run: planned by %s, not reviewed", moment + " INFO experiment %s started", "%s",
		moment + " INFO patient: %s; sample sheet read", "loaded %s", moment + " ERROR cannot write to %s: access denied", "user=%s host=none", moment + " DEBUG %s",
		moment + ` INFO {"who":"%s"}`, "\t%s", moment + " INFO mail sent to <%s>",
	} {
		all = append(all, slot{LogLine, line, add("operation.log", format)}, slot{LogError, line, add("error.log", format)})
	}
	for _, format := range []string{moment + " INFO run: saved to %s"} {
		all = append(all, times(6, slot{LogSkipped, line, add("operation.log", format)})...)
	}
	for _, format := range []string{
		moment + " INFO door: %s", moment + " ERROR stage: homing failed on axis %s", moment + " INFO laser: power %s mW at 3.1 mA",
		moment + " WARN valve: position %s reached on try 3", moment + " ERROR heater: %s Cel not reached in 60 s",
	} {
		all = append(all, slot{LogParameter, line, add("operation.log", format)})
	}
	for _, format := range []string{moment + " %s door: opened", "%s INFO door: opened", "%s " + moment + " INFO door: opened"} {
		all = append(all, slot{LogLevel, line, add("operation.log", format)})
	}
	return append(all, times(2, slot{LogLast, line, func(f *folder, p Plant) {
		if f.last != "" { // there is one last line
			f.lines["error.log"] = append(f.lines["error.log"], f.last)
		}
		f.last = moment + " INFO " + strings.Join(p.Written, " ")
	}})...)
}

func telemetrySlots() []slot {
	reading := func(change func(m map[string]any, w string)) func(*folder, Plant) {
		return func(f *folder, p Plant) {
			for _, w := range p.Written {
				m := map[string]any{"time": moment, "subsystem": "optical", "component": "focus", "metric": "score", "value": .91, "unit": "1"}
				change(m, w)
				raw, err := json.Marshal(m)
				if err != nil {
					panic(err) // of strings and numbers
				}
				f.lines["telemetry.jsonl"] = append(f.lines["telemetry.jsonl"], string(raw))
			}
		}
	}
	set := func(member string) func(*folder, Plant) {
		return reading(func(m map[string]any, w string) { m[member] = w })
	}
	cell := func(column int) func(*folder, Plant) {
		return func(f *folder, p Plant) {
			for _, w := range p.Written {
				row := []string{moment, "optical", "focus", "score", ".91", "1"}
				row[column] = quote(w)
				f.rows = append(f.rows, row)
			}
		}
	}
	all := []slot{
		{JSONComponent, text, set("component")}, {JSONComponent, text, set("metric")}, {JSONUnit, text, set("unit")}, {JSONUnit, text, set("subsystem")},
		{JSONMember, text, set("operator")}, {JSONMember, text, set("comment")}, {JSONMember, text, set("time")}, {JSONMember, text, set("value")},
		{JSONName, text, reading(func(m map[string]any, w string) { m[w] = 1 })},
		{JSONLine, textLine, func(f *folder, p Plant) {
			f.lines["telemetry.jsonl"] = append(f.lines["telemetry.jsonl"], p.Written...)
		}},
		{CSVColumn, textLine, func(f *folder, p Plant) {
			for _, w := range p.Written {
				f.columns = append(f.columns, quote(w))
			}
		}},
	}
	for column := range 6 {
		all = append(all, slot{CSVCell, textLine, cell(column)})
	}
	return times(3, all...)
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func nameSlots() []slot {
	in := func(format string) func(*folder, Plant) {
		return func(f *folder, p Plant) { f.file(fmt.Sprintf(format, strings.Join(p.Written, " ")), "nothing in it\n") }
	}
	return slices.Concat(
		times(2, slot{FolderName, func(s string) bool { return fileName(s) && len(s) <= 100 }, func(f *folder, p Plant) {
			if name := f.run + " " + strings.Join(p.Written, " "); len(name) < 250 {
				f.run = name
			} else { // the name is full
				in("%s.txt")(f, p)
			}
		}}),
		times(2, slot{FileName, fileName, in("%s.txt")}, slot{FileName, fileName, in("InterOp/%s.bin")}, slot{FileName, fileName, in("InterOp/%sMetricsOut.bin")}),
		times(3, slot{LogName, fileName, in("Logs/%s.log")}),
		times(3, slot{DirectoryName, fileName, in("%s/note.txt")}, slot{DirectoryName, fileName, in("Data/%s/L001/s_1_1101.bcl")}),
	)
}

func fileSlots() []slot {
	put := func(name, format string) func(*folder, Plant) {
		return func(f *folder, p Plant) {
			for _, w := range p.Written {
				f.file(name, fmt.Sprintf(format, w))
			}
		}
	}
	trailing := func(name string) func(*folder, Plant) {
		return func(f *folder, p Plant) { f.after[name] = append(f.after[name], strings.Join(p.Written, "")...) }
	}
	return slices.Concat(
		times(4, slot{IndexMetrics, short(400), indexRecord(0)}, slot{IndexMetrics, short(400), indexRecord(1)}, slot{IndexMetrics, short(400), indexRecord(2)}),
		times(4, slot{ControlMetrics, short(400), controlRecord(0)}, slot{ControlMetrics, short(400), controlRecord(1)}),
		times(3, slot{UnknownBin, anyBytes, put("InterOp/PatientMetricsOut.bin", "\x01\x08%s")}, slot{UnknownBin, anyBytes, put("InterOp/EventMetricsOut.bin", "%s\x00")}),
		times(4, slot{TileTrailing, anyBytes, trailing("InterOp/TileMetricsOut.bin")}, slot{QTrailing, anyBytes, trailing("InterOp/QMetricsOut.bin")}),
		times(4, slot{SampleSheet, line, put("SampleSheet.csv", "7,%s,ACGTTGCA,TGCAACGT\n")}),
		times(2, slot{JobInfo, text, put("CompletedJobInfo.xml", "<Sheet>%s</Sheet>")}, slot{JobInfo, text, put("InterOp/ResequencingRunStatistics.xml", "<SampleName>%s</SampleName>")}),
		times(2, slot{BaseCalls, line, put("Data/Intensities/BaseCalls/S1_L001_R1_001.fastq", "@%s\nACGTACGT\n+\nIIIIIIII\n")}, slot{BaseCalls, anyBytes, put("Data/Intensities/BaseCalls/L001/C1.1/s_1_1101.bcl", "%s")}),
	)
}

// string16 is text after its length, as InterOp files have it.
func string16(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint16(b, uint16(len(s))), s...) //nolint:gosec // G115: short, see the slots
}

// indexRecord puts a plant into one of the three texts of an index record.
func indexRecord(at int) func(*folder, Plant) {
	return func(f *folder, p Plant) {
		const name = "InterOp/IndexMetricsOut.bin"
		if len(f.files[name]) == 0 {
			f.file(name, "\x01")
		}
		for _, w := range p.Written {
			texts := []string{"TTAGGCTT-CCTATCCT", "7", "none"}
			texts[at] = w
			rec := []byte{1, 0, 0x4d, 4, 2, 0}
			rec = binary.LittleEndian.AppendUint32(string16(rec, texts[0]), 1000)
			f.file(name, string(string16(string16(rec, texts[1]), texts[2])))
		}
	}
}

// controlRecord puts a plant into one of the two texts of a control record.
func controlRecord(at int) func(*folder, Plant) {
	return func(f *folder, p Plant) {
		const name = "InterOp/ControlMetricsOut.bin"
		if len(f.files[name]) == 0 {
			f.file(name, "\x01")
		}
		for _, w := range p.Written {
			texts := []string{"CTE_1", "TTAGGC"}
			texts[at] = w
			f.file(name, string(binary.LittleEndian.AppendUint32(string16(string16([]byte{1, 0, 0x4d, 4, 1, 0}, texts[0]), texts[1]), 12)))
		}
	}
}

// places are where the catalog reads fields of RunParameters.xml from, and the layout.
func places(cat *catalog.Catalog) (all []string) {
	for _, f := range cat.Fields() {
		for _, paths := range f.Source.Places {
			all = append(all, paths...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
