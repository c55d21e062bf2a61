package main

import (
	"errors"
	"path/filepath"

	"proactive/cmd/agent/internal/courier"
	"proactive/cmd/agent/internal/home"
	"proactive/cmd/agent/internal/outbox"
)

type statusCmd struct{}

// Run shows the state of this home. It talks to nobody.
func (c *statusCmd) Run(a *app) error {
	if a.dir != "" && !home.Exists(a.dir) { // looking makes nothing
		a.notEnrolled(a.dir)
		return nil
	}
	h, unlock, err := a.open()
	if err != nil {
		return err
	}
	defer unlock()
	e, err := h.Enrolment()
	if errors.Is(err, home.ErrNotEnrolled) {
		a.notEnrolled(h.Dir())
		return nil
	}
	if err != nil {
		return err
	}
	consent, err := h.Consent()
	if err != nil {
		return err
	}
	waiting, err := outbox.New(h.Outbox()).List()
	if err != nil {
		return err
	}
	damaged, err := outbox.New(h.Outbox()).Damaged()
	if err != nil {
		return err
	}
	dropped, err := h.Dropped()
	if err != nil {
		return err
	}
	receipts, err := h.Receipts()
	if err != nil {
		return err
	}
	audited, err := auditedBy(h)
	if err != nil {
		return err
	}
	keys, keysErr := courier.StoredKeys(h, e)
	if a.json {
		a.print(map[string]any{
			"enrolled": true, "serial": e.Serial, "instrument": e.Instrument, "deployment": e.Deployment, "service": e.API,
			"on": consent.On, "since": stamp(consent.Since), "waiting": append([]outbox.Entry{}, waiting...), "receipts": len(receipts),
			"keys_expire": stamp(keys.Expires), "home": h.Dir(), "service_told": !consent.Untold,
			"damaged": damaged, "dropped": dropped, "auditor": audited,
		})
		return nil
	}
	a.say("Instrument %s, enrolled at %s (%s).", e.Serial, host(e.API), e.Deployment)
	if consent.On {
		a.say("Sending is on since %s.", moment(consent.Since))
	} else {
		a.say("Sending is off. Nothing is sent. Turn it on with `agent on`.")
	}
	if consent.Untold {
		a.say("The service has not been told that it is off: run `agent off` again when the network is there.")
	}
	if keysErr != nil {
		a.say("The service's keys have to be fetched anew; the next `agent send` does it.")
	}
	a.say("%s kept. %s.", count(len(receipts), "receipt", "receipts"), count(len(waiting), "batch waits", "batches wait"))
	for _, b := range waiting {
		what := "not uploaded yet"
		if b.Uploaded {
			what = "uploaded, no receipt yet"
		}
		if b.Refused != "" {
			what = "refused: " + b.Refused
		}
		a.say("  %s  %s, %s, %s", b.Batch, filepath.Base(b.Folder), size(b.Bytes), what)
	}
	if damaged > 0 {
		a.say("%s of the outbox cannot be read and %s set aside in %s.", count(damaged, "entry", "entries"), were(damaged), h.Outbox())
	}
	if dropped.Batches > 0 {
		a.say("%s (%s) were dropped because the spool was full.", count(dropped.Batches, "batch", "batches"), size(dropped.Bytes))
	}
	if audited != nil {
		a.say("Sealed for the lab's own key %s as well; copies are kept in %s.", audited.Key, audited.Archive)
		if n := len(audited.Uncopied); n > 0 {
			a.say("%s not there, the last %s.", count(n, "copy is", "copies are"), audited.Uncopied[n-1])
		}
	}
	a.say("Home: %s", h.Dir())
	return nil
}

func were(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

func (a *app) notEnrolled(dir string) {
	if a.json {
		a.print(map[string]any{"enrolled": false, "on": false, "home": dir})
		return
	}
	a.say("Not enrolled. Nothing is sent. Enrol with `agent enroll CODE`.\nHome: %s", dir)
}
