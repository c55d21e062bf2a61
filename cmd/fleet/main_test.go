package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"proactive/shared/simulate"
)

func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "fleet")
	c := writeCmd{Seed: 4, Instruments: 3, Fail: 1, Runs: 2, Start: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), Out: dir}
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	var all []simulate.Truth
	raw, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil || json.Unmarshal(raw, &all) != nil || len(all) != 3 {
		t.Fatalf("%d instruments, %v", len(all), err)
	}
	for _, truth := range all {
		if c.AfterService = truth.Serial; truth.Component != "" {
			break
		}
	}
	c.From = 2
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	for _, truth := range all {
		want := 2
		if truth.Serial == c.AfterService {
			want = 4
		}
		if found, err := filepath.Glob(filepath.Join(dir, truth.Serial, "*", "RunCompletionStatus.xml")); err != nil || len(found) != want {
			t.Errorf("%s: %d runs (%v), want %d", truth.Serial, len(found), err, want)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	good := writeCmd{Instruments: 2, Fail: 1, Runs: 1}
	for name, spoil := range map[string]func(*writeCmd){
		"no instrument":              func(c *writeCmd) { c.Instruments = 0 },
		"more failing than there is": func(c *writeCmd) { c.Fail = 3 },
		"no run":                     func(c *writeCmd) { c.Runs = 0 },
		"a negative first run":       func(c *writeCmd) { c.From = -1 },
		"an instrument of no fleet":  func(c *writeCmd) { c.AfterService = "M00000" },
	} {
		c := good
		c.Out = t.TempDir()
		spoil(&c)
		if c.Run() == nil {
			t.Errorf("%s: written", name)
		}
	}
}
