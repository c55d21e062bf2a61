package pipelinetest

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"proactive/shared/casework"
)

var (
	_ casework.Books   = (*Cases)(nil)
	_ casework.Links   = (*Cases)(nil)
	_ casework.Archive = (*Cases)(nil)
)

// Cases is a cases table in memory. It fails the test when two cases are open on one
// component, when a case takes a step that the transition table does not have, or when
// a closed case changes its outcome.
type Cases struct {
	Faults
	t         testing.TB
	mu        sync.Mutex
	cases     map[string]stored
	standings map[[2]string]casework.Standing
	tokens    map[string]casework.Token
	links     map[string]casework.SlotLink
}

// stored is a case as bytes, so that no caller can change it but through the store.
type stored struct {
	document []byte
	version  int64
}

// NewCases is an empty table.
func NewCases(t testing.TB) *Cases {
	return &Cases{
		t: t, cases: map[string]stored{}, standings: map[[2]string]casework.Standing{},
		tokens: map[string]casework.Token{}, links: map[string]casework.SlotLink{},
	}
}

// Get implements casework.Store.
func (s *Cases) Get(_ context.Context, id string) (c casework.Case, err error) {
	err = s.meet("Get", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		c, err = s.get(id)
		return err
	})
	return c, err
}

// Save implements casework.Store.
func (s *Cases) Save(_ context.Context, c casework.Case) error {
	return s.meet("Save", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if c.State == casework.Closed {
			if was, err := s.get(c.ID); err != nil || was.State != casework.Closed {
				s.t.Errorf("Save closes case %s: that is Finish", c.ID)
			}
		}
		return s.replace(c)
	})
}

// Standing implements casework.Books.
func (s *Cases) Standing(_ context.Context, instrument, component string) (st casework.Standing, err error) {
	err = s.meet("Standing", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		st = s.standings[[2]string{instrument, component}]
		return nil
	})
	return st, err
}

// Create implements casework.Books.
func (s *Cases) Create(_ context.Context, was casework.Standing, c casework.Case) error {
	return s.meet("Create", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		key := [2]string{c.Instrument, c.Component}
		if now := s.standings[key]; now != was || now.Open {
			return casework.ErrRaced
		}
		if _, there := s.cases[c.ID]; there {
			return casework.ErrRaced
		}
		if c.ID != casework.ID(c.Instrument, c.Component, c.Ordinal) || c.Ordinal != was.Ordinal+1 {
			s.t.Errorf("case %s is not the next after ordinal %d", c.ID, was.Ordinal)
		}
		s.put(c, 0)
		s.standings[key] = casework.Standing{Case: c.ID, Ordinal: c.Ordinal, Open: true, Epoch: was.Epoch}
		s.check()
		return nil
	})
}

// Finish implements casework.Books.
func (s *Cases) Finish(_ context.Context, c casework.Case, epoch int) error {
	return s.meet("Finish", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		key := [2]string{c.Instrument, c.Component}
		if now := s.standings[key]; !now.Open || now.Ordinal != c.Ordinal {
			return casework.ErrRaced
		}
		if c.State != casework.Closed || c.Outcome == "" {
			s.t.Errorf("Finish of case %s, which is %s with outcome %q", c.ID, c.State, c.Outcome)
		}
		if err := s.replace(c); err != nil {
			return err
		}
		s.standings[key] = casework.Standing{Case: c.ID, Ordinal: c.Ordinal, Epoch: epoch}
		s.check()
		return nil
	})
}

// List returns every case, by id.
func (s *Cases) List(context.Context) ([]casework.Case, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []casework.Case
	for id := range s.cases {
		c, err := s.get(id)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b casework.Case) int { return cmp.Compare(a.ID, b.ID) })
	return all, nil
}

// Past implements casework.Archive.
func (s *Cases) Past(_ context.Context, component string, most int) (past []casework.Past, err error) {
	err = s.meet("Past", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		var all []casework.Case
		for id := range s.cases {
			c, err := s.get(id)
			if err != nil {
				return err
			}
			if c.Component == component && c.State == casework.Closed && len(c.Because) > 0 {
				all = append(all, c)
			}
		}
		slices.SortFunc(all, func(a, b casework.Case) int {
			return cmp.Or(b.ClosedAt.Compare(*a.ClosedAt), cmp.Compare(b.ID, a.ID))
		})
		for _, c := range all[:min(most, len(all))] {
			past = append(past, casework.Past{Case: c.ID, Because: c.Because})
		}
		return nil
	})
	return past, err
}

