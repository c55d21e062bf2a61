package runfolder_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"proactive/shared/catalog"
	"proactive/shared/runfolder"
)

// Every element and attribute of every real RunInfo.xml and RunParameters.xml is decided:
// the catalog reads it, or says that it stays and why. And every layout that the catalog
// names is one that is told apart here.
func TestEveryRealElementIsDecided(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "data")
	if _, err := os.Stat(root); err != nil {
		t.Skipf("no real files at %s", root)
	}
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	files, elements := 0, 0
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name := strings.ToLower(filepath.Base(path))
		info := strings.Contains(name, "runinfo")
		if err != nil || d.IsDir() || filepath.Ext(name) != ".xml" || !info && !strings.Contains(name, "runparameters") {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		kind := catalog.RunParameters
		var found runfolder.Elements
		if info {
			kind = catalog.RunInfo
			i, err := runfolder.ParseInfo(f)
			if err != nil {
				return nil // broken on purpose; see TestRealFiles
			}
			found = i.Elements
		} else {
			c, err := runfolder.ParseConfiguration(f, "")
			if err != nil {
				return nil
			}
			found = c.Elements
		}
		files++
		for element := range found.Names {
			elements++
			if _, left := cat.LeftBy(kind, element); !left && !cat.Reads(kind, element) {
				t.Errorf("%s: nobody has decided about %s of %s", path, element, kind)
			}
		}
		return nil
	})
	if err != nil || files < 50 || elements < 2500 {
		t.Errorf("%d files, %d elements: %v", files, elements, err)
	}
}

func TestTheCatalogsLayoutsAreKnown(t *testing.T) {
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range cat.Fields() {
		for layout := range f.Source.Places {
			if !slices.Contains(runfolder.Layouts(), layout) {
				t.Errorf("%s: no layout is called %s", f.ID, layout)
			}
		}
	}
}
