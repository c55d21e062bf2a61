package notice

import (
	"testing"

	"proactive/shared/attribute"
	"proactive/shared/condition"
	"proactive/shared/health"
	"proactive/shared/language"
	"proactive/shared/predict"
	"proactive/shared/score"
)

// Every rule of score can be told: a subject, a sentence in each language, a label for
// its feature and a unit as people write it.
func TestEveryRuleHasWords(t *testing.T) {
	if len(score.Rules) == 0 {
		t.Fatal("no rules")
	}
	for _, r := range score.Rules {
		p := phrases[r.Reason]
		for _, l := range language.All {
			if p.subject == "" || p.lab[l] == "" {
				t.Errorf("%s: nothing is said in %s", r.Reason, l)
			}
		}
		if _, ok := features[r.Feature]; !ok {
			t.Errorf("feature %s has no label", r.Feature)
		}
		if _, ok := units[r.Unit]; !ok {
			t.Errorf("unit %s is not written for people", r.Unit)
		}
		if name := language.English.Component(r.Component); name == "the "+r.Component && r.Component != "camera" {
			t.Errorf("component %s has no word", r.Component)
		}
	}
}

// So can every prediction: by any signal, of any component.
func TestEveryPredictionHasWords(t *testing.T) {
	for _, s := range condition.Signals {
		for _, l := range language.All {
			if signs[s.Feature][l] == "" {
				t.Errorf("nothing is said of %s in %s", s.Feature, l)
			}
		}
		if feature(s.Feature).long == s.Feature {
			t.Errorf("signal %s has no label", s.Feature)
		}
		if _, ok := units[s.Unit]; !ok {
			t.Errorf("unit %s is not written for people", s.Unit)
		}
	}
	for _, c := range condition.Components {
		if name := language.English.Component(c.Name); name == "the "+c.Name && c.Name != "camera" {
			t.Errorf("component %s has no word", c.Name)
		}
	}
	for cause := range attribute.Prior {
		if owedTo[string(cause)] == "" {
			t.Errorf("there is no word for what is owed to %s", cause)
		}
	}
	for _, reason := range []predict.Reason{predict.Foretold, predict.HasCome} {
		for _, l := range language.All {
			if p := phrases[string(reason)]; p.subject == "" || p.lab[l] == "" {
				t.Errorf("%s: nothing is said in %s", reason, l)
			}
		}
	}
}

func TestUrgencyOfWhatIsForetold(t *testing.T) {
	soon, come := laserForetold(), laserForetold()
	soon.Foretold.Within[1], come.Reason = .5, "failure-has-come"
	for name, c := range map[string]struct {
		f    health.Finding
		want Urgency
	}{"in some weeks": {laserForetold(), ThisWeek}, "likely within a week": {soon, ActToday}, "has come": {come, ActToday}} {
		if got := urgencyOf([]health.Finding{c.f}); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestValue(t *testing.T) {
	for _, c := range []struct {
		l    language.Language
		v    float64
		unit string
		want string
	}{
		{language.English, 9.414, "Cel", "9.41\u00a0°C"}, {language.Spanish, 9.414, "Cel", "9,41\u00a0°C"},
		{language.English, 8, "Cel", "8\u00a0°C"}, {language.English, 0, "%", "0\u00a0%"}, {language.English, -12.04, "kPa", "-12\u00a0kPa"},
		{language.English, 0.0917, "%", "0.0917\u00a0%"}, {language.English, 2412.3, "/min", "2412\u00a0rpm"}, {language.English, 0.93, "1", "0.93"},
		{language.English, 1, "furlong", "1\u00a0furlong"},
	} {
		if got := value(c.l, c.v, c.unit); got != c.want {
			t.Errorf("value(%v %s) = %q, want %q", c.v, c.unit, got, c.want)
		}
	}
}

func TestMissingRuns(t *testing.T) {
	of := func(sequences ...int64) health.Finding {
		var f health.Finding
		for _, s := range sequences {
			f.Evidence.Points = append(f.Evidence.Points, health.Point{Sequence: s})
		}
		return f
	}
	for _, c := range []struct {
		f    health.Finding
		list string
		n    int
	}{
		{of(), "", 0}, {of(3), "", 0}, {of(1, 2, 3), "", 0}, {of(1, 3), "2", 1}, {of(3, 1), "2", 1}, {of(1, 5, 7, 11), "2–4, 6 and 8–10", 7},
	} {
		if list, n := missing(c.f); list != c.list || n != c.n {
			t.Errorf("missing = %q, %d, want %q, %d", list, n, c.list, c.n)
		}
	}
}

func TestChartOfAwkwardEvidence(t *testing.T) {
	for name, f := range map[string]health.Finding{
		"no points": {Evidence: health.Evidence{Limit: 8, Unit: "Cel"}},
		"one point": {Evidence: health.Evidence{Limit: 8, Unit: "Cel", Points: []health.Point{{Sequence: 1, Value: 8}}}},
		"all alike": {Evidence: health.Evidence{Limit: 0, Unit: "1", Points: []health.Point{{Sequence: 1}, {Sequence: 2}}}},
		"a jump":    {Evidence: health.Evidence{Limit: 8, Unit: "Cel", Points: []health.Point{{Sequence: 1, Value: 4}, {Sequence: 400, Value: 9e9, Violates: true}}}},
	} {
		chart, err := chartOf("c", f)
		if err != nil || len(chart.PNG) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
