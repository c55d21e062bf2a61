package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Result is a mutant and what became of it.
type Result struct {
	Mutant
	Verdict    Verdict `json:"verdict"`
	Equivalent string  `json:"equivalent,omitempty"` // why no test can find it out
}

// Report is what the tests of a package are worth.
type Report struct {
	Package string   `json:"package"`
	Of      int      `json:"of"`      // mutants there are; more than results if a sample was drawn
	Sources string   `json:"sources"` // digest of what was tested: of other sources nothing here holds
	Results []Result `json:"results"`
	Stale   []string `json:"stale,omitempty"` // of the list of equivalent mutants
}

// count counts those of a verdict; equivalent mutants are none of them.
func (r Report) count(v Verdict) int {
	n := 0
	for _, one := range r.Results {
		if one.Verdict == v && one.Equivalent == "" {
			n++
		}
	}
	return n
}

// Score is how many per cent of what can be found out was.
func (r Report) Score() float64 {
	found := r.count(Killed) + r.count(TimedOut)
	if all := found + r.count(Survived); all > 0 {
		return 100 * float64(found) / float64(all)
	}
	return 0
}

func (r Report) String() string {
	var s strings.Builder
	equivalent := 0
	for _, one := range r.Results {
		if one.Equivalent != "" {
			equivalent++
		} else if one.Verdict == Survived || one.Verdict == TimedOut {
			fmt.Fprintf(&s, "%s:%d: %s\n    %s\n", one.File, one.Line, one.Verdict, one.Key())
		}
	}
	for _, stale := range r.Stale {
		fmt.Fprintf(&s, "stale in the list of equivalent mutants: %s\n", stale)
	}
	fmt.Fprintf(&s, "%s: %.1f %% of %d found out: %d killed, %d timed out, %d survived; %d equivalent, %d do not compile\n", r.Package, r.Score(),
		r.count(Killed)+r.count(TimedOut)+r.count(Survived), r.count(Killed), r.count(TimedOut), r.count(Survived), equivalent, r.count(NoBuild))
	return s.String()
}

// check fails where too much survives. A package without mutants has shown nothing.
func (r Report) check(least float64) error {
	switch {
	case len(r.Stale) > 0:
		return fmt.Errorf("%s: %d entries of the list of equivalent mutants are stale", r.Package, len(r.Stale))
	case r.Score() < least:
		return fmt.Errorf("%s: %.1f %% found out, %.0f %% wanted", r.Package, r.Score(), least)
	}
	return nil
}

// name is that of the report's files in a directory, without what they end with.
func (r Report) name(dir string) string {
	return filepath.Join(dir, strings.ReplaceAll(r.Package, "/", "-"))
}

func (r Report) write(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("making the directory of reports: %w", err)
	}
	raw, err := json.MarshalIndent(struct {
		Report
		Score float64 `json:"score"`
	}{r, r.Score()}, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding a report: %w", err)
	}
	name := r.name(dir)
	for ext, content := range map[string][]byte{".json": append(raw, '\n'), ".txt": []byte(r.String())} {
		if err := os.WriteFile(name+ext, content, 0o600); err != nil {
			return fmt.Errorf("writing a report: %w", err)
		}
	}
	return nil
}
