package telemetry

import (
	"bytes"
	"strconv"
	"time"
)

// Line implements [Adapter]: one pass over the line, whatever is in it.
func (d *Dialect) Line(line []byte) (Event, bool) {
	var at time.Time
	var lvl []byte
	rest := line
	for i, p := range d.begin {
		var value []byte
		var ok bool
		if p.kind == literal {
			if rest, ok = bytes.CutPrefix(rest, []byte(p.literal)); !ok {
				return Event{}, false
			}
			continue
		}
		if value, rest, ok = until(rest, d.begin[i+1:]); !ok {
			return Event{}, false
		}
		switch p.kind {
		case stamp:
			t, err := time.Parse(d.TimeLayout, string(value))
			if err != nil {
				return Event{}, false
			}
			at = t
		case level:
			lvl = value
		}
	}
	first, _, _ := bytes.Cut(rest, []byte(" "))
	for _, t := range d.byWord[string(first)] {
		if lvl != nil && string(lvl) != t.Level {
			continue
		}
		d.params = d.params[:0]
		if d.match(t, rest) {
			return Event{at, t, d.params}, true
		}
	}
	return Event{}, false
}

// until is what comes before the next literal; all that is left if there is none.
func until(rest []byte, next []part) (value, after []byte, ok bool) {
	if len(next) == 0 {
		return rest, nil, true
	}
	i := bytes.Index(rest, []byte(next[0].literal))
	if i < 0 {
		return nil, nil, false
	}
	return rest[:i], rest[i:], true
}

func (d *Dialect) match(t *Template, rest []byte) bool {
	for i, p := range t.parts {
		if p.kind == literal {
			var ok bool
			if rest, ok = bytes.CutPrefix(rest, []byte(p.literal)); !ok {
				return false
			}
			continue
		}
		value, after, ok := until(rest, t.parts[i+1:])
		if !ok || !d.take(p, value) {
			return false
		}
		rest = after
	}
	return len(rest) == 0
}

// longestNumber bounds what is taken for one.
const longestNumber = 24

// take takes a parameter's value in. A number beyond its bounds is not what the template
// means; a word that it does not list is none.
func (d *Dialect) take(p part, value []byte) bool {
	switch p.kind {
	case skip:
		return len(value) > 0
	case word:
		for _, w := range p.words {
			if w == string(value) {
				d.params = append(d.params, Param{Name: p.name, Word: w}) // ours, not the line's
				return true
			}
		}
		return false
	}
	if len(value) == 0 || len(value) > longestNumber || !plain(value, p.kind == decimal) {
		return false
	}
	v, err := strconv.ParseFloat(string(value), 64)
	if err != nil || v < p.low || v > p.high {
		return false
	}
	d.params = append(d.params, Param{Name: p.name, Value: v})
	return true
}

// plain is a number of digits, with a sign and, if it may have one, a point.
func plain(b []byte, point bool) bool {
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9':
		case c == '-' && i == 0 && len(b) > 1:
		case c == '.' && point:
			point = false
		default:
			return false
		}
	}
	return true
}
