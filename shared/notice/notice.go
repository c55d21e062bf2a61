// Package notice tells people and systems what a case needs of them: mail to support,
// to the lab and to who travels, and an event for support's own systems.
//
// Every notice has a name that is unique within its case ("support", "offer-1",
// "reminder-2", "invite", …) and goes through three steps, in this order:
//
//  1. archived at layout.NoticeKey, on condition that nothing is there. What is there
//     already, from a try before, is what is sent: the archive is the notice.
//  2. sent.
//  3. recorded on the case. A recorded notice is never sent again.
//
// If we crash after 1, the retried step sends the archived bytes. If we crash after 2
// and before 3, or the reply to 2 is lost, it sends them again: that is the one window in
// which a notice is doubled, byte for byte, and we prefer it to a missing one. SES has no idempotency key
// and writes its own Message-ID over ours, so a mail program cannot hide the second
// copy; the header X-Proactive-Notice, which it leaves alone, names both the same.
//
// Who gets a notice is data: people.Recipients. Log lines hold opaque ids only.
package notice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"proactive/shared/casework"
	"proactive/shared/fault"
	"proactive/shared/health"
	"proactive/shared/instrument"
	"proactive/shared/people"
)

// Cases is the cases table as notices need it, by casework's contracts.
type Cases interface {
	casework.Store
	casework.Archive
	// SetToken: see casework.Links.
	SetToken(ctx context.Context, caseID string, t casework.Token) error
	// PutSlotLink: see casework.Links.
	PutSlotLink(ctx context.Context, digest string, l casework.SlotLink) error
}

// Instruments knows an instrument's serial number, or answers instrument.ErrUnknown: the
// case is then told about under the opaque id.
type Instruments interface {
	Get(ctx context.Context, id string) (instrument.Instrument, error)
}

// People knows whom a case at a site concerns, strongly consistent. Rows that are not on
// file are zero values, no error.
type People interface {
	Circle(ctx context.Context, tenant, site string) (people.Circle, error)
}

// Archive keeps what was sent.
type Archive interface {
	// Keep writes body at key on condition that nothing is there, and returns what is
	// there now: body, or what an earlier Keep wrote. Durable on return. After an
	// error the body may have been written all the same; the next Keep tells.
	Keep(ctx context.Context, key, contentType string, body []byte) ([]byte, error)
}

// Mailer sends a whole message to the addresses in its To header and returns the
// transport's id for it. After an error it may have been sent all the same.
type Mailer interface {
	Send(ctx context.Context, raw []byte) (id string, err error)
}

// Topic is support's topic. attributes are what subscribers filter by. After an error
// the event may have been published all the same.
type Topic interface {
	Publish(ctx context.Context, event []byte, attributes map[string]string) (id string, err error)
}

// Reminders wakes a case whose lab has not answered.
type Reminders interface {
	// Remind makes the schedule that calls functions/remind with r at a time. The
	// schedule is named by casework.ReminderName: making it again changes nothing.
	Remind(ctx context.Context, r casework.Reminder, at time.Time) error
}

// Mac is HMAC-SHA256 under the link key.
type Mac interface {
	Mac(ctx context.Context, message []byte) ([]byte, error)
}

// Steps are the steps of a case that tell someone. Each may be repeated at any time.
type Steps struct {
	Cases       Cases
	Findings    casework.Findings
	Instruments Instruments
	People      People
	Archive     Archive
	Mail        Mailer
	Topic       Topic
	Reminders   Reminders
	Answer      casework.Answerer
	Mac         Mac
	Sender      string // address that mail comes from
	BaseURL     string // where the slot page is served, no slash at the end
	Now         func() time.Time
}

// Outcome is what became of a notice.
type Outcome string

// The outcomes.
const (
	Sent         Outcome = "sent"
	AlreadySent  Outcome = "already-sent"  // recorded before: not sent again
	NoRecipients Outcome = "no-recipients" // nobody on file has the role: nothing to send
)

