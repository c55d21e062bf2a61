// Package instrument is who sends: an enrolled instrument, its owner, its key
// and its consent. The serial number lives in this record and nowhere else;
// everything downstream knows the opaque ID.
package instrument

import (
	"crypto/ed25519"
	"errors"
	"time"
)

// ErrUnknown is what a store of instruments answers when there is none of that id.
var ErrUnknown = errors.New("no such instrument")

// Instrument is one enrolled instrument.
type Instrument struct {
	// ID is opaque: see layout.ValidInstrument.
	ID string
	// Tenant and Site are opaque ids ("t-…", "s-…") of the people table.
	Tenant, Site string
	// Serial is what the lab reads on the case, for example M04034 or A00834.
	Serial string
	// PublicKey verifies requests and batches. It is replaced only by a new enrolment.
	PublicKey ed25519.PublicKey
	// Enrolment names the enrolment by which it came in: each has a chain of consent of
	// its own, which begins at "no".
	Enrolment string
	Consent   Consent
	Revoked   bool
	// DailyBytes bounds what authorize grants per UTC day.
	DailyBytes int64
}

// Consent is the lab's standing answer as it is on record. The zero value is "no". Only
// Statement proves anything, see shared/consent; the rest is beside it for the eye.
type Consent struct {
	On bool
	// Since is when it was last turned on or off, by the server's clock.
	Since time.Time
	// Text is the version of the consent text that the lab was shown.
	Text string
	// Version counts the statements of this enrolment; 0 if there is none.
	Version int64
	// Statement is the JWS of the last one.
	Statement string
}
