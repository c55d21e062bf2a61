package pipelinetest

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
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
	_ erase.Queues      = (*Letters)(nil)
	_ erase.Turn        = (*Turn)(nil)
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
	t.Cases, t.Letters = slices.Clone(t.Cases), slices.Clone(t.Letters)
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

// Letters is a queue in memory, whose clock the test moves. What is received from it is
// hidden for a minute.
type Letters struct {
	Faults
	Now func() time.Time
	// Served says that those who have messages in hand are the queue's own stage.
	Served  bool
	mu      sync.Mutex
	letters []letter
}

// sent counts the messages of all queues: an id is unique among them.
var sent atomic.Int64

type letter struct {
	erase.Message
	body   string
	hidden time.Time // until then
	inHand bool      // by somebody else
}

// Put puts messages.
func (l *Letters) Put(bodies ...string) { l.PutInHand(time.Time{}, bodies...) }

// PutInHand puts messages that somebody has in hand until then.
func (l *Letters) PutInHand(until time.Time, bodies ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, body := range bodies {
		l.letters = append(l.letters, letter{erase.Message{ID: strconv.FormatInt(sent.Add(1), 10)}, body, until, true})
	}
}

// PutAgain puts a message that was there before, as SQS does now and then with one that
// was deleted.
func (l *Letters) PutAgain(m erase.Message, body string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.letters = append(l.letters, letter{Message: m, body: body})
}

// Take takes away every message with a text in it, as its stage does.
func (l *Letters) Take(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.letters = slices.DeleteFunc(l.letters, func(one letter) bool { return strings.Contains(one.body, text) })
}

// All is what is on the queue.
func (l *Letters) All() (bodies []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range l.letters {
		bodies = append(bodies, one.body)
	}
	return bodies
}

// Search implements erase.Queues.
func (l *Letters) Search(_ context.Context, mentions func(string) bool) (found erase.Found, err error) {
	err = l.meet("Search", func() error {
		l.mu.Lock()
		defer l.mu.Unlock()
		found = erase.Found{}
		for i := range l.letters {
			switch one := &l.letters[i]; {
			case one.hidden.After(l.Now()):
				if !one.inHand || !l.Served {
					found.Hidden++
				}
			case mentions(one.body):
				one.hidden, one.inHand = l.Now().Add(time.Minute), false
				found.Ours = append(found.Ours, one.Message)
			}
		}
		return nil
	})
	return found, err
}

// Delete implements erase.Queues.
func (l *Letters) Delete(_ context.Context, found []erase.Message) error {
	return l.meet("Delete", func() error {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.letters = slices.DeleteFunc(l.letters, func(one letter) bool { return slices.Contains(found, one.Message) })
		return nil
	})
}

// Turn is the turn in memory.
type Turn struct {
	Faults
	mu    sync.Mutex
	until time.Time
}

// Take implements erase.Turn.
func (u *Turn) Take(_ context.Context, now, until time.Time) (ours bool, err error) {
	err = u.meet("Take", func() error {
		u.mu.Lock()
		defer u.mu.Unlock()
		ours = !u.until.After(now)
		if ours {
			u.until = until
		}
		return nil
	})
	return ours, err
}

// Release implements erase.Turn.
func (u *Turn) Release(_ context.Context, until time.Time) error {
	return u.meet("Release", func() error {
		u.mu.Lock()
		defer u.mu.Unlock()
		if u.until.Equal(until) {
			u.until = time.Time{}
		}
		return nil
	})
}

// TurnContract is what every store of the turn must do.
func TurnContract(t *testing.T, turn erase.Turn) {
	t.Helper()
	now := time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)
	until := now.Add(2 * time.Minute)
	take := func(at, until time.Time, want bool) {
		t.Helper()
		if ours, err := turn.Take(t.Context(), at, until); err != nil || ours != want {
			t.Errorf("at %s: %v, %v, want %v", at.Format(time.TimeOnly), ours, err, want)
		}
	}
	release := func(until time.Time) {
		t.Helper()
		if err := turn.Release(t.Context(), until); err != nil {
			t.Errorf("released: %v", err)
		}
	}
	release(until) // what nobody took
	take(now, until, true)
	take(now, until, false)
	take(until.Add(-time.Second), until.Add(time.Minute), false)
	release(until.Add(1)) // another's
	take(now, until.Add(time.Minute), false)
	release(until)
	take(now, until.Add(time.Minute), true)
	take(until.Add(time.Minute), until.Add(time.Hour), true) // who had it never came back,
	release(until.Add(time.Minute))                          // or did, too late
	take(until.Add(time.Minute), until.Add(2*time.Hour), false)
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
