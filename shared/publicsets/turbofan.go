package publicsets

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"proactive/shared/features"
)

// cappedCycles is the remaining life above which nobody plans: the published recipes learn
// and score at most so many cycles.
const cappedCycles = 125

// Engine is a turbofan of C-MAPSS.
type Engine struct {
	Unit    int
	Sensors [][]float64 // by cycle, from the first on; the 21 sensors of the set's description
}

// Life is how many cycles were recorded.
func (e Engine) Life() int { return len(e.Sensors) }

// ReadEngines reads a C-MAPSS file: unit, cycle, three settings, 21 sensors, between blanks
// or commas; a head and what stands after the sensors are left out. An engine's cycles are
// consecutive, from 1.
func ReadEngines(r io.Reader) ([]Engine, error) {
	in := bufio.NewScanner(r)
	var out []Engine
	for n := 1; in.Scan(); n++ {
		fields := strings.FieldsFunc(in.Text(), func(c rune) bool { return c == ',' || c == ' ' })
		if len(fields) == 0 || (n == 1 && fields[0] == "unit") {
			continue
		}
		const first, last = 5, 26
		if len(fields) < last {
			return nil, fmt.Errorf("reading C-MAPSS, line %d: %d columns, not %d", n, len(fields), last)
		}
		var v [last]float64
		for i := range v {
			var err error
			if v[i], err = strconv.ParseFloat(fields[i], 64); err != nil {
				return nil, fmt.Errorf("reading C-MAPSS, line %d: %w", n, err)
			}
		}
		unit, cycle := int(v[0]), int(v[1])
		if len(out) == 0 || out[len(out)-1].Unit != unit {
			out = append(out, Engine{Unit: unit})
		}
		e := &out[len(out)-1]
		if e.Sensors = append(e.Sensors, v[first:]); cycle != e.Life() {
			return nil, fmt.Errorf("reading C-MAPSS, line %d: cycle %d where %d comes", n, cycle, e.Life())
		}
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("reading C-MAPSS: %w", err)
	}
	return out, nil
}

// readLines reads one number a line.
func readLines(r io.Reader) ([]float64, error) {
	in := bufio.NewScanner(r)
	var out []float64
	for in.Scan() {
		if text := strings.TrimSpace(in.Text()); text != "" {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return nil, fmt.Errorf("reading numbers: %w", err)
			}
			out = append(out, v)
		}
	}
	return out, in.Err()
}

// Turbofans are rows for every cycle of every engine, in order.
type Turbofans struct {
	Sensors []int     // which of the 21, from 1
	Wear    Table     // numbers of the sensors, streaming
	Unit    []int     // of each row
	Age     []float64 // cycles
	Left    []float64 // cycles to the engine's last, uncapped
}

// What is kept of a sensor, and of a fused signal.
var (
	sensorShape = features.Shape{First: 20, Means: []float64{5, 20, 40}, Lines: []int{20, 40, 80}, LineLeast: 5}
	fusedShape  = features.Shape{Means: []float64{10, 40}}
)

// caps are the remaining lives, in cycles, up to each of which a fusion is fitted: the last
// cycles look different from the first.
var caps = []float64{20, 40, 70, cappedCycles}

// NewTurbofans makes the numbers of each sensor as cycles come, and never of later ones.
func NewTurbofans(engines []Engine, sensors []int) Turbofans {
	t := Turbofans{Sensors: sensors, Wear: Table{Columns: []string{"age", "age.root"}}}
	for _, s := range sensors {
		t.Wear.Columns = append(t.Wear.Columns, sensorShape.Names(fmt.Sprintf("s%d", s))...)
	}
	for _, e := range engines {
		signals := make([]features.Signal, len(sensors))
		for i := range signals {
			signals[i] = sensorShape.New()
		}
		for c, values := range e.Sensors {
			age := float64(c + 1)
			row := []float64{age, math.Sqrt(age)}
			for i, s := range sensors {
				signals[i].Add(age, values[s-1])
				row = signals[i].Numbers(row)
			}
			t.Wear.Rows = append(t.Wear.Rows, row)
			t.Unit, t.Age, t.Left = append(t.Unit, e.Unit), append(t.Age, age), append(t.Left, float64(e.Life()-c-1))
		}
	}
	return t
}

// Capped are remaining lives of at most most cycles.
func Capped(left []float64, most float64) []float64 {
	out := make([]float64, len(left))
	for i, l := range left {
		out[i] = math.Min(l, most)
	}
	return out
}

// ErrFewEngines is for a training part that cannot be split.
var ErrFewEngines = errors.New("too few engines to fit a fusion out of fold")
