package export

import (
	"context"
	"errors"
	"time"

	"proactive/shared/dossier"
)

// What a store of exports answers beside success and failure.
var (
	ErrNone  = errors.New("no export was asked for")
	ErrThere = errors.New("an export was asked for already")
	ErrRaced = errors.New("another exporter was faster")
	// ErrGone: an object is not there any more, or, for who may not list, may not be.
	ErrGone = errors.New("the object is not there")
)

// State is how far an instrument's last export is. It is what a crash leaves behind to go
// on from, and lies beside what was prepared.
type State struct {
	Instrument string    `json:"instrument"`
	Request    string    `json:"request"`
	Asked      time.Time `json:"asked"`
	// Touched is when it last went on, or was last set going.
	Touched time.Time `json:"touched"`
	// Kind and After are where the next part goes on: after that item of that kind.
	Kind  string `json:"kind,omitempty"`
	After string `json:"after,omitempty"`

	Parts  []Part         `json:"parts,omitempty"`
	Files  []dossier.File `json:"files,omitempty"`
	Counts map[string]int `json:"counts,omitempty"`
	Done   bool           `json:"done"`

	Version string `json:"-"` // the store's
}

// Part is one prepared archive, as one version of one object.
type Part struct {
	Key     string `json:"key"`
	Version string `json:"version"`
	Bytes   int64  `json:"bytes"`
	SHA256  string `json:"sha256"` // hex
}

// Exports keeps the state of each instrument's export, one, and the parts of it.
type Exports interface {
	// Begin writes s on condition that the instrument has none; otherwise ErrThere.
	Begin(ctx context.Context, s State) error
	// Read is strongly consistent and answers ErrNone.
	Read(ctx context.Context, instrument string) (State, error)
	// Save replaces the state on condition that the stored one is s.Version; otherwise
	// ErrRaced and nothing is written.
	Save(ctx context.Context, s State) error
	// Put writes a part, and returns its version. The same bytes again are the same
	// version; other bytes are another version, and both are kept.
	Put(ctx context.Context, key string, body []byte) (version string, err error)
}
