package reconcile

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"slices"
	"sync"
	"time"

	"proactive/shared/handoff"
	"proactive/shared/journal"
	"proactive/shared/ledger"
	"proactive/shared/receipt"
)

// Share is a part of all instruments: those whose id falls to Part of Of. The parts are
// disjoint and come to all.
type Share struct{ Part, Of int }

// All instruments.
var All = Share{0, 1}

// Shares is into how many parts the scheduled function divides its work, and Every how
// often it is called: every instrument is looked at once an hour.
const (
	Shares = 12
	Every  = 5 * time.Minute
)

// ShareAt is whose turn it is at a time. Called late or twice, it only looks at the same
// instruments again.
func ShareAt(t time.Time) Share {
	return Share{Part: int(t.Unix()/int64(Every/time.Second)) % Shares, Of: Shares}
}

func (s Share) has(instrument string) bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte(instrument))
	return int(h.Sum32()%uint32(max(1, s.Of))) == s.Part //nolint:gosec // a handful of parts
}

// Sweep looks at a share of the instruments and returns their account. An instrument
// that cannot be read does not keep the others from being looked at; it is in the error,
// and the account is then without it. It may be called any number of times and at the same
// time with others: the messages it sends are repeatable.
func (s Stage) Sweep(ctx context.Context, share Share) (Account, error) {
	ids, err := s.Instruments.IDs(ctx)
	if err != nil {
		return Account{}, fmt.Errorf("listing instruments: %w", err)
	}
	slices.Sort(ids)
	ids = slices.DeleteFunc(ids, func(id string) bool { return !share.has(id) })
	total := Account{Missing: []Missing{}}
	room, err := s.room(ctx)
	if err != nil {
		return total, err
	}
	var mu sync.Mutex
	var failed []error
	one := func(id string) {
		a, err := s.instrument(ctx, id, room)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			failed = append(failed, fmt.Errorf("reconciling instrument %s: %w", id, err))
			return
		}
		total.add(a)
	}
	if s.Workers <= 1 {
		for _, id := range ids {
			one(id)
		}
	} else {
		next := make(chan string)
		var workers sync.WaitGroup
		for range s.Workers {
			workers.Go(func() {
				for id := range next {
					one(id)
				}
			})
		}
		for _, id := range ids {
			next <- id
		}
		close(next)
		workers.Wait()
	}
	if len(total.Missing) > 0 {
		// Whose erasure began while we read was seen half erased, and has no account to keep.
		kept, err := s.Instruments.IDs(ctx)
		if err != nil {
			return total, fmt.Errorf("listing instruments again: %w", err)
		}
		total.Missing = slices.DeleteFunc(total.Missing, func(m Missing) bool { return !slices.Contains(kept, m.Instrument) })
	}
	total.sort()
	return total, errors.Join(failed...)
}

// room is which queues may take more.
type room struct{ validate, score bool }

func (s Stage) room(ctx context.Context) (r room, err error) {
	if !s.Redrive {
		return r, nil
	}
	validate, err := s.Validate.Waiting(ctx)
	if err != nil {
		return r, fmt.Errorf("counting what waits for validate: %w", err)
	}
	score, err := s.Score.Waiting(ctx)
	if err != nil {
		return r, fmt.Errorf("counting what waits for score: %w", err)
	}
	return room{validate: validate < Busy, score: score < Busy}, nil
}

// instrument is one instrument's account. What no message can mend must be seen twice:
// rows are read one after the other, and a transaction in between shows half.
func (s Stage) instrument(ctx context.Context, id string, room room) (Account, error) {
	a, mend, err := s.look(ctx, id)
	if err != nil {
		return a, err
	}
	if len(a.Missing) > 0 {
		again, mendAgain, err := s.look(ctx, id)
		if err != nil {
			return again, err
		}
		again.Missing = slices.DeleteFunc(again.Missing, func(m Missing) bool { return !slices.Contains(a.Missing, m) })
		a, mend = again, mendAgain
	}
	for _, m := range mend {
		if m.missing.Sent, err = s.send(ctx, m, room); err != nil {
			return a, err
		}
		a.Missing = append(a.Missing, m.missing)
	}
	return a, nil
}

