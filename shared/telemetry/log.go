package telemetry

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// Count is how often a template's line came in an hour.
type Count struct {
	Template string
	Hour     int // from the first known line of the file
	N        int
}

// Log is what an operation or error log says: counts, the readings that its lines carry,
// and an account of the others. It holds no text of the log.
type Log struct {
	Counts  []Count
	Hours   []Hour
	Account Account
}

// ReadLog reads a log by its dialect. A line that is not known, of whatever kind, is
// counted; one that is longer than 4 KiB or earlier than the first known one is malformed;
// the last one, if no line feed ends it, is under way and not used. The error is the
// reader's, or [ErrEmpty] if no line is known.
func ReadLog(r io.Reader, a Adapter) (Log, error) {
	h := newHours()
	counts := map[Count]int{}
	in := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			h.Lines++
			h.Malformed++
			if err := skipLine(in); err != nil {
				return h.log(counts), fmt.Errorf("reading a log: %w", err)
			}
			continue
		case errors.Is(err, io.EOF):
			if len(counts) == 0 {
				return h.log(counts), ErrEmpty
			}
			return h.log(counts), nil
		case err != nil:
			return h.log(counts), fmt.Errorf("reading a log: %w", err)
		}
		if line = bytes.TrimRight(line, "\r\n"); len(line) == 0 {
			continue
		}
		h.Lines++
		if e, ok := a.Line(line); !ok {
			h.Unknown++
		} else if at, ok := h.see(e); ok {
			counts[Count{e.Template.ID, at, 0}]++
		}
	}
}

// see takes an event in: its hour, and its reading if it carries one.
func (h *hours) see(e Event) (hour int, ok bool) {
	if h.first.IsZero() {
		h.first = e.Time
	}
	since := e.Time.Sub(h.first)
	if hour = int(since / time.Hour); e.Time.IsZero() || since < 0 || hour >= maxHours {
		h.Malformed++
		return 0, false
	}
	if one, carries := e.reading(); carries {
		h.add(one) // which counts it as taken
		return hour, true
	}
	h.Taken++
	return hour, true
}

// reading is what the event's line carries, if it does.
func (e Event) reading() (Reading, bool) {
	r := e.Template.Reading
	if r == nil {
		return Reading{}, false
	}
	one := Reading{Time: e.Time, Component: r.Component, Metric: r.Metric, Unit: r.Unit}
	if v, err := strconv.ParseFloat(r.Value, 64); err == nil {
		one.Value = v
		return one, true
	}
	for _, p := range e.Params {
		if p.Name == r.Value {
			one.Value = p.Value
		}
	}
	return one, true
}

func (h *hours) log(counts map[Count]int) Log {
	all, account, _ := h.done(nil) // a log without readings is none the worse
	l := Log{Hours: all, Account: account}
	for at, n := range counts {
		at.N = n
		l.Counts = append(l.Counts, at)
	}
	slices.SortFunc(l.Counts, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.Template, b.Template), cmp.Compare(a.Hour, b.Hour))
	})
	return l
}
