package tables_test

import (
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"proactive/shared/aws/tables"
	"proactive/shared/consent"
	"proactive/shared/enrol"
	"proactive/shared/instrument"
	"proactive/shared/layout"
	"proactive/shared/pipelinetest"
)

// Whoever can write to the table can turn an instrument off, and not on.
func TestAMarkInTheTableTurnsNothingOn(t *testing.T) {
	db := emulatedDB(t)
	table := empty(t, db, "instruments")
	s, ctx, now := tables.NewInstruments(db, table), t.Context(), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	key := pipelinetest.InstrumentKey(1)
	i := instrument.Instrument{
		ID: "i-01hzzzzzzzzzzzzzzzzzzzzzzz", Tenant: "t-1", Site: "s-1", Serial: "M04034", PublicKey: key.Public().(ed25519.PublicKey), Enrolment: "e",
	}
	if err := s.Issue(ctx, "d", enrol.Code{Instrument: i.ID, Tenant: i.Tenant, Site: i.Site, Serial: i.Serial, Expires: now}); err != nil {
		t.Fatal(err)
	}
	if err := s.Redeem(ctx, "d", i); err != nil {
		t.Fatal(err)
	}
	write := func(expression string, values map[string]types.AttributeValue) {
		t.Helper()
		_, err := db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: aws.String(table), Key: map[string]types.AttributeValue{
				"pk": &types.AttributeValueMemberS{Value: layout.InstrumentRow(i.ID)}, "sk": &types.AttributeValueMemberS{Value: layout.Profile},
			},
			UpdateExpression: aws.String(expression), ExpressionAttributeValues: values,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	stands := func(what, want string) instrument.Instrument {
		t.Helper()
		got, err := s.Get(ctx, i.ID)
		if err != nil {
			t.Fatal(err)
		}
		if reason := consent.Refusal(got); reason != want {
			t.Errorf("%s: %q, want %q", what, reason, want)
		}
		return got
	}
	yes := map[string]types.AttributeValue{":yes": &types.AttributeValueMemberBOOL{Value: true}}

	stands("never asked", consent.No)
	write("SET consent_on = :yes", yes)
	stands("a mark", consent.Unproven)
	write("SET consent_on = :yes REMOVE consent_statement, consent_version, enrolment", yes)
	bare := stands("a mark, and no statement at all", consent.Unproven)

	// The instrument itself can still say what it wants.
	on := pipelinetest.Say(t, key, i.ID, bare.Consent, true, now)
	if err := s.SetConsent(ctx, bare, on); err != nil {
		t.Fatal(err)
	}
	said := stands("stated", "")
	off := pipelinetest.Say(t, key, i.ID, on, false, now)
	if err := s.SetConsent(ctx, said, off); err != nil {
		t.Fatal(err)
	}
	stands("withdrawn", consent.No)
	write("SET consent_on = :yes", yes)
	stands("withdrawn, and the mark set back", consent.Unproven)
	forged := pipelinetest.Say(t, pipelinetest.InstrumentKey(2), i.ID, instrument.Consent{}, true, now)
	write("SET consent_on = :yes, consent_version = :one, consent_statement = :forged", map[string]types.AttributeValue{
		":yes": yes[":yes"], ":one": &types.AttributeValueMemberN{Value: "1"}, ":forged": &types.AttributeValueMemberS{Value: forged.Statement},
	})
	stands("a statement by another key", consent.Unproven)
}
