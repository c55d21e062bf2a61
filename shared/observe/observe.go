// Package observe turns a run folder into observations: typed, base-blind aggregates.
// It opens only the files on its allow-list and says of everything else that it did
// not. It is the only builder: what preview shows and send seals comes from here.
package observe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"proactive/shared/catalog"
	"proactive/shared/interop"
	"proactive/shared/labkey"
	"proactive/shared/observation"
	"proactive/shared/runfolder"
	"proactive/shared/telemetry"
)

// Options of a reading.
type Options struct {
	// LabKey is the lab's secret, under which names that are join keys leave.
	LabKey []byte
}

// Report is what a run folder gave.
type Report struct {
	Observations []observation.Observation
	// Files names every entry that was seen, read or not, in the order of the folder.
	Files         []FileNote
	Serial, RunID string // for the lab's own eyes and for the agent's checks: they do not leave
	Started       time.Time
	Summary       Summary
	// Left counts what was read and stays by decision, by the catalog's entry; Unknown what
	// has no name there, by kind of file.
	Left    map[string]int
	Unknown map[catalog.FileKind]int
	// Complete tells that the run says it has ended.
	Complete bool

	settled  map[place]bool  // reads of which nothing is missing; only while the run is under way
	lastHour int             // the newest hour with a reading
	once     map[string]bool // fields of telemetry and logs that are told once for a run
}

// Summary is the run in three numbers.
type Summary struct {
	Clusters, ClustersPF float64
	// Q30 is the percentage of bases at Q30 or better over all reads and usable
	// cycles; nil where the run has no quality metrics.
	Q30 *float64
}

// FileNote is what became of one file.
type FileNote struct {
	Name   string // path in the run folder
	Kind   catalog.FileKind
	Read   bool
	Reason Reason // why it was not read, or not whole
}

// Run reads the run folder in fsys. A file that cannot be read is named with its reason
// and the rest is used; an error means that the folder itself could not be listed.
func Run(ctx context.Context, fsys fs.FS, o Options) (Report, error) {
	cat, err := catalog.Load()
	if err != nil {
		return Report{}, fmt.Errorf("loading the catalog: %w", err)
	}
	b := &builder{key: o.LabKey, cat: cat, allowed: map[string]catalog.FileKind{}}
	for _, f := range cat.Files() {
		for _, name := range f.Names {
			b.allowed[name] = f.Kind
		}
	}
	found, notes, err := b.list(fsys)
	if err != nil {
		return Report{}, err
	}
	b.report.Files = notes
	// RunInfo.xml first: it says which cycle belongs to which read.
	for _, kind := range []catalog.FileKind{catalog.RunInfo, catalog.RunParameters, catalog.RunCompletion, catalog.TileMetrics, catalog.QMetrics, catalog.ErrorMetrics, catalog.ExtractionMetrics, catalog.Telemetry, catalog.OperationLog} {
		for _, i := range found[kind] {
			if err := ctx.Err(); err != nil {
				return b.report, fmt.Errorf("reading the run folder: %w", err)
			}
			note := &b.report.Files[i]
			note.Read, note.Reason = b.open(fsys, *note)
		}
	}
	b.tellLogs()
	return b.report, nil
}

// maxFile bounds a file on the allow-list, in bytes.
const maxFile = 256 << 20

type builder struct {
	key     []byte
	cat     *catalog.Catalog
	allowed map[string]catalog.FileKind // lower-case path to kind; nothing else is opened
	info    runfolder.Info
	report  Report
	logs    logs
}

// open reads one file of the allow-list. Its reason is a word of ours: an error of a
// parser could quote the file.
func (b *builder) open(fsys fs.FS, note FileNote) (read bool, reason Reason) {
	f, err := fsys.Open(note.Name)
	if err != nil {
		return false, Unreadable
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return false, Unreadable
	} else if info.Size() > maxFile {
		return false, TooLarge
	} else if info.Size() == 0 {
		return false, Empty
	}
	in := io.LimitReader(f, maxFile)
	switch note.Kind {
	case catalog.RunInfo:
		return b.runInfo(in)
	case catalog.RunParameters:
		return b.parameters(in)
	case catalog.RunCompletion:
		return b.completion(in)
	case catalog.TileMetrics:
		return b.tiles(in)
	case catalog.QMetrics:
		return b.quality(in, func() (fs.File, error) { return fsys.Open(note.Name) })
	case catalog.ErrorMetrics:
		return b.errors(in)
	case catalog.ExtractionMetrics:
		return b.extraction(in)
	case catalog.Telemetry:
		return b.telemetry(in, note.Name)
	case catalog.OperationLog:
		return b.log(in, note.Name)
	}
	return false, NotListed
}

func (b *builder) add(o observation.Observation) {
	b.report.Observations = append(b.report.Observations, o)
}

func (b *builder) count(field string, n int) {
	if n > 0 {
		b.add(observation.Observation{Field: field, Value: float64(n)})
	}
}