// Answer is what the execution learns of a step: its notices and what became of them.
type Answer struct {
	Notices map[string]Outcome `json:"notices"`
}

// InviteAnswer is Answer and how long the case waits for the visit to be over.
type InviteAnswer struct {
	casework.InviteAnswer
	Answer
}

// matter is all that a notice of a case is made from.
type matter struct {
	c        casework.Case
	findings []health.Finding // those of the case that are on file, the first first
	// similar are past cases, of whatever lab: support alone is told of them.
	similar []casework.Similar
	name    string // of the instrument, as a person calls it
	circle  people.Circle
	zone    *time.Location
	now     time.Time
	// call is the step's own input: why a case is escalated stands in it.
	call casework.Call
}

// Run takes one step. A call about a case that is not the stored one is malformed and
// not retried.
func (s Steps) Run(ctx context.Context, call casework.Call) (any, error) {
	m, err := s.matter(ctx, call)
	if err != nil {
		return nil, err
	}
	switch call.Step {
	case casework.StepSupport:
		return s.support(ctx, m)
	case casework.StepOffer:
		return s.offer(ctx, m)
	case casework.StepInvite:
		return s.invite(ctx, m)
	case casework.StepEscalate:
		return s.escalate(ctx, m)
	case casework.StepClosed:
		return s.closed(ctx, m)
	default:
		return nil, fault.New(fault.Malformed, "unknown-step", nil)
	}
}

func (s Steps) matter(ctx context.Context, call casework.Call) (matter, error) {
	m := matter{call: call, now: s.Now()}
	var err error
	m.c, err = s.Cases.Get(ctx, call.Input.Case)
	switch {
	case errors.Is(err, casework.ErrNoCase):
		return m, fault.New(fault.Malformed, "no-such-case", err)
	case err != nil:
		return m, fmt.Errorf("reading case %s: %w", call.Input.Case, err)
	case m.c.Instrument != call.Input.Instrument || m.c.Component != call.Input.Component:
		return m, fault.New(fault.Malformed, "not-this-case", nil)
	}
	all, err := s.Findings.Findings(ctx, m.c.Instrument)
	if err != nil {
		return m, fmt.Errorf("reading the findings of case %s: %w", m.c.ID, err)
	}
	for _, id := range m.c.Findings {
		if i := slices.IndexFunc(all, func(f health.Finding) bool { return f.ID == id }); i >= 0 {
			m.findings = append(m.findings, all[i])
		}
	}
	owner, err := s.Instruments.Get(ctx, m.c.Instrument)
	switch {
	case errors.Is(err, instrument.ErrUnknown):
		m.name = "instrument " + m.c.Instrument
	case err != nil:
		return m, fmt.Errorf("reading the instrument of case %s: %w", m.c.ID, err)
	default:
		m.name = instrument.Name(owner.Serial)
	}
	if m.circle, err = s.People.Circle(ctx, m.c.Tenant, m.c.Site); err != nil {
		return m, fmt.Errorf("reading whom case %s concerns: %w", m.c.ID, err)
	}
	m.zone = m.circle.Site.Location()
	return m, nil
}

// Logged is Run for lambda.Start: what fails is logged here, once, with the case.
func Logged(s Steps) func(context.Context, casework.Call) (any, error) {
	return func(ctx context.Context, call casework.Call) (any, error) {
		answer, err := s.Run(ctx, call)
		if err != nil {
			slog.ErrorContext(ctx, "step failed", slog.String("case", call.Input.Case), slog.String("step", string(call.Step)), slog.String("error", err.Error()))
			return nil, err
		}
		return answer, nil
	}
}

// note logs what became of a notice.
func note(ctx context.Context, caseID, name string, o Outcome) {
	slog.InfoContext(ctx, "notice handled", slog.String("case", caseID), slog.String("notice", name), slog.String("outcome", string(o)))
}
