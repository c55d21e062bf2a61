// Command fleet simulates sequencers: it writes run folders as instruments do, healthy
// and failing, with the truth beside them.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"proactive/shared/simulate"
)

type cli struct {
	Write writeCmd `cmd:"" help:"Write run folders. Example: fleet write --seed 7 --instruments 6 --fail 4 --runs 12 --out /tmp/fleet"`
	Year  yearCmd  `cmd:"" help:"Write a year of many instruments at the level of one run's features, with the truth beside them: what training and evaluation read. Example: fleet year --seed 11 --instruments 1000 --days 365 --null 200 --out /tmp/year"`
}

type writeCmd struct {
	Seed         uint64    `help:"Which fleet." default:"1"`
	Instruments  int       `help:"How many instruments." default:"6"`
	Fail         int       `help:"How many of them fail, each with another fault than the one before." default:"4"`
	Runs         int       `help:"How many runs of each." default:"12"`
	From         int       `help:"The first run's index."`
	Start        time.Time `help:"Day of the first run, 2006-01-02; default today." format:"2006-01-02"`
	AfterService string    `help:"Only this serial number, with its fault mended." placeholder:"SERIAL"`
	Out          string    `help:"Where to write." required:"" type:"path" placeholder:"DIR"`
}

func (c *writeCmd) Run() error {
	if c.Instruments < 1 || c.Instruments > 1000 || c.Runs < 1 || c.Fail < 0 || c.Fail > c.Instruments || c.From < 0 {
		return fmt.Errorf("1 to 1000 instruments, of which at most all fail, and at least one run")
	}
	start := c.Start
	if start.IsZero() {
		start = time.Now()
	}
	f := simulate.Fleet{Seed: c.Seed, Instruments: c.Instruments, Failing: c.Fail, Start: start.UTC().Truncate(24 * time.Hour)}
	if err := os.MkdirAll(c.Out, 0o750); err != nil {
		return fmt.Errorf("making %s: %w", c.Out, err)
	}
	if c.AfterService != "" {
		if err := f.WriteServiced(c.Out, c.AfterService, c.From, c.Runs); err != nil {
			return err
		}
		fmt.Printf("%d runs of %s after its service are in %s.\n", c.Runs, c.AfterService, c.Out)
		return nil
	}
	if err := f.Write(c.Out, c.From, c.Runs); err != nil {
		return err
	}
	fmt.Printf("%d runs of each of %d instruments are in %s; truth.json says which fail.\n", c.Runs, c.Instruments, c.Out)
	return nil
}

// usageError is kong's exit code for a command line that it cannot parse.
const usageError = 80

func main() {
	ctx := kong.Parse(&cli{}, kong.Name("fleet"),
		kong.Description("Simulates sequencers: run folders as instruments write them, and truth.json beside them. What it knows of failures is a model, described in docs/simulator.md."),
		kong.ShortUsageOnError(), kong.Exit(func(code int) {
			if code == usageError {
				code = 2 // as the other commands
			}
			os.Exit(code)
		}))
	ctx.FatalIfErrorf(ctx.Run())
}
