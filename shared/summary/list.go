package summary

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// maxEntries bounds what a folder may hold.
const maxEntries = 10_000

// list names the files below InterOp/, those of single cycles (C1.1/ and on) with them.
func list(folder fs.FS) ([]FileNote, error) {
	var notes []FileNote
	add := func(dir string, entries []fs.DirEntry) (inner []string) {
		for _, e := range entries {
			name := path.Join(dir, e.Name())
			switch _, isCycle := cycleOf(name); {
			case len(notes) >= maxEntries:
				notes[len(notes)-1] = FileNote{Name: dir, Reason: TooMany}
				return inner
			case e.IsDir() && isCycle:
				inner = append(inner, name)
			case e.IsDir(): // Index/ and whatever else is not entered
				notes = append(notes, FileNote{Name: name, Reason: NoMetricFile})
			case !e.Type().IsRegular():
				notes = append(notes, FileNote{Name: name, Reason: NotRegular})
			default:
				n := FileNote{Name: name}
				if info, err := e.Info(); err == nil {
					n.Bytes = info.Size()
				}
				notes = append(notes, n)
			}
		}
		return inner
	}
	entries, err := fs.ReadDir(folder, "InterOp")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // a run that has not imaged yet
	}
	if err != nil {
		return nil, fmt.Errorf("listing InterOp: %w", err)
	}
	inner := add("InterOp", entries)
	slices.SortFunc(inner, func(a, b string) int {
		x, _ := cycleOf(a)
		y, _ := cycleOf(b)
		return x - y
	})
	for _, dir := range inner {
		if entries, err = fs.ReadDir(folder, dir); err != nil {
			notes = append(notes, FileNote{Name: dir, Reason: Unreadable})
			continue
		}
		add(dir, entries)
	}
	return notes, nil
}

// cycleOf is the cycle of a directory such as InterOp/C12.1, or of a file in it.
func cycleOf(name string) (int, bool) {
	parts := strings.Split(name, "/")
	if len(parts) < 2 {
		return 0, false
	}
	digits, ok := strings.CutSuffix(strings.TrimPrefix(strings.ToUpper(parts[1]), "C"), ".1")
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil && n > 0
}
