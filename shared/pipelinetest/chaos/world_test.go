package chaos_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	wire "proactive/events"
	"proactive/shared/authorize"
	"proactive/shared/casework"
	"proactive/shared/catalog"
	"proactive/shared/clean"
	"proactive/shared/handoff"
	"proactive/shared/health"
	"proactive/shared/instrument"
	"proactive/shared/journal"
	"proactive/shared/notice"
	"proactive/shared/pipelinetest"
	"proactive/shared/reconcile"
	"proactive/shared/score"
	"proactive/shared/scrub"
	"proactive/shared/validate"
)

// The days of a play: batches come in the first month, the last of them and the last late
// message two weeks after; then the faults end, and everything must be done soon.
const (
	month    = 30 * 24 * time.Hour
	wildTime = 46 * 24 * time.Hour
	allTime  = 62 * 24 * time.Hour
)

// world is the whole pipeline over memory, and what is known of it from outside.
type world struct {
	*schedule
	t       testing.TB
	start   time.Time
	wild    bool
	peeking bool
	counts  map[string]int
	lost    map[string]string // bodies that a queue lost, and where
	letters []*message        // everything that ever was a dead letter
	logs    *watch

	keys        *pipelinetest.Keys
	catalog     *catalog.Catalog
	instruments *pipelinetest.Instruments
	ledger      *pipelinetest.Ledger
	inbox       *pipelinetest.Bucket
	clean       *pipelinetest.Bucket
	quarantine  *pipelinetest.Bucket
	health      *pipelinetest.Health
	findings    *pipelinetest.Findings
	cases       *pipelinetest.Cases
	workflow    *pipelinetest.Workflow
	out         *outside

	toValidate, toScrub, toScore *queue
	authorize                    authorize.Stage
	starter                      casework.Starter
	steps                        casework.Steps
	notices                      notice.Steps
	reconcile                    reconcile.Stage

	owners   map[string]instrument.Instrument
	batches  map[string]*batch
	order    []*batch
	streamed int // records of the findings' stream that were read
	executed int // executions that were seen to start
	sweeps   int
	redriven int
}

// watch is a log that is only searched for what must not be in it.
type watch struct {
	lines int
	found []string
}

// planted are strings that instruments and poison carry, and that nothing may repeat.
var planted = []string{"ACGTTGCAAC", "PLANTED"}

func (l *watch) Write(p []byte) (int, error) {
	l.lines++
	for _, s := range planted {
		if bytes.Contains(p, []byte(s)) {
			l.found = append(l.found, string(p))
		}
	}
	return len(p), nil
}

// withNote is the catalog with a hole: a field of free text, so that the detector has
// something to stop.
func withNote(t testing.TB) *catalog.Catalog {
	t.Helper()
	raw, err := wire.Files.ReadFile("catalog/v1/catalog.json")
	if err != nil {
		t.Fatal(err)
	}
	const next = "    {\n      \"id\": \"telemetry.camera.temperature\""
	raw = bytes.Replace(raw, []byte(next), []byte(
		`{"id":"run.zz.note","category":"run-configuration","what":{"en":"a mistake","es":"un error"},"source":{"file":"run-completion","path":"Note"},"type":"pattern","pattern":"^.*$","max_length":40,"dimensions":[],"purpose":{"en":"a mistake","es":"un error"},"lab_value":{"en":"none","es":"nada"},"retention_days":1},
		`+next), 1)
	fields, err := catalog.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return fields
}

