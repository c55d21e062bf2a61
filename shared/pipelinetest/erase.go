package pipelinetest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"proactive/shared/casework"
	"proactive/shared/erase"
	"proactive/shared/erasure"
	"proactive/shared/handoff"
	"proactive/shared/instrument"
	"proactive/shared/score"
	"proactive/shared/scrub"
)

var (
	_ erase.Tombstones  = (*Tombstones)(nil)
	_ scrub.Erasures    = (*Tombstones)(nil)
	_ score.Erasures    = (*Tombstones)(nil)
	_ casework.Erasures = (*Tombstones)(nil)
	_ erase.Place       = (*Shelf)(nil)
	_ erase.Cases       = (*Shelf)(nil)
	_ erase.Queue       = (*Letters)(nil)
	_ erase.Next        = (*Alarm)(nil)
)

// Living knows of no erasure.
type Living struct{}

// Erased implements the Erasures of the stages.
func (Living) Erased(context.Context, string) (bool, error) { return false, nil }

// Gone knows that every instrument is erased.
type Gone struct{}

// Erased implements the Erasures of the stages.
func (Gone) Erased(context.Context, string) (bool, error) { return true, nil }

// Tombstones are the tombstones in memory, beside the instruments. They fail the test when
// a tombstone changes whose it is, or a certificate changes.
type Tombstones struct {
	Faults
	t           testing.TB
	mu          sync.Mutex
	instruments *Instruments
	stones      map[string]erase.Tombstone
}

// NewTombstones are none, beside instruments.
func NewTombstones(t testing.TB, instruments *Instruments) *Tombstones {
	return &Tombstones{t: t, instruments: instruments, stones: map[string]erase.Tombstone{}}
}

// Erased implements the Erasures of the stages.
func (s *Tombstones) Erased(_ context.Context, id string) (erased bool, err error) {
	err = s.meet("Erased", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		_, erased = s.stones[id]
		return nil
	})
	return erased, err
}

// Mark implements erase.Tombstones.
func (s *Tombstones) Mark(_ context.Context, t erase.Tombstone) error {
	return s.meet("Mark", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.instruments.mu.Lock()
		defer s.instruments.mu.Unlock()
		i, there := s.instruments.instruments[t.Instrument]
		if _, marked := s.stones[t.Instrument]; marked || !there || !i.PublicKey.Equal(t.Key) {
			return erase.ErrRaced
		}
		i.Revoked, i.Consent = true, instrument.Consent{Since: t.Asked, Text: i.Consent.Text}
		s.instruments.instruments[t.Instrument], s.stones[t.Instrument] = i, t
		return nil
	})
}

// Read implements erase.Tombstones.
func (s *Tombstones) Read(_ context.Context, id string) (t erase.Tombstone, err error) {
	err = s.meet("Read", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		was, there := s.stones[id]
		if !there {
			return erase.ErrNone
		}
		t = copied(was)
		return nil
	})
	return t, err
}

// Save implements erase.Tombstones.
func (s *Tombstones) Save(_ context.Context, t erase.Tombstone) error {
	return s.meet("Save", func() error { return s.save(t) })
}

func (s *Tombstones) save(t erase.Tombstone) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	was, there := s.stones[t.Instrument]
	if !there || was.Version != t.Version {
		return erase.ErrRaced
	}
	if was.Certificate != "" || !was.Key.Equal(t.Key) || !was.Asked.Equal(t.Asked) || was.By != t.By {
		s.t.Errorf("a tombstone changes what it says: %+v to %+v", was, t)
	}
	t.Version++
	s.stones[t.Instrument] = copied(t)
	return nil
}

// Close implements erase.Tombstones.
func (s *Tombstones) Close(_ context.Context, t erase.Tombstone, until time.Time) error {
	return s.meet("Close", func() error {
		if t.Certificate == "" || !until.After(t.Asked.AddDate(0, 0, erasure.KeptDays-1)) {
			s.t.Errorf("a tombstone is closed without a certificate or for too short: %+v until %s", t, until)
		}
		if err := s.save(t); err != nil {
			return err
		}
		s.instruments.mu.Lock()
		defer s.instruments.mu.Unlock()
		delete(s.instruments.instruments, t.Instrument)
		return nil
	})
}

