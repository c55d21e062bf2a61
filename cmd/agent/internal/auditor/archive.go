package auditor

import (
	"crypto/ed25519"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"proactive/cmd/agent/internal/disk"
	"proactive/shared/batch"
	"proactive/shared/fault"
)

// Reasons of the archive's.
const (
	NoArchive  = "no-archive"         // not a directory that can be written to
	Unwritable = "archive-unwritable" // a copy could not be written
)

// Extension ends the names of sealed batches in an archive.
const Extension = ".batch"

// Archive is a directory of the lab's in which sealed batches stay. It is not made: where
// a share is not mounted, nothing must fill the disk beneath it.
type Archive struct{ Dir string }

// Sign leaves the instrument's public key there, for whoever audits on another computer.
func (a Archive) Sign(key ed25519.PublicKey) error {
	name, raw, err := signer(key)
	if err != nil {
		return err
	}
	path := filepath.Join(a.Dir, name)
	if there, err := os.ReadFile(path); err == nil && string(there) == string(raw) { //nolint:gosec // G304: the directory that the lab named
		return nil
	}
	if err := disk.Write(disk.OS{}, path, raw); err != nil {
		return fault.New(fault.Malformed, NoArchive, err)
	}
	return nil
}

// Has tells whether the copy of a batch is there, whole: it is written so or not at all.
func (a Archive) Has(id string, size int64) bool {
	info, err := os.Stat(a.path(id))
	return err == nil && info.Mode().IsRegular() && info.Size() == size
}

// Keep writes the copy of a sealed batch, durably and whole.
func (a Archive) Keep(id string, sealed []byte) error {
	if err := disk.Write(disk.OS{}, a.path(id), sealed); err != nil {
		return fault.New(fault.Unavailable, Unwritable, err)
	}
	return nil
}

func (a Archive) path(id string) string { return filepath.Join(a.Dir, id+Extension) }

// For tells whether a batch is sealed for the recipient of that id.
func For(e *batch.Envelope, id string) bool {
	return slices.ContainsFunc(e.Header.Recipients, func(r batch.Recipient) bool { return r.Key == id })
}

// Find lists the sealed batches at path: the file itself, or those below the directory.
func Find(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("looking for batches: %w", err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	var all []string
	err = filepath.WalkDir(path, func(p string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() && strings.HasSuffix(e.Name(), Extension) {
			all = append(all, p)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking for batches: %w", err)
	}
	return all, nil
}
