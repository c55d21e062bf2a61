package main

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const fixture = "infra/mutate/testdata/fixture/fixture.go"

func find(t *testing.T) ([]byte, []Mutant) {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(fixture)))
	if err != nil {
		t.Fatal(err)
	}
	all, err := Find(fixture, source)
	if err != nil {
		t.Fatal(err)
	}
	return source, all
}

// Each operator finds its place, each mutant is Go, and no two have one name.
func TestFind(t *testing.T) {
	source, all := find(t)
	var keys []string
	for _, m := range all {
		keys = append(keys, strings.TrimPrefix(m.Key(), fixture+" "))
		mutated := m.Apply(source)
		if _, err := parser.ParseFile(token.NewFileSet(), "", mutated, parser.SkipObjectResolution); err != nil || string(mutated) == string(source) {
			t.Errorf("%s: %v", m.Key(), err)
		}
		if lines := strings.Split(string(source), "\n"); !strings.Contains(strings.Join(strings.Fields(lines[m.Line-1]), " "), firstWord(m.Change)) {
			t.Errorf("%s is not in line %d: %s", m.Key(), m.Line, lines[m.Line-1])
		}
	}
	for _, want := range []string{
		"Clamp: if always: n < 0", "Clamp: >= for <: n < 0", "Clamp: <= for <: n < 0", "Clamp: drop: return 0, errNegative",
		"Clamp: return zero for: return 0, errNegative", "Clamp: drop: n = most", "Clamp: if always: n > most", "Clamp: return zero for: return n, nil",
		"Clamp: 0 + 1", "Clamp: 0 + 1 #2", "Name: no case: 1", "Name: 1 + 1", "Name: 2 - 1", "Even: zero half after: half := n / 2",
		"Even: * for /: n / 2", "Even: != for ==: half*2 == n", "Forever: for never: i < n", "Forever: drop: steps++", "Forever: -- for ++: steps++",
		"pair.both: || for &&: p.a && !p.b", "pair.both: no !: !p.b",
	} {
		if !slices.Contains(keys, want) {
			t.Errorf("%s is missing", want)
		}
	}
	slices.Sort(keys)
	if n := len(slices.Compact(keys)); n != len(all) {
		t.Errorf("%d names for %d mutants", n, len(all))
	}
	// Where the zero value stands already there is nothing to see.
	if one, err := Find("x.go", []byte("package x\nfunc f() (any, bool) { return nil, false }\n")); err != nil || len(one) != 2 {
		t.Errorf("%v %v", one, err) // the statement dropped, and true for false
	}
	if _, err := Find("x.go", []byte("package")); err == nil {
		t.Error("half a file is mutated")
	}
}

// firstWord is a piece of the text that a change names.
func firstWord(change string) string {
	if _, text, ok := strings.Cut(change, ": "); ok {
		return strings.Fields(text)[0]
	}
	return strings.Fields(change)[0]
}

func fixtureBench(t *testing.T) *bench {
	t.Helper()
	if testing.Short() {
		t.Skip("it compiles a program for each mutant")
	}
	all, err := list(t.Context(), "./testdata/fixture")
	if err != nil || len(all) != 1 {
		t.Fatal(err, all)
	}
	return &bench{pkg: all[0], tests: all}
}

