package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Equivalents are mutants that no test can find out, with the reason, by key. A file of
// them has two lines for each: the key as the report prints it, and the reason, indented.
type Equivalents map[string]string

// ReadEquivalents reads such a file.
func ReadEquivalents(r io.Reader) (Equivalents, error) {
	all, key := Equivalents{}, ""
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		reason := strings.TrimSpace(line)
		switch indented := strings.TrimLeft(line, " \t") != line; {
		case reason == "" || strings.HasPrefix(reason, "//"):
		case indented && key != "":
			all[key], key = reason, ""
		case !indented && key == "":
			if key = reason; all[key] != "" {
				return nil, fmt.Errorf("reading line %d: %s stands twice", n, key)
			}
		default:
			return nil, fmt.Errorf("reading line %d: a mutant is followed by one indented line, its reason", n)
		}
	}
	if key != "" {
		return nil, fmt.Errorf("reading the last line: %s has no reason", key)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading equivalent mutants: %w", err)
	}
	return all, nil
}

// Stale lists what is on the list and can no longer be true: a mutant of these files
// that is not made any more, or one that the tests did find out.
func (e Equivalents) Stale(made []Mutant, results []Result) []string {
	files, keys := map[string]bool{}, map[string]bool{}
	for _, m := range made {
		files[m.File], keys[m.Key()] = true, true
	}
	var stale []string
	for key := range e {
		if file, _, _ := strings.Cut(key, " "); files[file] && !keys[key] {
			stale = append(stale, key+" (there is no such mutant)")
		}
	}
	for _, r := range results {
		if _, listed := e[r.Key()]; listed && r.Verdict != Survived {
			stale = append(stale, r.Key()+" ("+string(r.Verdict)+")")
		}
	}
	return stale
}
