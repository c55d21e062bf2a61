package score

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"proactive/shared/condition"
	"proactive/shared/handoff"
	"proactive/shared/health"
	"proactive/shared/observation"
)

const (
	telemetryPrefix = "telemetry."
	logPrefix       = "log."
)

// magnitudes are telemetry channels whose sign says only a direction: suction is below
// zero, a temperature error is either side of it. Their features are of the magnitude.
var magnitudes = map[string]bool{"line.pressure": true, "heater.error": true, "stage.error": true}

// counters are telemetry channels that count. An hour in which nothing was counted may
// have no observation, so their feature is the sum over the hours in which the
// instrument reported anything at all.
var counters = map[string]bool{"stage.retries": true, "valve.retries": true}

// factorFields explain a shift other than a fault.
var factorFields = map[string]bool{
	"config.instrument_type": true, "config.control_software": true, "config.rta": true,
	"config.fpga": true, "config.fpga_code": true, "config.firmware": true, "run.chemistry": true,
	"run.reagent_lot": true, "run.flowcell_lot": true, "run.buffer_lot": true,
	"run.completion": true,
}

// FeaturesOf aggregates a clean batch to the numbers of one run:
//
//   - <channel>.mean and <channel>.max of each telemetry channel over the run's hours,
//     in the channel's own unit, "chiller.temperature.mean"; <channel>.hourly of one that
//     counts;
//   - clusters.pf, percent: Σ clusters PF / Σ clusters over all tiles;
//   - phasing.rN, prephasing.rN, aligned.rN, percent: median over all tiles of read N;
//   - log.<template>.hourly of each template of the logs that a component is judged by:
//     how often it came, over the hours with telemetry; 0 where a log was read and it did
//     not;
//   - error.rN (percent), fwhm.rN (pixels), intensity.rN (counts): mean over lanes and
//     surfaces of read N;
//   - q30, percent: Σ bases ≥Q30 / Σ bases over everything, and q30.rN of each read that
//     is not an index read.
//
// What the batch does not have is absent. A value that is not finite is left out.
func FeaturesOf(m handoff.Stored, batch []observation.Observation) health.Features {
	f := health.Features{Instrument: m.Instrument, Batch: m.Batch, Sequence: m.Sequence, Values: map[string]float64{}}
	all := collection{values: map[string][]float64{}, sums: map[string]float64{}, index: map[int]bool{}, hours: map[int]bool{}}
	for _, o := range batch {
		if math.IsNaN(o.Value) || math.IsInf(o.Value, 0) {
			continue
		}
		switch {
		case o.Field == "run.token":
			f.Run = o.Text
		case o.Field == "run.week":
			f.Week = time.Unix(0, 0).UTC().AddDate(0, 0, int(o.Value))
		case factorFields[o.Field]:
			if f.Factors == nil {
				f.Factors = map[string]string{}
			}
			f.Factors[o.Field] = o.Text
		default:
			all.add(o)
		}
	}
	all.write(f.Values)
	return f
}

type collection struct {
	values map[string][]float64 // by feature, to be reduced
	sums   map[string]float64   // by field and read
	index  map[int]bool         // index reads
	hours  map[int]bool         // hours with telemetry, by their minute
	logs   bool                 // a log was read
}

func (c *collection) add(o observation.Observation) {
	channel, isTelemetry := strings.CutPrefix(o.Field, telemetryPrefix)
	switch {
	case isTelemetry:
		c.hours[o.Minute] = true
		v := o.Value
		if magnitudes[channel] {
			v = math.Abs(v)
		}
		c.values[channel] = append(c.values[channel], v)
	case o.Field == "log.unknown_lines": // every log that was read says how many
		c.logs = true
		c.sums[o.Field] += o.Value
	case strings.HasPrefix(o.Field, logPrefix):
		c.sums[o.Field] += o.Value
	case o.Field == "run.read_is_index":
		c.index[o.Read] = o.Value != 0
	case o.Field == "tile.clusters", o.Field == "tile.clusters_pf":
		c.sums[o.Field] += o.Value
	case o.Field == "tile.phasing", o.Field == "tile.prephasing", o.Field == "tile.aligned":
		name := fmt.Sprintf("%s.r%d", strings.TrimPrefix(o.Field, "tile."), o.Read)
		c.values[name] = append(c.values[name], o.Value)
	case o.Field == "error.rate", o.Field == "optics.fwhm", o.Field == "optics.intensity":
		_, what, _ := strings.Cut(o.Field, ".")
		if what == "rate" {
			what = "error"
		}
		name := fmt.Sprintf("%s.r%d", what, o.Read)
		c.values[name] = append(c.values[name], o.Value)
	case o.Field == "q.bases", o.Field == "q.bases_q30":
		c.sums[o.Field] += o.Value
		c.sums[fmt.Sprintf("%s.r%d", o.Field, o.Read)] += o.Value
	}
}

func (c *collection) write(out map[string]float64) {
	for name, values := range c.values {
		if strings.HasPrefix(name, "phasing.") || strings.HasPrefix(name, "prephasing.") || strings.HasPrefix(name, "aligned.") {
			out[name] = median(values)
			continue
		}
		if counters[name] {
			out[name+".hourly"] = sum(values) / float64(len(c.hours))
			continue
		}
		if strings.HasPrefix(name, "error.") || strings.HasPrefix(name, "fwhm.") || strings.HasPrefix(name, "intensity.") {
			out[name] = mean(values)
			continue
		}
		out[name+".mean"], out[name+".max"] = mean(values), slices.Max(values)
	}
	if c.logs && len(c.hours) > 0 {
		for _, signal := range condition.Signals {
			if name, ok := strings.CutSuffix(signal.Feature, ".hourly"); ok && strings.HasPrefix(name, logPrefix) {
				out[signal.Feature] = c.sums[name] / float64(len(c.hours))
			}
		}
	}
	c.percent(out, "clusters.pf", "tile.clusters_pf", "tile.clusters")
	c.percent(out, "q30", "q.bases_q30", "q.bases")
	for name := range c.sums {
		var read int
		if _, err := fmt.Sscanf(name, "q.bases.r%d", &read); err == nil && !c.index[read] {
			c.percent(out, fmt.Sprintf("q30.r%d", read), fmt.Sprintf("q.bases_q30.r%d", read), name)
		}
	}
}

// percent writes 100·part/whole, where there is a whole.
func (c *collection) percent(out map[string]float64, name, part, whole string) {
	if n, ok := c.sums[part]; ok && c.sums[whole] > 0 {
		out[name] = 100 * n / c.sums[whole]
	}
}

func sum(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}

func mean(values []float64) float64 { return sum(values) / float64(len(values)) }

// median of at least one value; the mean of the middle two where their number is even.
func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	if n%2 == 1 {
		return v[n/2]
	}
	return (v[n/2-1] + v[n/2]) / 2
}
