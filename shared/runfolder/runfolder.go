// Package runfolder reads what an instrument says of a run in XML: RunInfo.xml,
// RunParameters.xml and RunCompletionStatus.xml of every family. It keeps the facts it
// has a name for and forgets the rest: user names, paths and experiment names are
// stepped over, never held.
package runfolder

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Limits of an XML file here.
const (
	maxXML   = 16 << 20 // bytes
	maxTag   = 64 << 10 // bytes of a tag with its attributes, all of which the parser holds
	maxDepth = 32
	maxValue = 256 // bytes of a value that is kept
)

// ErrXML names a file that is not the XML it should be.
var ErrXML = errors.New("not well-formed, not of the expected kind, or too large")

// Read is one read of a run.
type Read struct {
	Number, Cycles int
	Index          bool
}

// Info is RunInfo.xml.
type Info struct {
	RunID, Serial, Flowcell string
	// Started is as exact as the file: a day, or a second on newer families.
	Started                            time.Time
	Reads                              []Read
	Lanes, Surfaces, Swaths, TileCount int
	// Sections are those of the camera by lane, 0 where tiles have none; Naming is how tiles
	// are named: FourDigit, FiveDigit; Channels are the image's, in their order.
	Sections int
	Naming   string
	Channels []string
	// Elements are all that the file has, for counting what stays.
	Elements Elements
}

// Elements counts what an XML file has: each element with text or without children, and
// each attribute, by name in lower case, "read@numcycles". The names are the file's, and
// may be anything: they are for looking up and not for telling.
type Elements struct {
	Names map[string]int
	// Other counts what has no name that is kept: comments, processing instructions,
	// attributes of the root, and names beyond the first thousand.
	Other int
}

const maxNames = 1000

func (e *Elements) add(name string) {
	if e.Names == nil {
		e.Names = map[string]int{}
	}
	if _, ok := e.Names[name]; !ok && len(e.Names) >= maxNames || len(name) > maxValue {
		e.Other++
		return
	}
	e.Names[name]++
}

// ReadOf maps a cycle counted over the whole run to its read, and to the cycle within
// it, both from 1. ok is false for a cycle beyond the last read.
func (i Info) ReadOf(cycle int) (read Read, within int, ok bool) {
	for _, r := range i.Reads {
		if cycle >= 1 && cycle <= r.Cycles {
			return r, cycle, true
		}
		cycle -= r.Cycles
	}
	return Read{}, 0, false
}

// ParseInfo reads RunInfo.xml.
func ParseInfo(r io.Reader) (Info, error) {
	var i Info
	index := false
	err := walk(r, "RunInfo", &i.Elements, func(path string, attr func(string) string, value string) {
		switch path {
		case "run":
			i.RunID = cap256(attr("Id"))
		case "run/instrument":
			i.Serial = value
		case "run/flowcell", "run/flowcellid":
			i.Flowcell = value
		case "run/date":
			i.Started = parseDate(value)
		case "run/reads/read/index": // as the Genome Analyzer marks it
			index = true
		case "run/reads/read":
			i.add(attr, index)
			index = false
		case "run/flowcelllayout":
			i.Lanes, i.Surfaces = number(attr("LaneCount")), number(attr("SurfaceCount"))
			i.Swaths, i.TileCount = number(attr("SwathCount")), number(attr("TileCount"))
			i.Sections = number(attr("SectionPerLane"))
		case "run/flowcelllayout/tileset":
			i.Naming = cap256(attr("TileNamingConvention"))
		case "run/imagechannels/name":
			if len(i.Channels) < 8 {
				i.Channels = append(i.Channels, value)
			}
		}
	})
	if err == nil && (i.RunID == "" || len(i.Reads) == 0) {
		err = fmt.Errorf("reading RunInfo.xml: %w", ErrXML)
	}
	return i, err
}

// add adds a read. The Genome Analyzer and the first HiSeqs give its first and last cycle
// over the run, and no number.
func (i *Info) add(attr func(string) string, index bool) {
	r := Read{Number: number(attr("Number")), Cycles: number(attr("NumCycles")), Index: index || strings.EqualFold(attr("IsIndexedRead"), "Y")}
	if first, last := number(attr("FirstCycle")), number(attr("LastCycle")); r.Cycles == 0 && first > 0 && last >= first {
		r.Cycles = last - first + 1
		if r.Number == 0 {
			r.Number = len(i.Reads) + 1
		}
	}
	if r.Number > 0 && r.Cycles > 0 && len(i.Reads) < 16 {
		i.Reads = append(i.Reads, r)
	}
}

// cap256 is an attribute as long as a value may be, else nothing.
func cap256(s string) string {
	if len(s) > maxValue {
		return ""
	}
	return s
}

// ParseCompletion reads the status in RunCompletionStatus.xml.
func ParseCompletion(r io.Reader) (status string, err error) {
	err = walk(r, "RunCompletionStatus", &Elements{}, func(path string, _ func(string) string, value string) {
		if path == "completionstatus" {
			status = value
		}
	})
	return status, err
}

