package casework

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"proactive/shared/condition"
	"proactive/shared/health"
)

var (
	allStates = []State{Open, Diagnosed, Notified, Offered, Booked, Verifying, Closed}
	allSteps  = []Step{StepDiagnose, StepSupport, StepOffer, StepPick, StepInvite, StepVerify, StepEscalate, StepClose, StepClosed}
)

// The whole table, written out: rows are states, columns the steps in allSteps' order.
// "=" stays (Already), "-" is not allowed, "x" is refused because the case is closed.
func TestNextWholeTable(t *testing.T) {
	want := map[State][]string{
		//         diagnose        support       offer        pick         invite verify        escalate close         closed
		Open:      {"> diagnosed", "-", "-", "-", "-", "-", "-", "> closed", "-"},
		Diagnosed: {"=", "> notified", "-", "-", "-", "-", "-", "> closed", "-"},
		Notified:  {"=", "=", "> offered", "-", "-", "-", "-", "> closed", "-"},
		Offered:   {"=", "=", "=", "> booked", "-", "-", "=", "> closed", "-"},
		Booked:    {"=", "=", "=", "=", "=", "> verifying", "=", "> closed", "-"},
		Verifying: {"=", "=", "=", "=", "=", "=", "=", "> closed", "-"},
		Closed:    {"x", "x", "x", "x", "x", "x", "x", "=", "="},
	}
	got := map[State][]string{}
	for _, state := range allStates {
		for _, step := range allSteps {
			next, reason := Next(state, step)
			cell := map[Reason]string{Already: "=", NotAllowed: "-", IsClosed: "x", Done: "> " + string(next)}[reason]
			if reason != Done && next != state {
				t.Errorf("%s of a case that is %s: %s, and yet it goes to %s", step, state, reason, next)
			}
			got[state] = append(got[state], cell)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if next, reason := Next(Open, "dance"); next != Open || reason != NotAllowed {
		t.Errorf("an unknown step: %s, %s", next, reason)
	}
}

// However steps are repeated and reordered, a case only goes forward, and a step that was
// Done answers Already when it is repeated at once.
func TestNextOnlyForward(t *testing.T) {
	rank := map[State]int{}
	for i, s := range allStates {
		rank[s] = i
	}
	rapid.Check(t, func(t *rapid.T) {
		state := Open
		for _, step := range rapid.SliceOf(rapid.SampledFrom(allSteps)).Draw(t, "steps") {
			next, reason := Next(state, step)
			if rank[next] < rank[state] {
				t.Fatalf("%s leads back from %s to %s", step, state, next)
			}
			if again, r := Next(next, step); reason == Done && (r != Already || again != next) {
				t.Fatalf("%s repeated: %s to %s, %s", step, next, again, r)
			}
			state = next
		}
	})
}

func TestBookFirstPickWins(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	slots := Slots(now, time.UTC, 4)
	c := Case{State: Notified}
	if r := c.Book(slots[0], now); r != NotAllowed {
		t.Errorf("before the offer: %s", r)
	}
	if r := c.Offer(1, slots); r != Done {
		t.Fatal(r)
	}
	if r := c.Book(Slot{Start: now, End: now.Add(time.Hour)}, now); r != NotOnOffer {
		t.Errorf("a slot nobody offered: %s", r)
	}
	for _, s := range []struct {
		slot Slot
		want Reason
	}{{slots[1], Done}, {slots[1], Already}, {slots[2], Taken}} {
		if r := c.Book(s.slot, now); r != s.want {
			t.Errorf("%s: %s, want %s", s.slot.ID(), r, s.want)
		}
	}
	if c.Booked.ID() != slots[1].ID() || c.State != Booked {
		t.Errorf("%+v", c)
	}
	c.Close(NoAnswer, now)
	if r := (&Case{State: Closed}).Book(slots[0], now); r != IsClosed {
		t.Errorf("after the end: %s", r)
	}
}

func TestOfferKeepsTheSlotsOfARound(t *testing.T) {
	monday := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	first, second := Slots(monday, time.UTC, 4), Slots(monday.AddDate(0, 0, 7), time.UTC, 4)
	c := Case{State: Notified}
	for i, s := range []struct {
		round int
		slots []Slot
		want  Reason
		kept  []Slot
	}{{1, first, Done, first}, {1, second, Already, first}, {2, second, Done, second}, {1, first, Already, second}} {
		if r := c.Offer(s.round, s.slots); r != s.want {
			t.Errorf("offer %d: %s, want %s", i, r, s.want)
		}
		if diff := cmp.Diff(s.kept, c.Slots); diff != "" {
			t.Errorf("offer %d: %s", i, diff)
		}
	}
}

func TestSlots(t *testing.T) {
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		now         string
		first, last string
	}{
		"monday morning":      {"2026-11-23T08:00:00Z", "2026-11-26T08:00:00Z", "2026-11-30T12:00:00Z"},
		"friday night":        {"2026-11-27T22:00:00Z", "2026-12-02T08:00:00Z", "2026-12-04T12:00:00Z"},
		"over a clock change": {"2026-10-22T08:00:00Z", "2026-10-27T08:00:00Z", "2026-10-29T12:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			now, err := time.Parse(time.RFC3339, c.now)
			if err != nil {
				t.Fatal(err)
			}
			slots := Slots(now, madrid, 3.2)
			if len(slots) != 6 {
				t.Fatalf("%d slots", len(slots))
			}
			ids := map[string]bool{}
			for _, s := range slots {
				local := s.Start.In(madrid)
				if d := local.Weekday(); d == time.Saturday || d == time.Sunday || local.Hour() != 9 && local.Hour() != 13 {
					t.Errorf("a visit at %s", local)
				}
				if s.End.Sub(s.Start) != 3*time.Hour+30*time.Minute {
					t.Errorf("a visit of %s", s.End.Sub(s.Start))
				}
				ids[s.ID()] = true
			}
			if len(ids) != 6 || slots[0].Start.Format(time.RFC3339) != c.first || slots[5].Start.Format(time.RFC3339) != c.last {
				t.Errorf("from %s to %s", slots[0].Start, slots[5].Start)
			}
		})
	}
}

