// Package casework is a service case from the finding that opens it to the outcome
// that closes it: its nouns, the table of its steps, and the steps that are not
// notices. It decides; the state machine in infra only carries its answers on.
package casework

import (
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strconv"
	"strings"
	"time"

	"proactive/shared/health"
)

// Case is one service case on one component of one instrument. Its JSON form is
// what the cases table stores; what leaves the deployment is events/case/v1.
type Case struct {
	// ID is opaque, ends in the ordinal, and names the execution: "c-…-1".
	ID         string           `json:"case"`
	Ordinal    int              `json:"ordinal"`
	Instrument string           `json:"instrument"`
	Component  string           `json:"component"`
	Subsystem  health.Subsystem `json:"subsystem"`
	// Finding opened the case; Findings are all that were attached, it first.
	Finding  string   `json:"finding"`
	Findings []string `json:"findings"`
	Tenant   string   `json:"tenant"`
	Site     string   `json:"site"`
	// Pace divides every duration of this case: 1 in production.
	Pace int `json:"pace"`

	State   State   `json:"state"`
	Outcome Outcome `json:"outcome,omitempty"` // set when closed
	Label   *Label  `json:"label,omitempty"`   // what a person says was true

	Diagnosis *Diagnosis `json:"diagnosis,omitempty"`
	// Asked is the bundle of models that was asked about the instrument when the case was
	// diagnosed, NoModels if none was; "" of a case that is not diagnosed, or is older than
	// this: it counts for nobody's recall.
	Asked string `json:"asked,omitempty"`
	// Because are the reasons of the prediction that it was diagnosed by, if there was one:
	// what similar cases are found by when it is closed.
	Because []health.Because `json:"because,omitempty"`
	// Round counts the offers made to the lab, from 1; Slots are those of the last.
	Round  int    `json:"round,omitempty"`
	Slots  []Slot `json:"slots,omitempty"`
	Booked *Slot  `json:"booked,omitempty"`
	// Zone is the IANA time zone in which the slots are told, the site's: the slot page
	// reads cases and nobody's address.
	Zone string `json:"zone,omitempty"`
	// Visit is set by the first verification.
	Visit   *Visit      `json:"visit,omitempty"`
	Notices []NoticeRef `json:"notices,omitempty"`

	OpenedAt time.Time  `json:"opened_at"`
	BookedAt *time.Time `json:"booked_at,omitempty"`
	ClosedAt *time.Time `json:"closed_at,omitempty"`

	// Version is the store's: Save succeeds only on the version that was read.
	Version int64 `json:"-"`
}

// Outcome is how a case ended. It feeds the precision of the rule that opened it.
type Outcome string

// The outcomes.
const (
	Fixed      Outcome = "fixed"      // runs after the visit are good
	NotFixed   Outcome = "not-fixed"  // runs after the visit fail again
	NoAnswer   Outcome = "no-answer"  // the lab never picked a visit
	Unverified Outcome = "unverified" // visited, and no runs came to judge it by
)

// Visit is the service that a case led to, as the health table knows it: runs from
// sequence number Since on are judged afresh, as epoch Epoch of the component.
type Visit struct {
	Epoch int   `json:"epoch"`
	Since int64 `json:"since"`
}

// NoticeRef is a notice that was sent. Name is unique within the case ("support",
// "offer-1", "reminder-2", "invite", "escalation", "closed", …): recorded is not
// sent again.
type NoticeRef struct {
	Name      string    `json:"name"`
	Channel   string    `json:"channel"` // "mail" or "topic"
	Key       string    `json:"key"`     // layout.NoticeKey of its archive
	MessageID string    `json:"message_id,omitempty"`
	SentAt    time.Time `json:"sent_at"`
}

// Input is what the starter gives the execution, events/case/v1/input. It is built
// from the case row alone, so that a repeated start has the very same input.
type Input struct {
	Case       string           `json:"case"`
	Ordinal    int              `json:"ordinal"`
	Instrument string           `json:"instrument"`
	Component  string           `json:"component"`
	Subsystem  health.Subsystem `json:"subsystem"`
	Finding    string           `json:"finding"`
	Tenant     string           `json:"tenant"`
	Site       string           `json:"site"`
	Pace       int              `json:"pace"`
}

// Input of c's execution.
func (c Case) Input() Input {
	return Input{
		Case: c.ID, Ordinal: c.Ordinal, Instrument: c.Instrument, Component: c.Component,
		Subsystem: c.Subsystem, Finding: c.Finding, Tenant: c.Tenant, Site: c.Site, Pace: c.Pace,
	}
}

// Noticed tells whether the notice of that name was recorded as sent.
func (c Case) Noticed(name string) bool {
	return slices.ContainsFunc(c.Notices, func(n NoticeRef) bool { return n.Name == name })
}

var base32Lower = base32.StdEncoding.WithPadding(base32.NoPadding)

// ID is the id of the ordinal-th case on a component: 16 base-32 characters of
// SHA-256("proactive case\n" instrument "\n" component), and the ordinal. At most 23
// characters for a million recurrences, far below the 80 of an execution name.
func ID(instrument, component string, ordinal int) string {
	sum := sha256.Sum256([]byte("proactive case\n" + instrument + "\n" + component))
	return "c-" + strings.ToLower(base32Lower.EncodeToString(sum[:]))[:16] + "-" + strconv.Itoa(ordinal)
}
