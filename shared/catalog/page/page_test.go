package page_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/catalog"
	"proactive/shared/catalog/page"
	"proactive/shared/language"
)

var update = flag.Bool("update", false, "rewrite docs/what-is-collected.md, .es.md")

func TestPagesAreCurrent(t *testing.T) {
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	for l, name := range map[language.Language]string{language.English: "what-is-collected.md", language.Spanish: "what-is-collected.es.md"} {
		path := filepath.Join("..", "..", "..", "docs", name)
		want := page.Markdown(cat, l)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("run go test ./shared/catalog/page -update and review %s:\n%s", name, diff)
		}
	}
}
