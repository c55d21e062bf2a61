package courier_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"proactive/cmd/agent/internal/disk/modeldisk"
	"proactive/cmd/agent/internal/home"
	"proactive/cmd/agent/internal/outbox"
)

// The spool on a disk that loses what was not made durable, fills up and is cut off at
// any operation, against a model that knows only promises:
//
//   - a batch that the spool accepted is there, whole, until its receipt is stored;
//   - a sequence number is given out once, whatever was forgotten;
//   - rows that a batch with a receipt covered stay covered;
//   - nothing that was never accepted is offered.
const spoolDir = "/home/outbox"

type spool struct {
	disk *modeldisk.Disk
	home *home.Home
	box  *outbox.Box

	// What was promised.
	accepted map[string]outbox.Entry // durable, and no receipt yet
	doubtful map[string]outbox.Entry // Add failed: it may be there or not, but whole
	settled  map[string]string       // run by batch: its receipt was stored, and it was let go
	leaving  map[string]outbox.Entry // letting go was cut off: there or not
	covered  map[string]bool         // "run row"
	given    map[int64]bool
	batches  int
}

func newSpool(seed uint64) *spool {
	d := modeldisk.New(rand.New(rand.NewPCG(seed, 7)), "/home", spoolDir, "/home/receipts", "/home/sent", "/home/runs")
	return &spool{
		disk: d, home: home.On(d, "/home"), box: outbox.On(d, spoolDir), accepted: map[string]outbox.Entry{}, doubtful: map[string]outbox.Entry{},
		settled: map[string]string{}, leaving: map[string]outbox.Entry{}, covered: map[string]bool{}, given: map[int64]bool{},
	}
}

// add spools a part of a run, as send and run do.
func (s *spool) add(t *rapid.T) {
	n, err := s.home.NextSequence()
	if err != nil {
		return
	}
	if s.given[n] {
		t.Fatalf("sequence number %d was given out twice", n)
	}
	s.given[n] = true
	s.batches++
	run := fmt.Sprintf("%032x", rapid.IntRange(1, 3).Draw(t, "run"))
	sealed := []byte(fmt.Sprintf("batch %d sealed", s.batches))
	e := outbox.Entry{
		Batch: fmt.Sprintf("01HZZZZZZZZZZZZZZZ%08d", s.batches), Sequence: n, SHA256: digest(sealed), Bytes: int64(len(sealed)),
		Payload: digest([]byte(strconv.Itoa(s.batches))), Run: run, Rows: []string{fmt.Sprintf("row %d", s.batches)},
	}
	if err := s.box.Add(e, sealed); err != nil {
		s.doubtful[e.Batch] = e
		return
	}
	s.accepted[e.Batch] = e
}

// settle stores what a receipt says and lets the batch go, as Courier.Settle does.
func (s *spool) settle(t *rapid.T) {
	waiting, err := s.box.List()
	if err != nil || len(waiting) == 0 {
		return
	}
	e := waiting[rapid.IntRange(0, len(waiting)-1).Draw(t, "batch")]
	delete(s.accepted, e.Batch)
	delete(s.doubtful, e.Batch)
	s.leaving[e.Batch] = e
	if s.home.SetSent(e.Payload, home.Sent{Batch: e.Batch, Sequence: e.Sequence}) != nil {
		return
	}
	if s.home.Cover(e.Run, e.Rows, false) != nil {
		return
	}
	for _, r := range e.Rows {
		s.covered[e.Run+" "+r] = true
	}
	if s.box.Remove(e.Batch) == nil {
		s.settled[e.Batch] = e.Run
	}
}

// check compares what is there with what was promised.
func (s *spool) check(t *rapid.T) {
	waiting, err := s.box.List()
	if errors.Is(err, modeldisk.ErrCut) {
		return
	}
	if err != nil {
		t.Fatalf("the spool cannot be listed: %v", err)
	}
	there := map[string]bool{}
	for _, e := range waiting {
		there[e.Batch] = true
		_, isAccepted := s.accepted[e.Batch]
		_, isDoubtful := s.doubtful[e.Batch]
		_, isLeaving := s.leaving[e.Batch]
		if !isAccepted && !isDoubtful && !isLeaving {
			t.Fatalf("batch %s is offered and was never accepted", e.Batch)
		}
		if _, err := s.box.Bytes(e); err != nil && !isLeaving && !errors.Is(err, modeldisk.ErrCut) {
			t.Fatalf("batch %s: %v", e.Batch, err)
		}
	}
	for id := range s.accepted {
		if !there[id] {
			t.Fatalf("batch %s was accepted and is gone", id)
		}
	}
	for key := range s.covered {
		r, err := s.home.Run(key[:32])
		if errors.Is(err, modeldisk.ErrCut) {
			return
		}
		if err != nil || !slices.Contains(r.Rows, key[33:]) {
			t.Fatalf("%s is no longer covered: %v", key, err)
		}
	}
	if damaged, err := s.box.Damaged(); err == nil && damaged > 0 {
		t.Fatalf("%d damaged entries: a power cut spoils none", damaged)
	}
}

func TestSpoolOnABadDisk(t *testing.T) {
	steps := 0
	check := func(t *rapid.T) {
		s := newSpool(rapid.Uint64().Draw(t, "disk"))
		t.Repeat(map[string]func(*rapid.T){
			"add":    func(t *rapid.T) { steps++; s.add(t) },
			"settle": func(t *rapid.T) { steps++; s.settle(t) },
			"cut": func(t *rapid.T) {
				steps++
				s.disk.CutAfter = rapid.IntRange(0, 40).Draw(t, "operations")
				for s.disk.CutAfter > 0 {
					if rapid.Bool().Draw(t, "what") {
						s.add(t)
					} else {
						s.settle(t)
						_, _ = s.box.List() // an empty spool must end, too
					}
				}
				s.disk.Restart()
			},
			"full": func(t *rapid.T) {
				steps++
				s.disk.Full = true
				s.add(t)
				s.disk.Full = false
			},
			"": s.check,
		})
	}
	want, err := strconv.Atoi(cmpOr(os.Getenv("AGENT_STEPS"), "1500"))
	if err != nil {
		t.Fatal(err)
	}
	for steps < want {
		rapid.Check(t, check)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d steps", steps)
}

// A block that goes bad costs what it held, and nothing else.
func TestSpoolWithABadBlock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSpool(rapid.Uint64().Draw(t, "disk"))
		for range 4 {
			s.add(t)
		}
		ending := rapid.SampledFrom([]string{".json", ".batch"}).Draw(t, "rotten")
		if !s.disk.Rot("Z00000002" + ending) {
			t.Fatal("nothing to rot")
		}
		whole := 0
		waiting, err := s.box.List()
		if err != nil {
			t.Fatalf("the spool cannot be listed: %v", err)
		}
		for _, e := range waiting {
			if _, err := s.box.Bytes(e); err == nil && e.Batch == s.accepted[e.Batch].Batch {
				whole++
			}
		}
		if whole < 3 {
			t.Fatalf("%d of the other three are left", whole)
		}
	})
}
