// Package score turns a clean batch into the features of one run, and the features of
// all runs of an instrument into findings. What is found is a function of the set of
// batches, never of the order in which they came.
package score

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"proactive/shared/clean"
	"proactive/shared/fault"
	"proactive/shared/handoff"
	"proactive/shared/health"
)

// ErrRaced means that someone else decided on the same instrument meanwhile. Read again.
var ErrRaced = errors.New("another scorer was faster")

// ErrSequenceTaken means that another batch has this sequence number. The ledger gives each
// number once, so this is a bug or a forged message, and no retry helps.
var ErrSequenceTaken = fault.New(fault.Conflict, "sequence-taken", nil)

// ErrNotThisBatch means that the object holds another batch than the message says.
var ErrNotThisBatch = fault.New(fault.Malformed, "not-this-batch", nil)

// Clean is the clean bucket. Read returns the batch in exactly that version of the object.
type Clean interface {
	Read(ctx context.Context, bucket, key, version string) (clean.Batch, error)
}

// Health is the health table.
type Health interface {
	// PutRun writes a run's features on condition that its sequence number is free or
	// is this very batch's, whose row it then replaces; otherwise ErrSequenceTaken.
	PutRun(ctx context.Context, f health.Features) error
	// History is every run and service of an instrument, strongly consistent: it has
	// every run whose PutRun returned before History was called.
	History(ctx context.Context, instrument string) (health.History, error)
}

// Standing is what has been found on an instrument, as of a revision.
type Standing struct {
	Revision int64
	Findings []health.Finding // of every epoch, active or withdrawn
}

// Findings is the findings table.
type Findings interface {
	// Standing of an instrument, strongly consistent; the zero value if nothing was
	// ever decided.
	Standing(ctx context.Context, instrument string) (Standing, error)
	// Commit writes, in one transaction, the changed findings (maybe none) and the next
	// revision, on condition that the revision is still the one given; else ErrRaced.
	Commit(ctx context.Context, instrument string, revision int64, changed []health.Finding) error
}

// Erasures knows which instruments were erased.
type Erasures interface {
	// Erased tells whether the instrument's erasure was asked for, strongly consistent. It
	// is asked before anything is written: see shared/erase, Why nothing comes back.
	Erased(ctx context.Context, instrument string) (bool, error)
}

// Reason says what became of a finding, or of a whole run.
type Reason string

// The reasons.
const (
	Activated Reason = "activated" // the runs now support it
	Amended   Reason = "amended"   // a late batch made its evidence earlier or fuller
	Withdrawn Reason = "withdrawn" // was active; the runs no longer support it
	Unchanged Reason = "unchanged"

	Scored      Reason = "scored"
	Dropped     Reason = "erased"       // the instrument was: nothing is written of it any more
	NoTelemetry Reason = "no-telemetry" // no rule has anything to go by: not the same as healthy
)

// Decision is what became of one finding.
type Decision struct {
	Finding health.Finding
	Reason  Reason
}

// Result is what became of one batch.
type Result struct {
	Reason    Reason
	Decisions []Decision
}

// Stage scores batches.
type Stage struct {
	Clean    Clean
	Health   Health
	Findings Findings
	Erasures Erasures
}

// attempts bounds how often a decision is made again because another scorer of the same
// instrument was faster; then the queue delivers the batch again later. When a spool
// drains, a handful of workers score one instrument at once, and one of them wins each
// time: with five, losing forty times in a row is one chance in ten thousand.
const attempts = 40

// Run scores one batch. It may be called any number of times with the same batch, and at
// the same time with others: each time it stores the same row and the same findings.
//
// If we crash after PutRun, the run counts from now on, and whoever scores next, at the
// latest this batch's redelivery, writes what it means.
func (s Stage) Run(ctx context.Context, m handoff.Stored) (Result, error) {
	erased, err := s.Erasures.Erased(ctx, m.Instrument)
	if err != nil {
		return Result{}, fmt.Errorf("asking whether batch %s is still wanted: %w", m.Batch, err)
	}
	if erased {
		return Result{Reason: Dropped}, nil
	}
	batch, err := s.Clean.Read(ctx, m.Bucket, m.Key, m.Version)
	if err != nil {
		return Result{}, fmt.Errorf("reading clean batch %s: %w", m.Batch, err)
	}
	if batch.Instrument != m.Instrument || batch.Batch != m.Batch || batch.Sequence != m.Sequence {
		return Result{}, fmt.Errorf("reading clean batch %s: %w", m.Batch, ErrNotThisBatch)
	}
	f := FeaturesOf(m, batch.Observations)
	if err := s.Health.PutRun(ctx, f); err != nil {
		return Result{}, fmt.Errorf("storing the features of batch %s: %w", m.Batch, err)
	}
	result := Result{Reason: NoTelemetry}
	if slices.ContainsFunc(Rules, func(r Rule) bool { _, ok := f.Values[r.Feature]; return ok }) {
		result.Reason = Scored
	}
	for range attempts {
		result.Decisions, err = s.decide(ctx, m.Instrument)
		if !errors.Is(err, ErrRaced) {
			break
		}
	}
	if err != nil {
		return Result{}, fmt.Errorf("deciding on batch %s: %w", m.Batch, err)
	}
	return result, nil
}

// decide recomputes the findings of an instrument and writes what changed.
//
// The order is what makes it right: the revision is read before the history and is
// raised by every decision, even by one that changes nothing. So a decision that is
// written was made from a history at least as full as that of the one before it, and a
// slow scorer with half the story cannot overwrite a fast one with all of it.
func (s Stage) decide(ctx context.Context, instrument string) ([]Decision, error) {
	was, err := s.Findings.Standing(ctx, instrument)
	if err != nil {
		return nil, fmt.Errorf("reading findings: %w", err)
	}
	h, err := s.Health.History(ctx, instrument)
	if err != nil {
		return nil, fmt.Errorf("reading history: %w", err)
	}
	decisions := compare(was.Findings, Detect(h.Runs, h.Services), h.Services)
	var changed []health.Finding
	for _, d := range decisions {
		if d.Reason != Unchanged {
			changed = append(changed, d.Finding)
		}
	}
	if err := s.Findings.Commit(ctx, instrument, was.Revision, changed); err != nil {
		return nil, fmt.Errorf("writing findings: %w", err)
	}
	return decisions, nil
}

// compare says what becomes of each finding, by id. Findings of an earlier epoch are
// history: the service that ended it is not a batch that explained them away.
func compare(was, now []health.Finding, services map[string]health.Epoch) []Decision {
	stored := map[string]health.Finding{}
	for _, f := range was {
		stored[f.ID] = f
	}
	var decisions []Decision
	for _, f := range now {
		old, there := stored[f.ID]
		delete(stored, f.ID)
		switch {
		case !there || old.State != health.Active:
			decisions = append(decisions, Decision{f, Activated})
		case !reflect.DeepEqual(old, f):
			decisions = append(decisions, Decision{f, Amended})
		default:
			decisions = append(decisions, Decision{f, Unchanged})
		}
	}
	for _, f := range was {
		if _, left := stored[f.ID]; left && f.State == health.Active && f.Epoch == services[f.Component].Number {
			f.State = health.Withdrawn
			decisions = append(decisions, Decision{f, Withdrawn})
		}
	}
	return decisions
}
