package chaos_test

import (
	"errors"
	"maps"
	"slices"
	"time"

	"proactive/shared/casework"
	"proactive/shared/ledger"
	"proactive/shared/pipelinetest"
	"proactive/shared/receipt"
	"proactive/shared/score"
)

// The faults. Each is counted when it happens, not when it is planned.
const (
	notPersisted = "table: an error, nothing written (throttled, 5xx, time-out before the write)"
	replyLost    = "table: an error, though written (time-out after the write)"
	repeated     = "table: the SDK asked again by itself, and its first try had been written"
	raceReceipt  = "condition: the head of the receipt chain moved, or the batch has its receipt"
	raceScore    = "condition: another scorer was faster"
	raceCase     = "condition: another writer of the case was faster"
	raceClaim    = "condition: the batch is granted, claimed or settled already"
	slowDown     = "bucket: an error, nothing written (SlowDown, 5xx)"
	bucketReply  = "bucket: an error, though written"
	queueFails   = "queue or topic: an error, nothing sent"
	queueReply   = "queue or topic: an error, though sent"
	kmsRefuses   = "KMS refuses (throttled, denied, key disabled for hours)"
	mailDown     = "mail: down"
	mailReply    = "mail: an error, though sent"
	stalled      = "function: stalls past its message's visibility, and goes on"
	killedBefore = "function: killed before its first effect, or between two reads"
	duplicated   = "message: delivered ten times"
	reordered    = "message: overtaken by a later one of its instrument"
	late         = "message: 14 days late"
	lateBatch    = "batch: uploaded 14 days late"
	gap          = "batch: its sequence number is never used"
	neverArrived = "batch: granted, and never uploaded"
	dropArrival  = "lost: the event of an arrival"
	dropScrub    = "lost: a message to scrub"
	dropScore    = "lost: a message to score"
	poison       = "poison: a message that nobody can read"
	partial      = "delivery: some messages of it fail, the others do not"
	deadLetter   = "a sound message in the dead-letter queue"
	uploadReply  = "upload: the reply was lost; the next try meets 412"
	agentKilled  = "agent: killed on the way"
	stranger     = "upload: somebody wrote another version over a claimed batch"
	streamAgain  = "stream: a record delivered again, or late"
)

// killedAfter is the name of a kill between an effect and the next one.
func killedAfter(stage, effect string) string { return "killed: " + stage + " after " + effect }

// every are all faults that a play must meet; the kills are one for each effect of each
// stage.
var every = func() []string {
	all := []string{
		notPersisted, replyLost, repeated, raceReceipt, raceScore, raceCase, raceClaim, slowDown, bucketReply, queueFails, queueReply, kmsRefuses, mailDown, mailReply,
		stalled, killedBefore, duplicated, reordered, late, lateBatch, gap, neverArrived, dropArrival, dropScrub, dropScore, poison,
		partial, deadLetter, uploadReply, agentKilled, stranger, streamAgain,
	}
	for stage, effects := range map[string][]string{
		"authorize": {"ledger.Grant"},
		"validate":  {"ledger.Claim", "ledger.Commit", "to-scrub.Send"},
		"scrub":     {"clean.Put", "quarantine.Copy", "ledger.Commit", "to-score.Send"},
		"score":     {"health.PutRun", "findings.Commit"},
		"starter":   {"cases.Create", "cases.Save", "workflow.Start"},
		"casework":  {"cases.Save", "bus.Publish"},
		"notify":    {"archive.Keep", "mail.Send", "topic.Publish", "cases.SetToken", "cases.PutSlotLink", "reminders.Remind", "cases.Save"},
		"reconcile": {"to-validate.Send", "to-score.Send"},
	} {
		for _, effect := range effects {
			all = append(all, killedAfter(stage, effect))
		}
	}
	slices.Sort(all)
	return all
}()

// writes are the calls that change something. The others are reads.
var writes = map[string]bool{
	"ledger.Grant": true, "ledger.Claim": true, "ledger.Commit": true, "to-scrub.Send": true, "to-score.Send": true, "to-validate.Send": true,
	"clean.Put": true, "quarantine.Copy": true, "health.PutRun": true, "findings.Commit": true, "cases.Create": true, "cases.Save": true,
	"cases.SetToken": true, "cases.PutSlotLink": true, "workflow.Start": true, "bus.Publish": true, "archive.Keep": true, "mail.Send": true,
	"topic.Publish": true, "reminders.Remind": true,
}

// rate of a kind of failure. What happens seldom fails often, so that each fault is met.
type rate struct{ fails, reply, again, killed float64 }

