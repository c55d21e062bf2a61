package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"proactive/shared/fleet"
)

func TestYear(t *testing.T) {
	dir := t.TempDir()
	nuisance := filepath.Join(dir, "nuisance.json")
	if err := os.WriteFile(nuisance, []byte(`{"season": 2.5, "bad_lots": 0.05}`), 0o600); err != nil {
		t.Fatal(err)
	}
	c := yearCmd{Seed: 3, Instruments: 6, Days: 60, Null: 2, Start: time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC), Nuisance: nuisance, Out: filepath.Join(dir, "year"), JSON: true}
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	f, err := fleet.Open(c.Out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if n := f.Settings().Nuisance; n.Season != 2.5 || n.BadLots != .05 || n.Noise != fleet.Usual().Noise {
		t.Errorf("%+v", n)
	}
	if len(f.Instruments()) != 6 {
		t.Errorf("%d instruments", len(f.Instruments()))
	}
	if err := f.Verify(); err != nil {
		t.Error(err)
	}
}

func TestYearRefuses(t *testing.T) {
	good := yearCmd{Instruments: 2, Days: 30, Start: time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC), JSON: true}
	for name, spoil := range map[string]func(c *yearCmd, dir string){
		"nowhere to write":           func(c *yearCmd, _ string) { c.Out = "" },
		"more null than instruments": func(c *yearCmd, _ string) { c.Null = 3 },
		"a directory in use":         func(c *yearCmd, dir string) { c.Out = dir },
		"a setting that is none":     func(c *yearCmd, dir string) { c.Nuisance = write(t, dir, `{"seasn": 1}`) },
		"a setting out of bounds":    func(c *yearCmd, dir string) { c.Nuisance = write(t, dir, `{"season": 9}`) },
	} {
		dir := t.TempDir()
		write(t, dir, "{}")
		c := good
		c.Out = filepath.Join(dir, "year")
		spoil(&c, dir)
		if c.Run() == nil {
			t.Errorf("%s: written", name)
		}
	}
}

func write(t *testing.T, dir, content string) string {
	t.Helper()
	name := filepath.Join(dir, "nuisance.json")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
