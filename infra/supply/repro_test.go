package supply

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTwoBuildsAreTheSameBytes builds in two directories, as a person would, and
// compares. The short form builds one function and the agent for this machine, with one
// compiler cache; with REPRO=all every function for both architectures and every agent,
// each with a cache of its own.
func TestTwoBuildsAreTheSameBytes(t *testing.T) {
	steps := [][]string{{"build", "FUNCTIONS=scrub", "COMMANDS=agent"}}
	all := os.Getenv("REPRO") == "all"
	if all {
		steps = [][]string{{"build", "ARCH=amd64"}, {"build", "ARCH=arm64"}, {"agents"}}
	}
	short := make(map[string]string)
	first := built(t, filepath.Join(t.TempDir(), "one"), all, steps)
	second := built(t, filepath.Join(t.TempDir(), "another", "and deeper"), all, steps)
	for name, digest := range first {
		short[name] = digest[:16]
	}
	if want := 2; len(first) < want || all && len(first) < 2*10+3+4 {
		t.Fatalf("built only %v", short)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("two builds differ (- one, + another):\n%s", diff)
	}
	t.Logf("%d programs, twice the same bytes: %v", len(first), short)
}

// built copies the tree to dir, runs make there and returns the digest of each program.
func built(t *testing.T, dir string, ownCache bool, steps [][]string) map[string]string {
	t.Helper()
	copyTree(t, filepath.Join("..", ".."), dir)
	env := slices.DeleteFunc(os.Environ(), func(pair string) bool {
		return strings.HasPrefix(pair, "MAKE") || strings.HasPrefix(pair, "MFLAGS=") // this may run under make
	})
	if ownCache {
		env = append(env, "GOCACHE="+t.TempDir())
	}
	for _, step := range steps {
		cmd := exec.CommandContext(t.Context(), "make", step...)
		cmd.Dir, cmd.Env = dir, env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("make %v: %v\n%s", step, err, out)
		}
	}
	digests := map[string]string{}
	for _, top := range []string{"dist", "bin"} {
		err := filepath.WalkDir(filepath.Join(dir, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if bytes.Contains(raw, []byte(dir)) {
				t.Errorf("%s names the directory it was built in", path)
			}
			sum := sha256.Sum256(raw)
			digests[strings.TrimPrefix(path, dir+string(filepath.Separator))] = hex.EncodeToString(sum[:])
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return digests
}

// copyTree copies the sources: everything but what make makes, and git's own.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	skip := []string{".git", ".cache", "dist", "bin", "demo"}
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch {
		case slices.Contains(skip, name) && d.IsDir():
			return filepath.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o750)
		case !d.Type().IsRegular():
			return nil
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), raw, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}
