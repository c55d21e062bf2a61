package casework

import (
	"testing"
	"time"
)

func TestTell(t *testing.T) {
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.FixedZone("", 3600))
	for _, state := range []State{Open, Booked, Closed} {
		c := Case{State: state}
		if r := c.Tell(Label{Verdict: Confirmed, Part: "laser", At: at}); r != Done || c.Label.At.Location() != time.UTC {
			t.Errorf("%s: %s %+v", state, r, c.Label)
		}
		if r := c.Tell(Label{Verdict: Confirmed, Part: "laser", At: at.Add(time.Hour)}); r != Already || !c.Label.At.Equal(at) {
			t.Errorf("%s, again: %s %+v", state, r, c.Label)
		}
		if r := c.Tell(Label{Verdict: NoFault, At: at}); r != Done || c.Label.Verdict != NoFault || c.State != state {
			t.Errorf("%s, corrected: %s %+v", state, r, c)
		}
	}
}
