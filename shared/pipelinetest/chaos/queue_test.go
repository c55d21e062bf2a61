package chaos_test

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"time"

	"proactive/shared/pipelinetest"
)

// As infra/pipeline.go has them.
const (
	visibility  = 6 * time.Minute
	maxReceives = 5
)

// queue is a work queue as SQS has it: at least once, in any order, and five times at the
// most; then the message is a dead letter.
type queue struct {
	w       *world
	name    string // the stage behind it
	lost    string // the fault of a message that is lost on its way in
	loses   float64
	handle  func(ctx context.Context, body []byte) error
	ready   []*message
	planned bool
	dead    []*message
	highest map[string]int64 // sequence number seen, by instrument
}

type message struct {
	body     []byte
	receives int
	deleted  bool
	poison   bool
}

func (w *world) newQueue(name, lost string) *queue {
	loses := .05
	if name == "score" {
		loses = .18
	}
	return &queue{w: w, name: name, lost: lost, loses: loses, highest: map[string]int64{}}
}

// put puts a message on the queue, or loses it, or doubles it.
func (q *queue) put(body []byte) {
	w := q.w
	if !w.wild {
		q.arrive(&message{body: body}, time.Second)
		return
	}
	switch {
	case w.chance(q.loses):
		w.met(q.lost)
		w.lost[string(body)] = q.lost
		return
	case w.chance(.05):
		w.met(duplicated)
		for range 9 {
			q.arrive(&message{body: body}, w.between(0, 3*24*time.Hour))
		}
	case w.chance(.05):
		w.met(late)
		q.arrive(&message{body: body}, 14*24*time.Hour)
		return
	}
	d := w.between(0, 2*time.Second) // of one burst, so that two machines meet
	if w.chance(.2) {
		d = w.between(0, 10*time.Minute)
	}
	q.arrive(&message{body: body}, d)
}

// arrive makes a message visible after a while.
func (q *queue) arrive(m *message, d time.Duration) {
	q.w.after(d, func() {
		q.ready = append(q.ready, m)
		q.plan()
	})
}

func (q *queue) plan() {
	if !q.planned && len(q.ready) > 0 {
		q.planned = true
		q.w.after(q.w.between(0, time.Second), q.deliver)
	}
}

// deliver hands some messages to a function, as queues.Each does: those that fail come
// again, and all of them do if it is killed.
func (q *queue) deliver() {
	q.planned = false
	w := q.w
	w.rng.Shuffle(len(q.ready), func(i, j int) { q.ready[i], q.ready[j] = q.ready[j], q.ready[i] })
	n := min(len(q.ready), 1+w.rng.IntN(3)*w.rng.IntN(3))
	var taken []*message
	for _, m := range q.ready[:n] {
		if m.receives++; m.receives > maxReceives {
			q.bury(m)
			continue
		}
		taken = append(taken, m)
		q.overtaken(m)
		receives := m.receives
		w.after(visibility, func() {
			if !m.deleted && m.receives == receives {
				q.ready = append(q.ready, m)
				q.plan()
			}
		})
	}
	q.ready = slices.Delete(q.ready, 0, n)
	q.plan()
	if len(taken) == 0 {
		return
	}
	done := map[*message]bool{}
	w.spawn(q.name, func(ctx context.Context) error {
		for _, m := range taken {
			done[m] = q.handle(ctx, m.body) == nil
		}
		return nil
	}, func(_ error, killed bool) {
		good := 0
		for _, m := range taken {
			if done[m] && !killed {
				m.deleted = true
				good++
			}
		}
		if good > 0 && good < len(taken) && w.wild {
			w.met(partial)
		}
		w.settle()
	})
}

func (q *queue) bury(m *message) {
	q.dead = append(q.dead, m)
	if !m.poison && q.w.wild {
		q.w.met(deadLetter)
	}
	q.w.letters = append(q.w.letters, m)
}

// redrive is the operator's command.
func (q *queue) redrive() {
	for _, m := range q.dead {
		if q.w.wild || !m.poison { // in the end the poison is left where it is
			m.receives = 0
			q.arrive(m, time.Minute)
		}
	}
	q.dead = slices.DeleteFunc(q.dead, func(m *message) bool { return q.w.wild || !m.poison })
}

var batchID = regexp.MustCompile(`01HZ\d{22}`)

// overtaken counts a message that comes after a later one of its instrument.
func (q *queue) overtaken(m *message) {
	b := q.w.batches[string(batchID.Find(m.body))]
	if b == nil || !q.w.wild {
		return
	}
	if q.highest[b.instrument] > b.sequence {
		q.w.met(reordered)
	}
	q.highest[b.instrument] = max(q.highest[b.instrument], b.sequence)
}

// sender is the end of a queue that a stage sees.
type sender[M any] struct {
	pipelinetest.Faults
	q *queue
}

func newSender[M any](w *world, store string, q *queue) *sender[M] {
	s := &sender[M]{q: q}
	s.Drive(driver{w, store})
	return s
}

func (s *sender[M]) Send(_ context.Context, m M) error {
	return s.Call("Send", func() error {
		body, err := json.Marshal(m)
		if err != nil {
			return err
		}
		s.q.put(body)
		return nil
	})
}

func (s *sender[M]) Waiting(context.Context) (int, error) { return len(s.q.ready), nil }
