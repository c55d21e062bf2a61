package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"proactive/shared/factors"
)

// reasonsInWords is what a reason means to a person.
var reasonsInWords = map[string]string{
	factors.OneLevel:           "all runs are at this level",
	factors.FewRuns:            "fewer than 10 runs at it, or at the others",
	factors.FewInstruments:     "fewer than 3 instruments at it, or at the others",
	factors.FewProblems:        "fewer than 5 problems among the runs compared",
	factors.NothingToCompare:   "nothing is left to compare with what confounds held fixed",
	factors.WideInterval:       "an odds ratio of 3 cannot be ruled out",
	factors.RestsOnInstrument:  "without one instrument the difference is gone",
	factors.RestsOnTenant:      "without one customer the difference is gone",
	factors.FewTenants:         "fewer than five customers",
	factors.WouldBetrayAnother: "it would tell of a level of fewer than five customers",
}

// factorsText prints a report for a person: what was found, then every level.
func factorsText(out io.Writer, r factors.Report) {
	fmt.Fprintf(out, "%s: %d instruments of %d customers", r.Problem, r.Instruments, r.Tenants)
	if o := r.Overall; o != nil {
		fmt.Fprintf(out, ", %d of %d runs (%s)", o.Problems, o.Runs, percent(o.Rate, o.Clustered))
	}
	fmt.Fprintf(out, "\n%d levels were tested; at most %.0f %% of what is found may be false.\n\n", r.Tests, 100*r.FalseDiscovery)
	if len(r.Findings) == 0 {
		fmt.Fprintln(out, "Nothing was found that goes with it.")
	}
	for _, f := range r.Findings {
		l := levelOf(r, f)
		fmt.Fprintf(out, "%s  %s=%s: odds ratio %s, q %.2g", strings.ToUpper(string(f.Answer)), f.Factor, f.Level, ratio(l.Test), f.Q)
		if f.Answer == factors.Inseparable {
			fmt.Fprintf(out, "; it cannot be told from %s", strings.Join(l.By, ", "))
		}
		fmt.Fprintf(out, "\n        %s\n", how(l.Test))
		for _, d := range l.Test.Differs {
			fmt.Fprintf(out, "        The odds ratio differs with %s (P %.2g): look at its levels apart.\n", d.Factor, d.P)
		}
	}
	for _, f := range r.Factors {
		fmt.Fprintf(out, "\n%s", f.Factor)
		if f.Unknown != nil && *f.Unknown > 0 {
			fmt.Fprintf(out, " (unknown of %d runs)", *f.Unknown)
		}
		fmt.Fprintln(out)
		w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
		fmt.Fprintln(w, "  level\truns\tproblems\trate (95 %)\tshrunk\todds ratio (95 %)\tq\tanswer")
		for _, l := range f.Levels {
			answer := strings.ReplaceAll(string(l.Answer), "-", " ")
			if l.Reason != "" {
				answer += ": " + reasonsInWords[l.Reason]
			}
			if len(l.By) > 0 {
				answer += ": " + strings.Join(l.By, ", ")
			}
			if l.Rate == nil {
				fmt.Fprintf(w, "  %s\t\t\t\t\t\t\t%s\n", l.Level, answer)
				continue
			}
			q, odds := "", ""
			if l.Test != nil {
				q, odds = fmt.Sprintf("%.2g", l.Test.Q), ratio(l.Test)
			}
			fmt.Fprintf(w, "  %s\t%d\t%d\t%s\t%.1f %%\t%s\t%s\t%s\n", l.Level, l.Rate.Runs, l.Rate.Problems, percent(l.Rate.Rate, l.Rate.Clustered), 100**l.Shrunk, odds, q, answer)
		}
		_ = w.Flush()
	}
}

func levelOf(r factors.Report, f factors.Finding) factors.Level {
	for _, of := range r.Factors {
		for _, l := range of.Levels {
			if of.Factor == f.Factor && l.Level == f.Level {
				return l
			}
		}
	}
	return factors.Level{Test: &factors.Test{}}
}

// how says how a level was compared.
func how(t *factors.Test) string {
	text := "Instruments were compared with each other"
	if t.Within {
		text = "Each instrument was its own control"
	}
	if len(t.Held) > 0 {
		text += ", with these held fixed: " + strings.Join(t.Held, ", ")
	}
	return text + "."
}

func percent(rate float64, i factors.Interval) string {
	return fmt.Sprintf("%.1f %%, %.1f–%.1f", 100*rate, 100*i.Low, 100*i.Top())
}

func ratio(t *factors.Test) string {
	odds, top := "–", "∞"
	if t.OddsRatio != nil {
		odds = fmt.Sprintf("%.2g", *t.OddsRatio)
	}
	if t.Interval.High != nil {
		top = fmt.Sprintf("%.2g", *t.Interval.High)
	}
	return fmt.Sprintf("%s (%.2g–%s)", odds, t.Interval.Low, top)
}
