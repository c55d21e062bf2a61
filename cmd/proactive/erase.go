package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/queues"
	"proactive/shared/aws/tables"
	"proactive/shared/erase"
	"proactive/shared/erasure"
	"proactive/shared/fault"
	"proactive/shared/handoff"
	"proactive/shared/instrument"
)

type eraseCmd struct {
	instrumentsTable
	EraseQueue string `required:"" hidden:"" help:"URL of the queue to erase."`
	Instrument string `arg:"" help:"The instrument, i-…"`
	Serial     string `help:"Its serial number, so that nothing is erased by a slip. Not asked for when the erasure has begun."`
	Out        string `type:"path" placeholder:"FILE" help:"Write the certificate there, once there is one, and to FILE.keys.json the key set to verify it with."`
}

// Help is shown by --help.
func (c *eraseCmd) Help() string {
	return `For a lab that asks by letter: its instrument is gone, or its key is revoked. It cannot be undone.

    proactive --outputs outputs.json instruments erase i-01hzzzzzzzzzzzzzzzzzzzzzzz --serial M04034
    proactive --outputs outputs.json instruments erase i-01hzzzzzzzzzzzzzzzzzzzzzzz --out certificate.jws

The first begins it; the second, a quarter of an hour later, has the certificate.`
}

// erasing is how far an erasure is, as the command prints it.
type erasing struct {
	Instrument string `json:"instrument"`
	erase.Standing
}

// Run begins an erasure, or tells how far it is.
func (c *eraseCmd) Run(a *app) error {
	cfg, err := awsconfig.Load(a.ctx)
	if err != nil {
		return err
	}
	stones := tables.NewTombstones(tables.Client(cfg), c.InstrumentsTable)
	desk := erase.Desk{Tombstones: stones, Next: queues.New[handoff.Erase](queues.Client(cfg), c.EraseQueue), Now: time.Now}
	i, err := stones.Get(a.ctx, c.Instrument)
	if errors.Is(err, instrument.ErrUnknown) {
		return fault.New(fault.Malformed, unknownInstrument, fmt.Errorf("%s is neither enrolled nor erased: `instruments list` has those that are", c.Instrument))
	}
	if err != nil {
		return err
	}
	s, err := desk.Standing(a.ctx, i, nil)
	if err != nil {
		return err
	}
	if s.State == erase.NotAsked && (c.Serial == "" || c.Serial != i.Serial) {
		return fault.New(fault.Malformed, erase.AnotherInstrument, fmt.Errorf("--serial must be the serial number of %s; nothing was erased", c.Instrument))
	}
	if s.State != erase.Erased { // if it stands still, this helps
		if s, err = desk.Begin(a.ctx, i, erasure.ByOperator); err != nil {
			return err
		}
	}
	if c.Out != "" && s.State == erase.Erased {
		if err := c.write(a, s.Certificate); err != nil {
			return err
		}
	}
	return a.print(erasing{c.Instrument, s}, func(w io.Writer) {
		switch {
		case s.State != erase.Erased:
			fmt.Fprintf(w, "%s is being erased: search %d, asked for %s. It takes a quarter of an hour; give the command again for the certificate.\n",
				c.Instrument, s.Round, s.Asked.Format(time.RFC3339))
		case c.Out != "":
			fmt.Fprintf(w, "%s is erased. The certificate is in %s; the key set to verify it with is in %s.\n", c.Instrument, c.Out, c.keysFile())
		default:
			fmt.Fprintf(w, "%s is erased. The certificate:\n%s\n", c.Instrument, s.Certificate)
		}
	})
}

func (c *eraseCmd) keysFile() string { return c.Out + ".keys.json" }

// write writes what docs/verify/verify_certificate.py reads.
func (c *eraseCmd) write(a *app, certificate string) error {
	table, err := c.open(a)
	if err != nil {
		return err
	}
	signed, err := table.Signed(a.ctx)
	if err != nil {
		return err
	}
	keys, err := signed.Marshal()
	if err != nil {
		return fmt.Errorf("encoding the key set: %w", err)
	}
	if err := os.WriteFile(c.Out, []byte(certificate+"\n"), 0o600); err != nil {
		return fmt.Errorf("writing the certificate: %w", err)
	}
	if err := os.WriteFile(c.keysFile(), keys, 0o600); err != nil {
		return fmt.Errorf("writing the key set: %w", err)
	}
	return nil
}

// unknownInstrument is the reason for which nothing can be erased by an id.
const unknownInstrument = "unknown-instrument"
