package casework

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"proactive/shared/fault"
	"proactive/shared/health"
)

// Findings is the findings table, read.
type Findings interface {
	// Findings of an instrument, of every epoch, active or withdrawn.
	Findings(ctx context.Context, instrument string) ([]health.Finding, error)
}

// Health is the health table as verification needs it.
type Health interface {
	// History is every run and service of an instrument, strongly consistent.
	History(ctx context.Context, instrument string) (health.History, error)
	// Status is how an instrument stands, and false if nothing was ever decided on it.
	Status(ctx context.Context, instrument string) (health.Status, bool, error)
	// BeginEpoch writes a component's next epoch on condition that the stored one is
	// was (the zero value: none); otherwise ErrRaced.
	BeginEpoch(ctx context.Context, instrument, component string, was, next health.Epoch) error
}

// Judge says what the runs since a component's last service tell of the repair, by the
// findings that the case was opened for. It is score.Judge, handed in by main: a stage
// imports no stage.
type Judge func(opened []health.Finding, component string, h health.History) health.Judgement

// Steps are the steps of a case that are not notices. Each may be repeated at any time:
// it finds its change made and gives the same answer.
type Steps struct {
	Books    Books
	Findings Findings
	Health   Health
	Judge    Judge
	Bus      Bus
	Now      func() time.Time
}

// Run takes one step. Its answer is merged into the execution's state under the step's
// name. A step that is not ours, or a call about a case that is not the stored one, is
// malformed and not retried.
func (s Steps) Run(ctx context.Context, call Call) (any, error) {
	c, err := s.Books.Get(ctx, call.Input.Case)
	switch {
	case errors.Is(err, ErrNoCase):
		return nil, fault.New(fault.Malformed, "no-such-case", err)
	case err != nil:
		return nil, fmt.Errorf("reading case %s: %w", call.Input.Case, err)
	case c.Instrument != call.Input.Instrument || c.Component != call.Input.Component:
		return nil, fault.New(fault.Malformed, "not-this-case", nil)
	}
	switch call.Step {
	case StepDiagnose:
		return s.diagnose(ctx, c)
	case StepVerify:
		return s.verify(ctx, c, call.Input.Verify)
	case StepClose:
		return s.close(ctx, c, call)
	default:
		return nil, fault.New(fault.Malformed, "unknown-step", nil)
	}
}

// DiagnoseAnswer is what the execution learns of the diagnosis.
type DiagnoseAnswer struct {
	Symptom string `json:"symptom"`
	Cause   string `json:"cause"`
	Reason  Reason `json:"reason"`
}

func (s Steps) diagnose(ctx context.Context, c Case) (DiagnoseAnswer, error) {
	opened, err := s.opened(ctx, c)
	if err != nil {
		return DiagnoseAnswer{}, err
	}
	asked, err := s.asked(ctx, c, opened)
	if err != nil {
		return DiagnoseAnswer{}, err
	}
	c, reason, err := Update(ctx, s.Books, c.ID, func(c *Case) Reason { return c.Diagnose(DiagnosisOf(opened), asked, because(opened)) })
	if err != nil {
		return DiagnoseAnswer{}, err
	}
	if c.Diagnosis == nil {
		return DiagnoseAnswer{Reason: reason}, nil // closed by hand before we came to it
	}
	// If we crash here the step is retried: the events go out twice under one id.
	for _, e := range []Event{openedEvent(c), diagnosedEvent(c)} {
		if err := s.Bus.Publish(ctx, e); err != nil {
			return DiagnoseAnswer{}, fmt.Errorf("publishing %s of case %s: %w", e.Type, c.ID, err)
		}
	}
	return DiagnoseAnswer{Symptom: c.Diagnosis.Symptom, Cause: c.Diagnosis.Cause, Reason: reason}, nil
}

// NoModels stands for a bundle where none is in use.
const NoModels = "none"

