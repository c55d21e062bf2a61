package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"proactive/cmd/agent/internal/advice"
)

// lab is an agent with its own home, and the service it is enrolled with.
type lab struct {
	t       testing.TB
	service *service
	home    string
}

func newLab(t testing.TB) *lab { return newLabOf(t, testSerial) }

func newLabOf(t testing.TB, serial string) *lab {
	t.Helper()
	patience, interval = 10*time.Second, time.Millisecond
	l := &lab{t: t, service: newService(t), home: filepath.Join(t.TempDir(), "home")}
	l.service.number = serial
	t.Cleanup(l.service.srv.Close)
	for _, args := range [][]string{{"enroll", l.service.code()}, {"on", "--yes"}} {
		if _, code := l.agent(context.Background(), args...); code != advice.Done {
			t.Fatalf("%v: exit %d", args, code)
		}
	}
	l.service.mu.Lock()
	l.service.requests = nil
	l.service.mu.Unlock()
	return l
}

func (l *lab) agent(ctx context.Context, args ...string) (string, advice.Exit) {
	l.t.Helper()
	var out, errOut bytes.Buffer
	code := execute(ctx, append([]string{"--home", l.home, "--json"}, args...), strings.NewReader(""), &out, &errOut)
	if code == advice.Failed && ctx.Err() == nil {
		l.t.Errorf("%v failed unexpectedly: %s", args, errOut.String())
	}
	return out.String(), code
}

// settled checks that in the end n batches are stored, each once, and nothing waits.
func (l *lab) settled(n int) {
	l.t.Helper()
	l.service.mu.Lock()
	defer l.service.mu.Unlock()
	l.service.trouble = nil
	if len(l.service.receipts) != n || len(l.service.batches) != n {
		l.t.Errorf("%d receipts of %d batches, want %d", len(l.service.receipts), len(l.service.batches), n)
	}
	left, err := os.ReadDir(filepath.Join(l.home, "outbox"))
	if err != nil || len(left) != 0 {
		l.t.Errorf("left in the outbox: %v, %v", left, err)
	}
}

// Whichever request is lost, or its answer: one batch, stored once, without another try
// by hand.
func TestOneLostRequestIsNoTrouble(t *testing.T) {
	for _, what := range []trouble{lost, replyLost} {
		for n := 1; n <= 11; n++ {
			t.Run(fmt.Sprintf("trouble %d at request %d", what, n), func(t *testing.T) {
				l := newLab(t)
				folder := filepath.Join(t.TempDir(), "run")
				runFolder(t, folder, "")
				l.service.trouble = func(i int) trouble {
					if i == n {
						return what
					}
					return none
				}
				if out, code := l.agent(t.Context(), "send", folder); code != advice.Done {
					t.Errorf("exit %d: %s", code, out)
				}
				l.settled(1)
			})
		}
	}
}

// The agent is stopped at any request, before or after it did its work, and started
// again: the same batch, stored once.
func TestStoppedAnywhereItCarriesOn(t *testing.T) {
	for _, what := range []trouble{lost, replyLost} {
		for n := 1; n <= 11; n++ {
			t.Run(fmt.Sprintf("trouble %d at request %d", what, n), func(t *testing.T) {
				l := newLab(t)
				folder := filepath.Join(t.TempDir(), "run")
				runFolder(t, folder, "")
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				l.service.trouble = func(i int) trouble {
					if i >= n {
						stop()
						return what
					}
					return none
				}
				_, code := l.agent(ctx, "send", folder)
				l.service.mu.Lock()
				l.service.trouble = nil
				l.service.mu.Unlock()
				if code == advice.Done {
					return // it was done before the n-th request
				}
				if out, code := l.agent(t.Context(), "send", folder); code != advice.Done {
					t.Errorf("exit %d: %s", code, out)
				}
				l.settled(1)
			})
		}
	}
}

// Nothing is sent while the service cannot be reached, everything afterwards, in the
// batches that were sealed.
func TestSealedOfflineSentLater(t *testing.T) {
	l := newLab(t)
	patience = 50 * time.Millisecond
	var folders []string
	for _, kind := range []string{"", "grown"} {
		folder := filepath.Join(t.TempDir(), "run"+kind)
		runFolder(t, folder, kind)
		folders = append(folders, folder)
	}
	l.service.mood("unplugged")
	for range 2 {
		out, code := l.agent(t.Context(), append([]string{"send"}, folders...)...)
		if code != advice.Unreachable {
			t.Fatalf("exit %d: %s", code, out)
		}
		if n := strings.Count(out, `"reason":"offline"`); n != 2 {
			t.Fatalf("got %s", out)
		}
	}
	l.service.mood("not-unplugged")
	out, code := l.agent(t.Context(), "send")
	if code != advice.Done || strings.Count(out, `"verdict":"stored"`) != 2 {
		t.Fatalf("exit %d: %s", code, out)
	}
	l.settled(2)
}

// The home was lost and the instrument enrolled anew: numbers of its earlier life are
// taken, and passed over.
func TestNumbersOfAnEarlierLifeArePassedOver(t *testing.T) {
	l := newLab(t)
	l.service.mu.Lock()
	for n := range int64(3) {
		l.service.batches[fmt.Sprint("earlier ", n)] = &upload{Sequence: n + 1}
	}
	l.service.mu.Unlock()
	folder := filepath.Join(t.TempDir(), "run")
	runFolder(t, folder, "")
	out, code := l.agent(t.Context(), "send", folder)
	if code != advice.Done || !strings.Contains(out, `"sequence":4,"verdict":"stored"`) {
		t.Fatalf("exit %d: %s", code, out)
	}
	if left, err := os.ReadDir(filepath.Join(l.home, "outbox")); err != nil || len(left) != 0 {
		t.Errorf("left in the outbox: %v, %v", left, err)
	}
}

// What preview shows is what send seals, byte for byte, whatever the run folder.
func TestPreviewIsWhatIsSent(t *testing.T) {
	l := newLab(t)
	rapid.Check(t, func(rt *rapid.T) {
		dir := rapidDir(rt)
		folder := filepath.Join(dir, "run")
		runFolder(t, folder, "")
		clusters := rapid.Float64Range(1, 1e7).Draw(rt, "clusters")
		if err := os.WriteFile(filepath.Join(folder, "InterOp", "TileMetricsOut.bin"), tileMetrics(clusters), 0o600); err != nil {
			rt.Fatal(err)
		}
		shown := filepath.Join(dir, "payload")
		if out, code := l.agent(t.Context(), "preview", "--out", shown, folder); code != advice.Done {
			rt.Fatalf("preview: exit %d: %s", code, out)
		}
		out, code := l.agent(t.Context(), "send", folder)
		if code != advice.Done {
			rt.Fatalf("send: exit %d: %s", code, out)
		}
		var acc account
		if err := json.Unmarshal([]byte(out), &acc); err != nil {
			rt.Fatalf("reading %q: %v", out, err)
		}
		want, err := os.ReadFile(shown)
		if err != nil {
			rt.Fatal(err)
		}
		l.service.mu.Lock()
		got := l.service.batches[acc.Batch].payload
		l.service.mu.Unlock()
		if len(want) == 0 || !bytes.Equal(got, want) {
			rt.Fatalf("preview showed %d bytes, %d other bytes were sent", len(want), len(got))
		}
	})
}

func rapidDir(rt *rapid.T) string {
	dir, err := os.MkdirTemp("", "agent-test-")
	if err != nil {
		rt.Fatal(err)
	}
	rt.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
