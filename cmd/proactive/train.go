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
	Calibrate []string `help:"Another fleet, to calibrate on and to choose thresholds; may be given more than once." required:"" type:"existingdir" placeholder:"DIR"`
	Learnt    string   `help:"A bundle that learnt from the same fleets: keep its models, and make only curves and thresholds anew." type:"existingdir" placeholder:"DIR"`
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
  proactive train --fleet A --fleet B --calibrate C --calibrate D --out models --python .cache/train-venv/bin/python --script infra/train/train.py`
}

// Run implements the command.
func (c *trainCmd) Run(a *app) error {
	learn, err := open(c.Fleet)
	defer shut(learn)
	if err != nil {
		return err
	}
	others, err := open(c.Calibrate)
	defer shut(others)
	if err != nil {
		return err
	}
	b, dir, err := train.Bundle(a.ctx, train.Options{
		Learn: learn, Calibrate: others, Learnt: c.Learnt, Out: c.Out, Python: c.Python, Script: c.Script, Budget: c.Budget, Progress: os.Stderr,
	})
	if err != nil {
		return err
	}
	return a.print(map[string]any{"bundle": b.Hash, "directory": dir, "thresholds": b.Thresholds}, func(w io.Writer) {
		fmt.Fprintf(w, "The bundle %.12s is in %s. To build it in, copy it to shared/predict/models and name it in CURRENT there.\n", b.Hash, dir)
	})
}

func open(dirs []string) (all []*fleet.Fleet, err error) {
	for _, dir := range dirs {
		f, err := fleet.Open(dir)
		if err != nil {
			return all, err
		}
		all = append(all, f)
	}
	return all, nil
}

func shut(all []*fleet.Fleet) {
	for _, f := range all {
		f.Close()
	}
}
