package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"proactive/shared/consent"
	"proactive/shared/enrol"
)

type instrumentsConsentCmd struct {
	instrumentsTable
	Instrument string `arg:"" help:"The instrument, i-…"`
}

// consentLine is a statement of the history, verified under the key that signed it.
type consentLine struct {
	Enrolment string `json:"enrolment"`
	Version   int64  `json:"version"`
	On        bool   `json:"on"`
	Text      string `json:"text"`
	Since     string `json:"since"`
	Statement string `json:"statement"`
}

// Run shows what a lab answered, when it was recorded, and by which statement: every
// signature and every link is verified, enrolment by enrolment.
func (c *instrumentsConsentCmd) Run(a *app) error {
	table, err := c.open(a)
	if err != nil {
		return err
	}
	said, err := table.Statements(a.ctx, c.Instrument)
	if err != nil {
		return err
	}
	lines, err := consentLines(said)
	if err != nil {
		return fmt.Errorf("verifying the consent of %s: %w", c.Instrument, err)
	}
	return a.print(lines, func(out io.Writer) {
		if len(lines) == 0 {
			fmt.Fprintln(out, "The lab never answered.")
			return
		}
		w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
		fmt.Fprintln(w, "enrolment\tno.\tsending\ttext\trecorded (UTC)")
		for _, l := range lines {
			fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", l.Enrolment, l.Version, map[bool]string{true: "on", false: "off"}[l.On], l.Text, l.Since)
		}
		_ = w.Flush()
	})
}

func consentLines(said []enrol.Said) ([]consentLine, error) {
	lines := []consentLine{}
	chains := map[string][]string{}
	for _, s := range said {
		chains[s.Enrolment] = append(chains[s.Enrolment], s.Statement)
		all, err := consent.VerifyChain(chains[s.Enrolment], s.Key)
		if err != nil {
			return nil, err
		}
		last := all[len(all)-1]
		lines = append(lines, consentLine{
			Enrolment: s.Enrolment, Version: last.Version, On: last.On, Text: last.Text, Since: s.Since.UTC().Format(time.RFC3339), Statement: s.Statement,
		})
	}
	return lines, nil
}
