package main

import (
	"bufio"
	_ "embed"
	"fmt"
	"strings"

	"proactive/cmd/agent/internal/courier"
	"proactive/cmd/agent/internal/home"
	"proactive/cmd/agent/internal/outbox"
	"proactive/shared/fault"
)

// consentText is what the lab agrees to. Another text is another version.
//
//go:embed consent.txt
var consentText string

const (
	consentVersion = "2026-11"
	notConfirmed   = "not-confirmed"
	offNotTold     = "off-not-told"
)

// shown is that text as statements name it.
var shown = courier.Text{Version: consentVersion, Shown: consentText}

type onCmd struct {
	Yes bool `short:"y" help:"Agree without being asked, as when this is run by a program."`
}

// Run turns sending on, at the service first: this side believes it only when the
// service has it on record.
func (c *onCmd) Run(a *app) error {
	h, unlock, err := a.open()
	if err != nil {
		return err
	}
	defer unlock()
	service, err := a.enrolled(h)
	if err != nil {
		return err
	}
	old, err := h.Consent()
	if err != nil {
		return err
	}
	said, err := service.Said(true, shown)
	if err != nil {
		return err
	}
	if old.On && said {
		return a.consented(old, "Sending was on already, since %s.")
	}
	a.say("%s", consentText)
	if !c.Yes {
		if err := a.confirm(fmt.Sprintf("Turn sending on for %s?", service.Enrolment.Serial)); err != nil {
			return err
		}
	}
	if err := service.Say(true, shown, a.now()); err != nil {
		return err
	}
	got, err := service.Tell(a.ctx)
	if err != nil {
		return err
	}
	now := home.Consent{On: true, Text: consentVersion, Since: got.Since, Local: a.now()}
	if err := h.SetConsent(now); err != nil {
		return err
	}
	return a.consented(now, "Sending is on since %s. Runs that start from now on may be sent; `agent off` ends it at any time.")
}

type offCmd struct {
	Discard bool `help:"Also delete sealed batches that wait here and were never uploaded."`
}

// Run turns sending off, here first: from the next line on this agent sends nothing,
// whether or not the service can be told.
func (c *offCmd) Run(a *app) error {
	h, unlock, err := a.open()
	if err != nil {
		return err
	}
	defer unlock()
	service, err := a.enrolled(h)
	if err != nil {
		return err
	}
	old, _ := h.Consent() // a record that cannot be read is replaced by a no
	now := home.Consent{On: false, Text: consentVersion, Since: old.Since, Local: a.now(), Untold: true}
	if err := h.SetConsent(now); err != nil {
		return err
	}
	if c.Discard {
		if err := discard(service.Box); err != nil {
			return err
		}
	}
	if err := service.Say(false, shown, now.Local); err != nil {
		return err
	}
	got, err := service.Tell(a.ctx)
	if kind, _ := fault.Public(err); kind == fault.Conflict {
		return err // the network will not help
	}
	if err != nil {
		return fault.New(fault.Unavailable, offNotTold, err)
	}
	now.Since, now.Untold = got.Since, false
	if err := h.SetConsent(now); err != nil {
		return err
	}
	waiting, err := service.Box.List()
	if err != nil {
		return err
	}
	if err := a.consented(now, "Sending is off since %s. Nothing is sent any more."); err != nil {
		return err
	}
	if len(waiting) > 0 {
		a.say("%s stay sealed here, unsent. `agent off --discard` deletes those never uploaded.", count(len(waiting), "batch", "batches"))
	}
	return nil
}

// discard forgets what was sealed and never left.
func discard(box *outbox.Box) error {
	waiting, err := box.List()
	if err != nil {
		return err
	}
	for _, e := range waiting {
		if e.Uploaded {
			continue
		}
		if err := box.Remove(e.Batch); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) consented(c home.Consent, format string) error {
	if a.json {
		a.print(map[string]any{"on": c.On, "since": stamp(c.Since), "text": c.Text})
		return nil
	}
	a.say(format, moment(c.Since))
	return nil
}

// confirm asks a person. Where nobody can answer, the answer is no.
func (a *app) confirm(question string) error {
	if !a.asks {
		return fault.New(fault.Forbidden, notConfirmed, nil)
	}
	fmt.Fprintf(a.err, "%s [y/N] ", question)
	line, _ := bufio.NewReader(a.in).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes", "s", "sí", "si":
		return nil
	}
	return fault.New(fault.Forbidden, notConfirmed, nil)
}