var (
	usual = rate{fails: .02, reply: .02, again: .01, killed: .06}
	reads = rate{fails: .012, killed: .003}
	rates = map[string]rate{
		"authorize ledger.Grant":     {.02, .03, .05, .04},
		"validate ledger.Commit":     {.05, .1, .05, .75},
		"scrub quarantine.Copy":      {.05, .1, .05, .25},
		"starter cases.Create":       {.05, .1, .05, .4},
		"starter cases.Save":         {.05, .05, .02, .8},
		"starter workflow.Start":     {.05, .05, .05, .1},
		"casework cases.Save":        {.05, .1, .05, .4},
		"casework bus.Publish":       {.03, .05, 0, .2},
		"notify archive.Keep":        {.03, .05, .03, .12},
		"notify mail.Send":           {.05, .15, 0, .12},
		"notify topic.Publish":       {.05, .1, 0, .3},
		"notify cases.SetToken":      {.05, .05, .03, .1},
		"notify cases.PutSlotLink":   {.05, .05, .03, .12},
		"notify reminders.Remind":    {.05, .05, .03, .3},
		"notify cases.Save":          {.03, .05, .03, .12},
		"reconcile to-validate.Send": {.02, .02, .01, .6},
		"reconcile to-score.Send":    {.02, .02, .01, .6},
	}
)

// driver puts one store's calls into the hands of the world.
type driver struct {
	w     *world
	store string
}

// Decide gives way, and then says what becomes of the call.
func (d driver) Decide(method string) pipelinetest.Failure {
	w, p := d.w, d.w.current
	if p == nil || w.peeking {
		return pipelinetest.Works // the test itself looks
	}
	call := d.store + "." + method
	pause := w.between(time.Millisecond, 2*time.Second)
	if w.wild && w.chance(.0015) {
		pause = visibility + w.between(time.Minute, time.Hour)
		w.met(stalled)
	}
	w.pause(pause)
	if !w.wild {
		return pipelinetest.Works
	}
	switch {
	case d.store == "kms" && w.down(kmsOutages):
		w.met(kmsRefuses)
		return pipelinetest.NotPersisted
	case d.store == "mail" && w.down(mailOutages):
		w.met(mailDown)
		return pipelinetest.NotPersisted
	}
	r, ok := rates[p.stage+" "+call]
	if !ok {
		if r = reads; writes[call] {
			r = usual
		}
	}
	switch at := w.rng.Float64(); {
	case at < r.fails:
		w.met(kind(d.store, notPersisted, slowDown, queueFails, mailDown))
		return pipelinetest.NotPersisted
	case at < r.fails+r.reply:
		w.met(kind(d.store, replyLost, bucketReply, queueReply, mailReply))
		return pipelinetest.ReplyLost
	case at < r.fails+r.reply+r.again:
		if kind(d.store, "table", "", "", "") == "table" {
			w.met(repeated)
		}
		return pipelinetest.Repeated
	case at < r.fails+r.reply+r.again+r.killed/2 && !writes[call], at < r.fails+r.reply+r.again+r.killed/8:
		w.met(killedBefore)
		return pipelinetest.KilledBefore
	case at < r.fails+r.reply+r.again+r.killed && writes[call]:
		p.kill = call
		return pipelinetest.KilledAfter
	}
	return pipelinetest.Works
}

// Done counts races that were lost, and kills after an effect that took place.
func (d driver) Done(method string, err error) {
	w := d.w
	if w.current == nil || w.peeking {
		return
	}
	switch {
	case errors.Is(err, receipt.ErrHeadMoved), errors.Is(err, receipt.ErrAlready):
		w.met(raceReceipt)
	case errors.Is(err, score.ErrRaced):
		w.met(raceScore)
	case errors.Is(err, casework.ErrRaced):
		w.met(raceCase)
	case errors.Is(err, ledger.ErrAlready), errors.Is(err, ledger.ErrOtherVersion), errors.Is(err, ledger.ErrSettled):
		w.met(raceClaim)
	}
	if call := d.store + "." + method; err == nil && w.current.kill == call {
		w.met(killedAfter(w.current.stage, call))
	}
}

// kind is how a fault of a store is called.
func kind(store, table, bucket, queue, mail string) string {
	switch store {
	case "inbox", "clean", "quarantine", "archive":
		return bucket
	case "to-validate", "to-scrub", "to-score", "topic", "bus", "reminders", "workflow":
		return queue
	case "kms":
		return kmsRefuses
	case "mail":
		return mail
	}
	return table
}

// outages are hours in which something is down: the first of every so many days.
type outages struct{ every, hours time.Duration }

var (
	kmsOutages  = outages{every: 60 * time.Hour, hours: 3 * time.Hour}
	mailOutages = outages{every: 50 * time.Hour, hours: 9 * time.Hour}
)

func (w *world) down(o outages) bool { return w.now.Sub(w.start)%o.every < o.hours }

// met counts a fault.
func (w *world) met(fault string) {
	if !slices.Contains(every, fault) {
		w.t.Errorf("%q is a fault that is not on the list", fault)
	}
	w.counts[fault]++
}

// few are the faults that were met less often than wanted.
func few(counts map[string]int, wanted int) (names []string) {
	for _, name := range every {
		if counts[name] < wanted {
			names = append(names, name)
		}
	}
	for name := range maps.Keys(counts) {
		if !slices.Contains(every, name) {
			names = append(names, name+" (unknown)")
		}
	}
	return names
}
