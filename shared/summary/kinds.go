package summary

import (
	"io"
	"path"
	"slices"
	"strings"

	"proactive/shared/interop"
)

// A metric file's name without its ending says its kind: QMetricsOut, and QMetrics for
// what older software wrote.
type kind struct {
	name string
	// summary: a figure of the summary is made of it.
	summary bool
	open    func(*metrics) sink
}

// sink takes a metric file in; keep hands over what it has, for a file that is sound.
type sink interface {
	read(in io.Reader) (interop.File, error)
	keep(*metrics)
	// index is its numbering of tiles; nil if the file has none.
	index() *tiles
}

var kinds = []kind{
	{"Tile", true, func(m *metrics) sink { return newTileSink(m.plan) }},
	{"Error", true, func(m *metrics) sink { return newErrorSink(m.plan) }},
	{"Extraction", true, func(m *metrics) sink { return newExtractionSink(m.plan) }},
	{"Q", true, func(m *metrics) sink { return newQualitySink(m.plan) }},
	{"EmpiricalPhasing", true, func(m *metrics) sink { return newPhasingSink(m.plan) }},
	{"ExtendedTile", true, func(m *metrics) sink { return newOccupiedSink(m.plan) }},
	{"Image", false, func(m *metrics) sink { return newImageSink(m.plan) }},
	{"CorrectedInt", false, func(m *metrics) sink { return newCorrectedSink(m.plan) }},
	{"QByLane", false, func(m *metrics) sink { return newByLaneSink(m.plan) }},
	{"QCollapsed", false, func(m *metrics) sink { return newCollapsedSink(m.plan) }},
	{"SummaryRun", false, func(*metrics) sink { return &totalsSink{} }},
}

// kindOf says what a file below InterOp/ is by its name.
func kindOf(name string) (kindName string, ok bool) {
	base, isBin := strings.CutSuffix(strings.ToLower(path.Base(name)), ".bin")
	base = strings.TrimSuffix(base, "out")
	switch prefix, suffix, found := strings.Cut(base, "metrics"); {
	case !isBin || !found:
		return "", false
	case prefix == "q" && suffix == "bylane":
		return "qbylane", true
	case prefix == "q" && suffix == "2030":
		return "qcollapsed", true
	case suffix != "":
		return "", false
	default:
		return prefix, true
	}
}

// choose says what is to be read: of each kind the whole run's file, the newer name
// before the older; where there is none, those of the cycles.
func choose(notes []FileNote, o options) []work {
	var jobs []work
	for i := range notes {
		if notes[i].Reason != "" {
			continue
		}
		switch name, ok := kindOf(notes[i].Name); {
		case !ok:
			notes[i].Reason = NoMetricFile
		case name == "index" || name == "control":
			notes[i].Reason = HoldsSequences
		case !slices.ContainsFunc(kinds, func(k kind) bool { return strings.EqualFold(k.name, name) }):
			notes[i].Reason = SkippedKind
		}
	}
	for _, k := range kinds {
		var whole, older, cycles []int
		for i, n := range notes {
			name, _ := kindOf(n.Name)
			_, byCycle := cycleOf(n.Name)
			switch {
			case n.Reason != "" || !strings.EqualFold(name, k.name):
			case byCycle:
				cycles = append(cycles, i)
			case strings.HasSuffix(strings.ToLower(n.Name), "out.bin"):
				whole = append(whole, i)
			default:
				older = append(older, i)
			}
		}
		chosen, others := cycles, []int(nil)
		if files := slices.Concat(whole, older); len(files) > 0 {
			chosen, others = files[:1], slices.Concat(files[1:], cycles)
		}
		for _, i := range others {
			notes[i].Reason = Superseded
		}
		if !o.every && !k.summary {
			for _, i := range chosen {
				notes[i].Reason = NotNeeded
			}
			continue
		}
		if len(chosen) > 0 {
			jobs = append(jobs, work{k, chosen})
		}
	}
	return jobs
}
