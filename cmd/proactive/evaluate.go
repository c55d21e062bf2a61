package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"proactive/shared/evaluate"
	"proactive/shared/fleet"
	"proactive/shared/predict"
)

type evaluateCmd struct {
	Fleet  string `help:"A fleet's directory, as fleet year writes it." required:"" type:"existingdir" placeholder:"DIR"`
	Models string `help:"A bundle of models to judge instead of the one that is built in." type:"existingdir" placeholder:"DIR"`
	Card   string `help:"Also write the model card; what outcomes say in it stays." type:"path" placeholder:"FILE"`
	Check  bool   `help:"Read every file first and compare with the fleet's digest."`
}

// Help shows how it is used.
func (evaluateCmd) Help() string {
	return `Plays a simulated year through the code that judges instruments and compares what it
says with what was true: cases, foretold failures, lead time, probabilities, causes. The
fleet is simulated, and so is what this shows: see docs/model-card.md.

  fleet year --seed 31 --instruments 1000 --null 200 --out /tmp/fleet
  proactive evaluate --fleet /tmp/fleet --json`
}

// Run implements the command.
func (c *evaluateCmd) Run(a *app) error {
	f, err := fleet.Open(c.Fleet)
	if err != nil {
		return err
	}
	defer f.Close()
	if c.Check {
		if err := f.Verify(); err != nil {
			return err
		}
	}
	b, err := bundle(c.Models)
	if err != nil {
		return err
	}
	y, err := evaluate.ScoreYear(f, b)
	if err != nil {
		return err
	}
	r := evaluate.ReportOf(y, b)
	if c.Card != "" {
		was, err := os.ReadFile(c.Card)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("reading the model card that is there: %w", err)
		}
		var card bytes.Buffer
		evaluate.WriteCard(&card, r, b, f.Settings(), string(was))
		if err := os.WriteFile(c.Card, card.Bytes(), 0o600); err != nil {
			return fmt.Errorf("writing the model card: %w", err)
		}
	}
	return a.print(r, func(w io.Writer) { tell(w, r) })
}

// bundle opens a directory's, or the one that is built in.
func bundle(dir string) (*predict.Bundle, error) {
	if dir == "" {
		return predict.BuiltIn()
	}
	return predict.Open(os.DirFS(dir), ".")
}

func tell(w io.Writer, r evaluate.Report) {
	fmt.Fprintf(w, "A simulated fleet, %.0f instrument-years; models %.12s.\n\n", float64(r.Cases[0].Years), r.Bundle)
	fmt.Fprintf(w, "%-12s %6s %6s %9s %7s %9s %9s %7s %22s %9s\n", "", "cases", "false", "precision", "/i-year", "gradual", "foretold", "recall", "lead, days: quartiles", "at once")
	for _, t := range r.Cases {
		name := t.Component
		if name == "" {
			name = "all"
		}
		row(w, name, t)
	}
	fmt.Fprintf(w, "\nOn instruments that never fail: %d cases in %.0f instrument-years.\n\nAt the same budget of false cases (%.2f per instrument-year):\n", r.NullCases, float64(r.NullYears), float64(r.Budget))
	for _, t := range r.Comparison {
		row(w, t.Name, t.Tally)
	}
	fmt.Fprintf(w, "\n%-12s %-6s %8s %8s %22s %9s %7s\n", "", "within", "rows", "came", "Brier skill (95 %)", "oracle", "slope")
	for _, p := range r.Probabilities {
		name := p.Component
		if name == "" {
			name = "all"
		}
		fmt.Fprintf(w, "%-12s %-6s %8d %8d %7.3f [%.3f, %.3f] %9.3f %7.2f\n", name, p.Target, p.Rows, p.Came, float64(p.Skill), float64(p.Low), float64(p.High), float64(p.Ceiling), float64(p.Slope))
	}
	fmt.Fprintf(w, "\n%-14s %9s %7s %9s %7s\n", "cause", "episodes", "found", "notices", "right")
	for _, x := range r.Attribution {
		fmt.Fprintf(w, "%-14s %9d %7d %9d %7d\n", x.Cause, x.Episodes, x.Found, x.Notices, x.Right)
	}
	fmt.Fprintf(w, "\n%-14s %10s %11s\n", "cases owed to", "true cases", "false cases")
	for _, x := range r.Owed {
		fmt.Fprintf(w, "%-14s %10d %11d\n", x.Cause, x.True, x.False)
	}
}

func row(w io.Writer, name string, t evaluate.Tally) {
	lead := "-"
	if q := t.LeadDays; !math.IsNaN(float64(q[1])) {
		lead = fmt.Sprintf("%.0f  %.0f  %.0f", float64(q[0]), float64(q[1]), float64(q[2]))
	}
	fmt.Fprintf(w, "%-12s %6d %6d %9.3f %7.3f %9d %9d %7.3f %22s %5d/%d\n", name, t.Cases, t.False, float64(t.Precision), float64(t.FalsePerYear), t.Gradual, t.Foretold, float64(t.Recall), lead, t.AtOnce, t.Abrupt)
}
