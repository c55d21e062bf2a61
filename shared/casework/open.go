package casework

import (
	"context"
	"errors"
	"fmt"
	"time"

	"proactive/shared/health"
	"proactive/shared/instrument"
)

// Why a finding opened a case or did not.
const (
	Opened       Reason = "opened"         // the first finding on the component since the last case
	Attached     Reason = "attached"       // a case is open on the component; the finding joins it
	Resumed      Reason = "resumed"        // this finding's case is open: a repetition, or a crash before
	AlreadyCased Reason = "already-cased"  // its case is closed; a late delivery opens no other
	NotActive    Reason = "not-active"     // withdrawn: nothing to do, a person closes the case
	OfOldEpoch   Reason = "before-service" // the component was serviced since
	Recorded     Reason = "recorded"       // by models, which are to open no cases here: see Starter
	OfErased     Reason = "erased"         // the instrument was: nothing is written of it any more
)

// ErrExecutionExists means that an execution of that name exists, running or closed within the
// last 90 days.
var ErrExecutionExists = errors.New("an execution of that name exists")

// Workflow runs cases.
type Workflow interface {
	// Start starts the execution named by the input's case, or returns
	// ErrExecutionExists. Starting a running one again with the same input may return
	// either nil (AWS) or ErrExecutionExists (the emulator).
	Start(ctx context.Context, in Input) error
}

// Instruments knows who owns an instrument.
type Instruments interface {
	Get(ctx context.Context, id string) (instrument.Instrument, error)
}

// Erasures knows which instruments were erased.
type Erasures interface {
	// Erased tells whether the instrument's erasure was asked for, strongly consistent. It
	// is asked before anything is written: see shared/erase, Why nothing comes back.
	Erased(ctx context.Context, instrument string) (bool, error)
}

// Starter opens cases for findings.
type Starter struct {
	Books       Books
	Instruments Instruments
	Workflow    Workflow
	Erasures    Erasures
	Pace        int // of the cases it opens
	// Record tells that what models find opens no case of its own, nor joins one.
	Record bool
	Now    func() time.Time
}

// Result is what became of a finding.
type Result struct {
	Case   string // the case it belongs to, "" if none
	Reason Reason
}

// Run sees to it that an active finding belongs to a case and that the case runs. It may
// be called any number of times with the same finding, and at the same time with others:
// also when only its evidence changed, which heals what an earlier record failed to do.
func (s Starter) Run(ctx context.Context, f health.Finding) (Result, error) {
	if f.State != health.Active {
		return Result{Reason: NotActive}, nil
	}
	if s.Record && f.Kind == health.Predicted {
		return Result{Reason: Recorded}, nil
	}
	erased, err := s.Erasures.Erased(ctx, f.Instrument)
	if err != nil {
		return Result{}, fmt.Errorf("asking whether finding %s is still wanted: %w", f.ID, err)
	}
	if erased {
		return Result{Reason: OfErased}, nil
	}
	for range attempts {
		c, reason, err := s.place(ctx, f)
		if errors.Is(err, ErrRaced) {
			continue
		}
		if err != nil {
			return Result{}, fmt.Errorf("placing finding %s: %w", f.ID, err)
		}
		if reason == AlreadyCased || reason == OfOldEpoch {
			return Result{Case: c.ID, Reason: reason}, nil
		}
		running, err := s.start(ctx, c)
		if err != nil {
			return Result{}, fmt.Errorf("starting case %s: %w", c.ID, err)
		}
		if running {
			return Result{Case: c.ID, Reason: reason}, nil
		}
		// The case was closed meanwhile: decide again.
	}
	return Result{}, fmt.Errorf("placing finding %s: %w %d times", f.ID, ErrRaced, attempts)
}

// place finds or makes the case that a finding belongs to. The store's condition on the
// standing makes it one case however many findings race; the loser reads again and
// attaches.
func (s Starter) place(ctx context.Context, f health.Finding) (Case, Reason, error) {
	standing, err := s.Books.Standing(ctx, f.Instrument, f.Component)
	if err != nil {
		return Case{}, "", fmt.Errorf("reading the standing: %w", err)
	}
	if f.Epoch < standing.Epoch {
		return Case{ID: standing.Case}, OfOldEpoch, nil
	}
	if standing.Ordinal > 0 {
		c, changed, err := Update(ctx, s.Books, standing.Case, func(c *Case) Reason { return c.Attach(f.ID) })
		switch {
		case err != nil:
			return Case{}, "", err
		case changed == Done:
			return c, Attached, nil
		case changed == Already && c.State != Closed:
			return c, Resumed, nil
		case changed == Already:
			return c, AlreadyCased, nil
		}
		// The case is closed. If it was open in the standing, Create will say so.
	}
	owner, err := s.Instruments.Get(ctx, f.Instrument)
	if err != nil {
		return Case{}, "", fmt.Errorf("reading the owner: %w", err)
	}
	ordinal := standing.Ordinal + 1
	c := Case{
		ID: ID(f.Instrument, f.Component, ordinal), Ordinal: ordinal,
		Instrument: f.Instrument, Component: f.Component, Subsystem: f.Subsystem,
		Finding: f.ID, Findings: []string{f.ID}, Tenant: owner.Tenant, Site: owner.Site,
		Pace: s.Pace, State: Open, OpenedAt: s.Now().UTC(),
	}
	if err := s.Books.Create(ctx, standing, c); err != nil {
		return Case{}, "", fmt.Errorf("opening case %s: %w", c.ID, err)
	}
	return c, Opened, nil
}

// start starts the execution of an open case, and tells whether the case runs. That the
// name is taken is success only if that very case is still open: closed executions keep
// their names for 90 days.
func (s Starter) start(ctx context.Context, c Case) (bool, error) {
	err := s.Workflow.Start(ctx, c.Input())
	if err == nil {
		return true, nil
	}
	if !errors.Is(err, ErrExecutionExists) {
		return false, err
	}
	now, err := s.Books.Get(ctx, c.ID)
	if err != nil {
		return false, fmt.Errorf("reading it again: %w", err)
	}
	return now.State != Closed, nil
}
