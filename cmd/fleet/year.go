package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/schollz/progressbar/v3"

	"proactive/shared/fleet"
	"proactive/shared/simulate/year"
)

type yearCmd struct {
	Seed        uint64    `help:"Which fleet." default:"1"`
	Instruments int       `help:"How many instruments." default:"1000"`
	Days        int       `help:"How many days." default:"365"`
	Null        int       `help:"How many of the instruments never fail." default:"200"`
	Start       time.Time `help:"The first day, 2006-01-02." format:"2006-01-02" default:"2027-01-04"`
	Nuisance    string    `help:"JSON file with nuisance settings; what it does not name is as usual. See docs/fleet.md, and --settings." type:"existingfile" placeholder:"FILE"`
	Settings    bool      `help:"Only print the nuisance settings, their bounds and meaning, and write nothing."`
	Out         string    `help:"Where to write: a new or empty directory." type:"path" placeholder:"DIR"`
	JSON        bool      `help:"Print the result as JSON." name:"json"`
}

// result is what --json prints.
type result struct {
	Out         string  `json:"out"`
	Digest      string  `json:"digest"`
	Instruments int     `json:"instruments"`
	Days        int     `json:"days"`
	Failures    int     `json:"failures"`
	Episodes    int     `json:"episodes"`
	Seconds     float64 `json:"seconds"`
}

func (c *yearCmd) Run() error {
	n, err := c.nuisance()
	if err != nil {
		return err
	}
	if c.Settings {
		return c.settings(n)
	}
	if c.Out == "" {
		return fmt.Errorf("no --out: name a new or empty directory")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	bar := progressbar.NewOptions(c.Instruments, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetDescription("instruments"),
		progressbar.OptionShowCount(), progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetVisibility(!c.JSON))
	began := time.Now()
	s := fleet.Settings{Seed: c.Seed, Instruments: c.Instruments, Days: c.Days, Null: c.Null, Start: c.Start.UTC(), Nuisance: n}
	digest, err := year.Write(ctx, c.Out, s, func(done int) {
		if err := bar.Set(done); err != nil {
			return // a bar that cannot be drawn is no reason to stop
		}
	})
	if err != nil {
		return err
	}
	f, err := fleet.Open(c.Out)
	if err != nil {
		return err
	}
	defer f.Close()
	r := result{c.Out, digest, c.Instruments, c.Days, len(f.Failures()), len(f.Episodes()), time.Since(began).Seconds()}
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(r)
	}
	fmt.Printf("%d days of %d instruments are in %s: %d failures that began, %d episodes. It took %.0f s.\n%s\n",
		r.Days, r.Instruments, r.Out, r.Failures, r.Episodes, r.Seconds, r.Digest)
	return nil
}

// nuisance reads the settings file, if there is one.
func (c *yearCmd) nuisance() (fleet.Nuisance, error) {
	n := fleet.Usual()
	if c.Nuisance == "" {
		return n, nil
	}
	in, err := os.Open(c.Nuisance)
	if err != nil {
		return n, fmt.Errorf("reading nuisance settings: %w", err)
	}
	defer in.Close()
	dec := json.NewDecoder(in)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&n); err != nil {
		return n, fmt.Errorf("reading nuisance settings %s: %w; fleet year --settings lists what there is", c.Nuisance, err)
	}
	return n, n.Check()
}

func (c *yearCmd) settings(n fleet.Nuisance) error {
	if c.JSON {
		enc := json.NewEncoder(os.Stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(n)
	}
	for _, k := range fleet.Knobs() {
		fmt.Printf("%-20s %6g  (%g to %g)  %s\n", k.Name, k.Usual, k.Low, k.High, k.Meaning)
	}
	return nil
}
