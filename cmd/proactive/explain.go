package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"proactive/shared/condition"
	"proactive/shared/evaluate"
	"proactive/shared/fault"
	"proactive/shared/fleet"
	"proactive/shared/predict"
)

type explainCmd struct {
	Subject       string `arg:"" help:"A finding, f-…; or an instrument of the fleet, i-…"`
	Component     string `arg:"" optional:"" help:"With a fleet: one of its components: laser, camera, focus, stage, z-drive, chiller, heater, fan, pump, line, valve."`
	Instrument    string `help:"With a finding: whose it is." placeholder:"i-…"`
	FindingsTable string `hidden:"" help:"Name of the findings table."`
	CasesTable    string `hidden:"" help:"Name of the cases table."`
	Fleet         string `help:"The fleet's directory." type:"existingdir" placeholder:"DIR"`
	Sequence      int64  `help:"With a fleet: as of this run; default the last." placeholder:"N"`
	Models        string `help:"A bundle of models instead of the one that is built in." type:"existingdir" placeholder:"DIR"`
}

// Help shows how it is used.
func (explainCmd) Help() string {
	return `Says what the probability of a fault on a component is made of: how much each signal is
answerable for, exactly, and how far it stands from where it was when the part was well.

Of a finding it says what was stored with it, and asks the same models again about the
same numbers: they must say the same, to the bit. It also names the past cases on the same
component that were foretold for the most similar reasons, and what became of them.

  proactive explain f-5rgwdjcpta2xbf4l --instrument i-0q2sxt7wsrhyc7vpdc05kaka9e --outputs outputs.json
  proactive explain i-0q2sxt7wsrhyc7vpdc05kaka9e pump --fleet /tmp/fleet --sequence 80`
}

// explanation is what is printed.
type explanation struct {
	Instrument string             `json:"instrument"`
	Component  string             `json:"component"`
	Sequence   int64              `json:"sequence"`
	Bundle     string             `json:"bundle"`
	Prediction predict.Prediction `json:"prediction"`
	LifeDays   [3]evaluate.Figure `json:"remaining_life_days"` // by which it has failed with 10, 50, 90 %; null beyond 30
	Base       float64            `json:"base"`
	Because    []predict.Because  `json:"because"`
}

// errFound ends a walk.
var errFound = errors.New("found")

// Run implements the command.
func (c *explainCmd) Run(a *app) error {
	if strings.HasPrefix(c.Subject, "f-") {
		return c.finding(a)
	}
	if c.Fleet == "" {
		return fault.New(fault.Malformed, "no-fleet", fmt.Errorf("--fleet DIR names the fleet of %s; a finding's id begins with f-", c.Subject))
	}
	at := -1
	for i, x := range condition.Components {
		if x.Name == c.Component {
			at = i
		}
	}
	if at < 0 {
		return fault.New(fault.Malformed, "unknown-component", fmt.Errorf("there is no component %q: see proactive explain --help", c.Component))
	}
	f, err := fleet.Open(c.Fleet)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := bundle(c.Models)
	if err != nil {
		return err
	}
	var e explanation
	err = evaluate.Play(f, func(s evaluate.Step) error {
		if s.Instrument != c.Subject || c.Sequence > 0 && s.Sequence > c.Sequence {
			return nil
		}
		if c.Sequence > 0 && s.Sequence < c.Sequence {
			return nil
		}
		e = explanation{Instrument: s.Instrument, Component: c.Component, Sequence: s.Sequence, Bundle: b.Hash, Prediction: b.Predict(s.State)[at]}
		e.Base, e.Because = b.Explain(s.State, at)
		life := e.Prediction.Life()
		e.LifeDays = [3]evaluate.Figure{evaluate.Figure(life.Low), evaluate.Figure(life.Median), evaluate.Figure(life.High)}
		if c.Sequence > 0 {
			return errFound
		}
		return nil
	})
	if err != nil && !errors.Is(err, errFound) {
		return err
	}
	if e.Bundle == "" {
		return fault.New(fault.Malformed, "unknown-run", fmt.Errorf("the fleet has no such run of %s", c.Subject))
	}
	return a.print(e, func(w io.Writer) { tellExplanation(w, e) })
}

func tellExplanation(w io.Writer, e explanation) {
	p := e.Prediction
	fmt.Fprintf(w, "%s, %s, as of run %d (models %.12s)\n", e.Instrument, e.Component, e.Sequence, e.Bundle)
	fmt.Fprintf(w, "  a fault is on its way %4.0f %%; has failed %4.0f %%; fails within 1, 7, 14, 30 days %.0f, %.0f, %.0f, %.0f %%\n",
		100*p.Fault, 100*p.Failed, 100*p.Within[0], 100*p.Within[1], 100*p.Within[2], 100*p.Within[3])
	fmt.Fprintln(w, "  because")
	for i, x := range e.Because {
		if i == 8 || math.Abs(x.Score) < .05 {
			break
		}
		standing := ""
		if z := float64(x.Standing); !math.IsNaN(z) {
			standing = fmt.Sprintf("%+.1f sd from its normal, up is worse", z)
		}
		fmt.Fprintf(w, "    %-28s %+6.2f  %s\n", x.Signal, x.Score, standing)
	}
	fmt.Fprintf(w, "  (log-odds; of a component of which nothing is known %.2f)\n", e.Base)
}