// asked is the bundle that foretold the case; or else the one that the instrument's status
// was last written by, which is in use unless another came with the very run that the
// finding was made of.
func (s Steps) asked(ctx context.Context, c Case, opened []health.Finding) (string, error) {
	for _, f := range opened {
		if f.Foretold != nil {
			return f.Foretold.Model, nil
		}
	}
	now, _, err := s.Health.Status(ctx, c.Instrument)
	if err != nil {
		return "", fmt.Errorf("reading which models were asked of case %s: %w", c.ID, err)
	}
	return cmp.Or(now.Model, NoModels), nil
}

// because are the reasons of the first prediction among findings.
func because(opened []health.Finding) []health.Because {
	for _, f := range opened {
		if f.Foretold != nil {
			return f.Foretold.Because
		}
	}
	return nil
}

// opened are the findings that a case was opened for, the first first.
func (s Steps) opened(ctx context.Context, c Case) ([]health.Finding, error) {
	all, err := s.Findings.Findings(ctx, c.Instrument)
	if err != nil {
		return nil, fmt.Errorf("reading the findings of case %s: %w", c.ID, err)
	}
	var opened []health.Finding
	for _, id := range c.Findings {
		if i := slices.IndexFunc(all, func(f health.Finding) bool { return f.ID == id }); i >= 0 {
			opened = append(opened, all[i])
		}
	}
	return opened, nil
}

// How a repair is verified [G].
const (
	verifyRuns   = 2              // runs after the visit that must be there, and good
	verifyEvery  = 24 * time.Hour // between two looks, divided by the pace
	verifyRounds = 14             // looks; then the case is closed unverified
)

// Why a verification says what it says.
const (
	RunsGood     Reason = "runs-after-visit-good"
	RunsFailing  Reason = "runs-after-visit-failing"
	RunsMissing  Reason = "too-few-runs-after-visit"
	RunsMixed    Reason = "some-runs-after-visit-violate"
	OutOfRounds  Reason = "no-verdict-in-time"
	NeverVisited Reason = "never-visited"
)

// verify marks the visit when it is first called, then judges the runs that came after.
// The visit is marked by the highest sequence number seen by then: what the instrument
// sent before says nothing of the repair.
func (s Steps) verify(ctx context.Context, c Case, before *VerifyAnswer) (VerifyAnswer, error) {
	answer := VerifyAnswer{Round: 1, WaitSeconds: Seconds(verifyEvery, c.Pace)}
	if before != nil {
		answer.Round = before.Round + 1
	}
	if _, reason := Next(c.State, StepVerify); reason == NotAllowed || reason == IsClosed {
		answer.Result, answer.Reason = ResultUnverified, NeverVisited
		if reason == IsClosed {
			answer.Reason = IsClosed
		}
		return answer, nil
	}
	h, err := s.visited(ctx, c)
	if err != nil {
		return VerifyAnswer{}, err
	}
	opened, err := s.opened(ctx, c)
	if err != nil {
		return VerifyAnswer{}, err
	}
	epoch := h.Services[c.Component].Number
	// A finding made after the visit is not what the case was opened for.
	opened = slices.DeleteFunc(opened, func(f health.Finding) bool { return f.Epoch >= epoch })
	j := s.Judge(opened, c.Component, h)
	switch {
	case j.Failing:
		answer.Result, answer.Reason = ResultFailing, RunsFailing
	case j.Judged >= verifyRuns && j.Violating == 0:
		answer.Result, answer.Reason = ResultVerified, RunsGood
	case answer.Round >= verifyRounds:
		answer.Result, answer.Reason = ResultUnverified, OutOfRounds
	case j.Violating > 0:
		answer.Result, answer.Reason = ResultWaiting, RunsMixed
	default:
		answer.Result, answer.Reason = ResultWaiting, RunsMissing
	}
	return answer, nil
}

