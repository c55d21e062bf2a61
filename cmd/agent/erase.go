package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"proactive/cmd/agent/internal/courier"
	"proactive/cmd/agent/internal/home"
	"proactive/shared/erasure"
	"proactive/shared/fault"
)

// notErased is what a person's no means here.
const notErased = "not-erased"

type eraseCmd struct {
	Request eraseRequestCmd `cmd:"" default:"withargs" help:"Have all that the service holds of this instrument erased, and keep the signed certificate."`
	Verify  eraseVerifyCmd  `cmd:"" help:"Check a certificate of erasure. Talks to nobody."`
}

type eraseRequestCmd struct {
	Yes  bool          `short:"y" help:"Erase without being asked, as when this is run by a program."`
	Wait time.Duration `default:"45m" help:"How long to wait for the certificate."`
}

// Run turns sending off here first, asks for the erasure, and waits. Interrupted at any
// line, it goes on when it is run again.
func (c *eraseRequestCmd) Run(a *app) error {
	h, unlock, err := a.open()
	if err != nil {
		return err
	}
	defer unlock()
	courier, err := a.enrolled(h)
	if err != nil {
		return err
	}
	if cert, found, err := a.certificate(h, courier.Enrolment); found || err != nil {
		if err != nil {
			return err
		}
		return a.erased(h, courier.Enrolment, cert)
	}
	a.say("All that the service holds of %s will be erased: batches, measurements, findings, cases, receipts.\nIt cannot be undone. This instrument then is no longer enrolled.", courier.Enrolment.Serial)
	if !c.Yes {
		if err := a.confirm("Erase it?"); err != nil {
			return fault.New(fault.Forbidden, notErased, err)
		}
	}
	old, _ := h.Consent() // a record that cannot be read is replaced by a no
	off := home.Consent{On: false, Text: consentVersion, Since: old.Since, Local: a.now(), Untold: true}
	if err := h.SetConsent(off); err != nil {
		return err
	}
	round := 0
	cert, err := courier.Erase(a.ctx, c.Wait, func() error {
		a.note("asked; it takes a quarter of an hour, and may be interrupted here")
		off.Untold = false // the request says it
		return h.SetConsent(off)
	}, func(now int) {
		if now != round {
			round = now
			a.note("search %d is under way: what it finds is erased; one that finds nothing is the last", now)
		}
	})
	if err != nil {
		return err
	}
	// What waits here was for a service that does not know the instrument any more.
	waiting, err := courier.Box.List()
	if err != nil {
		return err
	}
	for _, e := range waiting {
		if err := courier.Box.Remove(e.Batch); err != nil {
			return err
		}
	}
	return a.erased(h, courier.Enrolment, cert)
}

// certificate is the one that is stored already, of this enrolment.
func (a *app) certificate(h *home.Home, e home.Enrolment) (erasure.Certificate, bool, error) {
	raw, found, err := h.Certificate()
	if err != nil || !found {
		return erasure.Certificate{}, false, err
	}
	cert, err := courier.VerifyCertificate(h, e, raw)
	if _, reason := fault.Public(err); err != nil && reason == courier.CertificateForeign {
		return cert, false, nil // of an earlier enrolment in this home
	}
	return cert, err == nil, err
}

type eraseVerifyCmd struct {
	File string `arg:"" optional:"" type:"path" help:"The certificate; the one in the home if not given."`
}

// Run verifies a certificate.
func (c *eraseVerifyCmd) Run(a *app) error {
	h, unlock, err := a.open()
	if err != nil {
		return err
	}
	defer unlock()
	e, err := h.Enrolment()
	if err != nil {
		return err
	}
	if c.File == "" {
		c.File = h.CertificateFile()
	}
	raw, err := os.ReadFile(c.File)
	if err != nil {
		return fault.New(fault.Malformed, noCertificate, err)
	}
	cert, err := courier.VerifyCertificate(h, e, strings.TrimSpace(string(raw)))
	if err != nil {
		return err
	}
	return a.erased(h, e, cert)
}

// noCertificate means that there is no file to verify.
const noCertificate = "no-certificate"

// erased prints a verified certificate.
func (a *app) erased(h *home.Home, e home.Enrolment, cert erasure.Certificate) error {
	if a.json {
		a.print(map[string]any{"valid": true, "serial": e.Serial, "file": h.CertificateFile(), "certificate": cert})
		return nil
	}
	a.say("Erased: instrument %s (%s), asked for %s, done %s.\n\nFound and erased:", e.Serial, cert.Instrument, cert.Asked, cert.Erased)
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	for _, s := range cert.Stores {
		fmt.Fprintf(w, "  %s\t%d\t%s\n", s.Store, s.Count, s.What)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	a.say("\nCopies that end by themselves:")
	for _, r := range cert.Residual {
		a.say("  until %s: %s (%s)", r.Until, r.Store, r.Holds)
	}
	a.say("\nKept on purpose:")
	for _, k := range cert.Kept {
		a.say("  %s: %s; until: %s", k.What, k.Why, k.Until)
	}
	models := "none"
	if len(cert.Models) > 0 {
		models = strings.Join(cert.Models, ", ")
	}
	a.say("\nModels trained on this data: %s.\nThe certificate is signed, and the signature is good. `agent erase verify FILE` checks it again.", models)
	return nil
}
