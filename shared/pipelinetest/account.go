package pipelinetest

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/layout"
	"proactive/shared/ledger"
	"proactive/shared/receipt"
	"proactive/shared/reconcile"
)

var (
	_ reconcile.Ledger      = (*Ledger)(nil)
	_ reconcile.Instruments = (*Instruments)(nil)
	_ reconcile.Health      = (*Health)(nil)
	_ reconcile.Objects     = UploadNames{}
	_ reconcile.Objects     = CleanNames{}
)

// Rows implements reconcile.Ledger.
func (s *Ledger) Rows(_ context.Context, instrument string) (rows reconcile.Rows, err error) {
	err = s.meet("Rows", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		rows = reconcile.Rows{Owners: map[int64]string{}, Receipts: map[int64]string{}}
		receipts := s.Chain.Receipts(instrument)
		ordinals := map[string]int64{}
		for i, jws := range receipts {
			r, err := receipt.Read(jws)
			if err != nil {
				return err
			}
			rows.Receipts[int64(i)+1] = r.Batch
			ordinals[r.Batch] = int64(i) + 1
		}
		rows.Head = int64(len(receipts))
		for _, granted := range s.owned[instrument] {
			id := [2]string{instrument, granted.Batch}
			b := reconcile.Batch{Entry: s.batches[id], Granted: s.granted[id]}
			if n := ordinals[id[1]]; n > 0 {
				b.State, b.Ordinal = ledger.State(s.State(instrument, id[1])), n
				b.Clean = s.Chain.place(instrument, id[1])
			}
			rows.Batches = append(rows.Batches, b)
		}
		slices.SortFunc(rows.Batches, func(a, b reconcile.Batch) int { return strings.Compare(a.Batch, b.Batch) })
		for _, e := range s.owned[instrument] {
			if batch, there := s.sequences[sequence{instrument, e.Sequence}]; there {
				rows.Owners[e.Sequence] = batch
			}
		}
		return nil
	})
	return rows, err
}

// place is where a stored batch is, past every failure.
func (c *Chain) place(instrument, batch string) receipt.Place {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.entries[[2]string{instrument, batch}].Clean
}

// IDs implements reconcile.Instruments.
func (s *Instruments) IDs(context.Context) (ids []string, err error) {
	err = s.meet("IDs", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		ids = slices.Collect(maps.Keys(s.instruments))
		return nil
	})
	return ids, err
}

// Runs implements reconcile.Health.
func (s *Health) Runs(_ context.Context, instrument string) (runs map[int64]string, err error) {
	err = s.meet("Runs", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		runs = map[int64]string{}
		for n, row := range s.runs[instrument] {
			r, err := row.run()
			if err != nil {
				return fmt.Errorf("decoding a run: %w", err)
			}
			runs[n] = r.Batch
		}
		return nil
	})
	return runs, err
}

// UploadNames are the names in an inbox.
type UploadNames struct{ *Bucket }

// Versions implements reconcile.Objects.
func (n UploadNames) Versions(_ context.Context, instrument string) (map[string][]reconcile.Version, error) {
	return n.names(path.Dir(layout.InboxKey(instrument, "x")), layout.ParseInboxKey)
}

// CleanNames are the names in a clean bucket.
type CleanNames struct{ *Bucket }

// Versions implements reconcile.Objects.
func (n CleanNames) Versions(_ context.Context, instrument string) (map[string][]reconcile.Version, error) {
	return n.names(path.Dir(layout.CleanKey(instrument, "x")), layout.ParseCleanKey)
}

func (b *Bucket) names(folder string, parse func(string) (string, string, error)) (all map[string][]reconcile.Version, err error) {
	err = b.meet("Names", func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		all = map[string][]reconcile.Version{}
		for _, key := range b.folders[folder] {
			_, batch, err := parse(key)
			if err != nil {
				continue
			}
			for n, at := range b.written[key] {
				all[batch] = append(all[batch], reconcile.Version{ID: strconv.Itoa(n), At: at})
			}
		}
		return nil
	})
	return all, err
}

// AccountContract tests the account that a ledger gives after LedgerContract has written
// to it.
func AccountContract(t *testing.T, s reconcile.Ledger) {
	t.Helper()
	rows, err := s.Rows(t.Context(), contractInstrument)
	if err != nil {
		t.Fatal(err)
	}
	want := reconcile.Rows{
		Batches: []reconcile.Batch{
			{Entry: contractGrant(1, 7, 600).Entry, Granted: contractTime, Clean: receipt.Place{Bucket: "clean", Key: "k", Version: "v"}},
			{Entry: contractGrant(2, 8, 400).Entry, Granted: contractTime},
			{Entry: contractGrant(3, 9, 1000).Entry, Granted: contractTime.AddDate(0, 0, 1)},
		},
		Owners:   map[int64]string{7: contractBatch(1), 8: contractBatch(2), 9: contractBatch(3)},
		Receipts: map[int64]string{1: contractBatch(1), 2: contractBatch(2)}, Head: 2,
	}
	want.Batches[0].State, want.Batches[0].Version, want.Batches[0].Ordinal = ledger.State(receipt.Stored), "v1", 1
	want.Batches[1].State, want.Batches[1].Ordinal = ledger.State(receipt.Rejected), 2
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	if rows, err := s.Rows(t.Context(), "i-0000000000000000000000000z"); err != nil || len(rows.Batches)+len(rows.Owners)+len(rows.Receipts) > 0 || rows.Head != 0 {
		t.Errorf("of nobody: %+v, %v", rows, err)
	}
}
