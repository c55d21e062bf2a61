package evaluate

import (
	"strings"
	"testing"

	"proactive/shared/fleet"
	"proactive/shared/outcomes"
	"proactive/shared/predict"
)

// What outcomes say is another's: a card that is made anew keeps it.
func TestCardKeepsWhatOutcomesSay(t *testing.T) {
	card := func(was string) string {
		var w strings.Builder
		WriteCard(&w, Report{}, &predict.Bundle{}, fleet.Settings{}, was)
		return w.String()
	}
	first := card("")
	if !strings.Contains(first, outcomes.NoneYet) {
		t.Error(first)
	}
	told, err := outcomes.Replace(first, "## What outcomes say\n\nMuch.\n")
	if err != nil {
		t.Fatal(err)
	}
	if again := card(told); again != told {
		t.Errorf("got %s", again)
	}
	if old := card("# Model card\n\nfrom before there was a place for it\n"); old != first {
		t.Errorf("got %s", old)
	}
}
