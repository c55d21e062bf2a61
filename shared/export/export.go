// Package export prepares all that is held of an instrument for its lab: rows as JSON,
// clean batches as they are and as CSV, receipts as they were signed, in archives that the
// lab's agent fetches by links of five minutes. See events/export/v1/SPEC.md.
//
// It goes part by part. A part is as much as fits in memory and in one call; the next call
// goes on where the last one ended. What arrives while an export is prepared may be in it
// or not.
package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"proactive/shared/dossier"
	"proactive/shared/fault"
	"proactive/shared/handoff"
	"proactive/shared/layout"
)

// Limits of a part. An item is never divided, so a part may be longer by one.
const (
	PartBytes = 24 << 20         // zipped, and rows that are not zipped yet
	PartTime  = 25 * time.Second // well within the minute that a call may take
	maxParts  = 10_000           // as keys have room for
)

// TooManyParts is of no instrument that keeps to its quota.
const TooManyParts = "export-too-large"

// Item is one thing that is held: a row, or files.
type Item struct {
	Key string // by which items are in order
	Row any    // its JSON; of the line form, a string
	// Open reads an item's files, where it has any. None is what ended by its time.
	Open func(ctx context.Context) ([]File, error)
}

// File is a file of an item.
type File struct {
	Name   string
	Body   []byte
	Rows   int
	Packed bool // compressed already
}

// Source knows the items of an instrument, of one kind.
type Source interface {
	// After are some of those whose key is after a given one ("" at first), in order of
	// their keys, strongly consistent; more tells that there may be others after them.
	After(ctx context.Context, instrument, after string) (items []Item, more bool, err error)
}

// Form is how the items of a kind are written.
type Form int

// The forms.
const (
	Rows  Form = iota // one JSON array
	Lines             // one text a line
	Files             // each item's own
)

// Kind is a kind of thing that is held.
type Kind struct {
	Name   string // of the file too, but for Files
	What   string
	Form   Form
	Source Source
}

// Erasures knows which instruments are erased.
type Erasures interface {
	// Erased is strongly consistent.
	Erased(ctx context.Context, instrument string) (bool, error)
}

// Stage prepares exports.
type Stage struct {
	Deployment string
	Exports    Exports
	Erasures   Erasures
	Kinds      []Kind
	Next       Next
	Now        func() time.Time
	Log        *slog.Logger // from journal.New
}

// Handle prepares one part and calls for the next. It may be called any number of times
// and at the same time.
//
// The order of what is written, and what is true if we crash after each:
//  1. the part, under its number: the next delivery writes it again, perhaps as another
//     version, and names the version that it wrote;
//  2. the state, which names it: the next delivery calls for the part after it.
//
// An erasure is asked about first. What began before the tombstone ends within a call, and
// what it wrote is found by a later round, as of every stage.
func (s Stage) Handle(ctx context.Context, m handoff.Export) error {
	gone, err := s.Erasures.Erased(ctx, m.Instrument)
	if err != nil {
		return fmt.Errorf("asking whether an instrument is erased: %w", err)
	}
	if gone {
		s.Log.InfoContext(ctx, "export of an erased instrument dropped", slog.String("instrument", m.Instrument))
		return nil
	}
	st, wanted, err := s.read(ctx, m)
	if err != nil || !wanted {
		return err
	}
	if m.Part == len(st.Parts)+1 {
		if st, err = s.prepare(ctx, st); errors.Is(err, ErrRaced) {
			// Another delivery, or a write of our own whose reply was lost and that the
			// client repeated. Whichever it was, the next part is called for.
			if st, wanted, err = s.read(ctx, m); err == nil && !wanted {
				return nil
			}
		}
		if err != nil {
			return err
		}
	}
	if st.Done {
		s.Log.InfoContext(ctx, "export ready", slog.String("instrument", st.Instrument), slog.Int("parts", len(st.Parts)))
		return nil
	}
	if err := s.Next.Send(ctx, handoff.Export{Instrument: st.Instrument, Request: st.Request, Part: len(st.Parts) + 1}); err != nil {
		return fmt.Errorf("calling for the next part: %w", err)
	}
	return nil
}

