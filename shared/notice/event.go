package notice

import (
	"encoding/json"
	"fmt"
	"time"

	"proactive/shared/casework"
	"proactive/shared/health"
)

// Event is a notice for support's own systems, events/notice/v1: opaque ids, evidence
// and diagnosis, nobody's name. The serial number stands in the instruments table.
type Event struct {
	Format     string              `json:"format"` // "proactive-notice/1"
	Notice     string              `json:"notice"` // "support", "escalation", "closed"
	Case       string              `json:"case"`
	Instrument string              `json:"instrument"`
	Component  string              `json:"component"`
	Subsystem  health.Subsystem    `json:"subsystem"`
	Tenant     string              `json:"tenant"`
	Site       string              `json:"site"`
	Urgency    Urgency             `json:"urgency"`
	Summary    string              `json:"summary"`
	State      casework.State      `json:"state"`
	Outcome    casework.Outcome    `json:"outcome,omitempty"`
	Opened     time.Time           `json:"opened"`
	Due        string              `json:"due,omitempty"` // day by which an answer is owed
	Diagnosis  *casework.Diagnosis `json:"diagnosis,omitempty"`
	Findings   []health.Finding    `json:"findings"`
}

// EventFormat is Event's Format.
const EventFormat = "proactive-notice/1"

func eventOf(m matter, name string) Event {
	c := m.c
	e := Event{
		Format: EventFormat, Notice: name, Case: c.ID, Instrument: c.Instrument, Component: c.Component,
		Subsystem: c.Subsystem, Tenant: c.Tenant, Site: c.Site, Urgency: urgencyOf(m.findings),
		Summary: m.headline(), State: c.State, Outcome: c.Outcome, Opened: c.OpenedAt.UTC(),
		Diagnosis: c.Diagnosis, Findings: m.findings,
	}
	if len(m.findings) > 0 {
		e.Summary += ": " + seen(m.findings[0])
	} else {
		e.Findings = []health.Finding{}
	}
	if due := m.circle.Contract.Due(c.OpenedAt, m.zone); !due.IsZero() {
		e.Due = due.Format(time.DateOnly)
	}
	return e
}

func (e Event) encode() ([]byte, error) {
	body, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding the event: %w", err)
	}
	return append(body, '\n'), nil
}
