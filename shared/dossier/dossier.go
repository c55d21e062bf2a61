// Package dossier is all that is held of an instrument, as its lab gets it: files, and a
// manifest that says what they are, how long and with which digest. See
// events/export/v1/SPEC.md.
package dossier

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"
	"time"

	"proactive/shared/fault"
)

// Format is the first member of a manifest.
const Format = "proactive-export/1"

// ManifestName is the manifest's own place among the files.
const ManifestName = "manifest.json"

// Damaged means that a file is missing, too many, or not what the manifest says.
const Damaged = "export-damaged"

// Manifest says what is in an export.
type Manifest struct {
	Format     string    `json:"format"`
	Deployment string    `json:"deployment"`
	Instrument string    `json:"instrument"`
	Request    string    `json:"request"`
	Asked      time.Time `json:"asked"`
	Contents   []Content `json:"contents"`
	Files      []File    `json:"files"`
	// Left is what is held and is not in the export.
	Left []Left `json:"left"`
}

// Content is how much there is of one kind of thing.
type Content struct {
	Name  string `json:"name"`
	What  string `json:"what"`
	Count int    `json:"count"`
}

// File is one file but the manifest.
type File struct {
	Name   string `json:"name"` // with slashes
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // hex
	// Rows are the rows or lines in it, where it has any.
	Rows int `json:"rows,omitempty"`
}

// Left is a kind of thing that is not in an export, and why.
type Left struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// Count is how many there are of a kind; 0 if the manifest does not know it.
func (m Manifest) Count(name string) int {
	for _, c := range m.Contents {
		if c.Name == name {
			return c.Count
		}
	}
	return 0
}

// fileName is a name that is safe on every system: no way up, no drive, no device, no
// trailing dot.
var (
	fileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*[A-Za-z0-9](/[A-Za-z0-9][A-Za-z0-9_.-]*[A-Za-z0-9])*$`)
	device   = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`)
)

// ValidName tells whether a file of an export may have this name.
func ValidName(name string) bool {
	if len(name) > 200 || !fileName.MatchString(name) || strings.Contains(name, "..") {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if device.MatchString(part) {
			return false
		}
	}
	return true
}

// maxManifest bounds a manifest, in bytes.
const maxManifest = 64 << 20

// Check reads the manifest of an export and compares every file with it. There may be no
// other. A fault of reason Damaged names nothing of the content.
func Check(files fs.FS) (Manifest, error) {
	var m Manifest
	damaged := func(err error) (Manifest, error) { return m, fault.New(fault.Malformed, Damaged, err) }
	f, err := files.Open(ManifestName)
	if err != nil {
		return damaged(err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err != nil || len(raw) > maxManifest {
		return damaged(fmt.Errorf("%d bytes: %w", len(raw), err))
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return damaged(err)
	}
	if m.Format != Format {
		return damaged(errors.New("another format"))
	}
	known, folded := map[string]bool{ManifestName: true}, map[string]bool{ManifestName: true}
	for _, one := range m.Files {
		// Some systems take A.txt and a.txt for one file.
		if !ValidName(one.Name) || folded[strings.ToLower(one.Name)] {
			return damaged(errors.New("a name that no file may have, or has already"))
		}
		known[one.Name], folded[strings.ToLower(one.Name)] = true, true
		if err := check(files, one); err != nil {
			return damaged(err)
		}
	}
	err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !known[name] {
			err = errors.New("a file that the manifest does not know")
		}
		return err
	})
	if err != nil {
		return damaged(err)
	}
	return m, nil
}

func check(files fs.FS, want File) error {
	f, err := files.Open(want.Name)
	if err != nil {
		return fmt.Errorf("opening a file: %w", err)
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		return fmt.Errorf("reading a file: %w", err)
	}
	if n != want.Bytes || hex.EncodeToString(sum.Sum(nil)) != want.SHA256 {
		return errors.New("a file is not what the manifest says")
	}
	return nil
}
