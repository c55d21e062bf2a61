package telemetry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	wire "proactive/events"
)

// Adapter turns a line of an instrument's own log into what is known of it. ok is false
// for a line that is not known: nothing of it is returned, kept or told, but that it was
// there. The event is valid until the next line.
type Adapter interface {
	Line(line []byte) (e Event, ok bool)
}

// Event is one line that is known: which template, and its typed parameters. It has no
// free text, by construction: there is no parameter that could hold any.
type Event struct {
	Time     time.Time
	Template *Template
	Params   []Param
}

// Param is a parameter's value: a number, or for a word which one of its template's.
type Param struct {
	Name  string
	Value float64
	Word  string // one of those that the template lists; "" for a number
}

// Template is one kind of line of a dialect.
type Template struct {
	ID    string `json:"id"`
	Level string `json:"level"`
	// Text is literal text and parameters: <name:int:low:high>, <name:float:low:high>,
	// <name:word:one|other>, and <_:skip> for what must be there and is stepped over.
	Text string `json:"text"`
	// NE107 is the NAMUR NE 107 signal that the line speaks of, if it does.
	NE107 string `json:"ne107"`
	// Reading, if the line carries one: Value names a parameter or is a number.
	Reading *struct {
		Component string `json:"component"`
		Metric    string `json:"metric"`
		Unit      string `json:"unit"`
		Value     string `json:"value"`
	} `json:"reading"`

	parts []part
}

// Dialect is how one kind of instrument writes its log: a table of templates. It is an
// [Adapter]; it is not safe for concurrent use.
type Dialect struct {
	Name string `json:"dialect"`
	// Files are the names of the logs, in the run folder's Logs directory.
	Files []string `json:"files"`
	// Begin is how each line begins: literal text, <time>, <level>, and <_> for what is
	// stepped over.
	Begin      string     `json:"begin"`
	TimeLayout string     `json:"time"` // as of Go's time package
	Levels     []string   `json:"levels"`
	Templates  []Template `json:"templates"`

	begin  []part
	byWord map[string][]*Template // by the first word of the text
	params []Param
}

// part is a piece of a template: literal text, or a parameter.
type part struct {
	literal   string
	name      string
	kind      kind
	low, high float64
	words     []string
}

type kind int

const (
	literal kind = iota
	whole
	decimal
	word
	skip
	stamp
	level
)

// ErrDialect means that a dialect's table cannot be used.
var ErrDialect = errors.New("not a dialect")

var signals = []string{"", "failure", "check-function", "out-of-specification", "maintenance-required"}

// ReadDialect reads a dialect's table and checks it: ids differ, texts can be told apart by
// their first word or their order, parameters have bounds, readings are of a known metric.
func ReadDialect(raw []byte) (*Dialect, error) {
	var d Dialect
	in := json.NewDecoder(bytes.NewReader(raw))
	in.DisallowUnknownFields()
	if err := in.Decode(&d); err != nil {
		return nil, fmt.Errorf("reading a dialect: %w: %w", ErrDialect, err)
	}
	bad := func(format string, args ...any) (*Dialect, error) {
		return nil, fmt.Errorf("dialect %q: %w: %s", d.Name, ErrDialect, fmt.Sprintf(format, args...))
	}
	if d.Name == "" || len(d.Files) == 0 || len(d.Templates) == 0 || len(d.Levels) == 0 {
		return bad("it needs a name, files, levels and templates")
	}
	var err error
	if d.begin, err = parse(d.Begin, true); err != nil {
		return bad("begin: %v", err)
	}
	if now := time.Unix(0, 0).UTC(); d.TimeLayout == "" || !slices.ContainsFunc(d.begin, func(p part) bool { return p.kind == stamp }) || now.Format(d.TimeLayout) == d.TimeLayout {
		return bad("a line must begin with its <time>, in a layout")
	}
	d.byWord = map[string][]*Template{}
	ids := map[string]bool{}
	for i := range d.Templates {
		t := &d.Templates[i]
		if t.parts, err = parse(t.Text, false); err != nil {
			return bad("template %q: %v", t.ID, err)
		}
		first, _, spaced := strings.Cut(t.parts[0].literal, " ")
		switch {
		case t.ID == "" || ids[t.ID]:
			return bad("template %q: its id is empty, or another's", t.ID)
		case t.parts[0].kind != literal || !spaced:
			return bad("template %q: it must begin with a literal word and a space", t.ID)
		case !slices.Contains(d.Levels, t.Level) || !slices.Contains(signals, t.NE107):
			return bad("template %q: level %q or signal %q is not known", t.ID, t.Level, t.NE107)
		case t.Reading != nil && !t.readable():
			return bad("template %q: its reading is of no known metric, unit or parameter", t.ID)
		}
		ids[t.ID] = true
		d.byWord[first] = append(d.byWord[first], t)
	}
	return &d, nil
}

// readable tells whether the reading is of a known metric and has a value.
func (t *Template) readable() bool {
	r := t.Reading
	known := slices.ContainsFunc(Metrics, func(m Metric) bool {
		return m.Component == r.Component && m.Metric == r.Metric && m.Unit == r.Unit
	})
	_, err := strconv.ParseFloat(r.Value, 64)
	return known && (err == nil || slices.ContainsFunc(t.parts, func(p part) bool {
		return p.name == r.Value && (p.kind == whole || p.kind == decimal)
	}))
}

// parse cuts a text into its parts.
func parse(text string, begin bool) (parts []part, err error) {
	for text != "" {
		before, rest, found := strings.Cut(text, "<")
		if before != "" {
			parts = append(parts, part{literal: before})
		}
		if !found {
			break
		}
		inner, after, closed := strings.Cut(rest, ">")
		if !closed {
			return nil, errors.New("a parameter does not end")
		}
		p, err := parseParam(inner, begin)
		if err != nil {
			return nil, err
		}
		if n := len(parts); n > 0 && parts[n-1].kind != literal {
			return nil, fmt.Errorf("nothing lies between <%s> and the parameter before", inner)
		}
		parts = append(parts, p)
		text = after
	}
	if len(parts) == 0 {
		return nil, errors.New("it is empty")
	}
	return parts, nil
}

func parseParam(inner string, begin bool) (part, error) {
	f := strings.Split(inner, ":")
	switch {
	case begin && inner == "time":
		return part{kind: stamp}, nil
	case begin && inner == "level":
		return part{kind: level}, nil
	case begin && inner == "_", !begin && inner == "_:skip":
		return part{kind: skip}, nil
	case !begin && len(f) == 3 && f[1] == "word" && f[2] != "":
		return part{kind: word, name: f[0], words: strings.Split(f[2], "|")}, nil
	case !begin && len(f) == 4 && (f[1] == "int" || f[1] == "float"):
		p := part{kind: whole, name: f[0]}
		if f[1] == "float" {
			p.kind = decimal
		}
		var err, err2 error
		p.low, err = strconv.ParseFloat(f[2], 64)
		p.high, err2 = strconv.ParseFloat(f[3], 64)
		if err == nil && err2 == nil && p.low <= p.high && p.name != "" {
			return p, nil
		}
	}
	return part{}, fmt.Errorf("<%s> is no parameter", inner)
}

// Dialects are those that come with the program (events/telemetry/v1/dialects).
func Dialects() ([]*Dialect, error) {
	const dir = "telemetry/v1/dialects"
	entries, err := wire.Files.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("listing dialects: %w", err)
	}
	var all []*Dialect
	for _, e := range entries {
		raw, err := wire.Files.ReadFile(dir + "/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("reading a dialect: %w", err)
		}
		d, err := ReadDialect(raw)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}
