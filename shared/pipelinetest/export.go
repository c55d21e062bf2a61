package pipelinetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/export"
	"proactive/shared/handoff"
	"proactive/shared/layout"
)

var (
	_ export.Exports = (*Exports)(nil)
	_ export.Links   = (*Exports)(nil)
	_ export.Next    = (*Calls)(nil)
)

// Exports are exports in memory. They fail the test when an export that is ready changes.
type Exports struct {
	Faults
	t      testing.TB
	mu     sync.Mutex
	states map[string]export.State // as they are on disk
	parts  map[string][][]byte     // by key, every version
}

// NewExports are none.
func NewExports(t testing.TB) *Exports {
	return &Exports{t: t, states: map[string]export.State{}, parts: map[string][][]byte{}}
}

// stored is a state as it comes back from a disk.
func (e *Exports) stored(s export.State, version int) export.State {
	raw, err := json.Marshal(s)
	if err != nil {
		e.t.Error(err)
	}
	var out export.State
	if err := json.Unmarshal(raw, &out); err != nil {
		e.t.Error(err)
	}
	out.Version = strconv.Itoa(version)
	return out
}

// Begin implements export.Exports.
func (e *Exports) Begin(_ context.Context, s export.State) error {
	return e.meet("Begin", func() error {
		e.mu.Lock()
		defer e.mu.Unlock()
		if _, there := e.states[s.Instrument]; there {
			return export.ErrThere
		}
		e.states[s.Instrument] = e.stored(s, 1)
		return nil
	})
}

// Read implements export.Exports.
func (e *Exports) Read(_ context.Context, instrument string) (s export.State, err error) {
	err = e.meet("Read", func() error {
		e.mu.Lock()
		defer e.mu.Unlock()
		was, there := e.states[instrument]
		if !there {
			return export.ErrNone
		}
		n, err := strconv.Atoi(was.Version)
		s = e.stored(was, n)
		return err
	})
	return s, err
}

// Save implements export.Exports.
func (e *Exports) Save(_ context.Context, s export.State) error {
	return e.meet("Save", func() error {
		e.mu.Lock()
		defer e.mu.Unlock()
		was, there := e.states[s.Instrument]
		if !there || was.Version != s.Version {
			return export.ErrRaced
		}
		if was.Done && s.Request == was.Request {
			e.t.Errorf("an export that is ready changes: %+v to %+v", was, s)
		}
		n, err := strconv.Atoi(was.Version)
		e.states[s.Instrument] = e.stored(s, n+1)
		return err
	})
}

// Put implements export.Exports.
func (e *Exports) Put(_ context.Context, key string, body []byte) (version string, err error) {
	err = e.meet("Put", func() error {
		e.mu.Lock()
		defer e.mu.Unlock()
		all := e.parts[key]
		if len(all) == 0 || !bytes.Equal(all[len(all)-1], body) {
			e.parts[key] = append(all, bytes.Clone(body))
		}
		version = strconv.Itoa(len(e.parts[key]))
		return nil
	})
	return version, err
}

// Link implements export.Links. It fails the test when a link is too long valid.
func (e *Exports) Link(_ context.Context, p export.Part, valid time.Duration) (string, error) {
	if valid <= 0 || valid > export.Lifetime {
		e.t.Errorf("a link for %s", valid)
	}
	return "https://exports.invalid/" + p.Key + "?versionId=" + p.Version, nil
}

// Part is that version of a part.
func (e *Exports) Part(p export.Part) ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n, err := strconv.Atoi(p.Version)
	if err != nil || n < 1 || n > len(e.parts[p.Key]) {
		return nil, fmt.Errorf("no version %q of a part", p.Version)
	}
	return e.parts[p.Key][n-1], nil
}

// Calls is the exporter's own queue in memory.
type Calls struct {
	Faults
	mu   sync.Mutex
	next []handoff.Export
}

// Send implements export.Next.
func (c *Calls) Send(_ context.Context, m handoff.Export) error {
	return c.meet("Send", func() error {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.next = append(c.next, m)
		return nil
	})
}

// Pop takes the oldest message, and false if there is none.
func (c *Calls) Pop() (handoff.Export, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.next) == 0 {
		return handoff.Export{}, false
	}
	m := c.next[0]
	c.next = c.next[1:]
	return m, true
}

// ExportsContract is what the exporter relies on, as a test of any store; it wants an empty
// one.
func ExportsContract(t *testing.T, s export.Exports) {
	ctx, now := t.Context(), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	const other = "i-01hyyyyyyyyyyyyyyyyyyyyyyy"
	st := export.State{Instrument: contractInstrument, Request: "01HZZZZZZZZZZZZZZZZZZZZ001", Asked: now, Touched: now}

	if err := s.Begin(ctx, st); err != nil {
		t.Fatal(err)
	}
	want(t, "beginning a second time", s.Begin(ctx, st), export.ErrThere)
	got, err := s.Read(ctx, contractInstrument)
	if err != nil || got.Version == "" {
		t.Fatalf("%+v, %v", got, err)
	}
	stale := got
	got.Counts, got.Parts = map[string]int{"ledger": 7}, []export.Part{{Key: "k", Version: "v", Bytes: 1, SHA256: "00"}}
	if err := s.Save(ctx, got); err != nil {
		t.Fatal(err)
	}
	want(t, "saving over a newer version", s.Save(ctx, stale), export.ErrRaced)
	again, err := s.Read(ctx, contractInstrument)
	if err != nil || again.Version == got.Version {
		t.Fatalf("%+v, %v", again, err)
	}
	again.Version = got.Version
	if diff := cmp.Diff(got, again); diff != "" {
		t.Error(diff)
	}
	st.Instrument = other
	if err := s.Begin(ctx, st); err != nil {
		t.Errorf("another instrument: %v", err)
	}

	key := layout.DossierPartKey(contractInstrument, st.Request, 1)
	versions := map[string]bool{}
	var same string
	for n, body := range []string{"one", "one", "two"} {
		v, err := s.Put(ctx, key, []byte(body))
		if err != nil || v == "" {
			t.Fatalf("putting a part: %q, %v", v, err)
		}
		if n == 1 && v != same {
			t.Error("the same bytes are another version")
		}
		same, versions[v] = v, true
	}
	if len(versions) != 2 {
		t.Errorf("versions %v of two parts", versions)
	}
}
