package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// readReports reads the reports that lie in a directory, by package.
func readReports(dir string) ([]Report, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("finding reports: %w", err)
	}
	var all []Report
	for _, name := range names {
		r, err := readReport(name)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Report) int { return strings.Compare(a.Package, b.Package) })
	return all, nil
}

func readReport(name string) (Report, error) {
	var r Report
	raw, err := os.ReadFile(name) //nolint:gosec // G304: a report of ours
	if err != nil {
		return r, fmt.Errorf("reading a report: %w", err)
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("reading %s: %w", name, err)
	}
	return r, nil
}

// page is what the reports say, for docs/mutation.md: scores, and the mutants that no test
// finds out. Those have no line numbers, which would change with every line above.
func page(reports []Report) string {
	var s strings.Builder
	s.WriteString(`# Faults that no test finds

Written by ` + "`make mutate`" + `: small faults are put into a package, one at a time, and its tests run on each. One that no test finds is a test that is missing, or a fault that nobody could find; those of which we know it are in [equivalent.txt](../infra/mutate/equivalent.txt), with the reason, and do not count. Where it says *of*, so many were tried, drawn by chance.

| package | faults | found | hung | not found | of them found | cannot be found |
|---|---|---|---|---|---|---|
`)
	for _, r := range reports {
		equivalent := 0
		for _, one := range r.Results {
			if one.Equivalent != "" {
				equivalent++
			}
		}
		found, hung, survived := r.count(Killed), r.count(TimedOut), r.count(Survived)
		of := ""
		if len(r.Results) < r.Of {
			of = fmt.Sprintf(" of %d", r.Of)
		}
		fmt.Fprintf(&s, "| `%s` | %d%s | %d | %d | %d | %.1f %% | %d |\n", inModule(r.Package), found+hung+survived, of, found, hung, survived, r.Score(), equivalent)
	}
	for _, r := range reports {
		fmt.Fprintf(&s, "\n## `%s`\n\n", inModule(r.Package))
		none := true
		for _, one := range r.Results {
			if one.Verdict == Survived && one.Equivalent == "" {
				file, what, _ := strings.Cut(one.Key(), " ")
				fmt.Fprintf(&s, "- %s: `%s`\n", filepath.Base(file), strings.ReplaceAll(what, "`", "'"))
				none = false
			}
		}
		if none {
			s.WriteString("All are found.\n")
		}
	}
	return s.String()
}

func inModule(importPath string) string {
	_, path, _ := strings.Cut(importPath, "/")
	return path
}
