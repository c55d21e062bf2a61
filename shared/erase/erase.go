package erase

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"proactive/shared/erasure"
	"proactive/shared/handoff"
	"proactive/shared/journal"
	"proactive/shared/jws"
)

// Scope is what is searched for: the instrument, and the cases that were ever its.
type Scope struct {
	Instrument string
	Cases      []Case
}

// Mentions tells whether a text speaks of the instrument or of one of its cases. Ids are
// long and random: to hold one is to be about it.
func (s Scope) Mentions(text string) bool {
	if strings.Contains(text, s.Instrument) {
		return true
	}
	for _, c := range s.Cases {
		if strings.Contains(text, c.ID) {
			return true
		}
	}
	return false
}

// Place is a store that holds something of instruments.
type Place interface {
	// Find counts what is there, strongly consistent.
	Find(ctx context.Context, of Scope) (int, error)
	// Erase ends it: stops, deletes. What is gone already is no error, and what is another
	// instrument's stays. After an error part of it may be done.
	Erase(ctx context.Context, of Scope) error
}

// Named is a place with its name and what it counts, as the certificate says them.
type Named struct {
	Name, What string
	Place      Place
}

// Cases knows the cases of an instrument.
type Cases interface {
	// Of are all of which a row is left, strongly consistent.
	Of(ctx context.Context, instrument string) ([]Case, error)
}

// Stage erases.
type Stage struct {
	Deployment string
	Tombstones Tombstones
	Turn       Turn
	Cases      Cases
	Places     []Named // in the order in which they are erased: what writes before what is written
	// Dead are dead-letter queues. Work are those that a stage serves: it drops messages
	// of an erased instrument by itself, so that we look, at the price of one of their five
	// deliveries for the others, only at what is left there after Grace.
	Dead, Work Queues
	Next       Next
	Signer     jws.Signer
	Grace      time.Duration
	Now        func() time.Time
	Log        *slog.Logger // from journal.New
}

// lateRound is the round from which on an erasure is late: it has taken an hour.
const lateRound = 10

// Handle does one round of an erasure and has itself called for the next. It may be
// called any number of times and at the same time: one call works, the others come back.
//
// The order of what is written, and what is true if we crash after each:
//  1. the turn: nobody erases until it ends by itself;
//  2. what was found, and the cases, on the tombstone: the next delivery deletes it;
//  3. deletions, in any number: the next delivery goes on;
//  4. which messages were found, on the tombstone: the next delivery finds them again,
//     deletes them and does not count them twice;
//  5. their deletion, in any number: they are counted;
//  6. the end of the round, on the tombstone: the next delivery calls for the next round;
//     or certificate and deletion of the instrument's row, in one transaction: it is done.
func (s Stage) Handle(ctx context.Context, m handoff.Erase) error {
	t, err := s.Tombstones.Read(ctx, m.Instrument)
	if errors.Is(err, ErrNone) {
		return nil // nobody asked: an erasure is never begun by a message
	}
	if err != nil {
		return fmt.Errorf("reading a tombstone: %w", err)
	}
	if t.Certificate != "" {
		return nil
	}
	if pause := t.Next.Sub(s.Now()); pause > 0 {
		return s.again(ctx, t, pause)
	}
	until := s.Now().Add(turnLasts)
	ours, err := s.Turn.Take(ctx, s.Now(), until)
	if err != nil {
		return fmt.Errorf("waiting for the turn: %w", err)
	}
	if !ours {
		return s.again(ctx, t, s.Grace/turnsInGrace)
	}
	if err = s.round(ctx, t); err == nil {
		err = s.Turn.Release(ctx, until)
	} // else what it has in hand is hidden still, and the turn ends by itself when it is not
	if errors.Is(err, ErrRaced) {
		// Another delivery, or a write of our own whose reply was lost and that the client
		// repeated: which, the tombstone says later.
		return s.again(ctx, t, s.Grace)
	}
	return err
}

