package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/tables"
	"proactive/shared/consent"
	"proactive/shared/instrument"
)

type instrumentsTable struct {
	InstrumentsTable string `required:"" hidden:"" help:"Name of the instruments table."`
}

func (c instrumentsTable) open(a *app) (*tables.Instruments, error) {
	cfg, err := awsconfig.Load(a.ctx)
	if err != nil {
		return nil, err
	}
	return tables.NewInstruments(tables.Client(cfg), c.InstrumentsTable), nil
}

type instrumentsListCmd struct{ instrumentsTable }

// instrumentLine is an instrument in a list.
type instrumentLine struct {
	Instrument string `json:"instrument"`
	Serial     string `json:"serial"`
	Tenant     string `json:"tenant"`
	Site       string `json:"site"`
	Consent    bool   `json:"consent"` // proven by its statement
	Since      string `json:"since"`   // of the consent as it stands; empty if never given
	Revoked    bool   `json:"revoked"`
}

// Run lists the enrolled instruments. It is the one list in which a serial number stands
// beside the opaque id.
func (c *instrumentsListCmd) Run(a *app) error {
	table, err := c.open(a)
	if err != nil {
		return err
	}
	all, err := table.List(a.ctx)
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(x, y instrument.Instrument) int { return strings.Compare(x.Serial+x.ID, y.Serial+y.ID) })
	lines := []instrumentLine{}
	for _, i := range all {
		l := instrumentLine{Instrument: i.ID, Serial: i.Serial, Tenant: i.Tenant, Site: i.Site, Consent: consent.Refusal(i) == "", Revoked: i.Revoked}
		if !i.Consent.Since.IsZero() {
			l.Since = i.Consent.Since.UTC().Format(time.RFC3339)
		}
		lines = append(lines, l)
	}
	return a.print(lines, func(out io.Writer) {
		if len(lines) == 0 {
			fmt.Fprintln(out, "No instruments.")
			return
		}
		w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
		fmt.Fprintln(w, "serial\tinstrument\ttenant\tsite\tsending\tsince (UTC)")
		for _, l := range lines {
			sending := map[bool]string{true: "on", false: "off"}[l.Consent]
			if l.Revoked {
				sending = "revoked"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", l.Serial, l.Instrument, l.Tenant, l.Site, sending, l.Since)
		}
		_ = w.Flush()
	})
}

type revokeCmd struct {
	instrumentsTable
	Instrument string `arg:"" help:"The instrument, i-…"`
}

// Run ends an enrolment for good: its requests are refused from now on, and so is what
// it has uploaded and is not claimed yet. What is stored stays.
func (c *revokeCmd) Run(a *app) error {
	table, err := c.open(a)
	if err != nil {
		return err
	}
	if err := table.Revoke(a.ctx, c.Instrument); err != nil {
		return fmt.Errorf("revoking %s: %w", c.Instrument, err)
	}
	return a.print(map[string]any{"instrument": c.Instrument, "revoked": true}, func(w io.Writer) {
		fmt.Fprintf(w, "%s is revoked. A code for the same serial number does not bring it back.\n", c.Instrument)
	})
}
