package publicsets

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"proactive/shared/features"
)

// The Azure set: 100 machines from 2015-01-01 06:00 to 2016-01-01 06:00, asked every three
// hours whether one of four components fails within the next 24.
const (
	fleetErrors     = 5
	fleetComponents = 4
	fleetStep       = 3  // hours between two questions
	fleetHorizon    = 24 // hours
	// serviceDays is the maintenance cycle of the set: nine of ten services of the training
	// part come a multiple of 15 days after the one before.
	serviceDays = 15
)

var fleetBegin = time.Date(2015, 1, 1, 6, 0, 0, 0, time.UTC)

// fleetHours is how many hours the set has.
const fleetHours = 365 * 24

// never stands for the time to a failure of which the set does not know.
var never = math.Inf(1)

// Fleet is the Azure set: a row for each machine and third hour.
type Fleet struct {
	Table
	Machine []int
	Hour    []float64 // since fleetBegin
	// Until are hours to the next failure of each component; infinite without one.
	Until    [fleetComponents][]float64
	Failures []Failure
	End      float64 // the last hour
}

// Failure is one failure.
type Failure struct {
	Machine, Component int // components from 0
	Hour               float64
}

// Fails are, for each row, whether the component fails within the next 24 hours.
func (f Fleet) Fails(component int) []bool {
	out := make([]bool, len(f.Rows))
	for i, h := range f.Until[component] {
		out[i] = h <= fleetHorizon
	}
	return out
}

type fleetEvent struct {
	hour int
	kind int // of error or component, from 0
}

type fleetMachine struct {
	id, model, age               int
	errors, services, breakdowns []fleetEvent
}

// ReadFleet reads PdM_errors.csv, PdM_maint.csv, PdM_failures.csv and PdM_machines.csv of a
// folder and makes features of what was known at the hour of the question:
//
//   - error.K.in.24, .72, .168: how many errors of kind K in so many hours, this one included;
//     error.K.age: hours since the last; error.K.clock: the hour of the day at which it came;
//   - service.C.days: days since component C was last replaced; service.days: since any was,
//     within the year, for of the year before only the last replacement of each is on record;
//     service.phase: the same, modulo the 15 days of the maintenance cycle;
//   - clock, the hour of the day; model; age in years.
func ReadFleet(dir fs.FS) (Fleet, error) {
	machines, err := readMachines(dir)
	if err != nil {
		return Fleet{}, err
	}
	f := Fleet{Table: Table{Columns: fleetColumns()}, End: fleetHours}
	for _, m := range machines {
		f.ask(m)
		for _, b := range m.breakdowns {
			f.Failures = append(f.Failures, Failure{m.id, b.kind, float64(b.hour)})
		}
	}
	return f, nil
}

var countedHours = []int{24, 72, 168}

func fleetColumns() []string {
	var out []string
	for k := range fleetErrors {
		for _, w := range countedHours {
			out = append(out, fmt.Sprintf("error.%d.in.%d", k+1, w))
		}
		out = append(out, fmt.Sprintf("error.%d.age", k+1), fmt.Sprintf("error.%d.clock", k+1))
	}
	for c := range fleetComponents {
		out = append(out, fmt.Sprintf("service.%d.days", c+1))
	}
	return append(out, "service.days", "service.phase", "clock", "model", "age")
}