// look reads everything of an instrument. The ledger is read first: what the others show
// beyond it has happened since and is no fault, and what it promises must be there.
func (s Stage) look(ctx context.Context, id string) (Account, []message, error) {
	v := seen{instrument: id, now: s.Now(), patience: s.Patience}
	var err error
	if v.rows, err = s.Ledger.Rows(ctx, id); err != nil {
		return Account{}, nil, fmt.Errorf("reading its account: %w", err)
	}
	if len(v.rows.Batches) == 0 && len(v.rows.Owners) == 0 && len(v.rows.Receipts) == 0 {
		a, _ := v.account()
		return a, nil, nil
	}
	if v.runs, err = s.Health.Runs(ctx, id); err != nil {
		return Account{}, nil, fmt.Errorf("reading its runs: %w", err)
	}
	if v.clean, err = s.Clean.Versions(ctx, id); err != nil {
		return Account{}, nil, fmt.Errorf("listing its clean batches: %w", err)
	}
	// The inbox is needed only for what is not done.
	if slices.ContainsFunc(v.rows.Batches, func(b Batch) bool {
		return !b.Settled() || receipt.Verdict(b.State) == receipt.Stored && v.runs[b.Sequence] == ""
	}) {
		if v.inbox, err = s.Inbox.Versions(ctx, id); err != nil {
			return Account{}, nil, fmt.Errorf("listing its uploads: %w", err)
		}
	}
	a, mend := v.account()
	return a, mend, nil
}

// send puts the message that was lost on its queue again, made from the ledger alone: sent
// twice, it is the same message twice.
func (s Stage) send(ctx context.Context, m message, room room) (bool, error) {
	b := m.batch
	switch {
	case !s.Redrive:
		return false, nil
	case m.missing.Reason == Unscored && room.score:
		err := s.Score.Send(ctx, handoff.Stored{
			Instrument: b.Instrument, Batch: b.Batch, Sequence: b.Sequence, Bucket: b.Clean.Bucket, Key: b.Clean.Key, Version: b.Clean.Version,
		})
		if err != nil {
			return false, fmt.Errorf("handing batch %s to score again: %w", b.Batch, err)
		}
		return true, nil
	case b.State == ledger.Granted && room.validate, b.State == ledger.Claimed && room.validate:
		if err := s.Validate.Send(ctx, m.event(s.Bucket)); err != nil {
			return false, fmt.Errorf("handing batch %s to validate again: %w", b.Batch, err)
		}
		return true, nil
	}
	return false, nil
}

// Logged is Sweep with what it found in the log and counted, for the scheduled function.
func (s Stage) Logged(ctx context.Context, log *slog.Logger, share Share) error {
	a, err := s.Sweep(ctx, share)
	for _, m := range a.Missing {
		attrs := []slog.Attr{
			slog.String("instrument", m.Instrument), slog.String("batch", m.Batch), slog.Int64("ordinal", m.Ordinal),
			slog.String("reason", string(m.Reason)), slog.Bool("sent", m.Sent),
		}
		if m.Sent {
			journal.Count(ctx, log, journal.BatchesRedriven, attrs...)
		}
		switch {
		case !m.Mendable():
			journal.Count(ctx, log, journal.AccountsBroken, attrs...)
		case m.Stays:
			journal.Count(ctx, log, journal.BatchesStuck, attrs...)
		}
	}
	journal.Amount(ctx, log, journal.BatchesNeverArrived, a.NeverArrived)
	log.InfoContext(ctx, "account read", slog.Int("part", share.Part), slog.Int("instruments", a.Instruments),
		slog.Int("granted", a.Granted), slog.Int("stored", a.Stored), slog.Int("quarantined", a.Quarantined), slog.Int("rejected", a.Rejected),
		slog.Int("underway", a.Underway), slog.Int("never_arrived", a.NeverArrived), slog.Int("lost", a.Lost),
		slog.Int("sent", a.Sent()), slog.Bool("balanced", a.Balanced()))
	if err != nil {
		log.ErrorContext(ctx, "account incomplete", slog.String("error", err.Error()))
	}
	return err
}
