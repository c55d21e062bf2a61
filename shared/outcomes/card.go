package outcomes

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// What marks the section in a model card. It is written by proactive labels, and kept by
// whoever writes the rest of the card anew.
const (
	begin = "<!-- outcomes: begin, written by proactive labels -->\n"
	end   = "<!-- outcomes: end -->\n"
)

// NoneYet is the section of a card of models that never ran.
const NoneYet = "## What outcomes say\n\nNo outcomes yet: nothing of this runs in a lab. When it does, `proactive labels --card` writes here how often rules and models were right there.\n"

// ErrNoMarkers means that a file has no place for the section.
var ErrNoMarkers = errors.New("no place for what outcomes say: the card has not its two markers")

// Kept is a card's section with its markers; that of NoneYet if the card has none.
func Kept(card string) string {
	from, to, err := place(card)
	if err != nil {
		return begin + NoneYet + end
	}
	return card[from:to]
}

// Replace puts a section in its place in a card.
func Replace(card, section string) (string, error) {
	from, to, err := place(card)
	if err != nil {
		return "", err
	}
	return card[:from] + begin + section + end + card[to:], nil
}

// place is where the section with its markers is.
func place(card string) (from, to int, err error) {
	from = strings.Index(card, begin)
	to = strings.Index(card, end)
	if from < 0 || to < from || strings.Count(card, begin) != 1 || strings.Count(card, end) != 1 {
		return 0, 0, ErrNoMarkers
	}
	return from, to + len(end), nil
}

// Section is the report as a card has it.
func Section(r Report) string {
	w := r.Now()
	if len(r.Cases) == 0 {
		return fmt.Sprintf("## What outcomes say\n\nNo outcomes as of %s: no case was ever opened.\n", w.Until.Format(time.DateOnly))
	}
	var out strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&out, format, args...) }
	p("## What outcomes say\n\nOf cases opened from %s to %s, as people told of them (`proactive outcome`): of real instruments, unlike everything else here. A fault that never became a case is not in it, whoever missed it. Intervals are 95 %%, exact. ",
		w.Since.Format(time.DateOnly), w.Until.Format(time.DateOnly))
	p("[What is counted](prediction.md#what-was-true).\n\n")
	p("| models | component | cases | told | confirmed | precision | faults | foretold | lead, days (quartiles) | false per instrument-year | budget |\n|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, f := range w.Figures {
		cardRow(&out, f)
	}
	if i := slices.IndexFunc(w.Figures, func(f Figures) bool { return f.Untold > 0 }); i >= 0 {
		p("\nOf %d closed cases nobody has told.", untold(w))
	}
	if w.Unknown > 0 {
		p("\nOf %d confirmed cases it is not on record which models were asked; no bundle's faults have them.", w.Unknown)
	}
	return strings.TrimRight(out.String(), "\n") + "\n"
}

func untold(w Window) (n int) {
	for _, f := range w.Figures {
		if f.Component == "" {
			n += f.Untold
		}
	}
	return n
}

func cardRow(w io.Writer, f Figures) {
	model, component := "`"+Short(f.Model)+"`", f.Component
	if f.Model == Rules {
		model = Rules
	}
	if component == "" {
		component = "**all**"
	}
	budget := ""
	if f.Budget != nil {
		budget = fmt.Sprintf("%.2f: %s", *f.Budget, f.Verdict)
	}
	fmt.Fprintln(w, "| "+strings.Join([]string{
		model, component, fmt.Sprint(f.Cases), fmt.Sprint(f.Told), fmt.Sprint(f.Confirmed), f.Precision.String(),
		fmt.Sprint(f.Faults), fmt.Sprintf("%d: %s", f.Foretold, f.Recall), f.Lead(), f.Rate(), budget,
	}, " | ")+" |")
}

// Short is how a bundle is called: the first twelve digits of its hash.
func Short(model string) string { return model[:min(12, len(model))] }

// String is "86 % (64 to 97)", or a dash.
func (s Share) String() string {
	if s.Share == nil {
		return "–"
	}
	return fmt.Sprintf("%.0f %% (%.0f to %.0f)", 100**s.Share, 100*s.CI[0], 100*s.CI[1])
}

// Lead is "12, 20, 33; 4 of 9 at least", or a dash.
func (f Figures) Lead() string {
	if f.LeadDays == nil {
		return "–"
	}
	s := fmt.Sprintf("%.0f, %.0f, %.0f", f.LeadDays[0], f.LeadDays[1], f.LeadDays[2])
	if f.AtLeast > 0 {
		s += fmt.Sprintf("; %d of %d at least", f.AtLeast, f.Leads)
	}
	return s
}

// Rate is "0.10 (0.03 to 0.22) in 40.0 years", or a dash.
func (f Figures) Rate() string {
	if f.FalsePerYear == nil {
		return "–"
	}
	return fmt.Sprintf("%.2f (%.2f to %.2f) in %.1f", *f.FalsePerYear, f.FalseCI[0], f.FalseCI[1], f.Years)
}
