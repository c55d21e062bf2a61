package casework

import (
	"context"
	"errors"
	"fmt"
)

// OfferRounds is how often a lab is asked before the case is escalated.
const OfferRounds = 3

// ErrNobodyWaits means that the task of that token was answered, timed out, or never was.
var ErrNobodyWaits = errors.New("nobody waits on this token")

// Answerer answers a waiting execution.
type Answerer interface {
	// Answer hands the answer to the execution that waits with the token, or returns
	// ErrNobodyWaits.
	Answer(ctx context.Context, token string, a OfferAnswer) error
}

// Reminder is what EventBridge Scheduler sends when an offer was not answered in time.
type Reminder struct {
	Case  string `json:"case"`
	Round int    `json:"round"`
}

// ReminderName names the schedule of a round: the same schedule however often it is made.
func ReminderName(caseID string, round int) string { return fmt.Sprintf("%s-offer-%d", caseID, round) }

// What became of a reminder.
const (
	Reminded    Reason = "reminded"
	GaveUp      Reason = "gave-up"      // the last round is over
	PickedLate  Reason = "picked"       // a visit is booked, but its answer was lost
	Stale       Reason = "stale-round"  // another round is on
	NobodyWaits Reason = "nobody-waits" // answered meanwhile
	NoToken     Reason = "no-token"
	CaseGone    Reason = "case-gone" // erased, with its instrument
)

// Reminders wakes cases whose lab has not answered.
type Reminders struct {
	Store  Store
	Links  Links
	Answer Answerer
}

// Run answers the execution in the lab's place: with "remind", after the last round with
// "give-up", and with "picked" if the lab did pick and the answer was lost on its way.
// The answer carries the round that is over.
func (r Reminders) Run(ctx context.Context, m Reminder) (Reason, error) {
	c, err := r.Store.Get(ctx, m.Case)
	if errors.Is(err, ErrNoCase) {
		return CaseGone, nil
	}
	if err != nil {
		return "", fmt.Errorf("reading case %s: %w", m.Case, err)
	}
	if c.State == Closed {
		return IsClosed, nil
	}
	token, err := r.Links.Token(ctx, m.Case)
	if errors.Is(err, ErrNoToken) {
		return NoToken, nil
	}
	if err != nil {
		return "", fmt.Errorf("reading the token of case %s: %w", m.Case, err)
	}
	if token.Round != m.Round {
		return Stale, nil
	}
	answer, reason := OfferAnswer{Answer: AnswerRemind, Round: m.Round}, Reminded
	switch {
	case c.Booked != nil:
		answer.Answer, reason = AnswerPicked, PickedLate
	case m.Round >= OfferRounds:
		answer.Answer, reason = AnswerGiveUp, GaveUp
	}
	err = r.Answer.Answer(ctx, token.Value, answer)
	if errors.Is(err, ErrNobodyWaits) {
		return NobodyWaits, nil
	}
	if err != nil {
		return "", fmt.Errorf("answering case %s: %w", m.Case, err)
	}
	return reason, nil
}
