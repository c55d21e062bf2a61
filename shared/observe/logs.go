package observe

import (
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"proactive/shared/catalog"
	"proactive/shared/observation"
	"proactive/shared/telemetry"
)

// logs is what the operation and error logs of a run say together: how often each known
// template came in an hour, and how many lines are of none. A line's words are in no field.
type logs struct {
	counts  map[telemetry.Count]int // with N of 0
	hours   []telemetry.Hour
	unknown int
	read    bool
}

// log reads one log by the dialect that knows a file of its name.
func (b *builder) log(in io.Reader, name string) (bool, Reason) {
	dialects, err := telemetry.Dialects()
	if err != nil {
		return false, Unreadable
	}
	at := slices.IndexFunc(dialects, func(d *telemetry.Dialect) bool {
		return slices.Contains(d.Files, strings.ToLower(path.Base(name)))
	})
	if at < 0 {
		return false, NotListed
	}
	read, err := telemetry.ReadLog(in, dialects[at])
	l := &b.logs
	if l.counts == nil {
		l.counts = map[telemetry.Count]int{}
	}
	l.read = true
	l.unknown += read.Account.Unknown + read.Account.Malformed
	l.hours = append(l.hours, read.Hours...)
	for _, c := range read.Counts {
		n := c.N
		c.N = 0
		l.counts[c] += n
	}
	b.unknown(catalog.OperationLog, read.Account)
	switch {
	case errors.Is(err, telemetry.ErrEmpty):
		return false, NoReadings
	case err != nil:
		return len(read.Counts) > 0, Unreadable
	case read.Account.Unknown+read.Account.Malformed > 0:
		return true, SomeLines
	}
	return true, ""
}

// tellLogs adds what the logs say. A metric that telemetry has is telemetry's.
func (b *builder) tellLogs() {
	if !b.logs.read {
		return
	}
	b.add(observation.Observation{Field: "log.unknown_lines", Value: float64(b.logs.unknown)})
	once := map[string]int{}
	for c, n := range b.logs.counts {
		b.report.lastHour = max(b.report.lastHour, c.Hour)
		if field := "log." + c.Template; b.once(field) {
			once[field] += n
		} else {
			b.add(observation.Observation{Field: field, Minute: 60 * c.Hour, Value: float64(n)})
		}
	}
	for field, n := range once {
		b.add(observation.Observation{Field: field, Value: float64(n)})
	}
	has := map[string]bool{}
	for _, o := range b.report.Observations {
		has[o.Field] = true
	}
	// Of two logs that both say it, events are added up, and of two means the first stands.
	var own []telemetry.Hour
	for _, h := range b.logs.hours {
		if has["telemetry."+h.Metric.Component+"."+h.Metric.Metric] {
			continue
		}
		at := slices.IndexFunc(own, func(o telemetry.Hour) bool { return o.Metric == h.Metric && o.Hour == h.Hour })
		switch {
		case at < 0:
			own = append(own, h)
		case h.Metric.Sum:
			own[at].Value += h.Value
		}
	}
	b.hours(own)
}
