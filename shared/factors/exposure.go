package factors

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"proactive/shared/fault"
)

// Exposure is one run: what it was exposed to, and whether it had the problem.
type Exposure struct {
	Tenant     string `json:"tenant"`     // the customer
	Instrument string `json:"instrument"` // opaque id; runs of one are never taken for independent
	Run        string `json:"run"`        // unique within the instrument
	// Levels are factor to level, "run.reagent_lot" to "20871111". A factor that is absent
	// or "" is unknown: the run says nothing about it.
	Levels  map[string]string `json:"levels"`
	Problem bool              `json:"problem"`
}

// The two columns that every run has. They are held fixed, never accused.
const (
	instrumentColumn = "instrument"
	tenantColumn     = "tenant"
)

// Where columns are.
const (
	ofInstrument = iota
	ofTenant
	firstFactor
)

// maxRuns and maxFactors bound what an analysis takes into memory.
const (
	maxRuns    = 5_000_000
	maxFactors = 64
)

// column is one factor, coded: a run's level is an index into labels, 0 is unknown.
type column struct {
	name   string
	labels []string
	of     []int32 // by run
}

// table is the exposures in columns. Runs are in the order of instrument and run, levels
// in the order of their names, so that the order in which rows came does not matter.
type table struct {
	columns []column // instrument, tenant, then factors, then what is only held
	factors int      // so many from firstFactor on are tested
	problem []bool
	usuals  map[int]usual   // see usual
	alikes  map[int]float64 // see alike
}

type usual struct {
	of     []int32
	steady bool
}

func (t *table) runs() int { return len(t.problem) }

// tableOf codes rows. It fails on a run without an instrument or tenant, and on a run that
// stands twice.
func tableOf(rows []Exposure, tested, held []string) (*table, error) {
	if len(rows) > maxRuns || len(tested)+len(held) > maxFactors {
		return nil, fault.New(fault.Malformed, TooManyExposures, fmt.Errorf("at most %d runs and %d factors", maxRuns, maxFactors))
	}
	if len(rows) == 0 {
		return nil, fault.New(fault.Malformed, NoExposures, errors.New("there are no runs to look at"))
	}
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b Exposure) int {
		return cmp.Or(cmp.Compare(a.Instrument, b.Instrument), cmp.Compare(a.Run, b.Run))
	})
	t := &table{factors: len(tested), problem: make([]bool, len(rows)), usuals: map[int]usual{}, alikes: map[int]float64{}}
	for i, r := range rows {
		if r.Instrument == "" || r.Tenant == "" || r.Run == "" {
			return nil, fault.New(fault.Malformed, IncompleteExposure, fmt.Errorf("run %q of instrument %q, tenant %q: each needs a name", r.Run, r.Instrument, r.Tenant))
		}
		if i > 0 && r.Instrument == rows[i-1].Instrument {
			if r.Run == rows[i-1].Run {
				return nil, fault.New(fault.Malformed, RunTwice, fmt.Errorf("run %q of instrument %s stands twice", r.Run, r.Instrument))
			}
			if r.Tenant != rows[i-1].Tenant {
				return nil, fault.New(fault.Malformed, TwoTenants, fmt.Errorf("instrument %s is of tenants %s and %s", r.Instrument, rows[i-1].Tenant, r.Tenant))
			}
		}
		t.problem[i] = r.Problem
	}
	t.code(rows, instrumentColumn, func(e Exposure) string { return e.Instrument })
	t.code(rows, tenantColumn, func(e Exposure) string { return e.Tenant })
	for _, name := range slices.Concat(tested, held) {
		t.code(rows, name, func(e Exposure) string { return e.Levels[name] })
	}
	return t, nil
}

func (t *table) code(rows []Exposure, name string, of func(Exposure) string) {
	index := map[string]int32{"": 0}
	for _, r := range rows {
		index[of(r)] = 0
	}
	c := column{name: name, labels: slices.Sorted(maps.Keys(index)), of: make([]int32, len(rows))}
	for i, label := range c.labels {
		index[label] = int32(i)
	}
	for i, r := range rows {
		c.of[i] = index[of(r)]
	}
	t.columns = append(t.columns, c)
}
