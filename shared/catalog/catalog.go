// Package catalog is the one list of what may leave a lab: events/catalog/v1. A field
// that is not on it does not leave, whatever it is called; one that is leaves only
// within its type, bounds and dimensions.
package catalog

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"

	wire "proactive/events"
)

// Path is where the catalog is, within wire.Files.
const Path = "catalog/v1/catalog.json"

// Format is the first member of the catalog.
const Format = "proactive-catalog/1"

// Category is one of the four kinds of data that may leave a lab. There is no fifth.
type Category string

// The categories.
const (
	InstrumentPerformance   Category = "instrument-performance"
	RunPerformance          Category = "run-performance"
	InstrumentConfiguration Category = "instrument-configuration"
	RunConfiguration        Category = "run-configuration"
)

// FileKind is a kind of file that a field is read from.
type FileKind string

// The kinds of file on the allow-list, and OtherFile for a field of no known file.
const (
	RunInfo           FileKind = "run-info"
	RunParameters     FileKind = "run-parameters"
	RunCompletion     FileKind = "run-completion"
	TileMetrics       FileKind = "tile-metrics"
	QMetrics          FileKind = "q-metrics"
	ErrorMetrics      FileKind = "error-metrics"
	ExtractionMetrics FileKind = "extraction-metrics"
	Telemetry         FileKind = "telemetry"
	OperationLog      FileKind = "operation-log"
	OtherFile         FileKind = "other"
)

// FileKinds returns every kind that a count of drops may name.
func FileKinds() []FileKind {
	return []FileKind{RunInfo, RunParameters, RunCompletion, TileMetrics, QMetrics, ErrorMetrics, ExtractionMetrics, Telemetry, OperationLog, OtherFile}
}

// Type is how a field's value is written and bounded.
type Type string

// The types. Number and Count use Observation.Value, Enum and Pattern Observation.Text.
const (
	Number  Type = "number"  // finite, Min ≤ value ≤ Max
	Count   Type = "count"   // a whole number, Min ≤ value ≤ Max
	Enum    Type = "enum"    // one of Values
	Pattern Type = "pattern" // at most MaxLength bytes that match Pattern as a whole
)

// Dimension names a place of an observation.
type Dimension string

// The dimensions.
const (
	Lane    Dimension = "lane"
	Surface Dimension = "surface"
	Tile    Dimension = "tile"
	Read    Dimension = "read"
	Cycle   Dimension = "cycle"
	Minute  Dimension = "minute"
)

// Text is for people, in the languages of the labs.
type Text struct {
	En string `json:"en"`
	Es string `json:"es"`
}

// Source says where a field's value comes from.
type Source struct {
	File FileKind `json:"file"`
	// Path is the element, metric code or metric name within the file; "" of a field with
	// Places.
	Path string `json:"path,omitempty"`
	// Places, of a field of RunParameters.xml, are by layout of the file where the value may
	// stand, the preferred one first: see shared/runfolder, which reads them.
	Places map[string][]string `json:"places,omitempty"`
	// Reduce, of telemetry, is what becomes of the readings of an hour: "mean" or "sum".
	Reduce string `json:"reduce,omitempty"`
}

// File is one entry of the allow-list: what the agent opens. It opens nothing else.
type File struct {
	Kind  FileKind `json:"kind"`
	Names []string `json:"names"` // paths in the run folder, in lower case
	What  Text     `json:"what"`
}

// Left is what an instrument writes and we have decided to leave where it is. Nothing of it
// leaves; that it was there is counted, by the entry's id.
type Left struct {
	ID   string   `json:"id"`
	File FileKind `json:"file"`
	// Names are elements, or element@attribute, in lower case.
	Names []string `json:"names"`
	What  Text     `json:"what"`
	Why   Text     `json:"why"`
}

// Field is one entry of the catalog.
type Field struct {
	ID         string      `json:"id"`
	Category   Category    `json:"category"`
	What       Text        `json:"what"`
	Source     Source      `json:"source"`
	Type       Type        `json:"type"`
	Min        *float64    `json:"min,omitempty"` // of Number and Count
	Max        *float64    `json:"max,omitempty"`
	Step       float64     `json:"step,omitempty"`       // of Count: only Min, Min+Step, Min+2·Step, …
	Values     []string    `json:"values,omitempty"`     // of Enum
	Pattern    string      `json:"pattern,omitempty"`    // of Pattern: RE2, anchored
	MaxLength  int         `json:"max_length,omitempty"` // of Pattern, bytes
	Dimensions []Dimension `json:"dimensions"`           // all of them are set, and no other
	Unit       string      `json:"unit,omitempty"`       // UCUM, of Number and Count
	Purpose    Text        `json:"purpose"`              // what we use it for
	LabValue   Text        `json:"lab_value"`            // what the lab has of it
	// RetentionDays is how long it is kept at most.
	RetentionDays int `json:"retention_days"`

	pattern *regexp.Regexp
}

