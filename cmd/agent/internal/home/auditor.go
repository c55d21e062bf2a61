package home

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

const (
	auditorFile  = "auditor.json"
	uncopiedFile = "uncopied.json"
)

// Auditor is the lab's own key, for which every batch is sealed as well, and where its
// copies go.
type Auditor struct {
	Key     string `json:"key"`     // its id
	PEM     string `json:"pem"`     // the public key
	Archive string `json:"archive"` // an absolute path
}

// Auditor returns the lab's own key, and false if it has none.
func (h *Home) Auditor() (Auditor, bool, error) {
	var a Auditor
	found, err := h.readJSON(auditorFile, &a)
	return a, found, err
}

// SetAuditor records it. Batches that are sealed already stay as they are.
func (h *Home) SetAuditor(a Auditor) error { return h.writeJSON(auditorFile, a) }

// RemoveAuditor forgets it. Removing twice is no error.
func (h *Home) RemoveAuditor() error {
	for _, name := range []string{auditorFile, uncopiedFile} {
		if err := h.disk.Remove(h.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("forgetting the auditor: %w", err)
		}
	}
	return nil
}

// Uncopied are the batches whose copies could not be written, oldest first.
func (h *Home) Uncopied() ([]string, error) {
	var all []string
	_, err := h.readJSON(uncopiedFile, &all)
	return all, err
}

// SetCopied remembers whether the copy of a batch is written.
func (h *Home) SetCopied(batch string, written bool) error {
	all, err := h.Uncopied()
	if err != nil {
		return err
	}
	if slices.Contains(all, batch) != written {
		return nil
	}
	if written {
		all = slices.DeleteFunc(all, func(b string) bool { return b == batch })
	} else {
		all = append(all, batch)
	}
	slices.Sort(all)
	return h.writeJSON(uncopiedFile, all)
}
