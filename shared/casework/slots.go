package casework

import (
	"math"
	"time"
)

// Slot is a visit that may be picked.
type Slot struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// ID names a slot in a form, in UTC to the minute.
func (s Slot) ID() string { return s.Start.UTC().Format("20060102T1504Z") }

// The shape of an offer [G, DOMAIN §E: parts from the depot in one to two days, the
// part arrives before the engineer].
const (
	slotLeadDays = 2
	slotDays     = 3
)

// visits begin at these hours of the lab's day.
var slotHours = []int{9, 13}

// Slots are the visits offered to a lab at the time now: two a day, on three working
// days in the lab's time zone, the first after two whole working days. hours is the
// length of the visit, rounded up to half an hour. A pure function of its input.
func Slots(now time.Time, zone *time.Location, hours float64) []Slot {
	length := time.Duration(math.Ceil(hours*2)) * 30 * time.Minute
	day := now.In(zone)
	var slots []Slot
	for working := 0; working < slotLeadDays+slotDays; {
		day = day.AddDate(0, 0, 1)
		if day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
			continue
		}
		working++
		if working <= slotLeadDays {
			continue
		}
		for _, h := range slotHours {
			// time.Date resolves an hour that a clock change skips.
			start := time.Date(day.Year(), day.Month(), day.Day(), h, 0, 0, 0, zone)
			slots = append(slots, Slot{Start: start.UTC(), End: start.Add(length).UTC()})
		}
	}
	return slots
}

// Seconds is how long a case waits for d at a pace: whole seconds, at least one, as
// SecondsPath wants them.
func Seconds(d time.Duration, pace int) int {
	return int(max(1, math.Ceil(d.Seconds()/float64(max(1, pace)))))
}
