// Package fault names what can go wrong in words that may be shown. A Fault
// carries a Kind, which decides status and retry, and a Reason, a constant from
// the code that found it. Anything that is not a Fault is internal: outside it is
// "internal error" and nothing more.
package fault

import (
	"errors"
	"fmt"
	"net/http"
)

// Kind is the coarse class of a fault.
type Kind int

// The kinds. Their status and retry behaviour stand in one table, below.
const (
	Internal    Kind = iota // ours; the cause stays in the log
	Malformed               // the caller's bytes cannot be read
	Unknown                 // who is asking is not known or not proven: one uniform answer
	Forbidden               // known, and not allowed (no consent, revoked)
	Conflict                // contradicts what is already recorded
	Quota                   // allowed, but not so much
	Unavailable             // a dependency failed; the same request may succeed later
)

type behaviour struct {
	name   string
	status int
	retry  bool
}

var behaviours = map[Kind]behaviour{
	Internal:    {"internal", http.StatusInternalServerError, true},
	Malformed:   {"malformed", http.StatusBadRequest, false},
	Unknown:     {"unauthorised", http.StatusUnauthorized, false},
	Forbidden:   {"forbidden", http.StatusForbidden, false},
	Conflict:    {"conflict", http.StatusConflict, false},
	Quota:       {"quota", http.StatusTooManyRequests, true},
	Unavailable: {"unavailable", http.StatusServiceUnavailable, true},
}

func (k Kind) String() string { return behaviours[k].name }

// Status is the HTTP status that answers a fault of this kind.
func (k Kind) Status() int { return behaviours[k].status }

// Retry tells whether the same request may succeed later.
func (k Kind) Retry() bool { return behaviours[k].retry }

// Fault is an error whose Reason may be shown to whoever caused it. Reason is a
// constant such as "bad-signature", never a value from the input.
type Fault struct {
	Kind   Kind
	Reason string
	cause  error
}

// New makes a fault. cause may be nil; it is for the log only.
func New(kind Kind, reason string, cause error) *Fault {
	return &Fault{Kind: kind, Reason: reason, cause: cause}
}

func (f *Fault) Error() string {
	if f.cause == nil {
		return fmt.Sprintf("%s: %s", f.Kind, f.Reason)
	}
	return fmt.Sprintf("%s: %s: %v", f.Kind, f.Reason, f.cause)
}

func (f *Fault) Unwrap() error { return f.cause }

// Is makes errors.Is match faults by kind and reason, whatever their cause.
func (f *Fault) Is(target error) bool {
	t, ok := target.(*Fault)
	return ok && t.Kind == f.Kind && t.Reason == f.Reason
}

// Public is what a caller may see of err: its kind and reason if it is a Fault,
// else Internal and "internal".
func Public(err error) (Kind, string) {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Kind, f.Reason
	}
	return Internal, "internal"
}
