package tables_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"proactive/shared/authorize"
	"proactive/shared/aws/tables"
	"proactive/shared/fault"
	"proactive/shared/keyset"
	"proactive/shared/ledger"
	"proactive/shared/pipelinetest"
)

func TestUploadTablesKeepTheirContracts(t *testing.T) {
	db := emulatedDB(t)
	t.Run("used", func(t *testing.T) { pipelinetest.UsedContract(t, tables.NewRequests(db, empty(t, db, "requests"))) })
	t.Run("enrolment", func(t *testing.T) {
		s := tables.NewInstruments(db, empty(t, db, "instruments"))
		pipelinetest.EnrolmentContract(t, s, func(id string) {
			if err := s.Revoke(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		})
		all, err := s.List(t.Context())
		if err != nil || len(all) != 1 || !all[0].Revoked {
			t.Errorf("listing: %+v, %v", all, err)
		}
		if ids, err := s.IDs(t.Context()); err != nil || len(ids) != 1 || ids[0] != all[0].ID {
			t.Errorf("ids: %v, %v", ids, err)
		}
	})
	t.Run("ledger", func(t *testing.T) {
		s := tables.NewLedger(db, empty(t, db, "ledger"))
		pipelinetest.LedgerContract(t, s, pipelinetest.NewKeys(t).JWS)
		pipelinetest.AccountContract(t, s)
		all, err := s.List(t.Context())
		if err != nil || len(all) != 4 {
			t.Errorf("listing: %d batches, %v", len(all), err)
		}
	})
	t.Run("when batches came", func(t *testing.T) {
		s, at := tables.NewLedger(db, empty(t, db, "taken")), time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
		for _, n := range []int64{9, 12, 10} { // in another order than they were made
			entry := ledger.Entry{Instrument: "i-1", Batch: fmt.Sprint("B", n), Sequence: n, Bytes: 1, State: ledger.Granted}
			if err := s.Grant(t.Context(), authorize.Grant{Entry: entry, DailyBytes: 10, Day: "2026-11-01", At: at.AddDate(0, 0, int(n))}); err != nil {
				t.Fatal(err)
			}
		}
		if got, there, err := s.Taken(t.Context(), "i-1", 10); err != nil || !there || !got.Equal(at.AddDate(0, 0, 10)) {
			t.Errorf("run 10: %s, %t, %v", got, there, err)
		}
		if _, there, err := s.Taken(t.Context(), "i-1", 11); err != nil || there {
			t.Errorf("run 11, which nobody sent: %t, %v", there, err)
		}
		if first, last, err := s.Span(t.Context(), "i-1"); err != nil || !first.Equal(at.AddDate(0, 0, 9)) || !last.Equal(at.AddDate(0, 0, 12)) {
			t.Errorf("from %s to %s, %v", first, last, err)
		}
		if first, last, err := s.Span(t.Context(), "i-2"); err != nil || !first.IsZero() || !last.IsZero() {
			t.Errorf("of one that sent nothing: from %s to %s, %v", first, last, err)
		}
	})
	t.Run("key set", func(t *testing.T) { keySetContract(t, tables.NewInstruments(db, empty(t, db, "keyset"))) })
}

func keySetContract(t *testing.T, s *tables.Instruments) {
	ctx := t.Context()
	if _, err := s.KeySet(ctx); !errors.Is(err, keyset.ErrNone) {
		t.Errorf("before the first: %v", err)
	}
	set, signed := pipelinetest.NewKeys(t).Set(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	for range 2 { // publishing the same again changes nothing
		if err := s.Publish(ctx, signed, set.Serial); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.KeySet(ctx)
	if err != nil || got.Unwrap[0].ID != pipelinetest.UnwrapKey {
		t.Errorf("the key set: %+v, %v", got, err)
	}
	other := signed
	other.JWS += "A"
	if _, reason := fault.Public(s.Publish(ctx, other, set.Serial)); reason != "key-set-older" {
		t.Errorf("another of the same serial number: %s", reason)
	}
	if err := s.Publish(ctx, other, set.Serial+1); err != nil {
		t.Fatal(err)
	}
	if _, err := s.KeySet(ctx); err == nil {
		t.Error("a damaged key set was believed")
	} else if kind, _ := fault.Public(err); kind != fault.Internal {
		t.Errorf("a damaged row is ours, not a sender's: %v", kind)
	}
}
