package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/tables"
	"proactive/shared/casework"
	"proactive/shared/fault"
	"proactive/shared/health"
	"proactive/shared/predict"
	"proactive/shared/score"
)

// Whether a finding can be replayed.
const (
	replays  = "same"             // the models say the same again, to the bit
	differs  = "different"        // they do not: somebody has changed what was stored, or this program is broken
	noModels = "models-not-known" // they are not built in: --models names them
)

// explained is a finding's prediction, and whether it replays.
type explained struct {
	Finding    string           `json:"finding"`
	Instrument string           `json:"instrument"`
	Component  string           `json:"component"`
	Reason     string           `json:"reason"`
	State      health.State     `json:"state"`
	Sequence   int64            `json:"sequence"`
	Foretold   *health.Foretold `json:"foretold"`
	Evidence   health.Evidence  `json:"evidence"`
	Replay     string           `json:"replay"` // "same", "different" or "models-not-known"
	// Similar are past cases on the component, of any instrument: see casework.SimilarTo.
	Similar []casework.Similar `json:"similar"`
}

// finding explains a deployed finding from what was stored with it.
func (c *explainCmd) finding(a *app) error {
	if c.Instrument == "" || c.FindingsTable == "" {
		return fault.New(fault.Malformed, "whose-finding", errors.New("of a finding, --instrument i-… says whose it is and --outputs FILE where it is stored"))
	}
	cfg, err := awsconfig.Load(a.ctx)
	if err != nil {
		return err
	}
	f, there, err := tables.NewFindings(tables.Client(cfg), c.FindingsTable).Get(a.ctx, c.Instrument, c.Subject)
	switch {
	case err != nil:
		return err
	case !there:
		return fault.New(fault.Malformed, "unknown-finding", fmt.Errorf("%s has no finding %s: proactive findings --instrument lists them", c.Instrument, c.Subject))
	case f.Foretold == nil:
		return fault.New(fault.Malformed, "not-a-prediction", fmt.Errorf("%s was made by the rule %s, not by models: proactive findings shows what it is judged by", f.ID, f.Rule))
	}
	e := explained{f.ID, f.Instrument, f.Component, f.Reason, f.State, f.LastSequence, f.Foretold, f.Evidence, noModels, []casework.Similar{}}
	if b, err := c.modelsOf(f); err == nil {
		again, err := score.Replay(b, f)
		switch {
		case err == nil && reflect.DeepEqual(again, f.Foretold):
			e.Replay = replays
		case err == nil:
			e.Replay = differs
		case !errors.Is(err, score.ErrOtherModels):
			return err
		}
	}
	if c.CasesTable != "" {
		if e.Similar, err = similar(a.ctx, tables.NewCases(tables.Client(cfg), c.CasesTable), f); err != nil {
			return err
		}
	}
	if err := a.print(e, func(w io.Writer) { tellExplained(w, e) }); err != nil {
		return err
	}
	if e.Replay == differs {
		return fault.New(fault.Internal, "does-not-replay", fmt.Errorf("the models say otherwise than %s has it", f.ID))
	}
	return nil
}

// similar are past cases like the one that a finding belongs to, or like it alone.
func similar(ctx context.Context, cases *tables.Cases, f health.Finding) ([]casework.Similar, error) {
	standing, err := cases.Standing(ctx, f.Instrument, f.Component)
	if err != nil {
		return nil, err
	}
	own := ""
	for n := standing.Ordinal; n > 0 && own == ""; n-- {
		c, err := cases.Get(ctx, casework.ID(f.Instrument, f.Component, n))
		if err != nil {
			return nil, err
		}
		if slices.Contains(c.Findings, f.ID) {
			own = c.ID
		}
	}
	return casework.SimilarTo(ctx, cases, f.Component, own, f.Foretold.Because)
}

func tellPast(p casework.Similar) string {
	told := "nobody told what was true"
	if p.Label != nil {
		told = string(p.Label.Verdict)
		if p.Label.Part != "" {
			told += ", " + p.Label.Part + " replaced"
		}
	}
	return fmt.Sprintf("%s  alike %3.0f %%  %s; closed as %s after %.0f days", p.Case, 100*p.Likeness, told, p.Outcome, p.Days)
}

func (c *explainCmd) modelsOf(f health.Finding) (*predict.Bundle, error) {
	if c.Models != "" {
		return bundle(c.Models)
	}
	return predict.InUse(fmt.Sprintf("%.12s", f.Foretold.Model))
}

func tellExplained(w io.Writer, e explained) {
	t := e.Foretold
	fmt.Fprintf(w, "%s: %s on the %s of %s, as of run %d, %s (models %.12s)\n", e.Finding, e.Reason, e.Component, e.Instrument, e.Sequence, e.State, t.Model)
	fmt.Fprintf(w, "  a fault is on its way %4.0f %%; has failed %4.0f %%; fails within 1, 7, 14, 30 days %.0f, %.0f, %.0f, %.0f %%\n",
		100*t.Fault, 100*t.Failed, 100*t.Within[0], 100*t.Within[1], 100*t.Within[2], 100*t.Within[3])
	fmt.Fprintln(w, "  because")
	for _, b := range t.Because {
		standing := ""
		if b.Standing != nil {
			standing = fmt.Sprintf("%+.1f sd from its normal, up is worse", *b.Standing)
		}
		fmt.Fprintf(w, "    %-28s %+6.2f  %s\n", b.Signal, b.Score, standing)
	}
	fmt.Fprintf(w, "  (log-odds; of a component of which nothing is known %.2f)\n", t.Base)
	fmt.Fprintf(w, "  shown by %s, beyond %.4g %s; its own normal is %.4g\n", e.Evidence.Feature, e.Evidence.Limit, e.Evidence.Unit, e.Evidence.Baseline)
	for i, p := range e.Similar {
		if i == 0 {
			fmt.Fprintf(w, "  past cases on a %s that were foretold for the most similar reasons\n", e.Component)
		}
		fmt.Fprintf(w, "    %s\n", tellPast(p))
	}
	fmt.Fprintln(w, "  asked again:", map[string]string{
		replays: "the models say the same, to the bit", differs: "THE MODELS SAY OTHERWISE", noModels: "these models are not built in; --models DIR names them",
	}[e.Replay])
}
