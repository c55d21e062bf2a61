package main

import (
	"fmt"
	"text/tabwriter"

	"proactive/cmd/agent/internal/courier"
	"proactive/cmd/agent/internal/home"
	"proactive/shared/fault"
	"proactive/shared/receipt"
)

type receiptsCmd struct {
	List   receiptsListCmd   `cmd:"" default:"1" help:"List the receipts."`
	Verify receiptsVerifyCmd `cmd:"" help:"Check every receipt's signature and its place in the chain."`
	Export receiptsExportCmd `cmd:"" help:"Write the receipts and the key set, for a verifier that is not ours."`
}

type receiptsListCmd struct{}

// Run lists the stored receipts.
func (c *receiptsListCmd) Run(a *app) error {
	h, unlock, err := a.open()
	if err != nil {
		return err
	}
	defer unlock()
	chain, err := h.Receipts()
	if err != nil {
		return err
	}
	if len(chain) == 0 {
		a.say("No receipts yet.")
		return nil
	}
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	if !a.json {
		fmt.Fprintln(w, "no.\tissued\tbatch\tseq.\tverdict\tvalues kept\trefused")
	}
	for _, jws := range chain {
		r, err := receipt.Read(jws)
		if err != nil {
			return fmt.Errorf("reading a stored receipt: %w", err)
		}
		if a.json {
			a.print(r)
			continue
		}
		verdict := string(r.Verdict)
		if r.Reason != "" {
			verdict += " (" + r.Reason + ")"
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%d\t%s\t%d\t%d\n", r.Ordinal, r.Issued, r.Batch, r.Sequence, verdict, sum(r.Kept), sum(r.Refused))
	}
	return w.Flush()
}

func sum(m map[string]int) int {
	n := 0
	for _, v := range m {
		n += v
	}
	return n
}

type receiptsVerifyCmd struct{}

// Run verifies the chain from its first receipt, under the key set that the pinned
// root signed. It talks to nobody.
func (c *receiptsVerifyCmd) Run(a *app) error {
	h, unlock, err := a.open()
	if err != nil {
		return err
	}
	defer unlock()
	e, err := h.Enrolment()
	if err != nil {
		return err
	}
	n, err := verifyChain(h, e)
	if err != nil {
		return err
	}
	if a.json {
		a.print(map[string]any{"receipts": n, "valid": true})
		return nil
	}
	a.say("%s: every signature and every link of the chain is valid.", count(n, "receipt", "receipts"))
	return nil
}

func verifyChain(h *home.Home, e home.Enrolment) (int, error) {
	chain, err := h.Receipts()
	if err != nil {
		return 0, err
	}
	keys, err := courier.StoredKeys(h, e)
	if err != nil {
		return 0, err
	}
	all, err := receipt.VerifyChain(chain, keys)
	if err != nil {
		return 0, fmt.Errorf("verifying the receipts: %w", err)
	}
	if len(all) > 0 && (all[0].Deployment != e.Deployment || all[0].Instrument != e.Instrument) {
		return 0, fmt.Errorf("verifying the receipts: %w", fault.New(fault.Forbidden, courier.ForSomeoneElse, nil))
	}
	// A chain that lost its end is sound in itself; what was sent remembers how long it was.
	last, err := h.LastOrdinal()
	if err != nil {
		return 0, err
	}
	if int64(len(chain)) < last {
		return 0, fmt.Errorf("verifying the receipts: %d are here, and receipt %d is known: %w", len(chain), last, fault.New(fault.Forbidden, receipt.ChainBroken, nil))
	}
	return len(chain), nil
}
