package tables_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"proactive/shared/authorize"
	"proactive/shared/aws/tables"
	"proactive/shared/casework"
	"proactive/shared/enrol"
	"proactive/shared/export"
	"proactive/shared/health"
	"proactive/shared/instrument"
	"proactive/shared/layout"
	"proactive/shared/ledger"
	"proactive/shared/pipelinetest"
	"proactive/shared/receipt"
	"proactive/shared/score"
)

const (
	mine  = "i-01hzzzzzzzzzzzzzzzzzzzzzzz"
	other = "i-01hyyyyyyyyyyyyyyyyyyyyyyy"
)

// all reads a source to its end and returns its rows as JSON.
func all(t *testing.T, s export.Source) (rows []string) {
	t.Helper()
	after := ""
	for more := true; more; {
		var items []export.Item
		var err error
		if items, more, err = s.After(t.Context(), mine, after); err != nil {
			t.Fatal(err)
		}
		for _, item := range items {
			if item.Key <= after {
				t.Errorf("%s after %s", item.Key, after)
			}
			after = item.Key
			raw, err := json.Marshal(item.Row)
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, string(raw))
		}
	}
	return rows
}

// What is kept of an instrument is told row by row, page by page, and nothing of another's.
func TestKept(t *testing.T) {
	db, ctx, now := emulatedDB(t), t.Context(), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	books := tables.NewLedger(db, empty(t, db, "ledger"))
	const batches = 520 // more than a page
	for _, id := range []string{other, mine} {
		n := batches
		if id == other {
			n = 2
		}
		for i := 1; i <= n; i++ {
			e := ledger.Entry{Instrument: id, Batch: fmt.Sprintf("01HZZZZZZZZZZZZZZZZZZZ%04d", i), Sequence: int64(i), Bytes: 10, SHA256: "00", State: ledger.Granted}
			if err := books.Grant(ctx, authorize.Grant{Entry: e, Day: "2026-11-23", DailyBytes: 1 << 30, At: now}); err != nil {
				t.Fatal(err)
			}
		}
	}
	signed := "e30." + "eyJzZXF1ZW5jZSI6N30" + ".c2ln" // says {"sequence":7}
	err := books.Commit(ctx, receipt.Commit{
		Receipt: receipt.Receipt{Instrument: mine, Batch: "01HZZZZZZZZZZZZZZZZZZZ0517", Ordinal: 1, Verdict: receipt.Stored}, JWS: signed,
		Clean: receipt.Place{Bucket: "clean", Key: "k", Version: "v"}, Next: receipt.Head{Ordinal: 1, Digest: "d"},
	})
	if err != nil {
		t.Fatal(err)
	}
	granted := all(t, tables.NewKept(db, "ledger", layout.BatchRow("")))
	if len(granted) != batches || !strings.Contains(granted[0], `"row":"BATCH#01HZZZZZZZZZZZZZZZZZZZ0001"`) || !strings.Contains(granted[0], `"bytes":10`) || strings.Contains(granted[0], `"pk"`) {
		t.Errorf("%d batches, the first %s", len(granted), granted[0])
	}
	if days := all(t, tables.NewKept(db, "ledger", layout.DayRow(""))); len(days) != 1 || !strings.Contains(days[0], "DAY#2026-11-23") {
		t.Errorf("days %v", days)
	}
	if r := all(t, tables.NewKeptReceipts(db, "ledger")); len(r) != 1 || r[0] != `{"sequence":7}` {
		t.Errorf("receipts %v", r)
	}
	if r := all(t, tables.NewKeptSignatures(db, "ledger")); len(r) != 1 || r[0] != `"`+signed+`"` {
		t.Errorf("signatures %v", r)
	}

	// One stored batch among pages of others.
	var stored []export.Stored
	after, pages := "", 0
	for more := true; more; pages++ {
		var some []export.Stored
		if some, after, more, err = books.StoredAfter(ctx, mine, after); err != nil {
			t.Fatal(err)
		}
		stored = append(stored, some...)
	}
	want := export.Stored{Batch: "01HZZZZZZZZZZZZZZZZZZZ0517", Sequence: 517, Granted: now, Clean: receipt.Place{Bucket: "clean", Key: "k", Version: "v"}}
	if len(stored) != 1 || stored[0] != want || pages < 2 {
		t.Errorf("stored %+v in %d pages", stored, pages)
	}

	runs := tables.NewHealth(db, empty(t, db, "health"))
	if err := runs.PutRun(ctx, health.Features{Instrument: mine, Batch: "b", Sequence: 3, Values: map[string]float64{"laser.power.mean": 0.1}}, nil); err != nil {
		t.Fatal(err)
	}
	if r := all(t, tables.NewKept(db, "health", "RUN#")); len(r) != 1 || !strings.Contains(r[0], `"document":{"instrument":"`+mine) || !strings.Contains(r[0], `"laser.power.mean":0.1`) {
		t.Errorf("runs %v", r)
	}
}

