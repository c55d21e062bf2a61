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
	RunInfo       FileKind = "run-info"
	RunParameters FileKind = "run-parameters"
	RunCompletion FileKind = "run-completion"
	TileMetrics   FileKind = "tile-metrics"
	QMetrics      FileKind = "q-metrics"
	Telemetry     FileKind = "telemetry"
	OtherFile     FileKind = "other"
)

// FileKinds returns every kind that a count of drops may name.
func FileKinds() []FileKind {
	return []FileKind{RunInfo, RunParameters, RunCompletion, TileMetrics, QMetrics, Telemetry, OtherFile}
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

// Source says where a field's value comes from.
type Source struct {
	File FileKind `json:"file"`
	Path string   `json:"path"` // element, metric code or metric name within the file
}

// Field is one entry of the catalog.
type Field struct {
	ID         string      `json:"id"`
	Category   Category    `json:"category"`
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
	Purpose    string      `json:"purpose"`              // what we use it for
	LabValue   string      `json:"lab_value"`            // what the lab has of it
	// RetentionDays is how long it is kept at most.
	RetentionDays int `json:"retention_days"`

	pattern *regexp.Regexp
}

// Catalog is a loaded catalog. It is immutable and safe for concurrent use.
type Catalog struct {
	hash       string
	supersedes []string
	fields     []Field
	byID       map[string]Field
}

type document struct {
	Format     string   `json:"format"`
	Supersedes []string `json:"supersedes"`
	Fields     []Field  `json:"fields"`
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
		fields:     d.Fields,
		byID:       make(map[string]Field, len(d.Fields)),
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
