package detector_test

import (
	"io/fs"
	"path/filepath"
	"strings"

	"bufio"
	"os"
	"testing"

	"proactive/shared/detector"
)

func TestZZ(t *testing.T) {
	f, err := os.Open("/tmp/keep.txt")
	if err != nil {
		t.Skip()
	}
	var s detector.Scanner
	for in := bufio.NewScanner(f); in.Scan(); {
		if h := s.Line(in.Bytes()); len(h) > 0 {
			t.Errorf("%q: %v", in.Text(), told(in.Text(), h))
		}
	}
}

func TestXML(t *testing.T) {
	seen := map[string]bool{}
	var s detector.Scanner
	filepath.WalkDir("/work/shared/data", func(p string, d fs.DirEntry, err error) error {
		if strings.HasSuffix(strings.ToLower(p), ".xml") {
			raw, _ := os.ReadFile(p)
			for _, l := range strings.Split(string(raw), "\n") {
				l = strings.TrimSpace(l)
				for _, h := range s.Line([]byte(l)) {
					k := string(h.Rule) + "\t" + l[h.Start:h.End] + "\t\t" + l
					if len(k) > 200 {
						k = k[:200]
					}
					if !seen[k] {
						seen[k] = true
						t.Log(k)
					}
				}
			}
		}
		return nil
	})
}
