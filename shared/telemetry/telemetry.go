// Package telemetry reads component telemetry in the open format of
// events/telemetry/v1: one reading a line, as JSON or CSV, with a UCUM unit. It
// aggregates to the hour; single readings and absolute times do not leave.
package telemetry

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of a telemetry file.
const (
	maxLine  = 4 << 10
	maxHours = 24 * 21 // three weeks, longer than any run
)

// Reading is one line.
type Reading struct {
	Time      time.Time `json:"time"`
	Subsystem string    `json:"subsystem"`
	Component string    `json:"component"`
	Metric    string    `json:"metric"`
	Value     float64   `json:"value"`
	Unit      string    `json:"unit"` // UCUM, case-sensitive
}

// Metric is what one component reports, in the one unit in which it is taken.
type Metric struct {
	Component, Metric, Unit string
	// Sum: events of the hour are counted; otherwise the hour's mean is taken.
	Sum bool
}

// Metrics are all that is known here. The catalog says which may leave.
var Metrics = []Metric{
	{"laser", "power", "mW", false}, {"laser", "current", "A", false},
	{"camera", "temperature", "Cel", false}, {"focus", "score", "1", false},
	{"stage", "error", "um", false}, {"stage", "retries", "1", true},
	{"chiller", "temperature", "Cel", false}, {"chiller", "duty", "%", false},
	{"heater", "ramp", "s", false}, {"heater", "error", "K", false},
	{"pump", "delivered", "1", false}, {"line", "pressure", "kPa", false},
	{"valve", "move", "ms", false}, {"valve", "retries", "1", true},
	{"internal", "temperature", "Cel", false}, {"fan", "speed", "/min", false}, {"disk", "free", "%", false},
}

// Hour is one hour of one metric.
type Hour struct {
	Metric Metric
	Hour   int // from the first reading of the file
	Value  float64
}

// Account is what became of the lines.
type Account struct {
	Lines, Taken int
	// Unknown lines are of a metric or unit that is not known here; Malformed ones are
	// not readings at all, or have no finite value, or lie before the first reading.
	Unknown, Malformed int
	// Labels counts members of JSON, and values of columns, that no reading has. Their names
	// may be anything, and are not kept.
	Labels int
}

// ErrEmpty means that there is no reading in the file.
var ErrEmpty = errors.New("no reading")

type cell struct {
	sum float64
	n   int
}

type hours struct {
	known map[[2]string]Metric
	first time.Time
	cells map[string][]cell // by component.metric, then hour
	Account
}

// ReadJSON aggregates a file of JSON lines.
func ReadJSON(r io.Reader) ([]Hour, Account, error) {
	h := newHours()
	in := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := in.ReadSlice('\n')
		if len(bytes.TrimSpace(line)) > 0 && !errors.Is(err, bufio.ErrBufferFull) {
			var one Reading
			if h.Lines++; json.Unmarshal(line, &one) != nil {
				h.Malformed++
			} else {
				h.Labels += labels(line)
				h.add(one)
			}
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			h.Lines++
			h.Malformed++
			if err := skipLine(in); err != nil {
				return h.done(err)
			}
		case errors.Is(err, io.EOF):
			return h.done(nil)
		case err != nil:
			return h.done(fmt.Errorf("reading telemetry: %w", err))
		}
	}
}

// ReadCSV aggregates a CSV file whose first line names the columns of Reading.
func ReadCSV(r io.Reader) ([]Hour, Account, error) {
	h := newHours()
	in := csv.NewReader(&lines{in: bufio.NewReaderSize(r, maxLine)})
	in.ReuseRecord = true
	var columns []string
	others := 0
	for {
		row, err := in.Read()
		switch {
		case errors.Is(err, io.EOF):
			return h.done(nil)
		case err != nil:
			if _, ok := errors.AsType[*csv.ParseError](err); ok {
				h.Lines++
				h.Malformed++
				continue
			}
			return h.done(fmt.Errorf("reading telemetry: %w", err))
		case columns == nil:
			columns = slices.Clone(row)
			for _, c := range columns {
				if !slices.Contains(members, c) {
					others++
				}
			}
			continue
		}
		h.Lines++
		if one, ok := fromCSV(columns, row); ok {
			h.Labels += others
			h.add(one)
		} else {
			h.Malformed++
		}
	}
}

