package outcomes

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/casework"
)

// told of a case that a model opened on day n.
func opened(model, component string, n int64, v casework.Verdict, how ...Told) Case {
	closed := onDay(n + 5)
	c := Case{Component: component, Model: model, Asked: "m", Opened: onDay(n), Closed: &closed, Told: how}
	if v != "" {
		c.Label = &casework.Label{Verdict: v, At: closed}
	}
	return c
}

func lead(days float64, until Until) Told {
	return Told{Model: "m", How: Foretold, LeadDays: &days, Until: until}
}

func TestWindowOf(t *testing.T) {
	old := opened("m", "pump", 20, casework.Confirmed, Told{Model: Rules, How: AsCome})
	old.Asked = "" // from before it was written down
	open := opened("m", "fan", 70, "")
	open.Closed = nil
	all := []Case{
		opened("m", "pump", 10, casework.Confirmed, lead(4, Came), Told{Model: Rules, How: NotTold}),
		opened("m", "pump", 11, casework.Confirmed, lead(12, Service), Told{Model: Rules, How: Foretold}),
		opened("m", "pump", 12, casework.NoFault), opened("m", "fan", 13, casework.OtherCause), opened("m", "fan", 14, ""), open,
		opened(Rules, "pump", 15, casework.Confirmed, Told{Model: Rules, How: AsCome}, Told{Model: "m", How: NotTold}),
		opened(Rules, "pump", 16, casework.NoFault), old,
		opened("m", "pump", -1, casework.Confirmed, lead(4, Came)), opened("m", "pump", 100, casework.NoFault), // beyond the window
	}
	fleet := []Observed{
		{Instrument: "i-1", First: onDay(-400), Last: onDay(90), Model: "m"},
		{Instrument: "i-2", First: onDay(30), Last: onDay(60)}, {Instrument: "i-3"}, // nothing was heard of the last
	}
	w := WindowOf(all, fleet, map[string]float64{"m": .15}, 73, onDay(73))
	if w.Unknown != 1 || !w.Since.Equal(day0) {
		t.Errorf("%+v", w)
	}
	var got []string
	by := map[string]Figures{}
	for _, f := range w.Figures {
		got = append(got, f.Model+" "+f.Component)
		by[f.Model+" "+f.Component] = f
	}
	if diff := cmp.Diff([]string{"rules ", "rules pump", "m ", "m fan", "m pump"}, got); diff != "" {
		t.Fatal(diff)
	}
	count := func(f Figures) [11]int {
		return [11]int{f.Cases, f.Told, f.Confirmed, f.Other, f.NoFault, f.Untold, f.Faults, f.Foretold, f.AsCome, f.NotTold, f.Leads}
	}
	for name, want := range map[string][11]int{
		"m ": {7, 5, 3, 1, 1, 1, 3, 2, 0, 1, 2}, "m pump": {4, 4, 3, 0, 1, 0, 3, 2, 0, 1, 2}, "m fan": {3, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0},
		"rules ": {2, 2, 1, 0, 1, 0, 4, 1, 2, 1, 0}, "rules pump": {2, 2, 1, 0, 1, 0, 4, 1, 2, 1, 0},
	} {
		if diff := cmp.Diff(want, count(by[name])); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	m := by["m "]
	if *m.Precision.Share != .6 || math.Abs(m.Precision.CI[0]-.1466) > 1e-4 || math.Abs(*m.Recall.Share-2./3) > 1e-12 || *m.LeadDays != [3]float64{4, 4, 12} || m.AtLeast != 1 {
		t.Errorf("%+v", m)
	}
	// Seventy-three days of one instrument and thirty of another; of the window.
	if years := 103. / 365; math.Abs(m.Years-years) > 1e-9 || math.Abs(*m.FalsePerYear-2/years) > 1e-9 || m.Verdict != NotEnough {
		t.Errorf("%+v", m)
	}
	if r := by["rules "]; r.Years != m.Years || r.Verdict != NoBudget || r.Budget != nil {
		t.Errorf("%+v", r)
	}
	if by["m pump"].Verdict != "" || by["m pump"].Budget != nil || by["m fan"].Precision.Share == nil || *by["m fan"].Precision.Share != 0 {
		t.Errorf("%+v", by)
	}
}

func TestVerdict(t *testing.T) {
	budget := .15
	for name, c := range map[string]struct {
		wrong, untold int
		years         float64
		want          Verdict
	}{
		"nothing false in thirty years":             {0, 0, 30, Within},
		"nothing false in ten":                      {0, 0, 10, NotEnough},
		"a hundred in a thousand":                   {100, 0, 1000, Within},
		"two hundred in a thousand":                 {200, 0, 1000, Over},
		"as many as the budget":                     {150, 0, 1000, NotEnough},
		"few false, and few told of":                {10, 200, 1000, NotEnough},
		"over the budget, whatever was not told of": {200, 200, 1000, Over},
		"the first false case, in a month":          {1, 0, .1, NotEnough},
		"three in a month":                          {3, 0, .1, Over},
		"nothing observed":                          {0, 0, 0, NotEnough},
		"false, and nothing observed":               {3, 0, 0, NotEnough},
	} {
		if got := verdict(c.wrong, c.untold, c.years, &budget); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if got := verdict(0, 0, 1000, nil); got != NoBudget {
		t.Error(got)
	}
}

// A bundle is in use from its first trace to its last, whoever left it.
func TestYears(t *testing.T) {
	c := opened(Rules, "pump", 10, "")
	fleet := []Observed{{First: onDay(0), Last: onDay(365)}, {First: onDay(300), Last: onDay(400), Model: "n"}}
	uses := usesOf([]Case{c, opened("m", "pump", 83, "")}, fleet)
	for model, want := range map[string]float64{"m": 73, "n": 0, Rules: 465, "unheard": 0} {
		if got := years(fleet, uses[model], onDay(-999), onDay(999)) * 365; math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: %v days, want %v", model, got, want)
		}
	}
}

func TestReport(t *testing.T) {
	now := time.Date(2026, 2, 28, 9, 0, 0, 0, time.UTC)
	c := opened("m", "pump", 0, casework.Confirmed, lead(4, Came))
	c.Opened = time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)
	r := ReportOf([]Case{c}, nil, nil, 30, now)
	var got []string
	for _, w := range r.Windows {
		got = append(got, w.Until.Format(time.DateOnly))
	}
	want := strings.Fields("2025-04-01 2025-05-01 2025-06-01 2025-07-01 2025-08-01 2025-09-01 2025-10-01 2025-11-01 2025-12-01 2026-01-01 2026-02-01 2026-02-28")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	cases := r.Series("m", func(f Figures) float64 { return float64(f.Cases) })
	if diff := cmp.Diff([]float64{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0}, cases); diff != "" {
		t.Error(diff)
	}
}

