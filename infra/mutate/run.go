package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Verdict is what the tests made of a mutant.
type Verdict string

// The verdicts. A mutant that hangs is found out as well: by whoever waits for it.
const (
	Killed   Verdict = "killed"
	Survived Verdict = "survived"
	TimedOut Verdict = "timeout"
	NoBuild  Verdict = "does not compile"
)

// Package is what is mutated, or what has tests that may find out.
type Package struct {
	ImportPath, Dir, Name string
	GoFiles               []string
	Module                struct{ Dir string }
}

func list(ctx context.Context, patterns ...string) ([]Package, error) {
	args := append([]string{"list", "-json=ImportPath,Dir,Name,GoFiles,Module"}, patterns...)
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // G204: the patterns are the developer's own
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("listing packages: %w", err)
	}
	var all []Package
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p Package
		if err := dec.Decode(&p); err != nil {
			return nil, fmt.Errorf("reading the list of packages: %w", err)
		}
		all = append(all, p)
	}
	return all, nil
}

// bench runs mutants of one package. The tree is never touched: the compiler is shown
// the mutant in the file's place.
type bench struct {
	pkg   Package
	tests []Package // whose tests decide
	limit time.Duration
}

// sources is a digest of the Go files of the packages: what is mutated, and its tests. What
// those import may change and is not seen.
func (b *bench) sources() (string, error) {
	sum := sha256.New()
	for _, p := range b.tests {
		names, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
		if err != nil {
			return "", fmt.Errorf("finding sources: %w", err)
		}
		for _, name := range names {
			raw, err := os.ReadFile(name) //nolint:gosec // G304: a file of the package
			if err != nil {
				return "", fmt.Errorf("reading sources: %w", err)
			}
			fmt.Fprintf(sum, "%s %d\n%s", filepath.Base(name), len(raw), raw)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

// baseline runs the tests on the package as it is, and sets how long a mutant may take.
func (b *bench) baseline(ctx context.Context) error {
	b.limit = 10 * time.Minute
	start := time.Now()
	v, out, err := b.try(ctx, nil)
	if err != nil {
		return err
	}
	if v != Survived {
		return fmt.Errorf("testing %s before anything is changed: %s\n%s", b.pkg.ImportPath, v, out)
	}
	b.limit = max(20*time.Second, 5*time.Since(start))
	return nil
}

// sure tries a mutant, and once more with more time if it seems to hang: another's load
// on this machine must not pass for a test that found something.
func (b *bench) sure(ctx context.Context, m *Mutant) (Verdict, error) {
	v, _, err := b.try(ctx, m)
	if err == nil && v == TimedOut {
		patient := *b
		patient.limit *= 4
		v, _, err = patient.try(ctx, m)
	}
	return v, err
}

// try builds and runs the tests with the mutant in its place, or with none.
func (b *bench) try(ctx context.Context, m *Mutant) (Verdict, string, error) {
	dir, err := os.MkdirTemp("", "mutate-*")
	if err != nil {
		return "", "", fmt.Errorf("making a directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	overlay, err := b.overlay(dir, m)
	if err != nil {
		return "", "", err
	}
	for i, p := range b.tests {
		binary := filepath.Join(dir, fmt.Sprintf("tests-%d", i))
		build := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay", overlay, "-o", binary, p.ImportPath) //nolint:gosec // G204: our own packages
		build.Dir = b.pkg.Module.Dir
		if out, err := build.CombinedOutput(); ctx.Err() != nil {
			return "", "", ctx.Err()
		} else if err != nil {
			return NoBuild, string(out), nil
		}
		if _, err := os.Stat(binary); err != nil {
			return "", "", fmt.Errorf("building the tests of %s: there are none", p.ImportPath)
		}
		if v, out, err := b.run(ctx, binary, p.Dir); err != nil || v != Survived {
			return v, out, err
		}
	}
	return Survived, "", nil
}

func (b *bench) run(ctx context.Context, binary, dir string) (Verdict, string, error) {
	limited, cancel := context.WithTimeout(ctx, b.limit+10*time.Second)
	defer cancel()
	// A mutant may ask for memory without end: it is held to 8 GiB of addresses.
	test := exec.CommandContext(limited, "sh", "-c", `ulimit -v 8388608; exec "$0" "$@"`, binary, "-test.failfast", "-test.timeout="+b.limit.String()) //nolint:gosec // G204: what was built just now
	test.Dir, test.WaitDelay = dir, 5*time.Second
	out, err := test.CombinedOutput()
	failed := (*exec.ExitError)(nil)
	switch {
	case ctx.Err() != nil:
		return "", "", ctx.Err()
	case err == nil:
		return Survived, "", nil
	case limited.Err() != nil || strings.Contains(string(out), "panic: test timed out after"):
		return TimedOut, string(out), nil
	case errors.As(err, &failed):
		return Killed, string(out), nil
	}
	return "", "", fmt.Errorf("running the tests in %s: %w", dir, err)
}

// overlay writes what the compiler is to see, and returns the file that tells it.
func (b *bench) overlay(dir string, m *Mutant) (string, error) {
	zero := filepath.Join(dir, "zero.go")
	files := map[string]string{filepath.Join(b.pkg.Dir, "mutate_zero.go"): zero}
	if err := os.WriteFile(zero, []byte("package "+b.pkg.Name+"\n\n"+helper), 0o600); err != nil {
		return "", fmt.Errorf("writing a mutant: %w", err)
	}
	if m != nil {
		file := filepath.Join(b.pkg.Module.Dir, filepath.FromSlash(m.File))
		source, err := os.ReadFile(file) //nolint:gosec // G304: a file of the package
		if err != nil {
			return "", fmt.Errorf("reading what is mutated: %w", err)
		}
		mutant := filepath.Join(dir, "mutant.go")
		files[file] = mutant
		if err := os.WriteFile(mutant, m.Apply(source), 0o600); err != nil { //nolint:gosec // G703: in the directory made just now
			return "", fmt.Errorf("writing a mutant: %w", err)
		}
	}
	raw, err := json.Marshal(map[string]any{"Replace": files})
	if err != nil {
		return "", fmt.Errorf("encoding the overlay: %w", err)
	}
	name := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(name, raw, 0o600); err != nil {
		return "", fmt.Errorf("writing the overlay: %w", err)
	}
	return name, nil
}