func newWorld(t testing.TB, seed uint64) *world {
	start := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	w := &world{
		schedule: newSchedule(seed, start), t: t, start: start, wild: true, counts: map[string]int{}, lost: map[string]string{}, logs: &watch{},
		keys: pipelinetest.NewKeys(t), catalog: withNote(t), instruments: pipelinetest.NewInstruments(t), ledger: pipelinetest.NewLedger(t),
		inbox: pipelinetest.NewBucket(t, "inbox", nil), clean: pipelinetest.NewBucket(t, "clean", nil),
		health: pipelinetest.NewHealth(t), findings: pipelinetest.NewFindings(t), cases: pipelinetest.NewCases(t),
		workflow: pipelinetest.NewWorkflow(t), owners: map[string]instrument.Instrument{}, batches: map[string]*batch{},
	}
	w.quarantine = pipelinetest.NewBucket(t, "quarantine", w.inbox)
	now := func() time.Time { return w.now }
	for _, b := range []*pipelinetest.Bucket{w.inbox, w.clean, w.quarantine} {
		b.Now = now
	}
	bus := pipelinetest.NewBus(t)
	w.instruments.Drive(driver{w, "instruments"})
	w.ledger.Drive(driver{w, "ledger"})
	w.inbox.Drive(driver{w, "inbox"})
	w.clean.Drive(driver{w, "clean"})
	w.quarantine.Drive(driver{w, "quarantine"})
	w.health.Drive(driver{w, "health"})
	w.findings.Drive(driver{w, "findings"})
	w.cases.Drive(driver{w, "cases"})
	w.workflow.Drive(driver{w, "workflow"})
	bus.Drive(driver{w, "bus"})
	w.out = newOutside(w)
	secret := &kms{keys: w.keys, open: w.keys.Unwrapper()}
	secret.Drive(driver{w, "kms"})
	set, signed := w.keys.Set(start)
	w.instruments.Publish(signed, set)
	log := journal.New(w.logs, "chaos")
	slog.SetDefault(log) // notices log through it

	w.toValidate, w.toScrub, w.toScore = w.newQueue("validate", dropArrival), w.newQueue("scrub", dropScrub), w.newQueue("score", dropScore)
	w.authorize = authorize.Stage{Ledger: w.ledger, Receipts: w.ledger, Inbox: &pipelinetest.Signer{T: t}, Keys: w.instruments, Now: now}
	checking := validate.Stage{
		Deployment: pipelinetest.Deployment, Bucket: "inbox", Inbox: pipelinetest.Uploads{Bucket: w.inbox}, Ledger: w.ledger,
		Instruments: w.instruments, Keys: w.instruments, Chain: w.ledger, Signer: secret,
		Next: newSender[handoff.Validated](w, "to-scrub", w.toScrub), Now: now, Log: log,
	}
	opening := &scrub.Stage{
		Deployment: pipelinetest.Deployment, Catalog: w.catalog, Inbox: w.inbox, Unwrapper: secret, Clean: w.clean, Quarantine: w.quarantine,
		Chain: w.ledger, Signer: secret, Next: newSender[handoff.Stored](w, "to-score", w.toScore), Erasures: pipelinetest.Living{}, Now: now, Log: log,
	}
	scoring := score.Stage{Clean: cleanReader{w.clean}, Health: w.health, Cohorts: w.health, Findings: w.findings, Erasures: pipelinetest.Living{}}
	w.toValidate.handle = w.logged(log, checking.Receive)
	w.toScrub.handle = w.logged(log, opening.Receive)
	w.toScore.handle = w.logged(log, func(ctx context.Context, body []byte) error {
		var m handoff.Stored
		if err := json.Unmarshal(body, &m); err != nil {
			return fmt.Errorf("decoding a message: %w", err)
		}
		_, err := scoring.Run(ctx, m)
		return err
	})
	w.starter = casework.Starter{Books: w.cases, Instruments: w.instruments, Workflow: w.workflow, Erasures: pipelinetest.Living{}, Pace: 1, Now: now}
	w.steps = casework.Steps{Books: w.cases, Findings: w.findings, Health: w.health, Judge: score.Judge, Bus: bus, Now: now}
	w.notices = notice.Steps{
		Cases: w.cases, Findings: w.findings, Instruments: w.instruments, People: w.out, Archive: w.out, Mail: w.out, Topic: topicOf{w.out},
		Reminders: w.out, Answer: w.workflow, Mac: w.out, Sender: "service@proactive.example", BaseURL: "https://service.proactive.example", Now: now,
	}
	w.reconcile = reconcile.Stage{
		Bucket: "inbox", Instruments: w.instruments, Ledger: w.ledger, Inbox: pipelinetest.UploadNames{Bucket: w.inbox},
		Clean: pipelinetest.CleanNames{Bucket: w.clean}, Health: w.health,
		Validate: newSender[reconcile.Arrival](w, "to-validate", w.toValidate), Score: newSender[handoff.Stored](w, "to-score", w.toScore),
		Redrive: true, Patience: reconcile.Patience, Now: now,
	}
	return w
}