func (b *builder) runInfo(in io.Reader) (bool, Reason) {
	info, err := runfolder.ParseInfo(in)
	if err != nil {
		return false, NotWellFormed
	}
	b.info = info
	b.stays(catalog.RunInfo, info.Elements)
	r := &b.report
	r.Serial, r.RunID, r.Started = info.Serial, info.RunID, info.Started
	b.add(observation.Observation{Field: "run.token", Text: labkey.Token(b.key, labkey.Run, info.RunID)})
	if info.Flowcell != "" {
		b.add(observation.Observation{Field: "run.flowcell_token", Text: labkey.Token(b.key, labkey.Flowcell, info.Flowcell)})
	}
	b.add(observation.Observation{Field: "config.instrument_type", Text: runfolder.Family(info.Serial)})
	if !info.Started.IsZero() {
		b.add(observation.Observation{Field: "run.week", Value: float64(monday(info.Started))})
	}
	b.count("run.reads", len(info.Reads))
	b.count("run.lanes", info.Lanes)
	b.count("run.surfaces", info.Surfaces)
	b.count("run.swaths", info.Swaths)
	b.count("run.tiles", info.TileCount)
	for _, read := range info.Reads {
		index := 0.0
		if read.Index {
			index = 1
		}
		b.add(observation.Observation{Field: "run.read_cycles", Read: read.Number, Value: float64(read.Cycles)})
		b.add(observation.Observation{Field: "run.read_is_index", Read: read.Number, Value: index})
	}
	return true, ""
}

// monday is the Monday (UTC) of t's week, in days since 1970-01-01.
func monday(t time.Time) int {
	day := int(t.Unix() / 86400)
	return day - (day+3)%7 // 1970-01-01 was a Thursday
}

func (b *builder) parameters(in io.Reader) (bool, Reason) {
	config, err := runfolder.ParseConfiguration(in, b.info.Serial)
	if err != nil {
		return false, NotWellFormed
	}
	b.stays(catalog.RunParameters, config.Elements)
	for field, v := range config.Fields {
		b.add(observation.Observation{Field: field, Text: v})
	}
	return true, ""
}

// stays counts the elements of a file that are not read.
func (b *builder) stays(file catalog.FileKind, elements runfolder.Elements) {
	r := &b.report
	if r.Left == nil {
		r.Left, r.Unknown = map[string]int{}, map[catalog.FileKind]int{}
	}
	r.Unknown[file] += elements.Other
	for name, n := range elements.Names {
		if id, ok := b.cat.LeftBy(file, name); ok {
			r.Left[id] += n
		} else if !b.cat.Reads(file, name) {
			r.Unknown[file] += n
		}
	}
}

func (b *builder) completion(in io.Reader) (bool, Reason) {
	status, err := runfolder.ParseCompletion(in)
	if err != nil || status == "" {
		return false, NotWellFormed
	}
	b.report.Complete = true
	b.add(observation.Observation{Field: "run.completion", Text: status})
	return true, ""
}

// metricReason says in a word how an InterOp file was read.
func metricReason(f interop.File, err error) (bool, Reason) {
	switch {
	case errors.Is(err, interop.ErrEmpty):
		return false, Empty
	case errors.Is(err, errTooMany):
		return false, TooLarge
	case errors.Is(err, interop.ErrVersion):
		return false, UnknownVersion
	case errors.Is(err, interop.ErrRecordSize):
		return false, RecordSize
	case errors.Is(err, interop.ErrHeader):
		return false, CutOff
	case err != nil:
		return f.Records > 0, Unreadable
	case f.Torn:
		return true, Torn
	}
	return true, ""
}

func (b *builder) telemetry(in io.Reader, name string) (bool, Reason) {
	read := telemetry.ReadJSON
	if isCSV(name) {
		read = telemetry.ReadCSV
	}
	hours, account, err := read(in)
	b.hours(hours)
	b.unknown(catalog.Telemetry, account)
	switch {
	case errors.Is(err, telemetry.ErrEmpty):
		return false, NoReadings
	case err != nil:
		return len(hours) > 0, Unreadable
	case account.Malformed > 0:
		return true, SomeLines
	}
	return true, ""
}

func (b *builder) hours(hours []telemetry.Hour) {
	once := map[telemetry.Metric]mean{}
	for _, h := range hours {
		b.report.lastHour = max(b.report.lastHour, h.Hour)
		field := "telemetry." + h.Metric.Component + "." + h.Metric.Metric
		if b.once(field) {
			once[h.Metric] = once[h.Metric].with(h.Value)
			continue
		}
		b.add(observation.Observation{Field: field, Minute: 60 * h.Hour, Value: h.Value})
	}
	for m, all := range once {
		o := observation.Observation{Field: "telemetry." + m.Component + "." + m.Metric, Value: all.value()}
		if m.Sum {
			o.Value = all.sum
		}
		b.add(o)
	}
}

// once tells whether a field of telemetry or of a log is told once for a run and not by the
// hour. How well the focus does depends on what is imaged, and an hour is a dozen bases: see
// shared/scrub/sequence.
func (b *builder) once(field string) bool {
	f, ok := b.cat.Field(field)
	if !ok || slices.Contains(f.Dimensions, catalog.Minute) {
		return false
	}
	if b.report.once == nil {
		b.report.once = map[string]bool{}
	}
	b.report.once[field] = true
	return true
}

// unknown counts lines of which nothing is used, and what is beside a reading in its line.
func (b *builder) unknown(file catalog.FileKind, a telemetry.Account) {
	if n := a.Unknown + a.Malformed + a.Labels; n > 0 {
		if b.report.Unknown == nil {
			b.report.Left, b.report.Unknown = map[string]int{}, map[catalog.FileKind]int{}
		}
		b.report.Unknown[file] += n
	}
}
