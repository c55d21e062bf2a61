package broken_test

import (
	"crypto/ed25519"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"proactive/shared/aws/tables"
	"proactive/shared/consent"
	"proactive/shared/enrol"
	"proactive/shared/instrument"
	"proactive/shared/pipelinetest"
)

// consenting is the consent of the nth instrument: the mark, the statement and the history
// are there together, or not at all.
func consenting(t *testing.T, through, past aws.Config) write {
	ctx := t.Context()
	plain := tables.Client(past)
	set, seen := tables.NewInstruments(tables.Client(through), newTable(t, plain, "instruments")), tables.NewInstruments(plain, "instruments")
	key := pipelinetest.InstrumentKey(1)
	enrolled := func(n int) instrument.Instrument {
		code := enrol.Code{Instrument: fmt.Sprintf("i-%026d", n), Tenant: "t-1", Site: "s-1", Serial: fmt.Sprint(n), Expires: day}
		i := instrument.Instrument{
			ID: code.Instrument, Tenant: "t-1", Site: "s-1", Serial: code.Serial, PublicKey: key.Public().(ed25519.PublicKey), Enrolment: "e",
		}
		if err := seen.Issue(ctx, fmt.Sprint("d", n), code); err == nil {
			if err := seen.Redeem(ctx, fmt.Sprint("d", n), i); err != nil {
				t.Fatal(err)
			}
		}
		return i
	}
	return write{
		"a consent is recorded", "TransactWriteItems",
		func(n int) error {
			i := enrolled(n)
			return set.SetConsent(ctx, i, pipelinetest.Say(t, key, i.ID, instrument.Consent{}, true, day))
		},
		func(n int) bool {
			i, err := seen.Get(ctx, enrolled(n).ID)
			if err != nil {
				t.Fatal(err)
			}
			said, err := seen.Statements(ctx, i.ID)
			on := consent.Refusal(i) == ""
			if err != nil || on != (len(said) == 1) || on && said[0].Statement != i.Consent.Statement {
				t.Errorf("on: %v, and %d in the history, %v", on, len(said), err)
			}
			return on
		}, nil, enrol.ErrRaced,
	}
}
