package casework

import (
	"context"
	"time"

	"proactive/shared/health"
)

// Bus carries domain events to whoever listens. Publish delivers at least once: the same
// event may arrive twice under the same ID.
type Bus interface {
	Publish(ctx context.Context, e Event) error
}

// Event is a domain event, events/case/v1: the attributes of a CloudEvent, its data an
// object without personal data.
type Event struct {
	SpecVersion string    `json:"specversion"` // "1.0"
	ID          string    `json:"id"`          // case id "/" step: the same however often it is sent
	Source      string    `json:"source"`      // "proactive/casework"
	Type        string    `json:"type"`
	Subject     string    `json:"subject"` // the case id
	Time        time.Time `json:"time"`
	Data        EventData `json:"data"`
}

// The types of event.
const (
	EventOpened    = "proactive.case.opened.v1"
	EventDiagnosed = "proactive.case.diagnosed.v1"
	EventClosed    = "proactive.case.closed.v1"
)

// EventSource is where the events come from.
const EventSource = "proactive/casework"

// EventData is what an event says. Diagnosis and Outcome come with their events.
type EventData struct {
	Case       string           `json:"case"`
	Ordinal    int              `json:"ordinal"`
	Instrument string           `json:"instrument"`
	Component  string           `json:"component"`
	Subsystem  health.Subsystem `json:"subsystem"`
	Findings   []string         `json:"findings"`
	Tenant     string           `json:"tenant"`
	Site       string           `json:"site"`
	Diagnosis  *Diagnosis       `json:"diagnosis,omitempty"`
	Outcome    Outcome          `json:"outcome,omitempty"`
	Visited    bool             `json:"visited,omitempty"`
}

func event(c Case, kind, step string, at time.Time) Event {
	return Event{
		SpecVersion: "1.0", ID: c.ID + "/" + step, Source: EventSource, Type: kind, Subject: c.ID, Time: at.UTC(),
		Data: EventData{
			Case: c.ID, Ordinal: c.Ordinal, Instrument: c.Instrument, Component: c.Component, Subsystem: c.Subsystem,
			Findings: []string{c.Finding}, Tenant: c.Tenant, Site: c.Site,
		},
	}
}

func openedEvent(c Case) Event { return event(c, EventOpened, "opened", c.OpenedAt) }

// The diagnosis is a function of the findings, made as the case is opened; its time is
// the case's, so that a repetition has the very same bytes.
func diagnosedEvent(c Case) Event {
	e := event(c, EventDiagnosed, string(StepDiagnose), c.OpenedAt)
	e.Data.Diagnosis = c.Diagnosis
	return e
}

func closedEvent(c Case) Event {
	e := event(c, EventClosed, string(StepClose), *c.ClosedAt)
	e.Data.Findings, e.Data.Outcome, e.Data.Visited = c.Findings, c.Outcome, c.Visit != nil
	return e
}
