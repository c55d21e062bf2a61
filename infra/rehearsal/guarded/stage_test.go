// Package guarded_test plays the backbone where nobody is trusted: the emulator over TLS,
// with IAM asked about every call. Each function has the credentials of its own role and
// no others; the tests take the same roles and try what they must not.
package guarded_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"proactive/infra/rehearsal"
)

// stage is the deployed stack that every test here plays on.
var stage *rehearsal.Rehearsal

// pace: a day of a case passes in two seconds.
const pace = 43200

func TestMain(m *testing.M) { os.Exit(open(m)) }

func open(m *testing.M) int {
	root, err := filepath.Abs("../../..")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	for _, need := range []string{"bin/agent", "bin/proactive", "bin/fleet", "dist/" + runtime.GOARCH + "/scrub/bootstrap", ".cache/venv", ".cache/node"} {
		if _, err := os.Stat(filepath.Join(root, need)); err == nil {
			continue
		}
		if os.Getenv("PROACTIVE_E2E") == "required" {
			fmt.Println("guarded: required, but missing:", need)
			return 1
		}
		fmt.Printf("guarded: NOT RUN, %s is missing; `make test` builds it and runs these tests\n", need)
		return 0
	}
	dir, err := os.MkdirTemp("", "proactive-guarded-")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	stage, err = rehearsal.Open(ctx, rehearsal.Options{Root: root, Dir: dir, Pace: pace, Guarded: true, Progress: os.Stderr, Deployed: prepare})
	if err != nil {
		fmt.Println("guarded:", err)
		return 1
	}
	defer func() {
		if err := stage.Close(); err != nil {
			fmt.Println("guarded:", err)
		}
	}()
	return m.Run()
}

// prepare makes this program speak to the stage's emulator, as the account's root, and
// trust its certificate.
func prepare(ctx context.Context, r *rehearsal.Rehearsal) error {
	for _, pair := range r.Env() {
		name, value, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "AWS_") || name == "SSL_CERT_FILE" {
			if err := os.Setenv(name, value); err != nil {
				return fmt.Errorf("setting %s: %w", name, err)
			}
		}
	}
	if err := setAside(ctx, r); err != nil {
		return err
	}
	return widen(ctx, r)
}

// fleet writes one instrument that fails and returns its folders in order.
func fleet(t *testing.T, seed, runs int) (serial, component string, folders []string) {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), filepath.Join(stage.Root, "bin", "fleet"), "write", "--out", dir,
		"--seed", strconv.Itoa(seed), "--instruments", "1", "--runs", strconv.Itoa(runs), "--fail", "1",
		"--start", time.Now().AddDate(0, 0, 1).Format(time.DateOnly)) // tomorrow: covered by today's consent
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("fleet: %v\n%s", err, out)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []struct{ Serial, Component string }
	if err := json.Unmarshal(raw, &all); err != nil || len(all) != 1 {
		t.Fatalf("the truth is %s (%v)", raw, err)
	}
	if folders, err = filepath.Glob(filepath.Join(dir, all[0].Serial, "*")); err != nil || len(folders) != runs {
		t.Fatalf("%d run folders (%v), want %d", len(folders), err, runs)
	}
	slices.Sort(folders)
	return all[0].Serial, all[0].Component, folders
}

// eventually polls until ok, for at most a minute.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 240 {
		if ok() {
			return
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(250 * time.Millisecond):
		}
	}
	t.Fatalf("not within a minute: %s", what)
}
