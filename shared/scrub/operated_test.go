package scrub_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"time"
)

// operated is what an instrument writes of itself in some hours of a run: as lines, and
// what those lines are when they have been read.
type operated struct {
	lines        []string // of the operation log
	readings     []string // of telemetry, as JSON
	temperatures map[string]float64
	faults       map[string]int
}

var began = time.Date(2026, 3, 12, 8, 0, 0, 0, time.UTC)

// hoursOfRun is how many hours are invented.
const hoursOfRun = 2

// operation invents some hours.
func operation(random *rand.Rand) operated {
	o := operated{temperatures: map[string]float64{}, faults: map[string]int{}}
	faults := []struct{ id, level, line string }{
		{"laser.off", "ERROR", "laser: went out after %d s"}, {"stage.home.retry", "WARN", "stage: homing retry %d of 100"},
		{"focus.lost", "WARN", "focus: lost at lane 1 cycle %d"}, {"heater.timeout", "ERROR", "heater: 61.5 Cel not reached in %d s"},
		{"valve.retry", "WARN", "valve: position 12 reached on try %d"},
	}
	for hour := range hoursOfRun {
		at := began.Add(time.Duration(hour) * time.Hour)
		for _, f := range faults {
			n := 1 + random.IntN(3)
			for i := range n {
				o.lines = append(o.lines, fmt.Sprintf("%s %s "+f.line, at.Add(time.Duration(i)*time.Minute).Format(time.RFC3339), f.level, 2+random.IntN(60)))
			}
			told := 60 * hour
			if f.id == "focus.lost" { // once for a run: by the hour it would tell of cycles
				told = 0
			}
			o.faults[fmt.Sprintf("log.%s %d", f.id, told)] += n
		}
		for _, of := range []struct {
			subsystem, component string
			mean                 float64
		}{{"thermal", "chiller", 4}, {"optical", "camera", -12}, {"thermal", "internal", 27}} {
			// A quarter of a degree, so that one reading is its own mean.
			value := of.mean + float64(random.IntN(64))/4
			o.readings = append(o.readings, fmt.Sprintf(`{"time":%q,"subsystem":%q,"component":%q,"metric":"temperature","value":%v,"unit":"Cel"}`,
				at.Format(time.RFC3339), of.subsystem, of.component, value))
			o.temperatures[fmt.Sprintf("telemetry.%s.temperature %d", of.component, 60*hour)] = value
		}
	}
	return o
}

func (o operated) log() []byte { return joined(o.lines) }

func (o operated) telemetry() []byte { return joined(o.readings) }

func joined(lines []string) []byte {
	var all bytes.Buffer
	for _, line := range lines {
		fmt.Fprintln(&all, line)
	}
	return all.Bytes()
}
