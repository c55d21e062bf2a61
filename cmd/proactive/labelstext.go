package main

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"
	"time"

	"proactive/shared/outcomes"
)

func tellLabels(out io.Writer, r outcomes.Report) {
	if len(r.Cases) == 0 {
		fmt.Fprintln(out, "No cases.")
		return
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "case\tcomponent\topened by\topened\toutcome\ttold")
	for _, k := range r.Cases {
		told := "nothing yet"
		if k.Label != nil {
			told = string(k.Label.Verdict)
			if k.Label.Part != "" {
				told += ", " + k.Label.Part + " replaced"
			}
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", k.Case, k.Component, k.Rule, k.Opened.Format(time.DateOnly), k.Outcome, told)
	}
	_ = w.Flush()
	now := r.Now()
	fmt.Fprintf(out, "\nCases opened since %s, as people told of them; 95 %% intervals. Faults that never became a case are not in it.\n", now.Since.Format(time.DateOnly))
	w = tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "models\tcomponent\tcases\ttold\tconfirmed\tprecision\tfaults\tforetold\tlead, days (quartiles)\tfalse per instrument-year\tbudget")
	for _, f := range now.Figures {
		component, budget := f.Component, ""
		if component == "" {
			component = "all"
		}
		if f.Budget != nil {
			budget = fmt.Sprintf("%.2f: %s", *f.Budget, f.Verdict)
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%s\t%d\t%d: %s\t%s\t%s\t%s\n", outcomes.Short(f.Model), component, f.Cases, f.Told, f.Confirmed,
			f.Precision, f.Faults, f.Foretold, f.Recall, f.Lead(), f.Rate(), budget)
	}
	_ = w.Flush()
	if now.Unknown > 0 {
		fmt.Fprintf(out, "Of %d confirmed cases it is not on record which models were asked: no bundle's faults have them.\n", now.Unknown)
	}
	fmt.Fprintf(out, "\nThe last %d windows of %d days, each ending a month after the one before:\n", len(r.Windows), r.Days)
	w = tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	for _, f := range now.Figures {
		if f.Component != "" {
			continue
		}
		precision := r.Series(f.Model, func(f outcomes.Figures) float64 { return orNaN(f.Precision.Share) })
		recall := r.Series(f.Model, func(f outcomes.Figures) float64 { return orNaN(f.Recall.Share) })
		wrong := r.Series(f.Model, func(f outcomes.Figures) float64 { return orNaN(f.FalsePerYear) })
		top := 0.0
		for _, v := range wrong {
			if v > top { // false of NaN
				top = v
			}
		}
		fmt.Fprintf(w, "%s\tprecision %s\tforetold %s\tfalse per instrument-year %s\t(full height: 100 %%, 100 %%, %.2f)\n", outcomes.Short(f.Model), spark(precision, 1), spark(recall, 1), spark(wrong, top), top)
	}
	_ = w.Flush()
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

// spark draws values from 0 to top, one character each; a dot is not known.
func spark(values []float64, top float64) string {
	bars := []rune("▁▂▃▄▅▆▇█")
	var line []rune
	for _, v := range values {
		bar := '·'
		if !math.IsNaN(v) {
			at := 0.0
			if top > 0 {
				at = v / top * float64(len(bars)-1)
			}
			bar = bars[min(len(bars)-1, max(0, int(math.Round(at))))]
		}
		line = append(line, bar)
	}
	return string(line)
}
