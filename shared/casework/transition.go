package casework

import (
	"slices"
	"time"

	"proactive/shared/health"
)

// State is how far a case is.
type State string

// The states, in the order in which a case that goes well passes them.
const (
	Open      State = "open"
	Diagnosed State = "diagnosed"
	Notified  State = "notified"  // support knows
	Offered   State = "offered"   // the lab has visits to pick from
	Booked    State = "booked"    // the lab picked one
	Verifying State = "verifying" // the visit has been; its runs are awaited
	Closed    State = "closed"
)

// Step is what the state machine asks for. Its string is the "step" of the call.
type Step string

// The steps. Diagnose, Verify and Close are functions/casework's, Pick is the slot
// page's, the others are functions/notify's.
const (
	StepDiagnose Step = "diagnose"
	StepSupport  Step = "support"
	StepOffer    Step = "offer"
	StepPick     Step = "pick"
	StepInvite   Step = "invite"
	StepVerify   Step = "verify"
	StepEscalate Step = "escalate"
	StepClose    Step = "close"
	StepClosed   Step = "closed" // tell everyone that it is
)

// Reason says why something was done or not; it is logged and tested.
type Reason string

// The reasons of a change to a case.
const (
	Done       Reason = "done"         // the case changed
	Already    Reason = "already-done" // it had changed so before: repetition is harmless
	NotAllowed Reason = "not-allowed"  // this step does not follow the case's state
	IsClosed   Reason = "case-closed"
	NotOnOffer Reason = "slot-not-on-offer"
	Taken      Reason = "other-slot-booked" // the first pick won, and it was another
)

// transition is one row of the table: a step leads from any of From to To. A case in
// Past has been through the step: asking again is a repetition, not an error.
type transition struct {
	From []State
	To   State
	Past []State
}

// transitions is the whole life of a case. Steps that tell someone and change no
// state (invite, escalate, closed) stand in it with an empty To.
var transitions = map[Step]transition{
	StepDiagnose: {From: []State{Open}, To: Diagnosed, Past: []State{Diagnosed, Notified, Offered, Booked, Verifying}},
	StepSupport:  {From: []State{Diagnosed}, To: Notified, Past: []State{Notified, Offered, Booked, Verifying}},
	StepOffer:    {From: []State{Notified, Offered}, To: Offered, Past: []State{Booked, Verifying}},
	StepPick:     {From: []State{Offered}, To: Booked, Past: []State{Booked, Verifying}},
	StepInvite:   {From: []State{Booked}, Past: []State{Verifying}},
	StepVerify:   {From: []State{Booked, Verifying}, To: Verifying},
	StepEscalate: {From: []State{Offered, Booked, Verifying}},
	StepClose:    {From: []State{Open, Diagnosed, Notified, Offered, Booked, Verifying}, To: Closed, Past: []State{Closed}},
	StepClosed:   {From: []State{Closed}},
}

// Next is the state after a step, and Done, Already, NotAllowed or IsClosed. Only with
// Done may the state differ.
func Next(state State, step Step) (State, Reason) {
	t, ok := transitions[step]
	switch {
	case !ok:
		return state, NotAllowed
	case slices.Contains(t.From, state) && t.To != "" && t.To != state:
		return t.To, Done
	case slices.Contains(t.From, state) || slices.Contains(t.Past, state):
		return state, Already
	case state == Closed:
		return state, IsClosed
	default:
		return state, NotAllowed
	}
}

// The changes below are pure but for the receiver; use them with Update, which reads,
// changes and writes on condition, and tries again when another writer was faster.

// Advance takes a step that needs nothing but itself.
func (c *Case) Advance(step Step) Reason {
	next, reason := Next(c.State, step)
	c.State = next
	return reason
}

// Attach adds a finding to an open case.
func (c *Case) Attach(finding string) Reason {
	switch {
	case slices.Contains(c.Findings, finding):
		return Already
	case c.State == Closed:
		return IsClosed
	}
	c.Findings = append(c.Findings, finding)
	return Done
}

// Diagnose records a diagnosis, which models were asked, and why they foretold it.
func (c *Case) Diagnose(d Diagnosis, asked string, because []health.Because) Reason {
	reason := c.Advance(StepDiagnose)
	if reason == Done {
		c.Diagnosis, c.Asked, c.Because = &d, asked, because
	}
	return reason
}

// Offer puts the slots of a round on offer. A round that was offered before keeps its
// slots, so that a repeated call mails the lab the very same visits.
func (c *Case) Offer(round int, slots []Slot) Reason {
	next, reason := Next(c.State, StepOffer)
	if next != Offered {
		return reason
	}
	if round <= c.Round {
		return Already
	}
	c.State, c.Round, c.Slots = Offered, round, slots
	return Done
}

// Book picks one of the slots on offer. The first pick wins: picking the same again is
// Already, another is Taken.
func (c *Case) Book(s Slot, at time.Time) Reason {
	if c.Booked != nil {
		if c.Booked.ID() == s.ID() {
			return Already
		}
		return Taken
	}
	next, reason := Next(c.State, StepPick)
	if reason != Done {
		return reason
	}
	if !slices.ContainsFunc(c.Slots, func(o Slot) bool { return o.ID() == s.ID() }) {
		return NotOnOffer
	}
	at = at.UTC()
	c.State, c.Booked, c.BookedAt = next, &s, &at
	return Done
}

// AddNotice records a notice as sent.
func (c *Case) AddNotice(n NoticeRef) Reason {
	if c.Noticed(n.Name) {
		return Already
	}
	c.Notices = append(c.Notices, n)
	return Done
}

// Visited records that the visit has been.
func (c *Case) Visited(v Visit) Reason {
	if reason := c.Advance(StepVerify); reason != Done {
		return reason
	}
	c.Visit = &v
	return Done
}

// Close ends the case. The first outcome stays.
func (c *Case) Close(o Outcome, at time.Time) Reason {
	reason := c.Advance(StepClose)
	if reason == Done {
		at = at.UTC()
		c.Outcome, c.ClosedAt = o, &at
	}
	return reason
}
