package main

import (
	"bytes"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"proactive/cmd/agent/internal/home"
	"proactive/cmd/agent/internal/outbox"
)

// A run under way ends when it says so or has been quiet for long, whatever the clock
// says meanwhile: ended too early, it would be cut short for good.
func TestQuietByAnyClock(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	state := t.TempDir()
	h, err := home.Open(state)
	if err != nil {
		t.Fatal(err)
	}
	s := newService(t)
	defer s.srv.Close()
	agentMust(t, state, "enroll", s.code())
	agentMust(t, state, "on", "--yes")
	folder := filepath.Join(t.TempDir(), "run1")
	runFolder(t, folder, "")
	a := &app{ctx: t.Context(), in: bytes.NewReader(nil), out: io.Discard, err: io.Discard, dir: state, quiet: true, now: func() time.Time { return now }}
	w := &watch{cmd: &runCmd{QuietFor: 24 * time.Hour}, app: a, log: slog.New(slog.DiscardHandler)}
	if w.sending, err = (&sendCmd{}).prepare(a, h); err != nil {
		t.Fatal(err)
	}
	if err := w.connect(); err != nil {
		t.Fatal(err)
	}
	spooled := func() int {
		waiting, err := outbox.New(h.Outbox()).List()
		if err != nil {
			t.Fatal(err)
		}
		return len(waiting)
	}
	look := func(step time.Duration) {
		t.Helper()
		now = now.Add(step)
		if err := w.look(folder); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []time.Duration{0, time.Minute, 365 * 24 * time.Hour, time.Minute, -366 * 24 * time.Hour, time.Minute, 10 * 24 * time.Hour} {
		look(step)
		if spooled() != 0 {
			t.Fatalf("a step of %s ended the run", step)
		}
	}
	for range 22 {
		look(time.Hour)
	}
	if spooled() != 1 {
		t.Error("a day of quiet did not end it")
	}
	look(time.Hour)
	if spooled() != 1 {
		t.Error("it ended twice")
	}
}
