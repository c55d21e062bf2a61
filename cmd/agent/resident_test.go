package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// resident is what an agent that watches may hold of this computer's memory, in KiB.
const resident = 64 << 10

// A watching agent listens on nothing, holds little memory over the largest run at
// hand, and gives way to the instrument's own software.
func TestAGoodGuest(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("NOT RUN: this looks into /proc")
	}
	g, serial := newGrowing(t, 3)
	for g.grow() {
		continue
	}
	s := newService(t)
	defer s.srv.Close()
	s.number = serial
	state := t.TempDir()
	agentMust(t, state, "enroll", s.code())
	agentMust(t, state, "on", "--yes")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := agentCommand(ctx, t, state, "run", "--watch", g.watched, "--every", "10ms", "--rate", "0")
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cancel(); _ = cmd.Wait() }()
	for deadline := time.Now().Add(30 * time.Second); ; {
		s.mu.Lock()
		n := len(s.receipts)
		s.mu.Unlock()
		if n == 3 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d receipts: %s", n, log.String())
		}
		runtime.Gosched()
	}
	proc := func(name string) string {
		raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid), name))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	peak := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindStringSubmatch(proc("status"))
	if peak == nil {
		t.Fatal("no VmHWM")
	}
	if kib, err := strconv.Atoi(peak[1]); err != nil || kib > resident {
		t.Errorf("%d KiB resident at the most, want %d", kib, resident)
	} else {
		t.Logf("%d KiB resident at the most", kib)
	}
	stat := proc("stat")
	if nice := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])[16]; nice != "10" {
		t.Errorf("nice is %s", nice)
	}
	// Sockets of this process, against those of the machine that listen (state 0A).
	listening := map[string]bool{}
	for _, table := range []string{"net/tcp", "net/tcp6", "net/udp", "net/udp6"} {
		for _, line := range strings.Split(proc(table), "\n")[1:] {
			if f := strings.Fields(line); len(f) > 9 && (f[3] == "0A" || strings.HasPrefix(table, "net/udp")) {
				listening["socket:["+f[9]+"]"] = true
			}
		}
	}
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", cmd.Process.Pid))
	if err != nil || len(fds) < 3 || len(listening) == 0 { // the test's own service listens
		t.Fatalf("%d open files, %d sockets that listen, %v", len(fds), len(listening), err)
	}
	for _, fd := range fds {
		if to, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", cmd.Process.Pid, fd.Name())); err == nil && listening[to] {
			t.Errorf("it listens on %s", to)
		}
	}
}
