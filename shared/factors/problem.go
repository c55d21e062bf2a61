package factors

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"proactive/shared/fault"
	"proactive/shared/health"
)

// Problem says which runs had it: a feature beyond a limit, or a factor at one of some
// levels, such as run.completion. Exactly one of the two is set.
type Problem struct {
	Feature string // as health.Features names it
	Above   bool   // values above Limit are the problem; else values below it
	Limit   float64

	Field  string // a catalog field
	Values []string
}

// ParseProblem reads "q30<80", "chiller.temperature.mean>8" and
// "run.completion=ExceptionEndedEarly,UserEndedEarly".
func ParseProblem(text string) (Problem, error) {
	at := strings.IndexAny(text, "<>=")
	if strings.ContainsFunc(text, unicode.IsControl) {
		at = -1
	}
	if at > 0 && text[at] == '=' {
		p := Problem{Field: text[:at], Values: strings.Split(text[at+1:], ",")}
		if !slices.Contains(p.Values, "") {
			return p, nil
		}
	} else if at > 0 {
		limit, err := strconv.ParseFloat(strings.TrimSpace(text[at+1:]), 64)
		if err == nil && !math.IsNaN(limit) && !math.IsInf(limit, 0) {
			return Problem{Feature: strings.TrimSpace(text[:at]), Above: text[at] == '>', Limit: limit}, nil
		}
	}
	return Problem{}, fault.New(fault.Malformed, BadProblem, fmt.Errorf("%q is no problem: say q30<80, chiller.temperature.mean>8, run.completion=ExceptionEndedEarly or the id of a limit rule", text))
}

// String is the inverse of ParseProblem.
func (p Problem) String() string {
	switch {
	case p.Field != "":
		return p.Field + "=" + strings.Join(p.Values, ",")
	case p.Above:
		return p.Feature + ">" + strconv.FormatFloat(p.Limit, 'g', -1, 64)
	default:
		return p.Feature + "<" + strconv.FormatFloat(p.Limit, 'g', -1, 64)
	}
}

// Of tells whether a batch shows the problem; known is false if it does not say.
func (p Problem) Of(f health.Features) (problem, known bool) {
	if p.Field != "" {
		level, known := f.Factors[p.Field]
		return slices.Contains(p.Values, level), known
	}
	v, known := f.Values[p.Feature]
	if p.Above {
		return v > p.Limit, known
	}
	return v < p.Limit, known
}

// outcomes are fields among a run's factors that say how it ended, not what it was
// exposed to.
var outcomes = []string{"run.completion"}

// period is the factor that is only held fixed: the quarter of a year in which a run
// started. What changes with the season comes and goes with lots and versions.
const period = "period"

// Hold are the factors of OfFeatures that are held fixed and never accused.
var Hold = []string{period}

// OfFeatures makes exposures of the batches of one instrument. shows tells whether a batch
// shows the problem, as Problem.Of does; a batch that does not say is not known. Batches of
// one run are one: it had the problem if any of them shows it, and its levels are those of
// the last. A run of which no batch says is left out.
func OfFeatures(tenant string, batches []health.Features, shows func(health.Features) (problem, known bool)) []Exposure {
	type run struct {
		last     int64
		exposure Exposure
		known    bool
	}
	var order []*run
	runs := map[string]*run{}
	for _, f := range batches {
		name := f.Run
		if name == "" {
			name = "batch " + f.Batch
		}
		r := runs[name]
		if r == nil {
			r = &run{exposure: Exposure{Tenant: tenant, Instrument: f.Instrument, Run: name}}
			runs[name] = r
			order = append(order, r)
		}
		if problem, known := shows(f); known {
			r.known = true
			r.exposure.Problem = r.exposure.Problem || problem
		}
		if f.Sequence < r.last {
			continue
		}
		r.last = f.Sequence
		r.exposure.Levels = map[string]string{}
		for field, level := range f.Factors {
			if !slices.Contains(outcomes, field) {
				r.exposure.Levels[field] = level
			}
		}
		if !f.Week.IsZero() {
			r.exposure.Levels[period] = fmt.Sprintf("%dQ%d", f.Week.Year(), (f.Week.Month()+2)/3)
		}
	}
	var all []Exposure
	for _, r := range order {
		if r.known {
			all = append(all, r.exposure)
		}
	}
	return all
}