// A fault that the fixture's tests see, one that they do not, one that hangs, one that
// is no program; and the tree stays as it was.
func TestVerdicts(t *testing.T) {
	source, all := find(t)
	b := fixtureBench(t)
	if err := b.baseline(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b.limit < 20*time.Second {
		t.Errorf("a mutant has %s", b.limit)
	}
	b.limit = 2 * time.Second
	for name, want := range map[string]Verdict{
		"Clamp: drop: n = most": Killed, "Name: no case: 2": Killed, "Even: zero half after: half := n / 2": Survived,
		"Forever: -- for ++: i++": TimedOut, "Forever: drop: return steps": NoBuild,
	} {
		i := slices.IndexFunc(all, func(m Mutant) bool { return m.Key() == fixture+" "+name })
		if name == "Forever: -- for ++: i++" { // a loop's own statements are not in a block
			at := strings.Index(string(source), "i++")
			all, i = append(all, Mutant{File: fixture, start: at, end: at + 3, with: "i += 0"}), len(all)
		}
		if i < 0 {
			t.Fatalf("no mutant %s", name)
		}
		if got, out, err := b.try(t.Context(), &all[i]); err != nil || got != want {
			t.Errorf("%s: %s, want %s (%v)\n%s", name, got, want, err, out)
		}
	}
	if again, _ := find(t); string(again) != string(source) {
		t.Error("the tree was changed")
	}
}

func TestAReportOfTheFixture(t *testing.T) {
	b := fixtureBench(t)
	_, all := find(t)
	key := fixture + " Even: * for /: n / 2"
	o := options{sample: 6, seed: 3, workers: 2, least: 85, out: t.TempDir()}
	report, err := b.all(t.Context(), o, Equivalents{key: "nobody asks", fixture + " Odd: drop: x": "gone", "other.go f: drop: x": "of another package"})
	if err != nil || len(report.Results) != 6 {
		t.Fatal(err, report)
	}
	if len(report.Stale) != 1 || !strings.Contains(report.Stale[0], "Odd: drop: x") || report.check(0) == nil {
		t.Errorf("%q", report.Stale)
	}
	for i, at := range slices.Sorted(slices.Values(draw(all, 6, 3))) {
		if report.Results[i].Key() != all[at].Key() {
			t.Errorf("another draw: %s, %s", report.Results[i].Key(), all[at].Key())
		}
	}
	for _, ext := range []string{".txt", ".json"} {
		raw, err := os.ReadFile(filepath.Join(o.out, "proactive-infra-mutate-testdata-fixture"+ext))
		if err != nil || !strings.Contains(string(raw), "fixture.go") {
			t.Errorf("%v: %s", err, raw)
		}
	}
}

// What was broken off goes on where it stopped, and begins anew where a source has changed.
func TestGoingOn(t *testing.T) {
	b := fixtureBench(t)
	o := options{sample: 2, seed: 3, workers: 2, out: t.TempDir()}
	report, err := b.all(t.Context(), o, nil)
	if err != nil || len(report.Results) != 2 {
		t.Fatal(err, report)
	}
	report.Results[0].Verdict = TimedOut // what no test of the fixture does
	if err := report.write(o.out); err != nil {
		t.Fatal(err)
	}
	o.sample = 3
	more, err := b.all(t.Context(), o, nil)
	if err != nil || len(more.Results) != 3 || more.count(TimedOut) != 1 {
		t.Errorf("%v %v", err, more)
	}
	report.Sources = "others"
	if err := report.write(o.out); err != nil {
		t.Fatal(err)
	}
	if anew, err := b.all(t.Context(), o, nil); err != nil || len(anew.Results) != 3 || anew.count(TimedOut) != 0 {
		t.Errorf("%v %v", err, anew)
	}
}

func TestThePageListsWhatIsNotFound(t *testing.T) {
	of := func(change string, v Verdict, equivalent string) Result {
		return Result{Mutant: Mutant{File: "shared/a/a.go", Line: 7, Function: "f", Change: change}, Verdict: v, Equivalent: equivalent}
	}
	dir := t.TempDir()
	for _, r := range []Report{
		{Package: "proactive/shared/b", Of: 1, Results: []Result{of("1", Killed, "")}},
		{Package: "proactive/shared/a", Of: 9, Results: []Result{of("1", Killed, ""), of("2", TimedOut, ""), of("drop: `x`", Survived, ""), of("4", Survived, "so"), of("5", NoBuild, "")}},
	} {
		if err := r.write(dir); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "page.md")
	if err := mutate(t.Context(), options{out: dir, page: file}, nil); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, got, _ := strings.Cut(string(raw), "|---|---|---|---|---|---|---|\n")
	want := "| `shared/a` | 3 of 9 | 1 | 1 | 1 | 66.7 % | 1 |\n| `shared/b` | 1 | 1 | 0 | 0 | 100.0 % | 0 |\n" +
		"\n## `shared/a`\n\n- a.go: `f: drop: 'x'`\n\n## `shared/b`\n\nAll are found.\n"
	if got != want {
		t.Errorf("%s", got)
	}
}

func TestScoreAndEquivalents(t *testing.T) {
	of := func(change string, v Verdict, equivalent string) Result {
		return Result{Mutant: Mutant{File: "a.go", Function: "f", Change: change}, Verdict: v, Equivalent: equivalent}
	}
	r := Report{Results: []Result{of("1", Killed, ""), of("2", TimedOut, ""), of("3", Survived, ""), of("4", Survived, "so"), of("5", NoBuild, ""), of("6", Killed, "wrongly")}}
	if s := r.Score(); s < 66.6 || s > 66.7 || r.check(66) != nil || r.check(67) == nil || (Report{}).check(1) == nil {
		t.Errorf("%f", s)
	}
	e, err := ReadEquivalents(strings.NewReader("// a comment\na.go f: 4\n\tso\n\na.go f: 6\n  wrongly\n"))
	if err != nil || len(e) != 2 || e["a.go f: 6"] != "wrongly" {
		t.Fatal(e, err)
	}
	var made []Mutant
	for _, one := range r.Results {
		made = append(made, one.Mutant)
	}
	if stale := e.Stale(made, r.Results); len(stale) != 1 || stale[0] != "a.go f: 6 (killed)" {
		t.Errorf("%q", stale)
	}
	for _, bad := range []string{"a.go f: 4\n", "\tso\n", "a.go f: 4\nb\n", "a\n\tb\na\n\tb\n", "a\n\tb\n\tc\n"} {
		if _, err := ReadEquivalents(strings.NewReader(bad)); err == nil {
			t.Errorf("%q is a list", bad)
		}
	}
}