// What others' instruments showed corrects a run and is kept with it; it is not told.
func TestAnExportTellsNothingOfOthers(t *testing.T) {
	db, ctx := emulatedDB(t), t.Context()
	runs := tables.NewHealth(db, empty(t, db, "health"))
	if err := runs.PutRun(ctx, health.Features{Instrument: mine, Batch: "b", Sequence: 3}, score.Shared{"run.reagent_lot": {"phasing.r1": .0625}}); err != nil {
		t.Fatal(err)
	}
	if told, err := runs.After(ctx, mine, 0); err != nil || len(told.Runs) != 1 || told.Runs[0].Shared["run.reagent_lot"]["phasing.r1"] != .0625 {
		t.Fatalf("it is not kept: %+v, %v", told, err)
	}
	if r := all(t, tables.NewKept(db, "health", "RUN#")); len(r) != 1 || strings.Contains(r[0], "0.0625") || !strings.Contains(r[0], `"sequence":3`) {
		t.Errorf("runs %v", r)
	}
}

func TestKeptOfAnInstrument(t *testing.T) {
	db, ctx, now := emulatedDB(t), t.Context(), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	table := empty(t, db, "instruments")
	s := tables.NewInstruments(db, table)
	for n, id := range []string{mine, other} {
		key := pipelinetest.InstrumentKey(byte(n))
		i := instrument.Instrument{ID: id, Tenant: "t-1", Site: "s-1", Serial: "M0403" + fmt.Sprint(n), PublicKey: key.Public().(ed25519.PublicKey), Enrolment: "e"}
		if err := s.Issue(ctx, "d"+id, enrol.Code{Instrument: id, Tenant: "t-1", Site: "s-1", Serial: i.Serial, Expires: now}); err != nil {
			t.Fatal(err)
		}
		if err := s.Redeem(ctx, "d"+id, i); err != nil {
			t.Fatal(err)
		}
		got, err := s.Get(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.SetConsent(ctx, got, pipelinetest.Say(t, key, id, got.Consent, true, now)); err != nil {
			t.Fatal(err)
		}
	}
	profile := all(t, tables.NewKeptProfile(db, table))
	if len(profile) != 1 || !strings.Contains(profile[0], `"serial":"M04030"`) || !strings.Contains(profile[0], `"consent_on":true`) {
		t.Errorf("%v", profile)
	}
	consents := all(t, tables.NewKeptConsents(db, table))
	if len(consents) != 1 || !strings.Contains(consents[0], `"says":{"format":"proactive-consent/1"`) {
		t.Errorf("%v", consents)
	}

	// Of a case its lab is told; the transport's ids of mails are not.
	books := tables.NewCases(db, empty(t, db, "cases"))
	for n, id := range []string{mine, other} {
		c := casework.Case{
			ID: casework.ID(id, "chiller", 1), Ordinal: 1, Instrument: id, Component: "chiller", Subsystem: health.Thermal, Finding: "f", Findings: []string{"f"},
			Tenant: "t-1", Site: "s-1", Pace: 1, State: casework.Open, OpenedAt: now,
			Notices: []casework.NoticeRef{{Name: "support", Channel: "mail", Key: "notices/v1/c/support.eml", MessageID: "secret-" + fmt.Sprint(n), SentAt: now}},
		}
		if err := books.Create(ctx, casework.Standing{}, c); err != nil {
			t.Fatal(err)
		}
		if err := books.SetToken(ctx, c.ID, casework.Token{Round: 1, Value: "secret-token"}); err != nil {
			t.Fatal(err)
		}
	}
	cases, err := tables.NewCaseFile(db, "cases").Of(ctx, mine)
	if err != nil || len(cases) != 1 || len(cases[0].Notices) != 1 || cases[0].Notices[0].Key != "notices/v1/c/support.eml" {
		t.Fatalf("%+v, %v", cases, err)
	}
	raw, err := json.Marshal(cases[0].Row)
	if err != nil || strings.Contains(string(raw), "secret") || !strings.Contains(string(raw), `"name":"support"`) {
		t.Errorf("%s, %v", raw, err)
	}
}
