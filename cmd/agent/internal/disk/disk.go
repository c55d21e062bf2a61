// Package disk is what the agent asks of a file system, so that a test can put one in
// its place that loses what was not made durable.
package disk

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Disk is a file system. Nothing is durable before its Sync, a name not before SyncDir
// of its directory: a power cut may undo each such step, in any combination, and may
// leave a file that was written and not synced cut anywhere.
type Disk interface {
	// Create makes a new file for its owner only, under a name that begins with prefix,
	// and writes data. On error there may be a file, cut anywhere.
	Create(dir, prefix string, data []byte) (path string, err error)
	Sync(path string) error
	Rename(from, to string) error
	SyncDir(dir string) error
	Remove(path string) error
	ReadFile(path string) ([]byte, error)
	ReadDir(path string) ([]fs.DirEntry, error)
	MkdirAll(path string) error
}

// partial begins the names of files that Write was writing when the machine stopped.
const partial = ".partial-"

// IsPartial tells whether name is such a file. It holds nothing that anyone relies on.
func IsPartial(name string) bool { return strings.HasPrefix(filepath.Base(name), partial) }

// Write writes data to path so that a crash at any point leaves either what was there
// before or all of data. It is durable when Write returns nil.
func Write(d Disk, path string, data []byte) error {
	dir := filepath.Dir(path)
	tmp, err := d.Create(dir, partial, data)
	if err == nil {
		err = d.Sync(tmp)
	}
	if err == nil {
		err = d.Rename(tmp, path)
	}
	if err != nil {
		if tmp != "" {
			_ = d.Remove(tmp)
		}
		return err
	}
	// The file is whole from here on; without this a power cut may still lose its name.
	return d.SyncDir(dir)
}

// OS is this computer's.
type OS struct{}

// Create implements Disk.
func (OS) Create(dir, prefix string, data []byte) (string, error) {
	f, err := os.CreateTemp(dir, prefix+"*")
	if err != nil {
		return "", err
	}
	if _, err := f.Write(data); err != nil {
		_ = f.Close()
		return f.Name(), err
	}
	return f.Name(), f.Close()
}

// Sync implements Disk.
func (OS) Sync(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0) //nolint:gosec // G304: the agent's own state directory
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// Rename implements Disk.
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// SyncDir implements Disk.
func (OS) SyncDir(dir string) error { return syncDir(dir) }

// Remove implements Disk.
func (OS) Remove(path string) error { return os.Remove(path) }

// ReadFile implements Disk.
func (OS) ReadFile(path string) ([]byte, error) { return os.ReadFile(path) } //nolint:gosec // G304: the agent's own state directory

// ReadDir implements Disk.
func (OS) ReadDir(path string) ([]fs.DirEntry, error) { return os.ReadDir(path) }

// MkdirAll implements Disk.
func (OS) MkdirAll(path string) error { return os.MkdirAll(path, 0o700) }
