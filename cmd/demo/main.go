// Command demo plays the main job end to end on this machine: it deploys the real
// stack to the embedded emulator, lets a fleet of simulated instruments send, follows
// every batch and case, and leaves what it saw in demo/.
//
//	SEED       which fleet (default 1)
//	RUNS       a folder of real run folders to send as well
//	DEMO_HOLD  anything: keep the stack up afterwards and print addresses
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"proactive/infra/rehearsal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	signal.Ignore(syscall.SIGPIPE) // whoever stops reading what is printed must not keep us from cleaning up
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "\ndemo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	root, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("finding the checkout: %w", err)
	}
	seed, err := strconv.ParseInt(cmp.Or(os.Getenv("SEED"), "1"), 10, 64)
	if err != nil || seed < 0 {
		return fmt.Errorf("SEED is %q: it must be a whole number from 0 to %d", os.Getenv("SEED"), int64(math.MaxInt64))
	}
	if runs := os.Getenv("RUNS"); runs != "" {
		if _, err := realRuns(runs); err != nil { // before anything is deployed or deleted
			return err
		}
	}
	out := filepath.Join(root, "demo")
	if err := os.RemoveAll(out); err != nil {
		return fmt.Errorf("clearing demo/: %w", err)
	}
	work, err := os.MkdirTemp("", "proactive-demo-")
	if err != nil {
		return fmt.Errorf("making a work directory: %w", err)
	}
	s := &show{started: time.Now(), out: out, work: work, seed: seed, runs: os.Getenv("RUNS")}
	s.say("Proactive, the whole of it, on this machine (seed %d)", seed)
	s.step("tools and stack")
	s.play, err = rehearsal.Open(ctx, rehearsal.Options{Root: root, Dir: filepath.Join(work, "play"), Pace: pace, Progress: s})
	if err != nil {
		return errors.Join(err, os.RemoveAll(work))
	}
	defer func() {
		s.step("stopping what was started")
		err = errors.Join(err, s.play.Close(), os.RemoveAll(work))
	}()
	if err := s.perform(ctx); err != nil {
		return err
	}
	if os.Getenv("DEMO_HOLD") != "" {
		s.say("\nHeld; Ctrl-C ends it.\n   API       %s\n   emulator  %s", s.play.API(), s.play.Endpoint())
		s.say("   operator  %s", s.play.OperatorCommand("cases"))
		s.say("   a code    %s", s.play.OperatorCommand("enrolment", "issue", "--tenant", rehearsal.Tenant, "--site", rehearsal.Site, "--serial", "M00001", "--url", s.play.API()))
		<-ctx.Done()
	}
	return nil
}

// pace divides every duration of a case: a day passes in five seconds.
const pace = 17280