// visited begins the component's next epoch, once per case, and returns the history with
// it. The epoch names the case, so that a repetition finds it begun. If we crash after
// BeginEpoch the case has no Visit yet: the retried step sets it.
func (s Steps) visited(ctx context.Context, c Case) (health.History, error) {
	for range attempts {
		h, err := s.Health.History(ctx, c.Instrument)
		if err != nil {
			return h, fmt.Errorf("reading the history of case %s: %w", c.ID, err)
		}
		epoch := h.Services[c.Component]
		if epoch.Case != c.ID {
			next := following(h, epoch, c.ID)
			err := s.Health.BeginEpoch(ctx, c.Instrument, c.Component, epoch, next)
			if errors.Is(err, ErrRaced) {
				continue
			}
			if err != nil {
				return h, fmt.Errorf("marking the visit of case %s: %w", c.ID, err)
			}
			epoch = next
			h.Services[c.Component] = epoch
		}
		visit := Visit{Epoch: epoch.Number, Since: epoch.Since}
		_, _, err = Update(ctx, s.Books, c.ID, func(c *Case) Reason { return c.Visited(visit) })
		return h, err
	}
	return health.History{}, fmt.Errorf("marking the visit of case %s: %w", c.ID, ErrRaced)
}

// CloseAnswer is what the execution learns of the end.
type CloseAnswer struct {
	Outcome Outcome `json:"outcome"`
	Reason  Reason  `json:"reason"`
}

func (s Steps) close(ctx context.Context, c Case, call Call) (CloseAnswer, error) {
	reason := Already
	for range attempts {
		outcome, err := s.outcome(ctx, call, c)
		if err != nil {
			return CloseAnswer{}, err
		}
		if reason = c.Close(outcome, s.Now()); reason != Done {
			break
		}
		standing, err := s.Books.Standing(ctx, c.Instrument, c.Component)
		if err != nil {
			return CloseAnswer{}, fmt.Errorf("reading the standing of case %s: %w", c.ID, err)
		}
		epoch := standing.Epoch
		if c.Visit != nil {
			epoch = c.Visit.Epoch
		}
		err = s.Books.Finish(ctx, c, epoch)
		if err == nil {
			break
		}
		if !errors.Is(err, ErrRaced) {
			return CloseAnswer{}, fmt.Errorf("closing case %s: %w", c.ID, err)
		}
		if c, err = s.Books.Get(ctx, c.ID); err != nil {
			return CloseAnswer{}, fmt.Errorf("reading case %s again: %w", c.ID, err)
		}
	}
	if c.State != Closed || c.ClosedAt == nil {
		return CloseAnswer{}, fmt.Errorf("closing case %s: %w", c.ID, ErrRaced)
	}
	if err := s.Bus.Publish(ctx, closedEvent(c)); err != nil {
		return CloseAnswer{}, fmt.Errorf("publishing the end of case %s: %w", c.ID, err)
	}
	return CloseAnswer{Outcome: c.Outcome, Reason: reason}, nil
}

// outcome is outcomeOf, unless the fault came back between the verdict and now: a finding
// made after the visit that was attached to this case would be nobody's if the case were
// closed as fixed. One attached later still changes the case's version, and Finish fails.
func (s Steps) outcome(ctx context.Context, call Call, c Case) (Outcome, error) {
	outcome := outcomeOf(call, c)
	if outcome != Fixed || c.Visit == nil {
		return outcome, nil
	}
	opened, err := s.opened(ctx, c)
	if err != nil {
		return "", err
	}
	for _, f := range opened {
		if f.State == health.Active && f.Epoch >= c.Visit.Epoch {
			return NotFixed, nil
		}
	}
	return Fixed, nil
}

// outcomeOf a case that is about to be closed: what the call says, or else what the
// execution has been through.
func outcomeOf(call Call, c Case) Outcome {
	switch {
	case slices.Contains([]Outcome{Fixed, NotFixed, NoAnswer, Unverified}, call.Outcome):
		return call.Outcome
	case call.Input.Verify == nil && c.Visit == nil:
		return NoAnswer
	case call.Input.Verify == nil:
		return Unverified
	case call.Input.Verify.Result == ResultVerified:
		return Fixed
	case call.Input.Verify.Result == ResultFailing:
		return NotFixed
	default:
		return Unverified
	}
}
