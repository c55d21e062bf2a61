package main

import (
	"fmt"
	"testing"
	"time"

	"proactive/shared/reconcile"
)

// TestTheAccountIsReadEveryHour: the schedule, the shares of one call and the period of
// the alarms go together, and every call reaches the function.
func TestTheAccountIsReadEveryHour(t *testing.T) {
	if reconcile.Every*reconcile.Shares != time.Hour {
		t.Errorf("%d shares every %s are not an hour, over which the alarms count", reconcile.Shares, reconcile.Every)
	}
	flavours(t, func(t *testing.T, d deployment) {
		n := 0
		for _, r := range d.of(t, "AWS::Events::Rule") {
			if r.Props["ScheduleExpression"] == nil {
				continue
			}
			n++
			if want := fmt.Sprintf("rate(%d minutes)", int(reconcile.Every/time.Minute)); r.Props["ScheduleExpression"] != want || r.Props["State"] != "ENABLED" {
				t.Errorf("%s: %v, %v", r, r.Props["ScheduleExpression"], r.Props["State"])
			}
			if got := d.find(t, at(r.Props, "Targets", 0, "Arn")); got.ref() != "${app/Reconcile}" {
				t.Errorf("%s: calls %s", r, got)
			}
			allowed := false
			for _, p := range d.of(t, "AWS::Lambda::Permission") {
				for _, s := range statements(p) {
					allowed = allowed || d.find(t, p.Props["FunctionName"]).ref() == "${app/Reconcile}" && p.Props["SourceArn"] == r.arn() && s.principals[0] == "events.amazonaws.com"
				}
			}
			if !allowed {
				t.Errorf("%s: may not call the function", r)
			}
		}
		if n != 1 {
			t.Errorf("%d schedules, want 1", n)
		}
	})
}

// TestCleanBatchesAreThereAsLongAsTheAccountSays: what lifecycle has taken is not missing.
func TestCleanBatchesAreThereAsLongAsTheAccountSays(t *testing.T) {
	rule := at(onAWS(t).find(t, "${data/Clean}").Props, "LifecycleConfiguration", "Rules", 0)
	days, _ := at(rule, "ExpirationInDays").(float64)
	if kept := reconcile.CleanKept.Hours() / 24; days <= kept {
		t.Errorf("clean batches are kept for %v days, and looked for over %v", days, kept)
	}
}
