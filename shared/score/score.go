// Package score turns a clean batch into the features of one run, and the features of
// all runs of an instrument into findings: by rules, and by what models foretell. What is
// found is a function of the set of batches, never of the order in which they came, as far
// as a batch may be late (see Settled).
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
	"proactive/shared/predict"
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

// Run is a run's row.
type Run struct {
	health.Features
	Shared Shared // as it was when the run was first scored
	Posted bool   // its cohorts have it
}

// Told is what is known of an instrument: runs and services.
type Told struct {
	Runs     []Run                   // in no order, each sequence number at most once
	Services map[string]health.Epoch // by component; absent: the first epoch
}

// Kept is the snapshot of an instrument's condition, opaque to the store, as of a
// revision. The zero value is none.
type Kept struct {
	Revision int64
	Document []byte
}

// Health is the health table.
type Health interface {
	// PutRun writes a run's features on condition that its sequence number is free or
	// is this very batch's, whose features it then replaces; otherwise ErrSequenceTaken.
	// What was shared is written with the first of them and stays.
	PutRun(ctx context.Context, f health.Features, s Shared) error
	// After is every service of an instrument, and every run with a higher sequence number
	// than the one given, strongly consistent: it has every run whose PutRun returned
	// before After was called.
	After(ctx context.Context, instrument string, sequence int64) (Told, error)
	// Posted tells of a run whether its cohorts have it, strongly consistent.
	Posted(ctx context.Context, instrument string, sequence int64) (bool, error)
	// Kept is the snapshot, strongly consistent.
	Kept(ctx context.Context, instrument string) (Kept, error)
	// Keep replaces the snapshot on condition that its revision is still the one given,
	// and raises that by one; otherwise ErrRaced.
	Keep(ctx context.Context, instrument string, k Kept) error
	// PutStatus writes how an instrument stands as of a revision of its findings; one of
	// an older revision never replaces a newer one (nil error, nothing written).
	PutStatus(ctx context.Context, s health.Status, revision int64) error
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
	Past        Reason = "settled"      // stored; delivered again, or too late to change the condition: see Settled
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
	Cohorts  Cohorts
	Findings Findings
	Erasures Erasures
	// Models foretell; nil: the rules work alone. Catalog names the catalog of fields by
	// its hash, for whoever wants to know how a prediction came about.
	Models  *predict.Bundle
	Catalog string
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
// latest this batch's redelivery, writes what it means. If we crash before its cohorts
// have it, the redelivery tells them.
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
	shared, err := s.share(ctx, f)
	if err != nil {
		return Result{}, fmt.Errorf("scoring batch %s: %w", m.Batch, err)
	}
	if err := s.Health.PutRun(ctx, f, shared); err != nil {
		return Result{}, fmt.Errorf("storing the features of batch %s: %w", m.Batch, err)
	}
	result := Result{Reason: NoTelemetry}
	if slices.ContainsFunc(Rules, func(r Rule) bool { _, ok := f.Values[r.Feature]; return ok }) {
		result.Reason = Scored
	}
	var ours posting
	for range attempts {
		result.Decisions, ours, err = s.decide(ctx, m)
		if !errors.Is(err, ErrRaced) {
			break
		}
	}
	if err != nil {
		return Result{}, fmt.Errorf("deciding on batch %s: %w", m.Batch, err)
	}
	if ours.residual == nil {
		result.Reason = Past
		return result, nil
	}
	if err := s.tell(ctx, ours); err != nil {
		return Result{}, fmt.Errorf("telling the cohorts of batch %s: %w", m.Batch, err)
	}
	return result, nil
}

// decide judges an instrument anew and writes what changed.
//
// The order is what makes it right: the revision is read before the history and is
// raised by every decision, even by one that changes nothing. So a decision that is
// written was made from a history at least as full as that of the one before it, and a
// slow scorer with half the story cannot overwrite a fast one with all of it.
//
// The snapshot is written after the findings: what it settles has been decided on. If we
// crash between the two, or another scorer was faster, the next decision folds from the
// older one, to the same bits. The status comes last; it is written with every decision.
func (s Stage) decide(ctx context.Context, m handoff.Stored) ([]Decision, posting, error) {
	was, err := s.Findings.Standing(ctx, m.Instrument)
	if err != nil {
		return nil, posting{}, fmt.Errorf("reading findings: %w", err)
	}
	kept, err := s.Health.Kept(ctx, m.Instrument)
	if err != nil {
		return nil, posting{}, fmt.Errorf("reading the condition: %w", err)
	}
	before, _, err := open(kept)
	if err != nil {
		return nil, posting{}, err
	}
	told, err := s.Health.After(ctx, m.Instrument, max(0, before.Through-behind))
	if err != nil {
		return nil, posting{}, fmt.Errorf("reading history: %w", err)
	}
	folded, err := s.fold(kept, told, m.Sequence)
	if err != nil {
		return nil, posting{}, err
	}
	rows := make([]health.Features, len(told.Runs))
	for i, r := range told.Runs {
		rows[i] = r.Features
	}
	h := inOrder(rows)
	h.through, h.firsts = before.Through, before.Firsts
	if h.through > 0 {
		h.judged = h.through - evidencePoints
	}
	decisions := compare(was.Findings, append(h.detect(told.Services), folded.foretold...), told.Services, func(f health.Finding) bool {
		if f.Kind == health.Predicted {
			return s.Models == nil || f.LastSequence <= folded.stands
		}
		return f.LastSequence <= h.judged
	})
	var changed []health.Finding
	for _, d := range decisions {
		if d.Reason != Unchanged {
			changed = append(changed, d.Finding)
		}
	}
	if err := s.Findings.Commit(ctx, m.Instrument, was.Revision, changed); err != nil {
		return nil, posting{}, fmt.Errorf("writing findings: %w", err)
	}
	if folded.document != nil {
		err := s.Health.Keep(ctx, m.Instrument, Kept{kept.Revision, folded.document})
		if err != nil && !errors.Is(err, ErrRaced) {
			return nil, posting{}, fmt.Errorf("writing the condition: %w", err)
		}
	}
	standing := slices.Clone(was.Findings)
	for _, f := range changed {
		if i := slices.IndexFunc(standing, func(x health.Finding) bool { return x.ID == f.ID }); i >= 0 {
			standing[i] = f
		} else {
			standing = append(standing, f)
		}
	}
	if err := s.Health.PutStatus(ctx, s.status(m.Instrument, folded, told.Services, standing), was.Revision+1); err != nil {
		return nil, posting{}, fmt.Errorf("writing the status: %w", err)
	}
	return decisions, folded.ours, nil
}

// compare says what becomes of each finding, by id. Findings of an earlier epoch are
// history: the service that ended it is not a batch that explained them away. What was
// found and is settled stands.
func compare(was, now []health.Finding, services map[string]health.Epoch, stands func(health.Finding) bool) []Decision {
	stored := map[string]health.Finding{}
	for _, f := range was {
		stored[f.ID] = f
	}
	var decisions []Decision
	for _, f := range now {
		old, there := stored[f.ID]
		if there && old.State == health.Active && stands(old) {
			continue
		}
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
		if _, left := stored[f.ID]; left && f.State == health.Active && f.Epoch == services[f.Component].Number && !stands(f) {
			f.State = health.Withdrawn
			decisions = append(decisions, Decision{f, Withdrawn})
		}
	}
	return decisions
}