// logged is queues.Each for one message.
func (w *world) logged(log *slog.Logger, handle func(context.Context, []byte) error) func(context.Context, []byte) error {
	return func(ctx context.Context, body []byte) error {
		err := handle(ctx, body)
		if err != nil {
			log.ErrorContext(ctx, "message failed", slog.String("error", err.Error()))
		}
		return err
	}
}

// cleanReader is how score reads a bucket.
type cleanReader struct{ *pipelinetest.Bucket }

func (c cleanReader) Read(ctx context.Context, bucket, key, version string) (clean.Batch, error) {
	body, err := c.Get(ctx, scrub.Object{Bucket: bucket, Key: key, Version: version}, 1<<20)
	if err != nil {
		return clean.Batch{}, err
	}
	return clean.Decode(body)
}

// peek reads a case past every fault.
func (w *world) peek(id string) casework.Case {
	w.peeking = true
	defer func() { w.peeking = false }()
	c, err := w.cases.Get(context.Background(), id)
	if err != nil {
		w.t.Errorf("case %s: %v", id, err)
	}
	return c
}

// settle looks what a function has left behind for others: records of the stream, and
// executions.
func (w *world) settle() {
	for _, c := range w.findings.Since(w.streamed) {
		w.streamed++
		if c.New.State != health.Active {
			continue // the filter of the event source
		}
		w.record(c.New, 0, w.between(0, 10*time.Second))
		if w.wild && w.chance(.3) {
			w.met(streamAgain)
			w.record(c.New, 0, w.between(0, 24*time.Hour))
		}
	}
	started := w.workflow.Started()
	for _, id := range started[w.executed:] {
		w.executed++
		w.execute(w.peek(id).Input())
	}
}

// record delivers a record of the stream to the starter, 20 times if it must be; then it is
// undelivered, and the operator sees to it.
func (w *world) record(f health.Finding, tries int, d time.Duration) {
	w.after(d, func() {
		w.spawn("starter", func(ctx context.Context) error {
			_, err := w.starter.Run(ctx, f)
			return err
		}, func(err error, killed bool) {
			w.settle()
			switch {
			case err == nil && !killed:
			case tries < 20:
				w.record(f, tries+1, w.between(time.Second, time.Minute))
			default:
				w.record(f, 0, 24*time.Hour)
			}
		})
	})
}

// sweep reconciles, share by share, each instrument once a day.
func (w *world) sweep() {
	w.sweeps++
	share := reconcile.Share{Part: w.sweeps % reconcile.Shares, Of: reconcile.Shares}
	var a reconcile.Account
	w.spawn("reconcile", func(ctx context.Context) (err error) {
		a, err = w.reconcile.Sweep(ctx, share)
		return err
	}, func(error, bool) {
		w.redriven += a.Sent()
		if !a.Balanced() {
			w.t.Errorf("an account does not balance: %+v", a)
		}
		for _, m := range a.Missing {
			if !m.Mendable() {
				w.t.Errorf("on the way: %+v", m)
			}
		}
	})
	w.after(24*time.Hour/reconcile.Shares, w.sweep)
}

// operator sends the dead letters back, once a day.
func (w *world) operator() {
	for _, q := range []*queue{w.toValidate, w.toScrub, w.toScore} {
		q.redrive()
	}
	w.after(24*time.Hour, w.operator)
}

// poisoner puts messages on the queues that nobody can read.
func (w *world) poisoner(n int) {
	for i := range n {
		q := []*queue{w.toValidate, w.toScrub, w.toScore}[i%3]
		bodies := [][]byte{[]byte(`PLANTED not JSON`), []byte(`["PLANTED"]`), bytes.Repeat([]byte("PLANTED"), 1000)}
		switch q {
		case w.toValidate:
			bodies = append(bodies, []byte(`{"source":"PLANTED","detail":{}}`),
				[]byte(`{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":""},"object":{"key":"PLANTED"}}}`))
		case w.toScrub: // of a batch and an object that there are not
			bodies = append(bodies, []byte(`{"instrument":"i-00000000000000000000000000","batch":"b","bucket":"inbox","key":"nowhere","version":"0"}`))
		case w.toScore:
			bodies = append(bodies, []byte(`{"instrument":"i-00000000000000000000000000","batch":"b","bucket":"clean","key":"nowhere","version":"0"}`))
		}
		body := bodies[w.rng.IntN(len(bodies))]
		w.after(w.between(0, month), func() {
			w.met(poison)
			q.arrive(&message{body: body, poison: true}, 0)
		})
	}
}
