package home

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ErrNotEnrolled says that this home has not been enrolled.
var ErrNotEnrolled = errors.New("this home is not enrolled")

const (
	enrolmentFile = "enrolment.json"
	consentFile   = "consent.json"
	keySetFile    = "keys.json"
	sequenceFile  = "sequence"
	clockFile     = "server-time"
)

// Enrolment is what enrolling established, once.
type Enrolment struct {
	Instrument string `json:"instrument"`
	Deployment string `json:"deployment"`
	Serial     string `json:"serial"`
	// API is the base address of the service.
	API string `json:"api"`
	// Root is the pinned fingerprint: hex SHA-256 of the root key's SPKI, from the code.
	Root string `json:"root"`
}

// Enrolment returns what enrolling established, or ErrNotEnrolled.
func (h *Home) Enrolment() (Enrolment, error) {
	var e Enrolment
	found, err := h.readJSON(enrolmentFile, &e)
	if err == nil && !found {
		err = ErrNotEnrolled
	}
	return e, err
}

// SetEnrolment records the enrolment. It is the last file that enrolling writes:
// while it is not there, enrolling can be repeated with the same key.
func (h *Home) SetEnrolment(e Enrolment) error { return h.writeJSON(enrolmentFile, e) }

// Consent is the lab's standing answer as this agent knows it. The zero value is
// "no". The service keeps its own record and asks it again for every batch.
type Consent struct {
	On bool `json:"on"`
	// Text is the version of the text that was agreed to.
	Text string `json:"text,omitempty"`
	// Since is when, by the service's clock.
	Since time.Time `json:"since,omitzero"`
	// Local is when, by this computer's clock, with its zone: run folders are dated
	// by the same clock, so a run is compared with this and not with Since.
	Local time.Time `json:"local,omitzero"`
	// Untold means that the service has not heard of it yet.
	Untold bool `json:"untold,omitempty"`
}

// Consent returns the lab's standing answer.
func (h *Home) Consent() (Consent, error) {
	var c Consent
	_, err := h.readJSON(consentFile, &c)
	return c, err
}

// SetConsent records the lab's answer.
func (h *Home) SetConsent(c Consent) error { return h.writeJSON(consentFile, c) }

// KeySet returns the signed key set as it was received, and false if there is none.
func (h *Home) KeySet() ([]byte, bool, error) { return h.read(keySetFile) }

// SetKeySet records a key set. The caller has verified it.
func (h *Home) SetKeySet(signed []byte) error { return h.write(keySetFile, signed) }

// Sequence returns the last sequence number given out, 0 if none was.
func (h *Home) Sequence() (int64, error) {
	b, found, err := h.read(sequenceFile)
	if err != nil || !found {
		return 0, err
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("reading %s: not a sequence number", sequenceFile)
	}
	return n, nil
}

// NextSequence gives out a sequence number. It is durable before it is returned:
// a crash on the next line leaves a gap, and no number is ever given out twice.
func (h *Home) NextSequence() (int64, error) {
	n, err := h.Sequence()
	if err != nil {
		return 0, err
	}
	if err := h.write(sequenceFile, fmt.Appendf(nil, "%d\n", n+1)); err != nil {
		return 0, err
	}
	return n + 1, nil
}

// RaiseSequence makes sure that no number up to n is given out again: receipts
// from an earlier life of this instrument name numbers that are taken.
func (h *Home) RaiseSequence(n int64) error {
	last, err := h.Sequence()
	if err != nil || n <= last {
		return err
	}
	return h.write(sequenceFile, fmt.Appendf(nil, "%d\n", n))
}

// ServerTime is what the service's clock showed when it was last asked, zero if it
// never was. Expiry of keys is judged by it, for an isolated instrument's clock can
// be days off.
func (h *Home) ServerTime() (time.Time, error) {
	b, found, err := h.read(clockFile)
	if err != nil || !found {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339, strings.TrimSpace(string(b)))
	if err != nil {
		return time.Time{}, fmt.Errorf("reading %s: %w", clockFile, err)
	}
	return t, nil
}

// SetServerTime records the service's clock. It may go back: one wrong answer from
// the future must not shut the agent up for good.
func (h *Home) SetServerTime(t time.Time) error {
	return h.write(clockFile, []byte(t.UTC().Format(time.RFC3339)+"\n"))
}

// Store is the host to which uploads last went, for whoever opens firewalls.
func (h *Home) Store() (string, bool, error) {
	b, found, err := h.read(storeFile)
	return strings.TrimSpace(string(b)), found, err
}

// SetStore records it.
func (h *Home) SetStore(host string) error {
	if old, found, err := h.Store(); err == nil && found && old == host {
		return nil
	}
	return h.write(storeFile, []byte(host+"\n"))
}

const storeFile = "store"

func (h *Home) readJSON(name string, v any) (bool, error) {
	b, found, err := h.read(name)
	if err != nil || !found {
		return false, err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return false, fmt.Errorf("reading %s: %w: %w", name, ErrDamaged, err)
	}
	return true, nil
}

func (h *Home) writeJSON(name string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding %s: %w", name, err)
	}
	return h.write(name, append(b, '\n'))
}
