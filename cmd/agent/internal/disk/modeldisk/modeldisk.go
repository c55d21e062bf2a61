// Package modeldisk is a disk in memory that forgets, on a power cut, what was not made
// durable: content of files not synced, names of directories not synced. It also fills
// up, and fails. For tests.
package modeldisk

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing/fstest"

	"proactive/cmd/agent/internal/disk"
)

var _ disk.Disk = (*Disk)(nil)

// What can befall an operation.
var (
	ErrFull = errors.New("no space left on device")
	ErrIO   = errors.New("input/output error")
)

// file is a file's content, in the buffer and on the platter. Names point at files, so
// that a rename moves no content.
type file struct {
	buffer  []byte
	platter []byte
	synced  bool
}

// Disk is the model. It is one process's: not safe for concurrent use.
type Disk struct {
	names   map[string]*file // as the running system sees them
	durable map[string]*file // as they are after a power cut, but for what is pending
	pending []change         // of names, in order, per directory durable only by SyncDir
	dirs    map[string]bool
	serial  int

	// CutAfter is how many more operations succeed before the power goes; negative: it
	// stays. After it every operation fails until Restart.
	CutAfter int
	// Full makes Create fail, having written a part.
	Full bool
	// Rand decides what a power cut spares.
	Rand *rand.Rand
}

// change is one change of a directory.
type change struct {
	dir, name string
	to        *file // nil: removed
}

// New is an empty disk with these directories.
func New(rng *rand.Rand, dirs ...string) *Disk {
	d := &Disk{names: map[string]*file{}, durable: map[string]*file{}, dirs: map[string]bool{}, CutAfter: -1, Rand: rng}
	for _, dir := range dirs {
		d.dirs[filepath.Clean(dir)] = true
	}
	return d
}

// ErrCut is what every operation answers between a power cut and Restart.
var ErrCut = errors.New("the power is gone")

// step counts an operation.
func (d *Disk) step() error {
	if d.CutAfter == 0 {
		return ErrCut
	}
	if d.CutAfter > 0 {
		d.CutAfter--
	}
	return nil
}

// Restart is what is there after a power cut: every pending change of a name was made or
// not, each on its own; a file that was not synced holds some beginning of what was
// written, or nothing.
func (d *Disk) Restart() {
	for _, c := range d.pending {
		if d.Rand.IntN(2) == 0 {
			d.apply(c)
		}
	}
	d.pending = nil
	d.names = maps.Clone(d.durable)
	for _, f := range d.names {
		if !f.synced {
			f.platter = slices.Clone(f.buffer[:d.Rand.IntN(len(f.buffer)+1)])
			f.synced = true
		}
		f.buffer = slices.Clone(f.platter)
	}
	d.CutAfter, d.Full = -1, false
}

func (d *Disk) apply(c change) {
	path := filepath.Join(c.dir, c.name)
	if c.to == nil {
		delete(d.durable, path)
	} else {
		d.durable[path] = c.to
	}
}

func (d *Disk) rename(path string, to *file) {
	d.pending = append(d.pending, change{filepath.Dir(path), filepath.Base(path), to})
	if to == nil {
		delete(d.names, path)
	} else {
		d.names[path] = to
	}
}

// Create implements disk.Disk.
func (d *Disk) Create(dir, prefix string, data []byte) (string, error) {
	if err := d.step(); err != nil {
		return "", err
	}
	d.serial++
	path := filepath.Join(dir, fmt.Sprintf("%s%d", prefix, d.serial))
	if d.Full {
		d.rename(path, &file{buffer: slices.Clone(data[:len(data)/2])})
		return path, ErrFull
	}
	d.rename(path, &file{buffer: slices.Clone(data)})
	return path, nil
}

// Sync implements disk.Disk.
func (d *Disk) Sync(path string) error {
	if err := d.step(); err != nil {
		return err
	}
	f := d.names[path]
	if f == nil {
		return fs.ErrNotExist
	}
	f.platter, f.synced = slices.Clone(f.buffer), true
	return nil
}

// Rename implements disk.Disk. A cut may spare one of its two halves only: the new name
// without the loss of the old, or neither, or both.
func (d *Disk) Rename(from, to string) error {
	if err := d.step(); err != nil {
		return err
	}
	f := d.names[from]
	if f == nil {
		return fs.ErrNotExist
	}
	d.rename(to, f)
	d.rename(from, nil)
	return nil
}

// SyncDir implements disk.Disk.
func (d *Disk) SyncDir(dir string) error {
	if err := d.step(); err != nil {
		return err
	}
	d.pending = slices.DeleteFunc(d.pending, func(c change) bool {
		if c.dir == filepath.Clean(dir) {
			d.apply(c)
			return true
		}
		return false
	})
	return nil
}

// Remove implements disk.Disk.
func (d *Disk) Remove(path string) error {
	if err := d.step(); err != nil {
		return err
	}
	if d.names[path] == nil {
		return fs.ErrNotExist
	}
	d.rename(path, nil)
	return nil
}

// ReadFile implements disk.Disk.
func (d *Disk) ReadFile(path string) ([]byte, error) {
	if err := d.step(); err != nil {
		return nil, err
	}
	f := d.names[path]
	if f == nil {
		return nil, fs.ErrNotExist
	}
	return slices.Clone(f.buffer), nil
}

// ReadDir implements disk.Disk.
func (d *Disk) ReadDir(dir string) ([]fs.DirEntry, error) {
	if err := d.step(); err != nil {
		return nil, err
	}
	if !d.dirs[filepath.Clean(dir)] {
		return nil, fs.ErrNotExist
	}
	listing := fstest.MapFS{}
	for path := range d.names {
		if filepath.Dir(path) == filepath.Clean(dir) {
			listing[filepath.Base(path)] = &fstest.MapFile{}
		}
	}
	return listing.ReadDir(".")
}

// MkdirAll implements disk.Disk. Directories are durable at once: the agent makes them
// before anything depends on them.
func (d *Disk) MkdirAll(path string) error {
	if err := d.step(); err != nil {
		return err
	}
	d.dirs[filepath.Clean(path)] = true
	return nil
}

// Rot spoils a file whose name has this ending, if there is one: a block that went bad.
func (d *Disk) Rot(ending string) bool {
	for _, path := range slices.Sorted(maps.Keys(d.names)) {
		if f := d.names[path]; strings.HasSuffix(path, ending) && len(f.buffer) > 0 {
			f.buffer[d.Rand.IntN(len(f.buffer))] ^= 0xff
			f.platter = slices.Clone(f.buffer)
			return true
		}
	}
	return false
}