// read tells whether the message is about what is still to be done.
func (s Stage) read(ctx context.Context, m handoff.Export) (State, bool, error) {
	st, err := s.Exports.Read(ctx, m.Instrument)
	if errors.Is(err, ErrNone) {
		return st, false, nil // nobody asked, or it ended: an export is never begun by a message
	}
	if err != nil {
		return st, false, fmt.Errorf("reading how far an export is: %w", err)
	}
	return st, st.Request == m.Request && !st.Done && m.Part <= len(st.Parts)+1, nil
}

// prepare makes the next part and writes it down.
func (s Stage) prepare(ctx context.Context, st State) (State, error) {
	number := len(st.Parts) + 1
	if number > maxParts {
		return st, fault.New(fault.Quota, TooManyParts, nil)
	}
	st.Counts, st.Files = maps.Clone(st.Counts), slices.Clone(st.Files)
	if st.Counts == nil {
		st.Counts = map[string]int{}
	}
	p := newPack(st.Files, number)
	if err := s.fill(ctx, &st, p); err != nil {
		return st, err
	}
	body, files, err := p.close()
	if err != nil {
		return st, fmt.Errorf("closing a part: %w", err)
	}
	key, sum := layout.DossierPartKey(st.Instrument, st.Request, number), sha256.Sum256(body)
	version, err := s.Exports.Put(ctx, key, body)
	if err != nil {
		return st, fmt.Errorf("writing a part: %w", err)
	}
	st.Files = files
	st.Parts = append(slices.Clone(st.Parts), Part{Key: key, Version: version, Bytes: int64(len(body)), SHA256: hex.EncodeToString(sum[:])})
	st.Touched = s.Now().UTC().Truncate(time.Second)
	if err := s.Exports.Save(ctx, st); err != nil {
		return st, fmt.Errorf("writing down a part: %w", err)
	}
	return st, nil
}

// fill puts items into a part, from where the part before ended, until it is full or there
// are none left.
func (s Stage) fill(ctx context.Context, st *State, p *pack) error {
	began := s.Now()
	first := max(0, slices.IndexFunc(s.Kinds, func(k Kind) bool { return k.Name == st.Kind }))
	for _, k := range s.Kinds[first:] {
		for more := true; more; {
			var items []Item
			var err error
			if items, more, err = k.Source.After(ctx, st.Instrument, st.After); err != nil {
				return fmt.Errorf("reading %s: %w", k.Name, err)
			}
			for _, item := range items {
				n, err := p.put(ctx, k, item)
				if err != nil {
					return fmt.Errorf("packing %s: %w", k.Name, err)
				}
				st.Counts[k.Name] += n
				st.Kind, st.After = k.Name, item.Key
				if p.size() >= PartBytes || s.Now().Sub(began) >= PartTime {
					return p.end()
				}
			}
		}
		if err := p.end(); err != nil {
			return fmt.Errorf("packing %s: %w", k.Name, err)
		}
		st.After = ""
	}
	st.Done = true
	return s.conclude(*st, p)
}

// conclude adds what says what all the rest is.
func (s Stage) conclude(st State, p *pack) error {
	if err := p.add(File{Name: "README.txt", Body: readme}); err != nil {
		return err
	}
	m := dossier.Manifest{
		Format: dossier.Format, Deployment: s.Deployment, Instrument: st.Instrument, Request: st.Request, Asked: st.Asked,
		Files: p.files, Left: left, Contents: []dossier.Content{},
	}
	for _, k := range s.Kinds {
		m.Contents = append(m.Contents, dossier.Content{Name: k.Name, What: k.What, Count: st.Counts[k.Name]})
	}
	return p.manifest(m)
}
