package pipelinetest

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/casework"
)

var (
	_ casework.Workflow = (*Workflow)(nil)
	_ casework.Answerer = (*Workflow)(nil)
	_ casework.Bus      = (*Bus)(nil)
)

// Workflow is Step Functions in memory, as AWS has it: a running execution may be
// started again with the same input, a closed one keeps its name.
type Workflow struct {
	Faults
	t       testing.TB
	mu      sync.Mutex
	running map[string]casework.Input
	closed  map[string]bool
	started []string
	before  func()
	waiting map[string]bool
	answers []casework.OfferAnswer
}

// NewWorkflow runs nothing yet.
func NewWorkflow(t testing.TB) *Workflow {
	return &Workflow{t: t, running: map[string]casework.Input{}, closed: map[string]bool{}, waiting: map[string]bool{}}
}

// BeforeStart lets something happen just before the next Start.
func (w *Workflow) BeforeStart(do func()) { w.before = do }

// Start implements casework.Workflow.
func (w *Workflow) Start(_ context.Context, in casework.Input) error {
	if do := w.before; do != nil {
		w.before = nil
		do()
	}
	return w.meet("Start", func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.closed[in.Case] {
			return casework.ErrExecutionExists
		}
		if was, there := w.running[in.Case]; there {
			if diff := cmp.Diff(was, in); diff != "" {
				w.t.Errorf("execution %s is started again with another input: %s", in.Case, diff)
				return casework.ErrExecutionExists
			}
			return nil
		}
		w.running[in.Case] = in
		w.started = append(w.started, in.Case)
		return nil
	})
}

// End ends an execution; its name stays taken.
func (w *Workflow) End(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.running, id)
	w.closed[id] = true
}

// Started is every execution that was ever started, in order.
func (w *Workflow) Started() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.started)
}

// Wait makes an execution wait with a token.
func (w *Workflow) Wait(token string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting[token] = true
}

// Answer implements casework.Answerer.
func (w *Workflow) Answer(_ context.Context, token string, a casework.OfferAnswer) error {
	return w.meet("Answer", func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if !w.waiting[token] {
			return casework.ErrNobodyWaits
		}
		delete(w.waiting, token)
		w.answers = append(w.answers, a)
		return nil
	})
}

// Answers is every answer that an execution got, in order.
func (w *Workflow) Answers() []casework.OfferAnswer {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.answers)
}

// Bus is an event bus in memory. It fails the test when one id carries two contents.
type Bus struct {
	Faults
	t      testing.TB
	mu     sync.Mutex
	events map[string]casework.Event
	order  []string
}

// NewBus is an empty bus.
func NewBus(t testing.TB) *Bus { return &Bus{t: t, events: map[string]casework.Event{}} }

// Publish implements casework.Bus.
func (b *Bus) Publish(_ context.Context, e casework.Event) error {
	return b.meet("Publish", func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		if was, there := b.events[e.ID]; there {
			if diff := cmp.Diff(was, e); diff != "" {
				b.t.Errorf("event %s was published with two contents: %s", e.ID, diff)
			}
			return nil
		}
		b.events[e.ID] = e
		b.order = append(b.order, e.ID)
		return nil
	})
}

// Events is every event, once each, in order of its first publication.
func (b *Bus) Events() []casework.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []casework.Event
	for _, id := range b.order {
		all = append(all, b.events[id])
	}
	return all
}
