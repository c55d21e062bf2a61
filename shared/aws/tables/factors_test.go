package tables_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"proactive/shared/aws/tables"
	"proactive/shared/health"
	"proactive/shared/score"
)

// Of the findings' stream only a factor that is new is handled: neither a finding, nor the
// same row when it is written that the factor was told.
func TestEachFactorAnswersWithWhatFailed(t *testing.T) {
	image := func(pk, document string) map[string]events.DynamoDBAttributeValue {
		return map[string]events.DynamoDBAttributeValue{
			"pk": events.NewStringAttribute(pk), "sk": events.NewStringAttribute("FACTOR#n"), "document": events.NewStringAttribute(document),
		}
	}
	told := record(t, "2", image("FACTORS", `{"factor":"n-told"}`))
	told.EventName = "MODIFY"
	batch := events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{
		record(t, "1", image("FACTORS", `{"factor":"n-1"}`)),
		told,
		record(t, "3", image("i-1", `{"finding":"f-1"}`)),
		record(t, "4", image("FACTORS", `{"factor":"n-bad"}`)),
		record(t, "5", image("FACTORS", `{"factor":`)),
		record(t, "6", map[string]events.DynamoDBAttributeValue{"pk": events.NewStringAttribute("FACTORS")}),
		record(t, "7", nil), // a removal
		record(t, "8", image("FACTORS", `{"factor":"n-2"}`)),
	}}
	var handled, failed []string
	answer := tables.EachFactor(t.Context(), slog.New(slog.DiscardHandler), batch, func(_ context.Context, f health.Factor) error {
		handled = append(handled, f.ID)
		if f.ID == "n-bad" {
			return errors.New("no")
		}
		return nil
	})
	for _, f := range answer.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	if !slices.Equal(handled, []string{"n-1", "n-bad", "n-2"}) || !slices.Equal(failed, []string{"4", "5", "6"}) {
		t.Errorf("handled %v, failed %v", handled, failed)
	}
}

// A factor is written with the posting that found it or not at all, and is told once,
// however often that is said.
func TestFactorsAreWrittenWithTheirPosting(t *testing.T) {
	db, ctx := emulatedDB(t), t.Context()
	runs, factors := tables.NewHealth(db, empty(t, db, "health")), tables.NewFactors(db, empty(t, db, "findings"))
	cohorts := tables.NewCohorts(db, "health", "findings")
	for _, id := range []string{mine, other} {
		if err := runs.PutRun(ctx, health.Features{Instrument: id, Batch: "b", Sequence: 1}, nil); err != nil {
			t.Fatal(err)
		}
	}
	f := health.Factor{ID: "n-aaaaaaaaaaaaaaaa", Cause: "software", Level: "4.1", Shifts: []health.Shift{}}
	post := func(id string) error {
		return cohorts.Post(ctx, score.Posting{Instrument: id, Sequence: 1, Cohorts: []score.Cohort{{Level: "level-" + id}}, Factors: []health.Factor{f}})
	}
	if err := post(mine); err != nil {
		t.Fatal(err)
	}
	if err := post(mine); !errors.Is(err, score.ErrRaced) {
		t.Errorf("posted again: %v", err)
	}
	if names, err := factors.Told(ctx, f.ID); err != nil || len(names) != 0 {
		t.Errorf("told before: %v, %v", names, err)
	}
	for _, name := range []string{"b", "a", "b"} {
		if err := factors.Tell(ctx, f.ID, name); err != nil {
			t.Fatal(err)
		}
	}
	f.Level = "another"
	if err := post(other); err != nil { // noticed again, of a table that was restored: it stands as it is
		t.Error(err)
	}
	all, err := factors.List(ctx)
	if err != nil || len(all) != 1 || all[0].Level != "4.1" || !slices.Equal(all[0].Told, []string{"a", "b"}) {
		t.Errorf("%+v, %v", all, err)
	}
	if err := factors.Tell(ctx, "n-unknown", "a"); err == nil {
		t.Error("a factor that is not there was told")
	}
}