// The ways in which the families write a date.
var dateLayouts = []string{"060102", "20060102", "1/2/2006 3:04:05 PM", "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "01/02/2006 15:04:05", "2006-01-02"}

func parseDate(s string) time.Time {
	for _, l := range dateLayouts {
		if t, err := time.Parse(l, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// dayOf is the day that is written, whatever its time zone.
func dayOf(s string) time.Time {
	for _, l := range dateLayouts {
		if t, err := time.Parse(l, s); err == nil {
			return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
		}
	}
	return time.Time{}
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 1<<20 {
		return 0
	}
	return n
}

// walk calls each for every element, with its path below the root in lower case, its
// attributes and the text directly in it. encoding/xml resolves no external entity and
// knows no custom one; a document type declaration is refused all the same. elements counts
// what there is.
func walk(r io.Reader, root string, elements *Elements, each func(path string, attr func(string) string, value string)) error {
	limited := &io.LimitedReader{R: r, N: maxXML + 1}
	dec := xml.NewDecoder(bufio.NewReader(&tags{in: limited}))
	dec.CharsetReader = charset
	var open [maxDepth + 1]element // the first stands for what holds the root
	depth, seen := 0, false
	for {
		tok, err := dec.RawToken() // tags are matched here, by their names as written
		if errors.Is(err, io.EOF) && seen && depth == 0 && limited.N > 0 {
			return nil
		}
		if err != nil || limited.N <= 0 {
			return fmt.Errorf("reading %s: %w", root, ErrXML) // the cause may quote the file
		}
		switch t := tok.(type) {
		case xml.Directive:
			return fmt.Errorf("reading %s: %w", root, ErrXML)
		case xml.Comment:
			elements.Other++
		case xml.ProcInst:
			if t.Target != "xml" {
				elements.Other++
			}
		case xml.StartElement:
			if depth == 0 && (seen || !strings.EqualFold(t.Name.Local, root)) || depth >= maxDepth {
				return fmt.Errorf("reading %s: %w", root, ErrXML)
			}
			seen = true
			parent := open[depth].path
			depth++
			open[depth].begin(t, depth, parent)
			open[depth-1].leaf = false
			open[depth].leaf = true
			elements.attributes(t, depth)
		case xml.CharData:
			if depth > 0 {
				if top := &open[depth]; len(top.text)+len(t) <= maxValue {
					top.text = append(top.text, t...)
				}
			}
		case xml.EndElement:
			if depth == 0 || open[depth].name != t.Name {
				return fmt.Errorf("reading %s: %w", root, ErrXML)
			}
			if top := &open[depth]; depth > 1 {
				value := strings.TrimSpace(string(top.text))
				if value != "" || top.leaf && len(top.attrs) == 0 {
					elements.add(strings.ToLower(top.name.Local))
				}
				each(top.path, top.attr, value)
			}
			depth--
		}
	}
}

// tags passes a file on as long as no tag in it is longer than maxTag.
type tags struct {
	in   io.Reader
	open bool
	size int
}

// Read implements io.Reader.
func (t *tags) Read(p []byte) (int, error) {
	n, err := t.in.Read(p)
	for _, b := range p[:n] {
		switch t.size++; {
		case b == '<':
			t.open, t.size = true, 0
		case b == '>':
			t.open = false
		case t.open && t.size > maxTag:
			return 0, ErrXML
		}
	}
	return n, err
}

// element is one that is open, and after it the next one as deep.
type element struct {
	name   xml.Name
	parent string
	path   string // below the root, in lower case
	attrs  []xml.Attr
	text   []byte
	leaf   bool // nothing is in it but text
}

// attributes counts those of an element; of the root, which has no name here, by number.
func (e *Elements) attributes(t xml.StartElement, depth int) {
	for _, a := range t.Attr {
		switch {
		case a.Name.Space == "xmlns" || a.Name.Local == "xmlns":
		case depth == 1:
			e.Other++
		default:
			e.add(strings.ToLower(t.Name.Local + "@" + a.Name.Local))
		}
	}
}

// begin begins the next element; a flow cell's tiles, say, have all the same path.
func (e *element) begin(t xml.StartElement, depth int, parent string) {
	if depth > 1 && (e.name != t.Name || e.parent != parent || e.path == "") {
		e.parent, e.path = parent, strings.ToLower(t.Name.Local)
		if depth > 2 {
			e.path = parent + "/" + e.path
		}
	}
	e.name, e.attrs, e.text = t.Name, t.Attr, e.text[:0]
}

func (e *element) attr(name string) string {
	for _, a := range e.attrs {
		if strings.EqualFold(a.Name.Local, name) {
			return a.Value
		}
	}
	return ""
}

// charset accepts the declarations that stand over UTF-8 or plain ASCII.
func charset(label string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "utf-8", "us-ascii", "ascii":
		return in, nil
	}
	return nil, ErrXML
}
