// Package outbox keeps sealed batches on disk until their receipts are there. A
// batch in it has its final id, sequence number and bytes, so that whatever crashes,
// the same batch is offered again and never another one in its place.
//
// The sealed bytes are written first and the entry that names them second; removal
// goes the other way round. Bytes without an entry are therefore never on record
// anywhere and are swept.
package outbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"proactive/cmd/agent/internal/disk"
	"proactive/shared/layout"
)

// ErrDamaged says that the bytes on disk are not those that were sealed.
var ErrDamaged = errors.New("the sealed batch on disk is damaged")

// Entry is one batch that waits for its receipt.
type Entry struct {
	Batch    string `json:"batch"`
	Sequence int64  `json:"sequence"`
	// SHA256 (hex) and Bytes are of the sealed batch.
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	// Payload is the hex SHA-256 of what was sealed. The payload itself is nowhere.
	Payload string `json:"payload"`
	// Folder is the run folder's path, for the person who reads the status.
	Folder string    `json:"folder"`
	Sealed time.Time `json:"sealed"` // by this computer's clock; informative
	// Uploaded tells that the object store has it, as far as we know.
	Uploaded bool `json:"uploaded"`
	// Refused is the service's last reason for not taking it, empty if none.
	Refused string `json:"refused,omitempty"`

	// Run is the token of the run of which the batch is a part, empty if it was not sent
	// in parts; Rows name the part's measurements, and Last tells that no part follows.
	// They stand here so that the batch and what it covers become durable as one.
	Run  string   `json:"run,omitempty"`
	Rows []string `json:"rows,omitempty"`
	Last bool     `json:"last,omitempty"`
}

// Box is the outbox in one directory. The caller holds the home's lock.
type Box struct {
	dir  string
	disk disk.Disk
}

// New returns the outbox in dir.
func New(dir string) *Box { return On(disk.OS{}, dir) }

// On returns the outbox in dir of that disk.
func On(d disk.Disk, dir string) *Box { return &Box{dir: dir, disk: d} }

const (
	entryExt   = ".json"
	sealedExt  = ".batch"
	damagedExt = ".damaged" // an entry that cannot be read: set aside, for a person
)

// Add stores a sealed batch. It is durable when Add returns; until then nothing
// about it may be told to anyone.
func (b *Box) Add(e Entry, sealed []byte) error {
	if !layout.ValidBatch(e.Batch) {
		return fmt.Errorf("storing a batch: not a batch id")
	}
	if err := disk.Write(b.disk, b.path(e.Batch, sealedExt), sealed); err != nil {
		return fmt.Errorf("storing batch %s: %w", e.Batch, err)
	}
	// A crash here leaves bytes that no entry names: swept by List.
	return b.Update(e)
}

// Update replaces what is recorded of a batch.
func (b *Box) Update(e Entry) error {
	j, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding batch %s: %w", e.Batch, err)
	}
	if err := disk.Write(b.disk, b.path(e.Batch, entryExt), append(j, '\n')); err != nil {
		return fmt.Errorf("recording batch %s: %w", e.Batch, err)
	}
	return nil
}

// List returns what waits, by sequence number, and sweeps what a crash left behind.
func (b *Box) List() ([]Entry, error) {
	files, err := b.disk.ReadDir(b.dir)
	if err != nil {
		return nil, fmt.Errorf("listing the outbox: %w", err)
	}
	var entries []Entry
	named := map[string]bool{}
	for _, f := range files {
		id, isEntry := strings.CutSuffix(f.Name(), entryExt)
		if !isEntry || !layout.ValidBatch(id) {
			continue
		}
		j, err := b.disk.ReadFile(b.path(id, entryExt))
		if err != nil {
			return nil, fmt.Errorf("reading batch %s: %w", id, err)
		}
		var e Entry
		if err := json.Unmarshal(j, &e); err != nil || e.Batch != id {
			// One bad block must not keep the others here. Its bytes stay beside it: a
			// person may still tell what it was, and nothing sweeps them.
			if err := b.disk.Rename(b.path(id, entryExt), b.path(id, damagedExt)); err != nil {
				return nil, fmt.Errorf("setting a damaged entry aside: %w", err)
			}
			named[id] = true
			continue
		}
		entries = append(entries, e)
		named[id] = true
	}
	for _, f := range files {
		if id, isDamaged := strings.CutSuffix(f.Name(), damagedExt); isDamaged {
			named[id] = true
		}
	}
	for _, f := range files {
		id, isSealed := strings.CutSuffix(f.Name(), sealedExt)
		if (isSealed && layout.ValidBatch(id) && !named[id]) || disk.IsPartial(f.Name()) {
			if err := b.remove(filepath.Join(b.dir, f.Name())); err != nil {
				return nil, fmt.Errorf("sweeping the outbox: %w", err)
			}
		}
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].Sequence < entries[j].Sequence })
	return entries, nil
}

// Damaged counts the entries that were set aside because they cannot be read.
func (b *Box) Damaged() (int, error) {
	files, err := b.disk.ReadDir(b.dir)
	if err != nil {
		return 0, fmt.Errorf("counting damaged entries: %w", err)
	}
	n := 0
	for _, f := range files {
		if strings.HasSuffix(f.Name(), damagedExt) {
			n++
		}
	}
	return n, nil
}

// Trim drops the oldest batches that never left until what waits is at most limit
// bytes, and returns them. What was uploaded stays: only its receipt is missing.
func (b *Box) Trim(limit int64) ([]Entry, error) {
	waiting, err := b.List()
	if err != nil {
		return nil, err
	}
	var total int64
	for _, e := range waiting {
		total += e.Bytes
	}
	var dropped []Entry
	for _, e := range waiting {
		if total <= limit {
			break
		}
		if e.Uploaded {
			continue
		}
		if err := b.Remove(e.Batch); err != nil {
			return dropped, err
		}
		total -= e.Bytes
		dropped = append(dropped, e)
	}
	return dropped, nil
}

// Bytes returns the sealed batch, checked against what was recorded when it was
// sealed: a damaged one is not worth sending.
func (b *Box) Bytes(e Entry) ([]byte, error) {
	sealed, err := b.disk.ReadFile(b.path(e.Batch, sealedExt))
	if err != nil {
		return nil, fmt.Errorf("reading batch %s: %w", e.Batch, err)
	}
	sum := sha256.Sum256(sealed)
	if hex.EncodeToString(sum[:]) != e.SHA256 {
		return nil, fmt.Errorf("reading batch %s: %w", e.Batch, ErrDamaged)
	}
	return sealed, nil
}

// Remove forgets a batch. Only a verified receipt, or the lab's wish to withdraw
// what was never sent, is a reason to call it. Removing twice is no error.
func (b *Box) Remove(batch string) error {
	if !layout.ValidBatch(batch) {
		return fmt.Errorf("removing a batch: not a batch id")
	}
	if err := b.remove(b.path(batch, entryExt)); err != nil {
		return fmt.Errorf("removing batch %s: %w", batch, err)
	}
	if err := b.remove(b.path(batch, sealedExt)); err != nil {
		return fmt.Errorf("removing batch %s: %w", batch, err)
	}
	return nil
}

func (b *Box) path(batch, ext string) string { return filepath.Join(b.dir, batch+ext) }

func (b *Box) remove(path string) error {
	if err := b.disk.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