func copied(t erase.Tombstone) erase.Tombstone {
	t.Cases = slices.Clone(t.Cases)
	t.Seen, t.Found = cloned(t.Seen), cloned(t.Found)
	return t
}

func cloned(m map[string]int) map[string]int {
	if m == nil {
		return nil
	}
	c := map[string]int{}
	for k, v := range m {
		c[k] = v
	}
	return c
}

// Thing is something that a Shelf holds: of an instrument, or of a case of one.
type Thing struct{ Instrument, Case, Name string }

// Shelf is a place in memory. Things that know only their case are found by it alone.
type Shelf struct {
	Faults
	mu     sync.Mutex
	things []Thing
}

// Put lays things on the shelf.
func (s *Shelf) Put(things ...Thing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.things = append(s.things, things...)
}

// All is what lies there.
func (s *Shelf) All() []Thing {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.things)
}

func in(t Thing, of erase.Scope) bool {
	return t.Instrument == of.Instrument || slices.ContainsFunc(of.Cases, func(c erase.Case) bool { return c.ID == t.Case })
}

// Find implements erase.Place.
func (s *Shelf) Find(_ context.Context, of erase.Scope) (n int, err error) {
	err = s.meet("Find", func() error {
		n = 0
		for _, t := range s.All() {
			if in(t, of) {
				n++
			}
		}
		return nil
	})
	return n, err
}

// Erase implements erase.Place. A failure that is said to be persisted is half done, as a
// crash between two pages leaves it.
func (s *Shelf) Erase(_ context.Context, of erase.Scope) error {
	return s.meet("Erase", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.things = slices.DeleteFunc(s.things, func(t Thing) bool { return in(t, of) })
		return nil
	})
}

// Of implements erase.Cases: the cases of things that name the instrument too.
func (s *Shelf) Of(_ context.Context, instrument string) (cases []erase.Case, err error) {
	err = s.meet("Of", func() error {
		cases = nil
		for _, t := range s.All() {
			if t.Instrument == instrument && t.Case != "" {
				cases = append(cases, erase.Case{ID: t.Case, Rounds: 1})
			}
		}
		return nil
	})
	return cases, err
}

// Letters is a queue in memory that only the eraser receives from.
type Letters struct {
	Faults
	mu     sync.Mutex
	bodies []string
}

// Put puts messages.
func (l *Letters) Put(bodies ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bodies = append(l.bodies, bodies...)
}

// All is what is on the queue.
func (l *Letters) All() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.bodies)
}

// Take implements erase.Queue.
func (l *Letters) Take(_ context.Context, mentions func(string) bool) (n int, err error) {
	err = l.meet("Take", func() error {
		l.mu.Lock()
		defer l.mu.Unlock()
		was := len(l.bodies)
		l.bodies = slices.DeleteFunc(l.bodies, mentions)
		n = was - len(l.bodies)
		return nil
	})
	return n, err
}

// Alarm is the eraser's own queue in memory, whose clock the test moves.
type Alarm struct {
	Faults
	mu   sync.Mutex
	next []Ring
}

// Ring is a message and when it is due.
type Ring struct {
	Message handoff.Erase
	Pause   time.Duration
}

// SendAfter implements erase.Next.
func (a *Alarm) SendAfter(_ context.Context, m handoff.Erase, pause time.Duration) error {
	return a.meet("SendAfter", func() error {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.next = append(a.next, Ring{m, pause})
		return nil
	})
}

// Pop takes the oldest message, and false if there is none.
func (a *Alarm) Pop() (Ring, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.next) == 0 {
		return Ring{}, false
	}
	r := a.next[0]
	a.next = a.next[1:]
	return r, true
}