func TestSeconds(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		pace int
		want int
	}{{24 * time.Hour, 1, 86400}, {24 * time.Hour, 17280, 5}, {time.Second, 17280, 1}, {-time.Hour, 1, 1}, {time.Hour, 0, 3600}} {
		if got := Seconds(c.d, c.pace); got != c.want {
			t.Errorf("%s at pace %d: %d s, want %d", c.d, c.pace, got, c.want)
		}
	}
}

func TestDiagnosesAddUp(t *testing.T) {
	for _, k := range diagnoses {
		sum := k.Weight
		for _, a := range k.Alternatives {
			sum += a.Weight
			if a.Weight > k.Weight {
				t.Errorf("%s: %s is likelier than the cause named first", k.Symptom, a.Cause)
			}
		}
		if sum < .999 || sum > 1.001 {
			t.Errorf("%s: weights add up to %g", k.Symptom, sum)
		}
		if k.Test == "" || k.Remote == "" || k.Part == "" || k.Skill == "" || k.Hours <= 0 {
			t.Errorf("%s: incomplete", k.Symptom)
		}
	}
}

func TestDiagnosisOf(t *testing.T) {
	warm, saturated := health.Finding{Reason: "chiller-warm"}, health.Finding{Reason: "chiller-saturated"}
	alone := DiagnosisOf([]health.Finding{warm})
	both := DiagnosisOf([]health.Finding{saturated, warm})
	if alone.Symptom == both.Symptom {
		t.Error("full effort tells nothing")
	}
	if diff := cmp.Diff(both, DiagnosisOf([]health.Finding{warm, saturated})); diff != "" {
		t.Errorf("the order of the findings matters: %s", diff)
	}
	if d := DiagnosisOf(nil); d.Cause != undiagnosed.Cause {
		t.Errorf("%+v", d)
	}
}

// Whatever is foretold of whatever component, somebody knows where to look.
func TestDiagnosisOfWhatIsForetold(t *testing.T) {
	for _, c := range condition.Components {
		for _, feature := range append([]string{"q30"}, c.Signals...) {
			f := health.Finding{Component: c.Name, Kind: health.Predicted, Reason: "failure-foretold", Evidence: health.Evidence{Feature: feature}}
			d := DiagnosisOf([]health.Finding{f})
			if d.Cause == undiagnosed.Cause || !strings.HasPrefix(d.Symptom, "A failure is foretold. ") {
				t.Errorf("%s by %s: %+v", c.Name, feature, d)
			}
			f.Reason = "failure-has-come"
			if d := DiagnosisOf([]health.Finding{f}); !strings.HasPrefix(d.Symptom, "Something seems to have failed. ") {
				t.Errorf("%s by %s, come: %+v", c.Name, feature, d)
			}
		}
	}
	ruled := health.Finding{Component: "pump", Kind: "limit", Reason: "pump-underdelivering"}
	told := health.Finding{Component: "pump", Kind: health.Predicted, Reason: "failure-foretold"}
	if diff := cmp.Diff(DiagnosisOf([]health.Finding{ruled}), DiagnosisOf([]health.Finding{told, ruled})); diff != "" {
		t.Errorf("what a rule has seen comes first: %s", diff)
	}
	if d := DiagnosisOf([]health.Finding{{Component: "pump", Kind: "limit", Reason: "new-rule"}}); d.Cause != undiagnosed.Cause {
		t.Errorf("a rule that the table does not know: %+v", d)
	}
}
