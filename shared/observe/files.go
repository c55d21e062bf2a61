package observe

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"proactive/shared/catalog"
)

// Reason says why a file was not read, or not whole.
type Reason string

// The reasons.
const (
	NotListed      Reason = "not-on-the-allow-list"
	HoldsSequences Reason = "holds-sequences-and-names" // never opened, whatever the allow-list becomes
	NotReadYet     Reason = "metric-not-collected"      // a known metric file that no catalog field needs
	Directory      Reason = "directory-not-entered"
	NotRegular     Reason = "not-a-regular-file" // a link or a device is never followed
	TooMany        Reason = "too-many-entries"
	TooLarge       Reason = "too-large"
	Empty          Reason = "empty"
	Unreadable     Reason = "unreadable"
	NotWellFormed  Reason = "not-well-formed"
	UnknownVersion Reason = "unknown-version"
	RecordSize     Reason = "wrong-record-size"
	CutOff         Reason = "header-cut-off"
	Torn           Reason = "last-record-torn" // what is whole was used
	NeedsRunInfo   Reason = "needs-run-info"   // cycles mean nothing without it
	NoReadings     Reason = "no-readings"
	SomeLines      Reason = "some-lines-malformed" // the others were used
)

// entered are the directories that are listed. Data/, with its base calls, is not.
var entered = map[string]bool{"interop": true, "logs": true}

// several are the kinds of which a folder may have more than one file.
var several = map[catalog.FileKind]bool{catalog.Telemetry: true, catalog.OperationLog: true}

// never names what is not opened by anyone, in lower case, with or without "Out".
var never = []string{"indexmetrics", "controlmetrics"}

const maxEntries = 10_000

func isCSV(name string) bool { return strings.EqualFold(path.Ext(name), ".csv") }

// list names the entries of a run folder and finds those of the allow-list. Listing
// reads names only.
func (b *builder) list(fsys fs.FS) (found map[catalog.FileKind][]int, notes []FileNote, err error) {
	found = map[catalog.FileKind][]int{}
	var walk func(dir string) error
	walk = func(dir string) error {
		entries, err := fs.ReadDir(fsys, dir)
		if err != nil && dir == "." {
			return fmt.Errorf("listing the run folder: %w", err)
		}
		if err != nil {
			notes = append(notes, FileNote{Name: dir, Kind: catalog.OtherFile, Reason: Unreadable})
			return nil //nolint:nilerr // named, and the rest of the folder is used
		}
		for _, e := range entries {
			if len(notes) >= maxEntries {
				notes = append(notes, FileNote{Name: dir, Kind: catalog.OtherFile, Reason: TooMany})
				return errEnough
			}
			note := b.classify(path.Join(dir, e.Name()), e)
			if note.Reason == "" && e.IsDir() {
				if err := walk(note.Name); err != nil {
					return err
				}
				continue
			}
			if note.Reason == "" {
				// A folder with both spellings of a name: the first is read.
				if !several[note.Kind] && len(found[note.Kind]) > 0 {
					note.Reason = NotListed
				} else {
					found[note.Kind] = append(found[note.Kind], len(notes))
				}
			}
			notes = append(notes, note)
		}
		return nil
	}
	if err := walk("."); err != nil && !errors.Is(err, errEnough) {
		return nil, nil, err
	}
	return found, notes, nil
}

var errEnough = errors.New("enough entries")

// classify says what an entry is from its name and type alone. An empty reason means:
// to be read, or entered.
func (b *builder) classify(name string, e fs.DirEntry) FileNote {
	note := FileNote{Name: name, Kind: catalog.OtherFile, Reason: NotListed}
	lower := strings.ToLower(name)
	kind, ok := b.allowed[lower]
	switch {
	case e.IsDir():
		note.Reason = Directory
		if entered[lower] {
			note.Reason = ""
		}
	case !e.Type().IsRegular():
		note.Reason = NotRegular
	case ok:
		note.Kind, note.Reason = kind, ""
	case strings.HasPrefix(lower, "interop/") && strings.HasSuffix(lower, ".bin"):
		note.Reason = NotReadYet
		for _, n := range never {
			if strings.HasPrefix(path.Base(lower), n) {
				note.Reason = HoldsSequences
			}
		}
	}
	return note
}
