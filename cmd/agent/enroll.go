package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"proactive/cmd/agent/internal/client"
	"proactive/cmd/agent/internal/courier"
	"proactive/cmd/agent/internal/home"
	"proactive/cmd/agent/internal/outbox"
	"proactive/shared/enrolment"
	"proactive/shared/fault"
	"proactive/shared/layout"
	"proactive/shared/request"
)

// Reasons of the command line's own.
const (
	alreadyEnrolled = "already-enrolled"
	badCode         = "bad-code"
	codeRefused     = "code-refused"
	batchesWait     = "batches-wait"
	badAnswer       = client.NotOurAnswer
)

// How long one step is tried again, and the first pause. Tests have less of both.
var patience, interval = 90 * time.Second, 400 * time.Millisecond

type enrollCmd struct {
	Code    string `arg:"" help:"The enrolment code, proactive1-…"`
	Replace bool   `help:"Replace this home's enrolment: another key pair, the old one counts no more. Receipts, the lab's key and the count of batches stay."`
}

// Run enrols. The key pair is made here and is durable before the service hears of
// it; the enrolment is recorded last. A crash in between is repaired by repeating
// the command: the same key is presented again.
func (c *enrollCmd) Run(a *app) error {
	code, err := enrolment.Parse(c.Code)
	if err != nil {
		return fault.New(fault.Malformed, badCode, err)
	}
	h, unlock, err := a.open()
	if err != nil {
		return err
	}
	defer unlock()
	old, err := h.Enrolment()
	enrolled := err == nil
	if enrolled && !c.Replace {
		return fault.New(fault.Conflict, alreadyEnrolled, fmt.Errorf("as %s", old.Instrument))
	}
	if enrolled {
		// What waits is signed with the key that is about to end.
		if waiting, err := outbox.New(h.Outbox()).List(); err != nil || len(waiting) > 0 {
			return errors.Join(err, fault.New(fault.Conflict, batchesWait, nil))
		}
	}
	api, err := a.client(code.URL)
	if err != nil {
		return err
	}
	key, err := identity(h, enrolled)
	if err != nil {
		return err
	}
	if _, err := h.LabKey(); err != nil {
		return err
	}
	// The service proves that it is the one whose root the code names before the
	// code's secret is shown to it.
	e := home.Enrolment{API: code.URL, Root: hex.EncodeToString(code.Fingerprint[:])}
	if err := acceptKeys(a, h, api, e); err != nil {
		return err
	}
	sign := func(method, path, nonce string, body []byte) (string, error) {
		return request.SignEnrolment(key, method, path, nonce, body)
	}
	got, err := api.Enrol(a.ctx, sign, base64.RawURLEncoding.EncodeToString(code.Secret[:]))
	if kind, _ := fault.Public(err); err != nil && kind == fault.Unknown {
		return fault.New(fault.Forbidden, codeRefused, err)
	}
	if err != nil {
		return err
	}
	if !layout.ValidInstrument(got.Instrument) || got.Deployment == "" || got.Serial == "" {
		return fault.New(fault.Unavailable, badAnswer, nil)
	}
	e.Instrument, e.Deployment, e.Serial = got.Instrument, got.Deployment, got.Serial
	if _, err := courier.StoredKeys(h, e); err != nil {
		return err // the key set is of another deployment than the answer says
	}
	if enrolled {
		if e.Instrument != old.Instrument {
			return fault.New(fault.Conflict, otherInstrument, nil)
		}
	}
	// A new enrolment begins at no, at the service and here; the consent first: a crash in
	// between asks the lab once too often.
	if err := beginConsent(h, key); err != nil {
		return err
	}
	if enrolled {
		if err := h.AdoptIdentity(); err != nil {
			return err
		}
	}
	if err := h.SetEnrolment(e); err != nil {
		return err
	}
	if a.json {
		a.print(map[string]any{"instrument": e.Instrument, "serial": e.Serial, "deployment": e.Deployment, "service": e.API, "home": h.Dir()})
		return nil
	}
	a.say("Enrolled: instrument %s at %s (%s).", e.Serial, host(e.API), e.Deployment)
	a.say("Its key pair was made here and stays in %s.", h.Dir())
	a.say("Nothing is sent yet. See what would be with `agent preview RUNFOLDER`; say yes with `agent on`.")
	return nil
}

// beginConsent sets the answer back to no, and begins a chain of statements of its own.
// What was said under the enrolment before stays readable.
func beginConsent(h *home.Home, key ed25519.PrivateKey) error {
	if err := h.SetConsent(home.Consent{}); err != nil {
		return err
	}
	public, _ := key.Public().(ed25519.PublicKey)
	return h.BeginChain(public)
}

// identity is the key to enrol with: the home's, or in place of it a new one.
func identity(h *home.Home, replace bool) (ed25519.PrivateKey, error) {
	if replace {
		return h.NextIdentity()
	}
	return h.Identity()
}

func acceptKeys(a *app, h *home.Home, api *client.Client, e home.Enrolment) error {
	ch, err := api.Challenge(a.ctx)
	if err != nil {
		return err
	}
	signed, err := api.Keys(a.ctx)
	if err != nil {
		return err
	}
	if err := courier.AcceptKeys(h, e, signed, ch.Time); err != nil {
		return err
	}
	return h.SetServerTime(ch.Time)
}

// open opens and locks the home. It says so if another agent holds it.
func (a *app) open() (*home.Home, func(), error) {
	h, err := home.Open(a.dir)
	if err != nil {
		return nil, nil, err
	}
	patience := time.AfterFunc(time.Second, func() { a.note("waiting for another agent that uses %s", h.Dir()) })
	defer patience.Stop()
	unlock, err := h.Lock()
	return h, unlock, err
}

// client speaks to the service at base, through the authorities that the lab named.
func (a *app) client(base string) (*client.Client, error) {
	api, err := client.New(base)
	if err != nil || a.ca == "" {
		return api, err
	}
	return api, api.Trust(a.ca)
}

// enrolled returns the courier of an enrolled home.
func (a *app) enrolled(h *home.Home) (*courier.Courier, error) {
	e, err := h.Enrolment()
	if err != nil {
		return nil, err
	}
	api, err := a.client(e.API)
	if err != nil {
		return nil, err
	}
	var key ed25519.PrivateKey
	if key, err = h.Identity(); err != nil {
		return nil, err
	}
	return &courier.Courier{
		Home: h, Box: outbox.New(h.Outbox()), Client: api, Enrolment: e, Key: key,
		Patience: patience, Interval: interval,
	}, nil
}