func (s Stage) round(ctx context.Context, t Tombstone) error {
	t, err := s.look(ctx, t)
	if err != nil {
		return err
	}
	of := Scope{Instrument: t.Instrument, Cases: t.Cases}
	for _, p := range s.Places {
		if err := p.Place.Erase(ctx, of); err != nil {
			return fmt.Errorf("erasing %s: %w", p.Name, err)
		}
	}
	t, letters, err := s.collect(ctx, t, of)
	if err != nil {
		return err
	}
	if t.Found == nil {
		t.Found = map[string]int{}
	}
	found := 0
	for name, n := range t.Seen {
		t.Found[name] += n
		found += n
	}
	t.Seen = nil
	s.Log.InfoContext(ctx, "round of an erasure done", slog.String("instrument", t.Instrument), slog.Int("round", t.Round),
		slog.Int("found", found), slog.Int("hidden", letters.Hidden))
	if t.Round >= lateRound {
		journal.Count(ctx, s.Log, journal.ErasuresLate, slog.String("instrument", t.Instrument), slog.Int("round", t.Round))
	}
	// The first round began too early to be the last: see Why nothing comes back. Letters
	// that an earlier call counted are not in found, and are there all the same.
	if t.Round > 1 && found == 0 && len(letters.Ours) == 0 && letters.Hidden == 0 {
		return s.certify(ctx, t)
	}
	if len(t.Letters) > mostLetters {
		t.Letters = nil // they are in Found, and were deleted in a round that is over
	}
	t.Round, t.Next = t.Round+1, s.Now().Add(s.Grace)
	if err := s.Tombstones.Save(ctx, t); err != nil {
		return fmt.Errorf("ending a round: %w", err)
	}
	return s.again(ctx, t, s.Grace)
}

// look writes down what there is before the first of it is deleted: counts stay true
// whatever happens after, and no case is forgotten whose rows are half gone.
func (s Stage) look(ctx context.Context, t Tombstone) (Tombstone, error) {
	cases, err := s.Cases.Of(ctx, t.Instrument)
	if err != nil {
		return t, fmt.Errorf("finding the cases of an instrument: %w", err)
	}
	grown := remember(&t.Cases, cases)
	if t.Seen != nil && !grown {
		return t, nil // an earlier delivery looked
	}
	if t.Seen == nil {
		t.Seen = map[string]int{}
		for _, p := range s.Places {
			if t.Seen[p.Name], err = p.Place.Find(ctx, Scope{Instrument: t.Instrument, Cases: t.Cases}); err != nil {
				return t, fmt.Errorf("searching %s: %w", p.Name, err)
			}
		}
	}
	if err := s.Tombstones.Save(ctx, t); err != nil {
		return t, fmt.Errorf("writing down what was found: %w", err)
	}
	t.Version++
	return t, nil
}

// remember adds cases to those known, and tells whether that changed anything.
func remember(known *[]Case, cases []Case) (grown bool) {
	rounds := map[string]int{}
	for _, c := range *known {
		rounds[c.ID] = c.Rounds
	}
	for _, c := range cases {
		was, there := rounds[c.ID]
		if !there {
			*known, grown = append(*known, c), true
			continue
		}
		for i := range *known {
			if (*known)[i].ID == c.ID && was < c.Rounds {
				(*known)[i].Rounds, grown = c.Rounds, true
			}
		}
	}
	return grown
}

func (s Stage) certify(ctx context.Context, t Tombstone) error {
	stores := []erasure.Store{
		{Store: messages, What: "messages and dead letters", Count: t.Found[messages]},
		{Store: "instrument", What: "the row of the instrument itself", Count: 1},
	}
	for _, p := range s.Places {
		stores = append(stores, erasure.Store{Store: p.Name, What: p.What, Count: t.Found[p.Name]})
	}
	done := s.Now()
	certificate, err := erasure.Issue(ctx, s.Signer, s.Deployment, t.Instrument, t.By, t.Asked, done, stores)
	if err != nil {
		return err
	}
	closed := Tombstone{Instrument: t.Instrument, Key: t.Key, Asked: t.Asked, By: t.By, Certificate: certificate, Version: t.Version}
	if err := s.Tombstones.Close(ctx, closed, done.AddDate(0, 0, erasure.KeptDays)); err != nil {
		return fmt.Errorf("ending an erasure: %w", err)
	}
	s.Log.InfoContext(ctx, "instrument erased", slog.String("instrument", t.Instrument), slog.Int("rounds", t.Round))
	return nil
}

func (s Stage) again(ctx context.Context, t Tombstone, pause time.Duration) error {
	if err := s.Next.SendAfter(ctx, handoff.Erase{Instrument: t.Instrument}, pause); err != nil {
		return fmt.Errorf("calling for the next round: %w", err)
	}
	return nil
}
