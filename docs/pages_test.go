// Package docs_test holds the pages for people to what is there: tests that exist, files
// that exist, the same in both languages.
package docs_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pairs are the pages that say something of how it is tested, and their translations.
var pairs = [][2]string{{"privacy.md", "privacy.es.md"}, {"dpia.md", "dpia.es.md"}}

var (
	named    = regexp.MustCompile("`(Test[A-Z][A-Za-z0-9]*)`")
	declared = regexp.MustCompile(`(?m)^func (Test[A-Z][A-Za-z0-9]*)\(\w+ \*testing\.T\)`)
	place    = regexp.MustCompile("`((?:cmd|docs|events|functions|infra|shared)(?:/[A-Za-z0-9_./-]+)?)`")
	link     = regexp.MustCompile(`\]\(([^)#:\s]+)(#[^)]*)?\)`)
)

func page(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// tests are all of the module.
func tests(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, root := range []string{"../cmd", "../events", "../functions", "../infra", "../shared", "."} {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			raw, err := os.ReadFile(path)
			for _, m := range declared.FindAllStringSubmatch(string(raw), -1) {
				all[m[1]] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(all) < 300 {
		t.Fatalf("only %d tests found", len(all))
	}
	return all
}

func TestPrivacyPagesNameTestsThatExist(t *testing.T) {
	all := tests(t)
	for _, pair := range pairs {
		var said [2][]string
		for i, name := range pair {
			for _, m := range named.FindAllStringSubmatch(page(t, name), -1) {
				said[i] = append(said[i], m[1])
				if !all[m[1]] {
					t.Errorf("%s: there is no test %s", name, m[1])
				}
			}
		}
		if len(said[0]) < 10 {
			t.Errorf("%s names %d tests only", pair[0], len(said[0]))
		}
		if !slices.Equal(said[0], said[1]) {
			t.Errorf("%s names other tests than %s, or in another order", pair[1], pair[0])
		}
	}
}

// TestEveryPointSaysWhereAndHowTested: each row of the tables that go point by point says
// what is done, in a place that is there, and by which test one knows.
func TestEveryPointSaysWhereAndHowTested(t *testing.T) {
	for name, spec := range map[string]struct {
		sections []string
		places   []string // column heads
		tested   string
		none     string
	}{
		"privacy.md":    {[]string{"## LINDDUN", "## GDPR, point by point", "## HIPAA §164.312, point by point"}, []string{"where", "where it is done"}, "how tested", "none: it remains"},
		"privacy.es.md": {[]string{"## LINDDUN", "## RGPD, punto por punto", "## HIPAA §164.312, punto por punto"}, []string{"dónde", "dónde se hace"}, "cómo se prueba", "ninguna: queda"},
	} {
		text := page(t, name)
		for _, section := range spec.sections {
			_, rest, found := strings.Cut(text, section+"\n")
			if !found {
				t.Errorf("%s: no section %q", name, section)
				continue
			}
			rest, _, _ = strings.Cut(rest, "\n## ")
			rows := table(rest)
			if len(rows) < 8 {
				t.Errorf("%s: %q has %d rows", name, section, len(rows))
				continue
			}
			where := slices.IndexFunc(rows[0], func(head string) bool { return slices.Contains(spec.places, head) })
			tested := slices.Index(rows[0], spec.tested)
			if where < 0 || tested < 0 {
				t.Errorf("%s: %q has the columns %q", name, section, rows[0])
				continue
			}
			for _, row := range rows[1:] {
				at := fmt.Sprintf("%s: %s", name, row[0])
				if len(row) != len(rows[0]) || slices.Contains(row, "") {
					t.Errorf("%s: a cell is empty, or missing", at)
					continue
				}
				if row[tested] == spec.none {
					continue
				}
				if !named.MatchString(row[tested]) {
					t.Errorf("%s: no test", at)
				}
				places := place.FindAllStringSubmatch(row[where], -1)
				if len(places) == 0 {
					t.Errorf("%s: nowhere", at)
				}
				for _, p := range places {
					if _, err := os.Stat(filepath.Join("..", p[1])); err != nil {
						t.Errorf("%s: %s is not there", at, p[1])
					}
				}
			}
		}
	}
}

// table is the first table in a text, without its rule.
func table(text string) (rows [][]string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case !strings.HasPrefix(line, "|"):
			if len(rows) > 0 {
				return rows
			}
		case strings.HasPrefix(line, "|---"):
		default:
			var row []string
			for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
				row = append(row, strings.TrimSpace(cell))
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// TestLinksLeadSomewhere: what a page of ours points to within the project is there.
func TestLinksLeadSomewhere(t *testing.T) {
	pages, n := []string{"../README.md"}, 0
	for _, pattern := range []string{"*.md", "decisions/*.md", "verify/*.md", "../events/*/v1/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	for _, name := range pages {
		for _, m := range link.FindAllStringSubmatch(page(t, name), -1) {
			n++
			if _, err := os.Stat(filepath.Join(filepath.Dir(name), m[1])); err != nil {
				t.Errorf("%s: %s is not there", name, m[1])
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d links found", n)
	}
}
