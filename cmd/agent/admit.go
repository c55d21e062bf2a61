package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"proactive/cmd/agent/internal/advice"
	"proactive/cmd/agent/internal/home"
	"proactive/shared/fault"
	"proactive/shared/observe"
)

// Reasons for which the agent does not send a run folder that it can read.
const (
	notOn           = "not-on"
	otherInstrument = "other-instrument"
	beforeConsent   = "before-consent"
)

// admit decides whether the lab's consent covers a run. begun is when the run
// folder's RunInfo.xml was written, zero if that is not known.
//
// A run's date is by the instrument's clock, and on many instruments a date without
// a time. It is compared with the moment of consent by that same clock; on the day
// of consent itself the time at which RunInfo.xml was written decides, for the
// control software writes it when the run starts.
func admit(r observe.Report, e home.Enrolment, c home.Consent, history bool, begun time.Time) error {
	switch {
	case !c.On:
		return fault.New(fault.Forbidden, notOn, nil)
	case r.Serial != e.Serial:
		return advice.Detail(fault.New(fault.Forbidden, otherInstrument, nil),
			fmt.Sprintf("The run is of %s; this agent is enrolled for %s.", r.Serial, e.Serial))
	case history || startedAfter(r.Started, c.Local, begun):
		return nil
	}
	return advice.Detail(fault.New(fault.Forbidden, beforeConsent, nil),
		fmt.Sprintf("The run is of %s; sending is on since %s.", r.Started.Format("2006-01-02"), c.Local.Format("2006-01-02 15:04")))
}

func startedAfter(started, consent, begun time.Time) bool {
	if started.IsZero() {
		return false // a run without a date has no proof that it is covered
	}
	switch day, since := calendar(started), calendar(consent); {
	case day > since:
		return true
	case day < since:
		return false
	}
	return !begun.IsZero() && !begun.Before(consent)
}

// calendar is the date on the wall, as a number that sorts.
func calendar(t time.Time) int { return t.Year()*10000 + int(t.Month())*100 + t.Day() }

// begun is when the RunInfo.xml of a run folder was written, zero if unknown.
func begun(folder string) time.Time {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return time.Time{}
	}
	for _, e := range entries {
		if strings.EqualFold(e.Name(), "RunInfo.xml") {
			if info, err := os.Stat(filepath.Join(folder, e.Name())); err == nil {
				return info.ModTime()
			}
		}
	}
	return time.Time{}
}
