package main

import (
	"fmt"
	"io"
	"os"

	"proactive/infra/train"
	"proactive/shared/fleet"
)

type trainCmd struct {
	Fleet     []string `help:"A fleet to learn from; may be given more than once." required:"" type:"existingdir" placeholder:"DIR"`
	Calibrate string   `help:"Another fleet, to calibrate on and to choose thresholds." required:"" type:"existingdir" placeholder:"DIR"`
	Out       string   `help:"Where to write the bundle: a directory named by its hash is made there." required:"" type:"path" placeholder:"DIR"`
	Python    string   `help:"A Python with LightGBM, as make train installs it." required:"" type:"existingfile" placeholder:"FILE"`
	Script    string   `help:"The training script." required:"" type:"existingfile" placeholder:"FILE"`
	Budget    float64  `help:"False cases per instrument-year that are allowed." default:"0.15"`
}

// Help shows how it is used.
func (trainCmd) Help() string {
	return `Trains the models that foretell failures, and calibrates them: what make models does
with fleets that it makes itself. The same fleets give the same bytes.

  make models
  proactive train --fleet A --fleet B --calibrate C --out models --python .cache/train-venv/bin/python --script infra/train/train.py`
}

// Run implements the command.
func (c *trainCmd) Run(a *app) error {
	var learn []*fleet.Fleet
	for _, dir := range c.Fleet {
		f, err := fleet.Open(dir)
		if err != nil {
			return err
		}
		defer f.Close()
		learn = append(learn, f)
	}
	other, err := fleet.Open(c.Calibrate)
	if err != nil {
		return err
	}
	defer other.Close()
	b, dir, err := train.Bundle(a.ctx, train.Options{
		Learn: learn, Calibrate: other, Out: c.Out, Python: c.Python, Script: c.Script, Budget: c.Budget, Progress: os.Stderr,
	})
	if err != nil {
		return err
	}
	return a.print(map[string]any{"bundle": b.Hash, "directory": dir, "thresholds": b.Thresholds}, func(w io.Writer) {
		fmt.Fprintf(w, "The bundle %.12s is in %s. To build it in, copy it to shared/predict/models and name it in CURRENT there.\n", b.Hash, dir)
	})
}