// ask goes through the hours of a machine, once.
func (f *Fleet) ask(m fleetMachine) {
	var (
		counts  [fleetErrors]features.Counts
		last    [fleetErrors]features.Since
		service [fleetComponents]features.Since
		any     features.Since
		error   = m.errors
		serve   = m.services
		broken  = m.breakdowns
	)
	for k := range counts {
		counts[k] = features.Counts{Step: 1, Slots: countedHours[len(countedHours)-1]}
	}
	for hour := 0; hour <= fleetHours; hour++ {
		for ; len(error) > 0 && error[0].hour <= hour; error = error[1:] {
			if error[0].hour == hour { // errors before the year began were not recorded
				counts[error[0].kind].Add(float64(hour), 1)
				last[error[0].kind].Add(float64(hour))
			}
		}
		for ; len(serve) > 0 && serve[0].hour <= hour; serve = serve[1:] {
			service[serve[0].kind].Add(float64(serve[0].hour))
			if serve[0].hour >= 0 {
				any.Add(float64(serve[0].hour))
			}
		}
		for len(broken) > 0 && broken[0].hour <= hour {
			broken = broken[1:]
		}
		clock := (fleetBegin.Hour() + hour) % 24
		if clock%fleetStep != 0 {
			continue
		}
		now := float64(hour)
		var row []float64
		for k := range fleetErrors {
			for _, w := range countedHours {
				row = append(row, float64(counts[k].Last(now, w)))
			}
			age := last[k].At(now)
			row = append(row, age, math.Mod(float64(clock+24*fleetHours)-age, 24))
		}
		for c := range service {
			row = append(row, service[c].At(now)/24)
		}
		days := any.At(now) / 24
		row = append(row, days, math.Mod(days, serviceDays), float64(clock), float64(m.model), float64(m.age))
		f.Rows, f.Machine, f.Hour = append(f.Rows, row), append(f.Machine, m.id), append(f.Hour, now)
		for c := range fleetComponents {
			until := never
			for _, b := range broken {
				if b.kind == c {
					until = float64(b.hour - hour)
					break
				}
			}
			f.Until[c] = append(f.Until[c], until)
		}
	}
}

func readMachines(dir fs.FS) ([]fleetMachine, error) {
	var machines []fleetMachine
	at := map[string]int{}
	err := eachLine(dir, "PdM_machines.csv", func(line []string) error {
		id, err := strconv.Atoi(line[0])
		if err != nil {
			return err
		}
		age, err := strconv.Atoi(line[2])
		if err != nil {
			return err
		}
		model, err := numbered("model", line[1])
		if err != nil {
			return err
		}
		at[line[0]] = len(machines)
		machines = append(machines, fleetMachine{id: id, model: model + 1, age: age})
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, of := range []struct {
		file, kind string
		n          int
		into       func(*fleetMachine) *[]fleetEvent
	}{
		{"PdM_errors.csv", "error", fleetErrors, func(m *fleetMachine) *[]fleetEvent { return &m.errors }},
		{"PdM_maint.csv", "comp", fleetComponents, func(m *fleetMachine) *[]fleetEvent { return &m.services }},
		{"PdM_failures.csv", "comp", fleetComponents, func(m *fleetMachine) *[]fleetEvent { return &m.breakdowns }},
	} {
		err := eachLine(dir, of.file, func(line []string) error {
			when, err := time.Parse(time.DateTime, line[0])
			if err != nil {
				return err
			}
			kind, err := numbered(of.kind, line[2])
			if err != nil {
				return err
			}
			i, known := at[line[1]]
			if !known || kind >= of.n {
				return fmt.Errorf("machine %q, %q: not in the set", line[1], line[2])
			}
			events := of.into(&machines[i])
			e := fleetEvent{int(math.Round(when.Sub(fleetBegin).Hours())), kind}
			if !slices.Contains(*events, e) { // the recipe drops what stands twice
				*events = append(*events, e)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		for i := range machines {
			slices.SortStableFunc(*of.into(&machines[i]), func(a, b fleetEvent) int { return a.hour - b.hour })
		}
	}
	return machines, nil
}

// numbered reads "comp3" as 2.
func numbered(kind, text string) (int, error) {
	digits, ok := strings.CutPrefix(text, kind)
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 1 {
		return 0, fmt.Errorf("%q is no %s", text, kind)
	}
	return n - 1, nil
}

// eachLine reads a CSV file of at least three columns, its head apart.
func eachLine(dir fs.FS, name string, each func([]string) error) error {
	file, err := dir.Open(name)
	if err != nil {
		return fmt.Errorf("reading the Azure set: %w", err)
	}
	defer file.Close()
	in := csv.NewReader(file)
	in.FieldsPerRecord = 3
	for n := 0; ; n++ {
		line, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && n > 0 {
			err = each(line)
		}
		if err != nil {
			return fmt.Errorf("reading %s, line %d: %w", name, n+1, err)
		}
	}
}