// Book books a slot: see casework.Book.
func (s *Cases) Book(ctx context.Context, id string, slot casework.Slot, at time.Time) (casework.Case, casework.Reason, error) {
	return casework.Book(ctx, s, id, slot, at)
}

// AddNotice records a notice as sent: see casework.AddNotice.
func (s *Cases) AddNotice(ctx context.Context, id string, n casework.NoticeRef) (casework.Case, casework.Reason, error) {
	return casework.AddNotice(ctx, s, id, n)
}

// SetToken implements casework.Links.
func (s *Cases) SetToken(_ context.Context, caseID string, t casework.Token) error {
	return s.meet("SetToken", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.tokens[caseID].Round <= t.Round {
			s.tokens[caseID] = t
		}
		return nil
	})
}

// Token implements casework.Links.
func (s *Cases) Token(_ context.Context, caseID string) (t casework.Token, err error) {
	err = s.meet("Token", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		var there bool
		if t, there = s.tokens[caseID]; !there {
			return casework.ErrNoToken
		}
		return nil
	})
	return t, err
}

// PutSlotLink implements casework.Links.
func (s *Cases) PutSlotLink(_ context.Context, digest string, l casework.SlotLink) error {
	return s.meet("PutSlotLink", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, there := s.links[digest]; !there {
			s.links[digest] = l
		}
		return nil
	})
}

// SlotByDigest implements casework.Links.
func (s *Cases) SlotByDigest(_ context.Context, digest string, now time.Time) (l casework.SlotLink, err error) {
	err = s.meet("SlotByDigest", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		var there bool
		if l, there = s.links[digest]; !there || !now.Before(l.Expires) {
			l = casework.SlotLink{}
			return casework.ErrNoLink
		}
		return nil
	})
	return l, err
}

func (s *Cases) get(id string) (casework.Case, error) {
	row, there := s.cases[id]
	if !there {
		return casework.Case{}, casework.ErrNoCase
	}
	var c casework.Case
	if err := json.Unmarshal(row.document, &c); err != nil {
		return casework.Case{}, err
	}
	c.Version = row.version
	return c, nil
}

func (s *Cases) replace(c casework.Case) error {
	was, err := s.get(c.ID)
	if err != nil || was.Version != c.Version {
		return casework.ErrRaced
	}
	if was.State == casework.Closed && (c.State != casework.Closed || was.Outcome != c.Outcome) {
		s.t.Errorf("case %s was closed as %s and is now %s as %q", c.ID, was.Outcome, c.State, c.Outcome)
	}
	if was.State != c.State && !follows(was.State, c.State) {
		s.t.Errorf("case %s goes from %s to %s, which no step does", c.ID, was.State, c.State)
	}
	s.put(c, c.Version+1)
	return nil
}

func follows(from, to casework.State) bool {
	for _, step := range []casework.Step{
		casework.StepDiagnose, casework.StepSupport, casework.StepOffer, casework.StepPick,
		casework.StepVerify, casework.StepClose,
	} {
		if next, reason := casework.Next(from, step); reason == casework.Done && next == to {
			return true
		}
	}
	return false
}

func (s *Cases) put(c casework.Case, version int64) {
	document, err := json.Marshal(c)
	if err != nil {
		s.t.Errorf("encoding case %s: %v", c.ID, err)
	}
	s.cases[c.ID] = stored{document: document, version: version}
}

// check holds the promise "one case per fault".
func (s *Cases) check() {
	open := map[[2]string]string{}
	for id := range s.cases {
		c, err := s.get(id)
		if err != nil {
			s.t.Errorf("reading case %s: %v", id, err)
			continue
		}
		key := [2]string{c.Instrument, c.Component}
		if c.State == casework.Closed {
			continue
		}
		if other, there := open[key]; there {
			s.t.Errorf("cases %s and %s are open on one component", other, id)
		}
		open[key] = id
	}
}
