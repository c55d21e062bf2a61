// Package advice turns whatever went wrong into what a person at an instrument
// needs: one sentence that says what happened, one that says what to do next, and
// an exit code that a script can branch on. Every reason the agent can meet stands
// in one table; docs/agent.md repeats it.
package advice

import (
	"context"
	"errors"

	"proactive/cmd/agent/internal/home"
	"proactive/cmd/agent/internal/outbox"
	"proactive/shared/fault"
)

// Exit is the agent's exit code.
type Exit int

// The exit codes. When several run folders end differently, the agent exits with
// the one that comes first in Gravity.
const (
	Done        Exit = 0
	Failed      Exit = 1  // something the agent does not know
	Usage       Exit = 2  // the command line
	RefusedHere Exit = 3  // the agent itself refused; nothing was sent
	BadFolder   Exit = 4  // the run folder cannot be used
	Unreachable Exit = 5  // the service could not be reached; what was sealed is kept
	Refused     Exit = 6  // the service said no
	Untrusted   Exit = 7  // something is not who it claims to be
	NoReceipt   Exit = 8  // the service has it, and its signed answer is still to come
	NotStored   Exit = 9  // a receipt that says rejected or quarantined
	Flagged     Exit = 10 // an audit found something
)

// Gravity orders the exit codes, gravest first.
var Gravity = []Exit{Untrusted, Failed, Flagged, Refused, NotStored, RefusedHere, BadFolder, Unreachable, NoReceipt, Usage, Done}

// Meaning says what an exit code means, for --help and docs/agent.md.
var Meaning = map[Exit]string{
	Done:        "done",
	Failed:      "an unexpected failure",
	Usage:       "the command line is wrong",
	RefusedHere: "the agent refused: not enrolled, not on, another instrument, before consent; nothing was sent",
	BadFolder:   "the run folder cannot be used",
	Unreachable: "the service cannot be reached; sealed batches are kept and sent next time",
	Refused:     "the service refused",
	Untrusted:   "something is not who it claims to be; nothing was believed",
	NoReceipt:   "the service has it, and its signed answer (receipt, certificate) is still to come",
	NotStored:   "a receipt says that a batch was rejected or quarantined",
	Flagged:     "an audit found a batch that is not what it should be",
}

// Worse returns the graver of two exit codes.
func Worse(a, b Exit) Exit {
	for _, e := range Gravity {
		if e == a || e == b {
			return e
		}
	}
	return Failed
}

// Advice is what to tell a person about an error.
type Advice struct {
	Reason string // a constant
	Says   string // what happened
	Next   string // what to do next, empty if there is nothing to do
	Exit   Exit
}

// detailed adds to an error a sentence that only this computer's screen may show.
type detailed struct {
	error
	text string
}

func (d detailed) Unwrap() error { return d.error }

// Detail adds a sentence for the person at this computer: a serial number, a file.
func Detail(err error, text string) error { return detailed{err, text} }

// For finds the advice for err, which is not nil.
func For(err error) Advice {
	a := lookup(err)
	if d, ok := errors.AsType[detailed](err); ok {
		a.Says += " " + d.text
	}
	return a
}

func lookup(err error) Advice {
	switch {
	case errors.Is(err, context.Canceled):
		return entry("interrupted")
	case errors.Is(err, home.ErrNotEnrolled):
		return entry("not-enrolled")
	case errors.Is(err, home.ErrNoLabKey):
		return entry("no-lab-key")
	case errors.Is(err, home.ErrNoHome):
		return entry("no-home")
	case errors.Is(err, home.ErrDamaged):
		return entry("state-damaged")
	case errors.Is(err, home.ErrKeyExposed):
		return entry("key-exposed")
	case errors.Is(err, home.ErrReceiptDiffers):
		return entry("receipt-chain-broken")
	case errors.Is(err, home.ErrStatementDiffers):
		return entry("consent-chain-broken")
	case errors.Is(err, outbox.ErrDamaged):
		return entry("outbox-damaged")
	}
	kind, reason := fault.Public(err)
	if kind == fault.Internal {
		a := entry("internal")
		a.Says = err.Error() + "."
		return a
	}
	if _, known := table[reason]; known {
		return entry(reason)
	}
	return unknown(kind, reason)
}

func entry(reason string) Advice {
	a := table[reason]
	a.Reason = reason
	return a
}

// unknown is advice for a reason that a newer service may give.
func unknown(kind fault.Kind, reason string) Advice {
	a := Advice{Reason: reason, Says: "The service refused (" + reason + ").", Exit: Refused}
	switch kind {
	case fault.Unavailable:
		a.Says, a.Exit = "It did not work for now ("+reason+").", Unreachable
		a.Next = "Try again later; nothing is lost."
	case fault.Quota:
		a.Next = "Try again tomorrow; what was sealed is kept."
	default:
		a.Next = "Tell support this reason. What was sealed is kept."
	}
	return a
}

// Table returns every reason with its advice, for documentation and its test.
func Table() map[string]Advice { return table }
