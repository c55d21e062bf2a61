package erase_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"proactive/shared/erase"
	"proactive/shared/erasure"
	"proactive/shared/fault"
	"proactive/shared/handoff"
	"proactive/shared/instrument"
	"proactive/shared/journal"
	"proactive/shared/pipelinetest"
)

const (
	ours   = "i-01hzzzzzzzzzzzzzzzzzzzzzzz"
	theirs = "i-01hyyyyyyyyyyyyyyyyyyyyyyy"
)

var asked = time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)

// bench is an eraser over memory stores in which two instruments have things.
type bench struct {
	t           *testing.T
	now         time.Time
	instruments *pipelinetest.Instruments
	tombstones  *pipelinetest.Tombstones
	executions  *pipelinetest.Shelf
	objects     *pipelinetest.Shelf
	cases       *pipelinetest.Shelf
	dead, work  *pipelinetest.Letters
	turn        *pipelinetest.Turn
	alarm       *pipelinetest.Alarm
	keys        *pipelinetest.Keys
	desk        erase.Desk
	stage       erase.Stage
	me          instrument.Instrument
	others      []pipelinetest.Thing
	log         bytes.Buffer
}

func newBench(t *testing.T) *bench {
	b := &bench{
		t: t, now: asked, instruments: pipelinetest.NewInstruments(t),
		executions: &pipelinetest.Shelf{}, objects: &pipelinetest.Shelf{}, cases: &pipelinetest.Shelf{},
		turn: &pipelinetest.Turn{}, alarm: &pipelinetest.Alarm{}, keys: pipelinetest.NewKeys(t),
	}
	b.tombstones = pipelinetest.NewTombstones(t, b.instruments)
	now := func() time.Time { return b.now }
	b.dead, b.work = &pipelinetest.Letters{Now: now}, &pipelinetest.Letters{Now: now, Served: true}
	for n, id := range []string{ours, theirs} {
		i := instrument.Instrument{ID: id, Serial: id, Consent: instrument.Consent{On: true, Text: "2026-11"}}
		i.PublicKey, _ = pipelinetest.InstrumentKey(byte(n)).Public().(ed25519.PublicKey)
		b.instruments.Put(i)
		b.fill(id)
	}
	for _, shelf := range []*pipelinetest.Shelf{b.executions, b.objects, b.cases} {
		b.others = append(b.others, slices.DeleteFunc(shelf.All(), func(t pipelinetest.Thing) bool { return strings.Contains(t.Instrument+t.Case, ours) })...)
	}
	b.me, _ = b.instruments.Get(t.Context(), ours)
	b.desk = erase.Desk{Tombstones: b.tombstones, Next: b.alarm, Now: now}
	b.stage = erase.Stage{
		Deployment: pipelinetest.Deployment, Tombstones: b.tombstones, Turn: b.turn, Cases: b.cases,
		Places: []erase.Named{
			{Name: "executions", What: "running", Place: b.executions}, {Name: "objects", What: "versions", Place: b.objects},
			{Name: "cases", What: "rows", Place: b.cases},
		},
		Dead: b.dead, Work: b.work, Next: b.alarm, Signer: b.keys, Grace: erase.Grace,
		Now: now, Log: journal.New(&b.log, "erase"),
	}
	return b
}

func (b *bench) fill(id string) {
	c := "c-" + id + "-1"
	b.executions.Put(pipelinetest.Thing{Case: c, Name: "execution"})
	b.objects.Put(pipelinetest.Thing{Instrument: id, Name: "v1"}, pipelinetest.Thing{Instrument: id, Name: "v2"}, pipelinetest.Thing{Case: c, Name: "support.eml"})
	b.cases.Put(pipelinetest.Thing{Instrument: id, Case: c, Name: "case"}, pipelinetest.Thing{Case: c, Name: "token"})
	b.dead.Put(`{"instrument":"`+id+`"}`, `{"requestPayload":{"case":"`+c+`"}}`)
	b.work.Put(`{"detail":{"object":{"key":"inbox/v1/` + id + `/B"}}}`)
}