// members are those of a reading.
var members = []string{"time", "subsystem", "component", "metric", "value", "unit"}

// labels counts the members of a JSON object that no reading has; encoding/json passes them
// over, and takes ours in any letter case.
func labels(object []byte) (n int) {
	depth, name := 0, false
	for i := 0; i < len(object); i++ {
		switch object[i] {
		case '{', '[':
			depth++
			name = depth == 1
		case '}', ']':
			depth--
		case ',':
			name = depth == 1
		case ':':
			name = false
		case '"':
			end := i + 1
			for end < len(object) && object[end] != '"' {
				if object[end] == '\\' {
					end++
				}
				end++
			}
			if depth == 1 && name && !slices.ContainsFunc(members, func(m string) bool { return strings.EqualFold(m, string(object[i+1:min(end, len(object))])) }) {
				n++
			}
			i = end
		}
	}
	return n
}

func fromCSV(columns, row []string) (Reading, bool) {
	var one Reading
	var timeErr, valueErr error
	for i, c := range columns {
		switch c {
		case "time":
			one.Time, timeErr = time.Parse(time.RFC3339, row[i])
		case "subsystem":
			one.Subsystem = row[i]
		case "component":
			one.Component = row[i]
		case "metric":
			one.Metric = row[i]
		case "value":
			one.Value, valueErr = strconv.ParseFloat(row[i], 64)
		case "unit":
			one.Unit = row[i]
		}
	}
	return one, timeErr == nil && valueErr == nil
}

func newHours() *hours {
	h := &hours{known: map[[2]string]Metric{}, cells: map[string][]cell{}}
	for _, m := range Metrics {
		h.known[[2]string{m.Component, m.Metric}] = m
	}
	return h
}

func (h *hours) add(one Reading) {
	m, ok := h.known[[2]string{one.Component, one.Metric}]
	if !ok || m.Unit != one.Unit {
		h.Unknown++
		return
	}
	if h.first.IsZero() {
		h.first = one.Time
	}
	since := one.Time.Sub(h.first)
	hour := int(since / time.Hour)
	if one.Time.IsZero() || since < 0 || hour >= maxHours || math.IsNaN(one.Value) || math.IsInf(one.Value, 0) {
		h.Malformed++
		return
	}
	key := m.Component + "." + m.Metric
	for len(h.cells[key]) <= hour {
		h.cells[key] = append(h.cells[key], cell{})
	}
	h.cells[key][hour].sum += one.Value
	h.cells[key][hour].n++
	h.Taken++
}

func (h *hours) done(err error) ([]Hour, Account, error) {
	var all []Hour
	for _, m := range Metrics {
		for hour, c := range h.cells[m.Component+"."+m.Metric] {
			if c.n == 0 {
				continue // no reading is not a reading of zero
			}
			v := c.sum
			if !m.Sum {
				v /= float64(c.n)
			}
			all = append(all, Hour{Metric: m, Hour: hour, Value: v})
		}
	}
	if err == nil && len(all) == 0 {
		err = ErrEmpty
	}
	return all, h.Account, err
}

// lines passes whole lines on. The last one, if nothing ends it, is being written: 79 may
// become 796. One that is longer than any reading, or in which a quote does not end, is passed
// on as a field too few.
type lines struct {
	in   *bufio.Reader
	rest []byte
}

// notOne stands for a line that is no reading.
var notOne = []byte("none\n")

// Read implements io.Reader.
func (l *lines) Read(p []byte) (int, error) {
	if len(l.rest) == 0 {
		line, err := l.in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if err := skipLine(l.in); err != nil {
				return 0, err
			}
			line = notOne
		case err != nil:
			return 0, err
		case bytes.Count(line, []byte{'"'})%2 != 0: // a value that goes on in the next line might go on for ever
			line = notOne
		}
		l.rest = line
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// skipLine leaves the rest of an overlong line.
func skipLine(in *bufio.Reader) error {
	for {
		_, err := in.ReadSlice('\n')
		if !errors.Is(err, bufio.ErrBufferFull) {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}
