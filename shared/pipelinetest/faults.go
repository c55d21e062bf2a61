// Package pipelinetest is memory stores that check their own contract, so that the
// stages can be tested together and each store can fail in each of the two ways that
// a network makes possible.
package pipelinetest

import (
	"errors"
	"sync"
)

// Failure is what becomes of one call of a store.
type Failure int

// The failures. Works lets a call pass, to reach a later one.
const (
	Works        Failure = iota
	NotPersisted         // an error, and nothing was written
	ReplyLost            // an error, though it was written
	// Repeated: it was written, the reply was lost, and the client asked again by itself,
	// as the AWS SDK does. The answer is that of the second time.
	Repeated
	KilledBefore // the function ended before the call
	KilledAfter  // the function ended when all was written, and knew nothing of it
)

// Killed is the panic by which a call ends a function. Whoever runs the function recovers.
type Killed struct{}

// Driver decides what becomes of every call that no plan speaks of, and may take its time
// about it: other functions run meanwhile.
type Driver interface {
	Decide(method string) Failure
	// Done is told what the store itself answered, before the answer is lost.
	Done(method string, err error)
}

// ErrStore is the error of a failed call.
var ErrStore = errors.New("the store failed")

// Faults plans failures by the name of a method. The zero value fails nothing.
type Faults struct {
	mu   sync.Mutex
	plan map[string][]Failure

	driver Driver
}

// Drive puts every call into the hands of d. It is called before any other method.
func (f *Faults) Drive(d Driver) { f.driver = d }

// Call runs one call of a method as planned, for stores outside this package.
func (f *Faults) Call(method string, call func() error) error { return f.meet(method, call) }

// Fail plans what becomes of the next calls of a method.
func (f *Faults) Fail(method string, next ...Failure) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.plan == nil {
		f.plan = map[string][]Failure{}
	}
	f.plan[method] = append(f.plan[method], next...)
}

// Pending counts the planned failures that no call has met yet: a test that plans one
// asserts that it is 0 at the end.
func (f *Faults) Pending() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, p := range f.plan {
		n += len(p)
	}
	return n
}

// meet runs one call of a method as planned.
func (f *Faults) meet(method string, call func() error) error {
	f.mu.Lock()
	how, planned := Works, false
	if p := f.plan[method]; len(p) > 0 {
		how, f.plan[method], planned = p[0], p[1:], true
	}
	f.mu.Unlock()
	if f.driver != nil && !planned {
		how = f.driver.Decide(method)
	}
	switch how {
	case NotPersisted:
		return ErrStore
	case KilledBefore:
		panic(Killed{})
	}
	err := call()
	if how == Repeated {
		err = call()
	}
	if f.driver != nil {
		f.driver.Done(method, err)
	}
	switch how {
	case ReplyLost:
		return ErrStore
	case KilledAfter:
		panic(Killed{})
	}
	return err
}

// Flaky plans failures of a dependency that keeps nothing, such as a signer.
type Flaky struct {
	mu   sync.Mutex
	left int
}

// FailNext makes the next n calls fail.
func (f *Flaky) FailNext(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left += n
}

// Next is nil, or ErrStore if this call was to fail.
func (f *Flaky) Next() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left > 0 {
		f.left--
		return ErrStore
	}
	return nil
}
