package main

import (
	"fmt"
	"text/tabwriter"

	"proactive/cmd/agent/internal/home"
	"proactive/shared/consent"
)

type consentCmd struct{}

// Help is an example.
func (c *consentCmd) Help() string {
	return "Example:\n  agent consent          every answer the lab gave, and whether the chain is whole\n  agent consent --json   the signed statements, to verify elsewhere"
}

// spoken is a statement as `agent consent --json` prints it.
type spoken struct {
	Enrolment int `json:"enrolment"` // of this home, from 1
	consent.Statement
	JWS string `json:"statement"`
}

// Run lists what the lab answered, and verifies each signature and link. It talks to
// nobody.
func (c *consentCmd) Run(a *app) error {
	if a.dir != "" && !home.Exists(a.dir) { // looking makes nothing
		return home.ErrNotEnrolled
	}
	h, unlock, err := a.open()
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := h.Enrolment(); err != nil {
		return err
	}
	standing, err := h.Consent()
	if err != nil {
		return err
	}
	all, err := spokenBy(h)
	if err != nil {
		return err
	}
	if a.json {
		for _, s := range all {
			a.print(s)
		}
		return nil
	}
	if len(all) == 0 {
		a.say("The lab has not answered yet. Nothing is sent.")
		return nil
	}
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "enrolment\tno.\tsigned (this clock)\tanswer\ttext")
	for _, s := range all {
		fmt.Fprintf(w, "%d\t%d\t%s\t%s\t%s\n", s.Enrolment, s.Version, s.At, answer(s.On), s.Text)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("listing the consent statements: %w", err)
	}
	a.say("%s: every signature and every link of the chain is valid.", count(len(all), "statement", "statements"))
	if last := all[len(all)-1]; standing.Untold || last.On != standing.On {
		a.say("The service has not confirmed the last one; sending is %s here. `agent %s` tells it again.", answer(standing.On), answer(last.On))
	}
	return nil
}

// spokenBy is every statement of a home, verified chain by chain.
func spokenBy(h *home.Home) ([]spoken, error) {
	chains, err := h.Chains()
	if err != nil {
		return nil, err
	}
	var all []spoken
	for n, chain := range chains {
		said, err := consent.VerifyChain(chain.Statements, chain.Key)
		if err != nil {
			return nil, fmt.Errorf("verifying enrolment %d: %w", n+1, err)
		}
		for i, s := range said {
			all = append(all, spoken{Enrolment: n + 1, Statement: s, JWS: chain.Statements[i]})
		}
	}
	return all, nil
}

func answer(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// consents notes a history of consent that is not whole, and tells whether it is.
func (c *checkup) consents(h *home.Home) bool {
	_, err := spokenBy(h)
	if err != nil {
		c.failed("consent", err)
	}
	return err == nil
}