// play delivers messages until none is left, as the queue does: a delivery that fails or
// crashes comes again.
func (b *bench) play(between func()) {
	b.t.Helper()
	var redelivered []handoff.Erase
	for n := 0; ; n++ {
		if n > 50 {
			b.t.Fatal("it never ends")
		}
		var m handoff.Erase
		if len(redelivered) > 0 {
			m, redelivered = redelivered[0], redelivered[1:]
		} else {
			ring, ok := b.alarm.Pop()
			if !ok {
				return
			}
			b.now, m = b.now.Add(ring.Pause), ring.Message
		}
		if between != nil {
			between()
		}
		if err := b.deliver(m); errors.Is(err, pipelinetest.ErrStore) {
			redelivered = append(redelivered, m)
		} else if err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *bench) deliver(m handoff.Erase) (err error) {
	defer func() {
		if r := recover(); r != nil {
			if _, killed := r.(pipelinetest.Killed); !killed {
				panic(r)
			}
			err = pipelinetest.ErrStore
		}
	}()
	return b.stage.Handle(b.t.Context(), m)
}

func (b *bench) ask() {
	b.t.Helper()
	s, err := b.desk.Ask(b.t.Context(), b.me, erase.Request{Instrument: ours})
	if err != nil || s.State != erase.Erasing {
		b.t.Fatalf("asking: %+v, %v", s, err)
	}
}

// certificate asserts that nothing of ours is left, everything of theirs is, and returns
// the certificate.
func (b *bench) certificate() erasure.Certificate {
	b.t.Helper()
	of := erase.Scope{Instrument: ours, Cases: []erase.Case{{ID: "c-" + ours + "-1"}}}
	for _, shelf := range []*pipelinetest.Shelf{b.executions, b.objects, b.cases} {
		if n, err := shelf.Find(b.t.Context(), of); err != nil || n != 0 {
			b.t.Errorf("%d things are left (%v): %+v", n, err, shelf.All())
		}
	}
	for _, body := range slices.Concat(b.dead.All(), b.work.All()) {
		if of.Mentions(body) {
			b.t.Errorf("message left: %s", body)
		}
	}
	if got := slices.Concat(b.executions.All(), b.objects.All(), b.cases.All()); !slices.Equal(got, b.others) {
		b.t.Errorf("of the other instrument there is %+v, want %+v", got, b.others)
	}
	if n := len(b.dead.All()) + len(b.work.All()); n != 3 {
		b.t.Errorf("%d messages of the other instrument, want 3", n)
	}
	if _, err := b.instruments.Get(b.t.Context(), ours); !errors.Is(err, instrument.ErrUnknown) {
		b.t.Errorf("the instrument's row: %v", err)
	}
	if i, err := b.instruments.Get(b.t.Context(), theirs); err != nil || i.Revoked || !i.Consent.On {
		b.t.Errorf("the other instrument: %+v, %v", i, err)
	}
	s, err := b.desk.Standing(b.t.Context(), b.me, nil)
	if err != nil || s.State != erase.Erased {
		b.t.Fatalf("standing %+v, %v", s, err)
	}
	set, _ := b.keys.Set(b.now)
	c, err := erasure.Verify(s.Certificate, set)
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

func counts(c erasure.Certificate) map[string]int {
	all := map[string]int{}
	for _, s := range c.Stores {
		all[s.Store] = s.Count
	}
	return all
}

// all is what the certificate of an undisturbed erasure counts.
var all = map[string]int{"executions": 1, "objects": 3, "cases": 2, "queues": 3, "instrument": 1}

func TestAnInstrumentIsErased(t *testing.T) {
	b := newBench(t)
	b.ask()
	if i, err := b.instruments.Get(t.Context(), ours); err != nil || !i.Revoked || i.Consent.On {
		t.Errorf("from the request on nothing comes in: %+v, %v", i, err)
	}
	b.play(nil)
	c := b.certificate()
	if got := counts(c); !maps.Equal(got, all) {
		t.Errorf("counts %v, want %v", got, all)
	}
	if c.Instrument != ours || c.By != erasure.ByInstrument || c.Asked != "2026-11-24T03:00:00Z" || c.Erased != "2026-11-24T03:14:00Z" {
		t.Errorf("certificate %+v", c)
	}
	if c.Residual[0].Until != "2026-12-30" || len(c.Models) != 0 {
		t.Errorf("what remains: %+v, models %v", c.Residual, c.Models)
	}

	// Late messages and repeated requests find that it is done.
	was, _ := b.tombstones.Read(t.Context(), ours)
	if err := b.stage.Handle(t.Context(), handoff.Erase{Instrument: ours}); err != nil {
		t.Error(err)
	}
	if s, err := b.desk.Ask(t.Context(), b.me, erase.Request{Instrument: ours}); err != nil || s.Certificate != was.Certificate {
		t.Errorf("asked again: %+v, %v", s, err)
	}
	if _, more := b.alarm.Pop(); more {
		t.Error("it begins again")
	}
}

func TestWhatArrivesMeanwhileIsFoundByALaterRound(t *testing.T) {
	b := newBench(t)
	b.ask()
	late := 0
	b.play(func() {
		if late++; late == 2 || late == 3 { // a function that began before the tombstone
			b.objects.Put(pipelinetest.Thing{Instrument: ours, Name: "late"})
			b.cases.Put(pipelinetest.Thing{Case: "c-" + ours + "-1", Name: "token"}) // its case's row is gone by now
		}
	})
	if got := counts(b.certificate()); got["objects"] != 5 || got["cases"] != 4 {
		t.Errorf("counts %v", got)
	}
	if late != 4 {
		t.Errorf("%d rounds, want 4: two that found something late, one before, one that found nothing", late)
	}
}

// TestADeadLetterInSomebodysHand: an operator looks at it, or sends it back, while the
// rounds go by. It is found when it is let go, and no certificate comes before.
func TestADeadLetterInSomebodysHand(t *testing.T) {
	for _, minutes := range []int{1, 10, 15, 40, 90} {
		b := newBench(t)
		free := asked.Add(time.Duration(minutes) * time.Minute)
		b.dead.PutInHand(free, `{"instrument":"`+ours+`","batch":"B"}`)
		b.ask()
		b.play(nil)
		c := b.certificate()
		if got := counts(c); got["queues"] != all["queues"]+1 {
			t.Errorf("in hand for %d minutes: counts %v", minutes, got)
		}
		// Found by the first search after it was let go, deleted, and looked for once more.
		if c.Erased != b.now.Format(erasure.TimeFormat) || b.now.Sub(free) < erase.Grace || b.now.Sub(free) > 2*erase.Grace {
			t.Errorf("in hand for %d minutes: erased at %s", minutes, c.Erased)
		}
		if late := strings.Contains(b.log.String(), journal.ErasuresLate); late != (minutes > 60) {
			t.Errorf("in hand for %d minutes: called late %v", minutes, late)
		}
	}
}

// TestAMessageThatComesAgain is found, deleted and not counted twice, and the round that
// found it is not the last.
func TestAMessageThatComesAgain(t *testing.T) {
	b := newBench(t)
	b.ask()
	deliveries := 0
	b.play(func() {
		if deliveries++; deliveries == 2 {
			s, err := b.tombstones.Read(t.Context(), ours)
			if err != nil || len(s.Letters) != 2 {
				t.Fatalf("%+v, %v", s.Letters, err)
			}
			b.dead.PutAgain(erase.Message{ID: s.Letters[0]}, `{"instrument":"`+ours+`"}`)
			b.work.Take(ours) // its stage dropped it
		}
	})
	want := maps.Clone(all)
	want["queues"] = 2
	if c := b.certificate(); !maps.Equal(counts(c), want) || c.Erased != "2026-11-24T03:14:00Z" {
		t.Errorf("erased at %s: counts %v, want %v", c.Erased, counts(c), want)
	}
}

// TestNothingIsHeld: the first round begins too early to be the last, though it finds
// nothing.
func TestNothingIsHeld(t *testing.T) {
	b := newBench(t)
	of := erase.Scope{Instrument: ours, Cases: []erase.Case{{ID: "c-" + ours + "-1"}}}
	for _, shelf := range []*pipelinetest.Shelf{b.executions, b.objects, b.cases} {
		if err := shelf.Erase(t.Context(), of); err != nil {
			t.Fatal(err)
		}
	}
	b.dead.Take(ours)
	b.work.Take(ours)
	b.ask()
	b.play(nil)
	if c := b.certificate(); c.Erased != "2026-11-24T03:07:00Z" {
		t.Errorf("erased at %s", c.Erased)
	}
}

// TestAnothersMessageInHandOfItsStage: a work queue always has some, and an erasure does
// not wait for them.
func TestAnothersMessageInHandOfItsStage(t *testing.T) {
	b := newBench(t)
	b.work.PutInHand(asked.AddDate(0, 0, 1), `{"instrument":"`+theirs+`"}`)
	b.ask()
	b.play(nil)
	s, err := b.desk.Standing(t.Context(), b.me, nil)
	if err != nil || s.State != erase.Erased || b.now.Sub(asked) != 2*erase.Grace {
		t.Errorf("%+v after %s, %v", s, b.now.Sub(asked), err)
	}
}

// TestOneErasesAtATime: while another has the turn nothing is searched or deleted, and who
// crashed with it does not keep it.
func TestOneErasesAtATime(t *testing.T) {
	b := newBench(t)
	if ok, err := b.turn.Take(t.Context(), b.now, b.now.Add(2*time.Minute)); err != nil || !ok {
		t.Fatal(ok, err)
	}
	b.ask()
	b.play(func() {
		if b.now.Before(asked.Add(2*time.Minute)) && len(b.objects.All()) != 6 {
			t.Errorf("at %s there are %d objects, want 6", b.now, len(b.objects.All()))
		}
	})
	c := b.certificate()
	if got := counts(c); !maps.Equal(got, all) || c.Erased != "2026-11-24T03:16:00Z" {
		t.Errorf("erased at %s: counts %v, want %v", c.Erased, got, all)
	}
	if ok, err := b.turn.Take(t.Context(), b.now, b.now.Add(time.Minute)); err != nil || !ok {
		t.Errorf("the turn was not given back: %v, %v", ok, err)
	}
}

// TestManyMessages: what one search does not get the next one does, and no tombstone
// outgrows its row.
func TestManyMessages(t *testing.T) {
	b := newBench(t)
	const more = 3000
	for n := range more {
		b.dead.Put(fmt.Sprintf(`{"instrument":"%s","n":%d}`, ours, n))
	}
	b.ask()
	b.play(func() {
		if s, err := b.tombstones.Read(t.Context(), ours); err == nil && s.Round > 1 && len(s.Letters) > 2000 {
			t.Errorf("round %d remembers %d messages", s.Round, len(s.Letters))
		}
	})
	if got := counts(b.certificate()); got["queues"] != all["queues"]+more {
		t.Errorf("counts %v", got)
	}
}

func TestARequestForAnotherInstrumentIsRefused(t *testing.T) {
	b := newBench(t)
	_, err := b.desk.Ask(t.Context(), b.me, erase.Request{Instrument: theirs})
	if !errors.Is(err, fault.New(fault.Malformed, erase.AnotherInstrument, nil)) {
		t.Error(err)
	}
	if err := b.stage.Handle(t.Context(), handoff.Erase{Instrument: ours}); err != nil || len(b.objects.All()) != 6 {
		t.Errorf("a message that nobody asked for erases nothing: %v", err)
	}
	if s, err := b.desk.Standing(t.Context(), b.me, nil); err != nil || s.State != erase.NotAsked {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestEveryFailureIsRepaired fails each call of each store in each way, and kills the
// eraser before and after it, at each of the first calls.
func TestEveryFailureIsRepaired(t *testing.T) {
	stores := map[string]func(b *bench) *pipelinetest.Faults{
		"tombstones": func(b *bench) *pipelinetest.Faults { return &b.tombstones.Faults },
		"executions": func(b *bench) *pipelinetest.Faults { return &b.executions.Faults },
		"objects":    func(b *bench) *pipelinetest.Faults { return &b.objects.Faults },
		"cases":      func(b *bench) *pipelinetest.Faults { return &b.cases.Faults },
		"dead":       func(b *bench) *pipelinetest.Faults { return &b.dead.Faults },
		"work":       func(b *bench) *pipelinetest.Faults { return &b.work.Faults },
		"turn":       func(b *bench) *pipelinetest.Faults { return &b.turn.Faults },
		"alarm":      func(b *bench) *pipelinetest.Faults { return &b.alarm.Faults },
	}
	methods := map[string][]string{
		"tombstones": {"Read", "Save", "Close"}, "executions": {"Find", "Erase"}, "objects": {"Find", "Erase"},
		"cases": {"Of", "Find", "Erase"}, "dead": {"Search", "Delete"}, "work": {"Search", "Delete"}, "turn": {"Take", "Release"}, "alarm": {"SendAfter"},
	}
	for store, list := range methods {
		for _, method := range list {
			for how := pipelinetest.NotPersisted; how <= pipelinetest.KilledAfter; how++ {
				for before := range 3 {
					t.Run(fmt.Sprintf("%s/%s/%d/%d", store, method, how, before), func(t *testing.T) {
						b := newBench(t)
						b.ask()
						faults := stores[store](b)
						for range before {
							faults.Fail(method, pipelinetest.Works)
						}
						faults.Fail(method, how, how) // the repair fails as well
						b.play(nil)
						if got := counts(b.certificate()); !maps.Equal(got, all) {
							t.Errorf("counts %v, want %v", got, all)
						}
					})
				}
			}
		}
	}
}

// TestAskingSurvives fails the two writes of a request.
func TestAskingSurvives(t *testing.T) {
	for how := pipelinetest.NotPersisted; how <= pipelinetest.ReplyLost; how++ {
		for _, method := range []string{"Read", "Mark", "SendAfter"} {
			b := newBench(t)
			faults := &b.tombstones.Faults
			if method == "SendAfter" {
				faults = &b.alarm.Faults
			}
			faults.Fail(method, how)
			if _, err := b.desk.Ask(t.Context(), b.me, erase.Request{Instrument: ours}); err == nil {
				t.Errorf("%s: no error", method)
			}
			b.ask()
			b.play(nil)
			b.certificate()
			if faults.Pending() != 0 {
				t.Errorf("%s was never called", method)
			}
		}
	}
}

// TestNoKeyNoCertificate: what cannot be signed is not closed.
func TestNoKeyNoCertificate(t *testing.T) {
	b := newBench(t)
	b.ask()
	b.keys.FailNext(3)
	b.play(nil)
	if got := counts(b.certificate()); !maps.Equal(got, all) {
		t.Errorf("counts %v, want %v", got, all)
	}
}
