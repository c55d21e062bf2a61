package notice

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"proactive/shared/health"
	"proactive/shared/language"
)

// Urgency is how soon a person should look. It follows from the findings and nothing
// else: a fixed limit that is crossed may already cost runs, a drift is still inside every
// limit; what is foretold is urgent if it has come, or likely comes within a week. Evidence that is not on file is urgent, for nobody knows.
type Urgency string

// The urgencies.
const (
	ActToday Urgency = "act-today"
	ThisWeek Urgency = "this-week"
)

// kindLimit is health.Finding's Kind of a fixed threshold.
const kindLimit = "limit"

func urgencyOf(findings []health.Finding) Urgency {
	if len(findings) == 0 || slices.ContainsFunc(findings, func(f health.Finding) bool { return f.Kind == kindLimit || imminent(f) }) {
		return ActToday
	}
	return ThisWeek
}

// window is the stretch of runs a rule looks at: the last three for a limit, four for a
// drift [shared/score]. Only for saying "2 of the last 3 runs".
func window(f health.Finding) (violating, of int) {
	size := 4
	if f.Kind == kindLimit {
		size = 3
	}
	points := f.Evidence.Points
	for _, p := range points[max(0, len(points)-size):] {
		of++
		if p.Violates {
			violating++
		}
	}
	return violating, of
}

// value writes a measurement with its unit, to three significant figures, as the
// language writes decimals: "9.41 °C", "9,41 °C".
func value(l language.Language, v float64, unit string) string {
	s := strconv.FormatFloat(v, 'f', decimals(v), 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if l == language.Spanish {
		s = strings.Replace(s, ".", ",", 1)
	}
	return withUnit(s, unit)
}

// decimals that three significant figures of v need, at most four.
func decimals(v float64) int {
	a := math.Abs(v)
	if a == 0 || a >= 1000 {
		return 0
	}
	return min(4, max(0, 2-int(math.Floor(math.Log10(a)))))
}

// aligned writes the values of a column alike, with the decimals of the largest.
func aligned(points []health.Point, unit string) map[int64]string {
	largest := 0.0
	for _, p := range points {
		largest = max(largest, math.Abs(p.Value))
	}
	cells := map[int64]string{}
	for _, p := range points {
		cells[p.Sequence] = withUnit(strconv.FormatFloat(p.Value, 'f', decimals(largest), 64), unit)
	}
	return cells
}

func withUnit(s, unit string) string {
	shown, ok := units[unit]
	if !ok {
		shown = unit
	}
	if shown == "" {
		return s
	}
	return s + "\u00a0" + shown
}

// units are UCUM codes as people write them.
var units = map[string]string{"Cel": "°C", "K": "K", "1": "", "um": "µm", "/min": "rpm", "/h": "/h", "%": "%", "mW": "mW", "{pixel}": "px", "A": "A", "s": "s", "ms": "ms", "kPa": "kPa", "/mm2": "/mm²"}

func side(above bool) string {
	if above {
		return "above"
	}
	return "below"
}

// seen is what was seen, in a phrase: "2 of the last 3 runs above 8 °C".
func seen(f health.Finding) string {
	if f.Foretold != nil {
		return forecast(f)
	}
	k, n := window(f)
	runs := fmt.Sprintf("%d of the last %d runs", k, n)
	if k == n {
		runs = fmt.Sprintf("all of the last %d runs", n)
	}
	return fmt.Sprintf("%s %s %s", runs, side(f.Evidence.Above), value(language.English, f.Evidence.Limit, f.Evidence.Unit))
}

// bound says what the limit is, and where it comes from.
func bound(f health.Finding) string {
	limit := value(language.English, f.Evidence.Limit, f.Evidence.Unit)
	if f.Kind == kindLimit {
		return "fixed limit " + limit
	}
	normal := value(language.English, f.Evidence.Baseline, f.Evidence.Unit)
	if f.Kind == health.Predicted {
		return fmt.Sprintf("bound %s, where this instrument's own normal is %s", limit, normal)
	}
	if f.Evidence.Baseline != 0 {
		return fmt.Sprintf("bound %s, set by this instrument's own normal of %s (%s)", limit, normal, change(f.Evidence.Limit/f.Evidence.Baseline-1))
	}
	return fmt.Sprintf("bound %s, set by this instrument's own normal of %s", limit, normal)
}

// missing are the sequence numbers between the first and last point that no batch
// brought: "7, 8 and 11", or "" for none.
func missing(f health.Finding) (list string, n int) {
	var gaps []string
	points := slices.SortedFunc(slices.Values(f.Evidence.Points), func(a, b health.Point) int { return cmp.Compare(a.Sequence, b.Sequence) })
	for i := 1; i < len(points); i++ {
		from, to := points[i-1].Sequence+1, points[i].Sequence-1
		switch {
		case from == to:
			gaps = append(gaps, strconv.FormatInt(from, 10))
		case from < to:
			gaps = append(gaps, fmt.Sprintf("%d–%d", from, to))
		}
		n += int(max(0, to-from+1))
	}
	switch len(gaps) {
	case 0:
		return "", 0
	case 1:
		return gaps[0], n
	}
	return strings.Join(gaps[:len(gaps)-1], ", ") + " and " + gaps[len(gaps)-1], n
}

// tableRows is how many runs a table shows; the chart shows them all.
const tableRows = 12

func newest(points []health.Point) []health.Point { return points[max(0, len(points)-tableRows):] }

// evidenceTable has one row a run, the newest of them: sequence number, value, verdict, and up to three run
// metrics that stand beside as support.
func evidenceTable(f health.Finding) *Table {
	t := &Table{Head: []string{"Run", feature(f.Evidence.Feature).short, ""}}
	support := f.Evidence.Support[:min(3, len(f.Evidence.Support))]
	values := aligned(f.Evidence.Points, f.Evidence.Unit)
	var beside []map[int64]string
	for _, s := range support {
		t.Head = append(t.Head, feature(s.Feature).short)
		beside = append(beside, aligned(s.Points, s.Unit))
	}
	for _, p := range newest(f.Evidence.Points) {
		verdict := ""
		if p.Violates {
			verdict = side(f.Evidence.Above)
		}
		r := Row{Marked: p.Violates, Cells: []string{strconv.FormatInt(p.Sequence, 10), values[p.Sequence], verdict}}
		for _, cells := range beside {
			cell, ok := cells[p.Sequence]
			if !ok {
				cell = "–"
			}
			r.Cells = append(r.Cells, cell)
		}
		t.Rows = append(t.Rows, r)
	}
	return t
}

// change is a relative change in per cent: "−10 %", "+25 %".
func change(by float64) string {
	return strings.Replace(fmt.Sprintf("%+.0f\u00a0%%", 100*by), "-", "−", 1)
}
