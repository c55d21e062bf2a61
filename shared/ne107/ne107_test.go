package ne107_test

import (
	"testing"

	"pgregory.net/rapid"

	"proactive/shared/ne107"
)

func TestOf(t *testing.T) {
	for name, c := range map[string]struct {
		facts  ne107.Facts
		want   ne107.Status
		why    ne107.Reason
		letter string
	}{
		"healthy":                          {ne107.Facts{Heard: true}, ne107.OK, ne107.Normal, ""},
		"never heard of":                   {ne107.Facts{}, ne107.Insufficient, ne107.Silent, ""},
		"silent since it failed":           {ne107.Facts{Come: true}, ne107.Insufficient, ne107.Silent, ""},
		"just serviced":                    {ne107.Facts{Learning: true}, ne107.Check, ne107.NewPart, "C"},
		"serviced, and failing at once":    {ne107.Facts{Learning: true, Heard: true, Limit: true}, ne107.Check, ne107.NewPart, "C"},
		"failed":                           {ne107.Facts{Heard: true, Come: true, Foretold: true, Limit: true}, ne107.Failure, ne107.HasCome, "F"},
		"warm":                             {ne107.Facts{Heard: true, Limit: true, Foretold: true}, ne107.OutOfSpec, ne107.BeyondLimit, "S"},
		"wearing":                          {ne107.Facts{Heard: true, Foretold: true, Drift: true}, ne107.Maintenance, ne107.Foretold, "M"},
		"drifting, which no model foresaw": {ne107.Facts{Heard: true, Drift: true}, ne107.Maintenance, ne107.Drifting, "M"},
	} {
		if got, why := ne107.Of(c.facts); got != c.want || why != c.why || got.Letter() != c.letter {
			t.Errorf("%s: %s (%s) %q", name, got, why, got.Letter())
		}
	}
}

// A gap in the data is never a failure, whatever was found before it.
func TestSilenceIsNeverAFailure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) bool { return rapid.Bool().Draw(t, name) }
		f := ne107.Facts{Learning: draw("learning"), Come: draw("come"), Limit: draw("limit"), Foretold: draw("foretold"), Drift: draw("drift")}
		if s, _ := ne107.Of(f); s != ne107.Insufficient && s != ne107.Check {
			t.Fatalf("%+v: %s", f, s)
		}
	})
}
