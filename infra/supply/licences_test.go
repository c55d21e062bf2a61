package supply

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write docs/licences.md anew")

// phrases tell a licence by what only it says, in the order in which they are tried. A
// text that none of them fits is read by a person and entered in read.
var phrases = []struct {
	licence string
	all     []string
}{
	{"Apache-2.0", []string{"apache license", "version 2.0, january 2004"}},
	{"OFL-1.1", []string{"sil open font license", "version 1.1"}},
	{"MPL-2.0", []string{"mozilla public license version 2.0"}},
	{"BSD-3-Clause", []string{"redistribution and use in source and binary forms", "neither the name"}},
	{"BSD-2-Clause", []string{"redistribution and use in source and binary forms"}},
	{"ISC", []string{"permission to use, copy, modify, and/or distribute this software"}},
	{"MIT", []string{"permission is hereby granted, free of charge"}},
}

// read is what a person read where the phrases do not tell: module to licence.
var read = map[string]string{
	"github.com/ajstarks/svgo":     "CC-BY-4.0",            // asks for attribution, which docs/licences.md is
	"github.com/aws/aws-lambda-go": "Apache-2.0 and MIT-0", // LICENSE, and LICENSE-LAMBDACODE for its samples
	"github.com/golang/freetype":   "FTL",                  // "your choice of" the FreeType License and the GPL 2: we choose the FreeType License
}

// welcome are the licences under which we take code in: none obliges us to publish ours.
var welcome = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC-BY-4.0", "FTL", "ISC", "MIT", "MIT-0", "OFL-1.1"}

// tested are those under which we run tests, and build nothing in.
var tested = []string{"MPL-2.0"}

type module struct{ Path, Version, Dir string }

// TestLicencesAreCurrent: docs/licences.md has every module of go.mod, direct and
// indirect, at its version, with the licence that lies in it.
func TestLicencesAreCurrent(t *testing.T) {
	where := map[string][]string{}
	for _, part := range []struct {
		name     string
		packages []string
	}{
		{"agent", []string{"./cmd/agent"}}, {"functions", []string{"./functions/..."}},
		{"operator", []string{"./cmd/proactive", "./cmd/fleet", "./cmd/demo", "./infra"}},
	} {
		for _, goos := range []string{"linux", "windows"} {
			if goos == "windows" && part.name != "agent" {
				continue
			}
			out := golist(t, []string{"GOOS=" + goos}, append([]string{"-deps", "-f", "{{with .Module}}{{.Path}}{{end}}"}, part.packages...)...)
			for _, path := range slices.Compact(slices.Sorted(slices.Values(strings.Fields(out)))) {
				if !slices.Contains(where[path], part.name) {
					where[path] = append(where[path], part.name)
				}
			}
		}
	}
	if len(where["github.com/klauspost/compress"]) != 3 {
		t.Fatalf("zstd is in %v: this list is not one of what is built in", where["github.com/klauspost/compress"])
	}

	var page strings.Builder
	page.WriteString(`# Licences of what is built in

Every module of ` + "`go.mod`" + `, direct and indirect, by the licence file in it. *Where* says what it is built into: the agent that a lab installs, the functions, the operator's programs (with the stack's); "tests" is built into none. The Go standard library is BSD-3-Clause. Portions of this software are copyright © The FreeType Project (www.freetype.org). Tools that are run and not shipped stand in [decisions/0004](decisions/0004-dependencies.md).

Written by ` + "`make licences`" + `; a test compares it with go.mod and the licence files, and refuses a licence that would oblige us to publish our own code.

| module | version | licence | where |
|---|---|---|---|
`)
	modules := required(t)
	for _, path := range slices.Sorted(maps.Keys(modules)) {
		m := modules[path]
		licence := licenceOf(t, m)
		for one := range strings.SplitSeq(licence, " and ") {
			if !slices.Contains(welcome, one) && (where[path] != nil || !slices.Contains(tested, one)) {
				t.Errorf("%s: %s is not a licence we take code in under", m.Path, one)
			}
		}
		in := strings.Join(where[path], ", ")
		if in == "" {
			in = "tests"
		}
		fmt.Fprintf(&page, "| %s | %s | %s | %s |\n", m.Path, m.Version, licence, in)
	}
	name := filepath.Join("..", "..", "docs", "licences.md")
	if *update {
		if err := os.WriteFile(name, []byte(page.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatalf("%v; make licences writes it", err)
	}
	if diff := cmp.Diff(strings.Split(string(got), "\n"), strings.Split(page.String(), "\n")); diff != "" {
		t.Errorf("docs/licences.md (- page, + go.mod); make licences writes it anew\n%s", diff)
	}
}

// required are the modules that go.mod names.
func required(t *testing.T) map[string]module {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json")
	cmd.Dir = filepath.Join("..", "..")
	raw, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Require []module }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	all := map[string]module{}
	var paths []string
	for _, m := range file.Require {
		all[m.Path] = m
		paths = append(paths, m.Path)
	}
	if len(all) < 40 {
		t.Fatalf("go.mod requires %d modules only", len(all))
	}
	d := json.NewDecoder(strings.NewReader(golist(t, nil, append([]string{"-m", "-json=Path,Version,Dir"}, paths...)...)))
	for d.More() {
		var m module
		if err := d.Decode(&m); err != nil {
			t.Fatal(err)
		}
		if m.Dir == "" { // in go.mod, and in no build so far
			m.Dir = downloaded(t, m)
		}
		all[m.Path] = m
	}
	return all
}

func downloaded(t *testing.T, m module) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", m.Path+"@"+m.Version)
	cmd.Dir = filepath.Join("..", "..")
	raw, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s is not in the module cache, and cannot be fetched: %v", m.Path, err)
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m.Dir
}

func golist(t *testing.T, env []string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	cmd.Dir, cmd.Env = filepath.Join("..", ".."), append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %v: %v\n%s", args, err, stderr.String())
	}
	return string(out)
}

var (
	licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying)([.-].*)?$`)
	space       = regexp.MustCompile(`\s+`)
)

// licenceOf is the licence in a module's own folder. Two files must agree.
func licenceOf(t *testing.T, m module) string {
	t.Helper()
	if licence, ok := read[m.Path]; ok {
		return licence
	}
	entries, err := os.ReadDir(m.Dir)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, e := range entries {
		if e.IsDir() || !licenceFile.MatchString(e.Name()) {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(m.Dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, classify(string(raw)))
	}
	slices.Sort(found)
	if found = slices.Compact(found); len(found) == 0 {
		return "no licence file"
	}
	return strings.Join(found, " and ")
}

func classify(text string) string {
	flat := space.ReplaceAllString(strings.ToLower(text), " ")
	for _, p := range phrases {
		if !slices.ContainsFunc(p.all, func(phrase string) bool { return !strings.Contains(flat, phrase) }) {
			return p.licence
		}
	}
	return "unknown"
}

// TestClassify: what a licence is not taken for.
func TestClassify(t *testing.T) {
	for text, want := range map[string]string{
		"GNU GENERAL PUBLIC LICENSE Version 3":                                                     "unknown",
		"Creative Commons Attribution 4.0":                                                         "unknown",
		"Permission is hereby  granted,\nfree of charge":                                           "MIT",
		"Redistribution and use in source and binary forms":                                        "BSD-2-Clause",
		"Redistribution and use in source and binary forms … Neither the name of":                  "BSD-3-Clause",
		"Apache License\n Version 2.0, January 2004\n … redistribution and use … neither the name": "Apache-2.0",
	} {
		if got := classify(text); got != want {
			t.Errorf("%q is taken for %s, want %s", text, got, want)
		}
	}
}
