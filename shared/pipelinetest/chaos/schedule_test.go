// Package chaos plays the whole pipeline, from the grant to the mail, over memory stores
// that keep exactly the conditions of the real ones, under every delivery fault that we
// know of, and then counts. Its time and its chance come from one seed: the same seed is
// the same play, to the last step.
package chaos_test

import (
	"container/heap"
	"context"
	"math/rand/v2"
	"time"

	"proactive/shared/pipelinetest"
)

// schedule is the time of the play. Only one function runs at a time, and each gives way
// at every call of a store: two of them are mixed as two machines mix them, and in the same
// way for the same seed.
type schedule struct {
	now     time.Time
	rng     *rand.Rand
	events  events
	serial  int
	current *process // who runs, nil between two
	yield   chan struct{}
}

func newSchedule(seed uint64, start time.Time) *schedule {
	return &schedule{now: start, rng: rand.New(rand.NewPCG(seed, 14)), yield: make(chan struct{})}
}

type event struct {
	at     time.Time
	serial int // of two at the same time, the one that was planned first
	do     func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	if e[i].at.Equal(e[j].at) {
		return e[i].serial < e[j].serial
	}
	return e[i].at.Before(e[j].at)
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	last := old[len(old)-1]
	*e = old[:len(old)-1]
	return last
}

// after plans something.
func (s *schedule) after(d time.Duration, do func()) {
	s.serial++
	heap.Push(&s.events, event{at: s.now.Add(d), serial: s.serial, do: do})
}

// run plays until nothing is planned, or until end says so.
func (s *schedule) run(end func() bool) {
	for s.events.Len() > 0 && !end() {
		e := heap.Pop(&s.events).(event)
		if e.at.After(s.now) {
			s.now = e.at
		}
		e.do()
	}
}

// process is one run of one function.
type process struct {
	stage  string
	resume chan struct{}
	wake   func()
	kill   string // the call after which it is to be killed
	died   bool
}

// spawn runs a function. ended is called with its error, and whether it was killed, when it
// is over. A killed function has told nobody anything.
func (s *schedule) spawn(stage string, run func(ctx context.Context) error, ended func(err error, killed bool)) {
	p := &process{stage: stage, resume: make(chan struct{})}
	var err error
	over := false
	go func() {
		<-p.resume
		defer func() {
			if r := recover(); r != nil {
				if _, ok := r.(pipelinetest.Killed); !ok {
					panic(r)
				}
				p.died = true
			}
			over = true
			s.yield <- struct{}{}
		}()
		err = run(context.Background())
	}()
	p.wake = func() {
		s.current = p
		p.resume <- struct{}{}
		<-s.yield
		s.current = nil
		if over {
			ended(err, p.died)
		}
	}
	s.after(0, p.wake)
}

// pause gives way for a while: whatever else is due happens first.
func (s *schedule) pause(d time.Duration) {
	p := s.current
	s.after(d, p.wake)
	s.yield <- struct{}{}
	<-p.resume
}

// between is a duration from a to b, all equally likely.
func (s *schedule) between(a, b time.Duration) time.Duration {
	return a + time.Duration(s.rng.Int64N(int64(b-a)+1))
}

func (s *schedule) chance(p float64) bool { return s.rng.Float64() < p }
