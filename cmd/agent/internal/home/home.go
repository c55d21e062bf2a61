// Package home is the agent's state on disk: one directory that holds the
// instrument's key pair, the lab's own key, what enrolment and consent said, the
// sequence counter, the outbox and the receipts. Only the account that runs the
// agent may read it.
//
// Every file is written whole: to a temporary name, synced, then renamed. A crash
// leaves the old file or the new one, never half of one.
package home

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/lockedfile"

	"proactive/cmd/agent/internal/disk"
)

// ErrDamaged means that a file of the home cannot be understood.
var ErrDamaged = errors.New("damaged")

// ErrNoHome means that nobody said where the state is kept, and there is no usual place.
var ErrNoHome = errors.New("no home directory: give --home DIR")

// Home is an open state directory.
type Home struct {
	dir  string
	disk disk.Disk
}

// Directories inside a home.
const (
	outboxDir   = "outbox"
	receiptsDir = "receipts"
	sentDir     = "sent"
)

// Open opens the state directory, making it if it is not there. It is made for
// the running account alone.
func Open(dir string) (*Home, error) {
	if dir == "" {
		return nil, ErrNoHome
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("opening home: %w", err)
	}
	_, statErr := os.Stat(abs)
	for _, d := range []string{abs, filepath.Join(abs, outboxDir), filepath.Join(abs, receiptsDir), filepath.Join(abs, sentDir)} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("making home: %w", err)
		}
	}
	if errors.Is(statErr, fs.ErrNotExist) {
		// Only a directory that we made is ours to restrict.
		if err := protect(abs); err != nil {
			return nil, fmt.Errorf("restricting home: %w", err)
		}
	}
	return &Home{dir: abs, disk: disk.OS{}}, nil
}

// Exists tells whether there is a directory at dir. Where that cannot be told, opening
// it will say why.
func Exists(dir string) bool {
	_, err := os.Stat(dir)
	return !errors.Is(err, fs.ErrNotExist)
}

// On is a home that is there already, on another disk: for tests.
func On(d disk.Disk, dir string) *Home { return &Home{dir: dir, disk: d} }

// Disk is where the home is.
func (h *Home) Disk() disk.Disk { return h.disk }

// Dir is the absolute path of the home.
func (h *Home) Dir() string { return h.dir }

// Outbox is the directory of sealed batches that wait for their receipts.
func (h *Home) Outbox() string { return filepath.Join(h.dir, outboxDir) }

// Lock keeps a second agent off this home, in this process or another, until
// unlock is called. It waits. A crash releases it: the operating system does.
func (h *Home) Lock() (unlock func(), err error) {
	unlock, err = lockedfile.MutexAt(h.path("lock")).Lock()
	if err != nil {
		return nil, fmt.Errorf("locking home: %w", err)
	}
	return unlock, nil
}

func (h *Home) path(name string) string { return filepath.Join(h.dir, filepath.FromSlash(name)) }

// read returns a file of the home, and false if it is not there.
func (h *Home) read(name string) ([]byte, bool, error) {
	b, err := h.disk.ReadFile(h.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("reading %s: %w", name, err)
	}
	return b, true, nil
}

// write replaces a file of the home whole.
func (h *Home) write(name string, data []byte) error {
	if err := disk.Write(h.disk, h.path(name), data); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

// WriteFile writes data to path, durably and whole: see disk.Write.
func WriteFile(path string, data []byte) error { return disk.Write(disk.OS{}, path, data) }
