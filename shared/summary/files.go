package summary

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"proactive/shared/interop"
)

// FileNote tells of one file below InterOp/.
type FileNote struct {
	Name  string // within the run folder
	Bytes int64
	interop.File
	Read   bool
	Reason Reason // why it was not read, or not whole
}

// Reason says why a file was not read, or not whole.
type Reason string

// The reasons.
const (
	NotNeeded      Reason = "not-needed-for-the-summary"
	SkippedKind    Reason = "kind-not-read"             // a metric file of which no figure is made, here or by the reference
	HoldsSequences Reason = "holds-sequences-and-names" // read only by shared/interop/identity
	NoMetricFile   Reason = "not-a-metric-file"
	Superseded     Reason = "another-file-of-its-kind-was-read"
	NotRegular     Reason = "not-a-regular-file" // a link or a device is never followed
	TooMany        Reason = "too-many-entries"
	Unreadable     Reason = "unreadable"
	Empty          Reason = "empty"
	UnknownVersion Reason = "unknown-version"
	RecordSize     Reason = "wrong-record-size"
	CutOff         Reason = "header-cut-off"
	Torn           Reason = "last-record-torn" // what is whole was used
	ForeignLane    Reason = "a-lane-the-run-does-not-have"
	ForeignCycle   Reason = "a-cycle-the-run-does-not-have"
	ForeignTile    Reason = "a-tile-that-is-none"
	ForeignRead    Reason = "a-read-the-run-does-not-have"
	TooManyTiles   Reason = "more-tiles-than-a-flow-cell-has"
)

var reasons = []struct {
	err    error
	reason Reason
}{
	{interop.ErrEmpty, Empty}, {interop.ErrVersion, UnknownVersion}, {interop.ErrRecordSize, RecordSize},
	{interop.ErrHeader, CutOff}, {errLane, ForeignLane}, {errCycle, ForeignCycle}, {errTileName, ForeignTile},
	{errTiles, TooManyTiles}, {errRead, ForeignRead},
}

func reasonOf(f interop.File, err error) Reason {
	for _, r := range reasons {
		if errors.Is(err, r.err) {
			return r.reason
		}
	}
	switch {
	case err != nil:
		return Unreadable
	case f.Torn:
		return Torn
	}
	return ""
}

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

// maxEntries bounds what a folder may hold.
const maxEntries = 10_000

// work is one metric: the whole file, or one of each cycle.
type work struct {
	kind  kind
	notes []int
}

// load reads every metric file of the run folder that it can.
func load(folder fs.FS, p *plan, o options) (*metrics, []FileNote, error) {
	notes, err := list(folder)
	if err != nil {
		return nil, nil, err
	}
	m := &metrics{plan: p}
	jobs := choose(notes, o)
	sinks := make([]sink, len(jobs))
	var wait sync.WaitGroup
	next := make(chan int)
	for range max(1, min(o.workers, len(jobs))) {
		wait.Go(func() {
			for i := range next {
				sinks[i] = jobs[i].run(folder, m, notes)
			}
		})
	}
	for i := range jobs {
		next <- i
	}
	close(next)
	wait.Wait()
	for _, s := range sinks {
		if s != nil {
			s.keep(m)
		}
	}
	return m, notes, nil
}

// list names the files below InterOp/, those of single cycles (C1.1/ and on) with them.
func list(folder fs.FS) ([]FileNote, error) {
	var notes []FileNote
	add := func(dir string, entries []fs.DirEntry) (inner []string) {
		for _, e := range entries {
			name := path.Join(dir, e.Name())
			switch _, isCycle := cycleOf(name); {
			case len(notes) >= maxEntries:
				notes[len(notes)-1] = FileNote{Name: dir, Reason: TooMany}
				return inner
			case e.IsDir() && isCycle:
				inner = append(inner, name)
			case e.IsDir(): // Index/ and whatever else is not entered
				notes = append(notes, FileNote{Name: name, Reason: NoMetricFile})
			case !e.Type().IsRegular():
				notes = append(notes, FileNote{Name: name, Reason: NotRegular})
			default:
				n := FileNote{Name: name}
				if info, err := e.Info(); err == nil {
					n.Bytes = info.Size()
				}
				notes = append(notes, n)
			}
		}
		return inner
	}
	entries, err := fs.ReadDir(folder, "InterOp")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // a run that has not imaged yet
	}
	if err != nil {
		return nil, fmt.Errorf("listing InterOp: %w", err)
	}
	inner := add("InterOp", entries)
	slices.SortFunc(inner, func(a, b string) int {
		x, _ := cycleOf(a)
		y, _ := cycleOf(b)
		return x - y
	})
	for _, dir := range inner {
		if entries, err = fs.ReadDir(folder, dir); err != nil {
			notes = append(notes, FileNote{Name: dir, Reason: Unreadable})
			continue
		}
		add(dir, entries)
	}
	return notes, nil
}

// cycleOf is the cycle of a directory such as InterOp/C12.1, or of a file in it.
func cycleOf(name string) (int, bool) {
	parts := strings.Split(name, "/")
	if len(parts) < 2 {
		return 0, false
	}
	digits, ok := strings.CutSuffix(strings.TrimPrefix(strings.ToUpper(parts[1]), "C"), ".1")
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil && n > 0
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

// run reads the files of one kind in their order. The sink is returned if what it took
// in is to be used: a file that turns out foreign in its midst is not, nor what came of
// its kind before.
func (w work) run(folder fs.FS, m *metrics, notes []FileNote) sink {
	s := w.kind.open(m)
	used := false
	for _, i := range w.notes {
		n := &notes[i]
		err := n.into(folder, s)
		n.Took(n.File, err)
		used = used || n.Read
		if err != nil && n.Records > 0 {
			for _, j := range w.notes {
				notes[j].Read = false
			}
			return nil
		}
	}
	if !used {
		return nil
	}
	return s
}

// Took notes what another reader took of the file.
func (n *FileNote) Took(f interop.File, err error) {
	n.File, n.Reason, n.Read = f, reasonOf(f, err), err == nil
}

func (n *FileNote) into(folder fs.FS, s sink) error {
	in, err := folder.Open(n.Name)
	if err != nil {
		return fmt.Errorf("opening: %w", err)
	}
	defer func() { _ = in.Close() }() // it was only read
	n.File, err = s.read(in)
	return err
}