func TestCard(t *testing.T) {
	before, after := "# Card\n\n", "\n## Cases\n"
	card := before + Kept("") + after
	if !strings.Contains(card, "nothing of this runs in a lab") {
		t.Error(card)
	}
	with, err := Replace(card, "## What outcomes say\n\nMuch.\n")
	if err != nil || !strings.HasPrefix(with, before) || !strings.HasSuffix(with, after) || !strings.Contains(with, "Much.") || strings.Contains(with, "runs in a lab") {
		t.Errorf("%s, %v", with, err)
	}
	if again := "# Another\n" + Kept(with); !strings.Contains(again, "Much.") || strings.Contains(again, "Cases") { // it is kept
		t.Error(again)
	}
	for name, bad := range map[string]string{"none": before, "begun only": begin, "ended only": end, "the other way round": end + begin, "twice": card + card} {
		if _, err := Replace(bad, ""); err == nil {
			t.Errorf("markers: %s", name)
		}
	}
}

func TestSection(t *testing.T) {
	hash := strings.Repeat("ab", 32)
	all := []Case{opened(hash, "pump", 10, casework.Confirmed, lead(4, Came), Told{Model: Rules, How: NotTold}), opened(hash, "pump", 11, "")}
	all[0].Told[0].Model = hash
	fleet := []Observed{{First: onDay(0), Last: onDay(73), Model: hash}}
	s := Section(ReportOf(all, fleet, map[string]float64{hash: .15}, 365, onDay(73)))
	for _, want := range []string{
		"| `abababababab` | **all** | 2 | 1 | 1 | 100 % (2 to 100) | 1 | 1: 100 % (2 to 100) | 4, 4, 4 | 0.00 (0.00 to 21.37) in 0.2 | 0.15: not-enough-data |\n",
		"| rules | **all** | 0 | 0 | 0 | – | 1 | 0: 0 % (0 to 98) | – | 0.00 (0.00 to 18.44) in 0.2 |  |\n",
		"Of 1 closed cases nobody has told.",
	} {
		if !strings.Contains(s, want) {
			t.Errorf("not there: %s\nin %s", want, s)
		}
	}
	if s := Section(ReportOf(nil, nil, nil, 365, onDay(73))); !strings.Contains(s, "No outcomes as of 2026-08-13") {
		t.Error(s)
	}
}