// Catalog is a loaded catalog. It is immutable and safe for concurrent use.
type Catalog struct {
	hash       string
	supersedes []string
	files      []File
	fields     []Field
	byID       map[string]Field
	left       []Left
	leftByName map[name]string
	read       map[name]bool
}

// name is an element of one kind of file.
type name struct {
	file FileKind
	name string
}

type document struct {
	Format     string   `json:"format"`
	Supersedes []string `json:"supersedes"`
	Files      []File   `json:"files"`
	Fields     []Field  `json:"fields"`
	Left       []Left   `json:"left"`
}

// Load returns the embedded catalog.
func Load() (*Catalog, error) { return load() }

var load = sync.OnceValues(func() (*Catalog, error) {
	b, err := fs.ReadFile(wire.Files, Path)
	if err != nil {
		return nil, fmt.Errorf("reading the catalog: %w", err)
	}
	return Parse(b)
})

// Parse reads a catalog and refuses one that contradicts itself.
func Parse(b []byte) (*Catalog, error) {
	var d document
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		return nil, fmt.Errorf("parsing the catalog: %w", err)
	}
	if d.Format != Format {
		return nil, fmt.Errorf("parsing the catalog: format is not %s", Format)
	}
	sum := sha256.Sum256(b)
	c := &Catalog{
		hash:       "sha256:" + hex.EncodeToString(sum[:]),
		supersedes: d.Supersedes,
		files:      d.Files,
		fields:     d.Fields,
		byID:       make(map[string]Field, len(d.Fields)),
		left:       d.Left,
		leftByName: map[name]string{},
		read:       map[name]bool{},
	}
	if err := soundFiles(d.Files); err != nil {
		return nil, fmt.Errorf("parsing the catalog: %w", err)
	}
	for i, f := range d.Fields {
		if err := f.sound(); err != nil {
			return nil, fmt.Errorf("parsing the catalog: field %q: %w", f.ID, err)
		}
		if i > 0 && d.Fields[i-1].ID >= f.ID {
			return nil, fmt.Errorf("parsing the catalog: field %q is out of order or repeated", f.ID)
		}
		if f.Type == Pattern {
			f.pattern = regexp.MustCompile(f.Pattern) // sound has compiled it
		}
		c.fields[i] = f
		c.byID[f.ID] = f
		for _, element := range f.Source.elements() {
			c.read[name{f.Source.File, element}] = true
		}
	}
	for i, l := range d.Left {
		if err := l.sound(); err != nil {
			return nil, fmt.Errorf("parsing the catalog: %q: %w", l.ID, err)
		}
		if i > 0 && d.Left[i-1].ID >= l.ID {
			return nil, fmt.Errorf("parsing the catalog: %q is out of order or repeated", l.ID)
		}
		for _, n := range l.Names {
			if c.leftByName[name{l.File, n}] != "" {
				return nil, fmt.Errorf("parsing the catalog: %q: %s is decided twice", l.ID, n)
			}
			c.leftByName[name{l.File, n}] = l.ID
		}
	}
	return c, nil
}

// Hash names the catalog by the bytes of its file: "sha256:" and 64 hex digits.
func (c *Catalog) Hash() string { return c.hash }

// Accepts tells whether a batch that was projected through the catalog of that hash is
// accepted: this very one, or one that this one says it supersedes.
func (c *Catalog) Accepts(hash string) bool {
	return hash == c.hash || slices.Contains(c.supersedes, hash)
}

// Field returns the entry of that id.
func (c *Catalog) Field(id string) (Field, bool) {
	f, ok := c.byID[id]
	return f, ok
}

// Fields returns all entries, by id.
func (c *Catalog) Fields() []Field { return slices.Clone(c.fields) }

// Files returns the allow-list: what the agent opens.
func (c *Catalog) Files() []File { return slices.Clone(c.files) }

// Left returns what was decided to stay, by id.
func (c *Catalog) Left() []Left { return slices.Clone(c.left) }

// LeftBy returns the entry that decided that an element of a file stays; ok is false for
// one that nobody has decided about, which stays too.
func (c *Catalog) LeftBy(file FileKind, element string) (id string, ok bool) {
	id, ok = c.leftByName[name{file, element}]
	return id, ok
}

// IsLeft tells whether id is an entry of what stays.
func (c *Catalog) IsLeft(id string) bool {
	return slices.ContainsFunc(c.left, func(l Left) bool { return l.ID == id })
}

// Reads tells whether an element of a file is where a field is read from.
func (c *Catalog) Reads(file FileKind, element string) bool { return c.read[name{file, element}] }

// elements are the names, without their paths, of where a value of an XML file may stand.
func (s Source) elements() []string {
	paths := []string{s.Path}
	for _, p := range s.Places {
		paths = append(paths, p...)
	}
	var all []string
	for _, p := range paths {
		p = strings.ReplaceAll(strings.ToLower(p), "/@", "@")
		if at := strings.IndexByte(p, '['); at >= 0 {
			p = p[:at] + p[at+strings.IndexByte(p[at:], ']')+1:]
		}
		all = append(all, p[strings.LastIndexByte(p, '/')+1:])
	}
	return all
}
