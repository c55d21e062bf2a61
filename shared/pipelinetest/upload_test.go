package pipelinetest_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"proactive/shared/authorize"
	"proactive/shared/catalog"
	"proactive/shared/challenge"
	"proactive/shared/consent"
	"proactive/shared/door"
	"proactive/shared/enrol"
	"proactive/shared/enrolment"
	"proactive/shared/instrument"
	"proactive/shared/journal"
	"proactive/shared/layout"
	"proactive/shared/observation"
	"proactive/shared/pipelinetest"
	"proactive/shared/receipt"
	"proactive/shared/request"
	"proactive/shared/scrub"
	"proactive/shared/seal"
	"proactive/shared/validate"
)

// uploads is everything between an instrument and the clean bucket: the doors, the
// inbox, validate and scrub, over one ledger.
type uploads struct {
	t           testing.TB
	now         time.Time
	door        door.Door
	validate    validate.Stage
	scrub       *scrub.Stage
	instruments *pipelinetest.Instruments
	used        *pipelinetest.Requests
	ledger      *pipelinetest.Ledger
	inbox       *pipelinetest.Bucket
	clean       *pipelinetest.Bucket
	toScrub     *pipelinetest.ValidatedQueue
	toScore     *pipelinetest.StoredQueue
	keys        *pipelinetest.Keys
	catalog     *catalog.Catalog
	secret      []byte
	id          string
	key         ed25519.PrivateKey
	said        instrument.Consent
	requests    int
}

func newUploads(t testing.TB) *uploads {
	fields, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	u := &uploads{
		t: t, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), instruments: pipelinetest.NewInstruments(t), used: &pipelinetest.Requests{},
		ledger: pipelinetest.NewLedger(t), inbox: pipelinetest.NewBucket(t, "inbox", nil), clean: pipelinetest.NewBucket(t, "clean", nil),
		toScrub: &pipelinetest.ValidatedQueue{}, toScore: &pipelinetest.StoredQueue{}, keys: pipelinetest.NewKeys(t), catalog: fields,
		secret: []byte("0123456789abcdef"), key: pipelinetest.InstrumentKey(1),
	}
	now, log := func() time.Time { return u.now }, journal.New(&bytes.Buffer{}, "test")
	nonces := challenge.Nonces{Mac: &pipelinetest.Mac{Key: []byte("k")}, Used: u.used, Now: now, Rand: rand.Reader}
	prover := door.Prover{Instruments: u.instruments, Nonces: nonces}
	enrolling := enrol.Stage{Deployment: pipelinetest.Deployment, Codes: u.instruments, Keys: u.instruments, Consents: u.instruments, Now: now}
	granting := authorize.Stage{Ledger: u.ledger, Receipts: u.ledger, Inbox: &pipelinetest.Signer{T: t}, Keys: u.instruments, Now: now}
	u.door = door.Door{Log: log, Actions: map[string]door.Action{
		"GET /v1/challenge": door.Anyone(nonces.New), "GET /v1/keys": door.Anyone(granting.KeySet),
		"POST /v1/enrol": door.Enrolling(prover, enrolling.Known, enrolling.Enrol), "POST /v1/consent": door.Enrolled(prover, enrolling.Consent),
		"POST /v1/authorize": door.Enrolled(prover, granting.Authorize), "GET /v1/receipts": door.Enrolled(prover, granting.List),
	}}
	u.validate = validate.Stage{
		Deployment: pipelinetest.Deployment, Bucket: "inbox", Inbox: pipelinetest.Uploads{Bucket: u.inbox}, Ledger: u.ledger,
		Instruments: u.instruments, Keys: u.instruments, Chain: u.ledger, Signer: u.keys, Next: u.toScrub, Now: now, Log: log,
	}
	u.scrub = &scrub.Stage{
		Deployment: pipelinetest.Deployment, Catalog: fields, Inbox: u.inbox, Unwrapper: u.keys.Unwrapper(), Clean: u.clean,
		Quarantine: pipelinetest.NewBucket(t, "quarantine", u.inbox), Chain: u.ledger, Signer: u.keys, Next: u.toScore, Erasures: pipelinetest.Living{}, Now: now, Log: log,
	}
	set, signed := u.keys.Set(u.now)
	u.instruments.Publish(signed, set)
	code := enrol.Code{Instrument: "i-01hzzzzzzzzzzzzzzzzzzzzzzz", Tenant: "t-1", Site: "s-1", Serial: "M04034", Expires: u.now.Add(time.Hour)}
	if err := u.instruments.Issue(context.Background(), enrolment.Digest(u.secret), code); err != nil {
		t.Fatal(err)
	}
	return u
}

// call is what the agent does: a challenge, a signature, a request.
func (u *uploads) call(method, path, query, body string, out any) door.Response {
	var c challenge.Challenge
	if r := u.door.Serve(context.Background(), door.Request{ID: "c", Method: "GET", Path: "/v1/challenge"}); json.Unmarshal(r.Body, &c) != nil {
		u.t.Fatalf("no challenge: %s", r.Body)
	}
	target := path
	if query != "" {
		target += "?" + query
	}
	var authorization string
	var err error
	if u.id == "" {
		authorization, err = request.SignEnrolment(u.key, method, target, c.Nonce, []byte(body))
	} else {
		authorization, err = request.Sign(u.key, u.id, method, target, c.Nonce, []byte(body))
	}
	if err != nil {
		u.t.Fatal(err)
	}
	u.requests++
	r := u.door.Serve(context.Background(), door.Request{
		ID: fmt.Sprint(u.requests), Method: method, Path: path, Query: query, Authorization: authorization, Body: []byte(body),
	})
	if r.Status == 200 && out != nil {
		if err := json.Unmarshal(r.Body, out); err != nil {
			u.t.Fatal(err)
		}
	}
	return r
}

func (u *uploads) enrol() {
	var e enrol.Enrolled
	if r := u.call("POST", "/v1/enrol", "", `{"code":"`+base64.RawURLEncoding.EncodeToString(u.secret)+`"}`, &e); r.Status != 200 {
		u.t.Fatalf("enrol: %s", r.Body)
	}
	u.id = e.Instrument
}

func (u *uploads) consent(on bool) {
	u.said = pipelinetest.Say(u.t, u.key, u.id, u.said, on, u.now)
	if r := u.call("POST", "/v1/consent", "", `{"statement":"`+u.said.Statement+`"}`, nil); r.Status != 200 {
		u.t.Fatalf("consent: %s", r.Body)
	}
}

// seal is the nth run of the instrument, sealed. A forged one is signed by another key.
func (u *uploads) seal(n int, forged bool) (batch string, sealed []byte) {
	var payload bytes.Buffer
	err := observation.Encode(&payload, observation.Payload{Catalog: u.catalog.Hash(), Observations: []observation.Observation{
		{Field: "config.instrument_type", Text: "MiSeq"}, {Field: "telemetry.chiller.temperature", Minute: 60, Value: float64(n)},
	}})
	if err != nil {
		u.t.Fatal(err)
	}
	p := seal.Params{
		Deployment: pipelinetest.Deployment, Instrument: u.id, Batch: fmt.Sprintf("01HZ%022d", n), Sequence: int64(n), Catalog: u.catalog.Hash(),
		Plaintext: observation.Compress(payload.Bytes()), PayloadBytes: int64(payload.Len()),
		Recipients: []seal.Recipient{u.keys.Recipient()}, Signer: u.key,
	}
	if forged {
		p.Signer = pipelinetest.InstrumentKey(2)
	}
	if sealed, err = seal.Seal(p); err != nil {
		u.t.Fatal(err)
	}
	return p.Batch, sealed
}

func (u *uploads) authorize(n int, batch string, sealed []byte) (authorize.Answer, door.Response) {
	var a authorize.Answer
	sum := sha256.Sum256(sealed)
	r := u.call("POST", "/v1/authorize", "", fmt.Sprintf(`{"batch":"%s","sequence":%d,"bytes":%d,"sha256":"%s"}`, batch, n, len(sealed), hex.EncodeToString(sum[:])), &a)
	return a, r
}

// receipts walks the pages, as the agent does.
func (u *uploads) receipts() (all []string) {
	for {
		var page authorize.Page
		r := u.call("GET", "/v1/receipts", fmt.Sprintf("after=%d", len(all)), "", &page)
		for tries := 0; r.Status == 500 && tries < 9; tries++ { // a planned failure that nobody met yet
			r = u.call("GET", "/v1/receipts", fmt.Sprintf("after=%d", len(all)), "", &page)
		}
		if r.Status != 200 {
			u.t.Fatalf("receipts: %s", r.Body)
		}
		if all = append(all, page.Receipts...); len(page.Receipts) == 0 {
			return all
		}
	}
}

func TestNothingIsTakenBeforeTheLabSaidYes(t *testing.T) {
	u := newUploads(t)
	u.enrol()
	batch, sealed := u.seal(1, false)
	if _, r := u.authorize(1, batch, sealed); r.Status != 403 || !strings.Contains(string(r.Body), consent.No) {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	u.consent(true)
	if a, r := u.authorize(1, batch, sealed); a.Status != authorize.Upload {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	u.consent(false) // after the grant, before the upload
	at := u.inbox.Upload(layout.InboxKey(u.id, batch), sealed)
	if outcome, err := u.validate.Handle(t.Context(), validate.Arrival(at)); outcome != consent.No {
		t.Errorf("%s, %v", outcome, err)
	}
	if len(u.toScrub.Messages()) != 0 || len(u.receipts()) != 1 {
		t.Error("it was handed on, or the lab has no receipt")
	}
}

// Whoever writes a mark into the table turns nothing on: neither a grant nor what was
// granted, and the log says why.
func TestAMarkInTheTableIsNoConsent(t *testing.T) {
	u := newUploads(t)
	var log bytes.Buffer
	u.door.Log, u.validate.Log = journal.New(&log, "authorize"), journal.New(&log, "validate")
	u.enrol()
	u.consent(true)
	batch, sealed := u.seal(1, false)
	if a, r := u.authorize(1, batch, sealed); a.Status != authorize.Upload {
		t.Fatalf("%d %s", r.Status, r.Body)
	}
	u.consent(false)
	i, err := u.instruments.Get(t.Context(), u.id)
	if err != nil {
		t.Fatal(err)
	}
	i.Consent.On = true
	u.instruments.Put(i)
	if _, r := u.authorize(1, batch, sealed); r.Status != 403 || !strings.Contains(string(r.Body), consent.Unproven) {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	at := u.inbox.Upload(layout.InboxKey(u.id, batch), sealed)
	if outcome, err := u.validate.Handle(t.Context(), validate.Arrival(at)); outcome != consent.Unproven {
		t.Errorf("%s, %v", outcome, err)
	}
	if n := strings.Count(log.String(), `"reason":"consent-unproven"`); n != 2 || strings.Contains(log.String(), i.Consent.Statement) {
		t.Errorf("the log names the reason %d times: %s", n, log.String())
	}
}

// The promise: a batch is never lost and never counted twice. Sent = stored + rejected
// with a reason, whatever fails and however often and in whatever order events and
// messages are delivered; the receipts are one chain; each clean batch is there once.
func TestNothingIsLostAndNothingIsCountedTwice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		u := newUploads(t)
		u.enrol()
		u.consent(true)
		count := rapid.IntRange(1, 5).Draw(rt, "batches")
		var arrivals []validate.Arrival
		sent := map[string]bool{} // batch: is it forged?
		for n := 1; n <= count; n++ {
			forged := rapid.Bool().Draw(rt, "forged")
			batch, sealed := u.seal(n, forged)
			if a, r := u.authorize(n, batch, sealed); a.Status != authorize.Upload {
				rt.Fatalf("%d %s", r.Status, r.Body)
			}
			sent[batch] = forged
			arrivals = append(arrivals, validate.Arrival(u.inbox.Upload(layout.InboxKey(u.id, batch), sealed)))
		}
		fail := func(faults *pipelinetest.Faults, methods ...string) {
			for _, m := range methods {
				faults.Fail(m, rapid.SliceOfN(rapid.SampledFrom([]pipelinetest.Failure{
					pipelinetest.Works, pipelinetest.Works, pipelinetest.NotPersisted, pipelinetest.ReplyLost,
				}), 0, 4).Draw(rt, m)...)
			}
		}
		fail(&u.ledger.Faults, "Batch", "Claim", "Head", "Entry", "Commit")
		fail(&u.instruments.Faults, "Get", "KeySet")
		fail(&u.inbox.Faults, "Get")
		fail(&u.clean.Faults, "Put")
		fail(&u.toScrub.Faults, "Send")
		fail(&u.toScore.Faults, "Send")
		u.drain(rt, arrivals)

		set, _ := u.keys.Set(u.now)
		chain, err := receipt.VerifyChain(u.receipts(), set)
		if err != nil || len(chain) != count {
			rt.Fatalf("%d receipts for %d batches: %v", len(chain), count, err)
		}
		for _, r := range chain {
			forged, there := sent[r.Batch]
			if !there {
				rt.Fatalf("two receipts for batch %s", r.Batch)
			}
			delete(sent, r.Batch)
			versions := len(u.clean.Versions(layout.CleanKey(u.id, r.Batch)))
			if forged && (r.Verdict != receipt.Rejected || r.Reason != "bad-signature" || versions != 0) ||
				!forged && (r.Verdict != receipt.Stored || versions != 1 || r.Kept["telemetry.chiller.temperature"] != 1) {
				rt.Errorf("batch %s, forged %v: %+v, %d clean objects", r.Batch, forged, r, versions)
			}
		}
	})
}

// drain delivers as queues do: each event and message at least once, again after a
// failure, some again for no reason, in any order.
func (u *uploads) drain(rt *rapid.T, arrivals []validate.Arrival) {
	ctx := context.Background()
	var work []func() error
	for _, a := range arrivals {
		for range rapid.IntRange(1, 3).Draw(rt, "deliveries") {
			work = append(work, func() error {
				_, err := u.validate.Handle(ctx, a)
				return err
			})
		}
	}
	seen := 0
	for len(work) > 0 {
		n := rapid.IntRange(0, len(work)-1).Draw(rt, "next")
		do := work[n]
		work = append(work[:n:n], work[n+1:]...)
		if err := do(); err != nil {
			if !errors.Is(err, pipelinetest.ErrStore) {
				rt.Fatal(err)
			}
			work = append(work, do)
		}
		for _, m := range u.toScrub.Messages()[seen:] {
			seen++
			work = append(work, func() error { return u.scrub.Handle(ctx, m) })
		}
	}
	for _, m := range u.toScore.Messages() {
		if m.Instrument != u.id || m.Version == "" || m.Key != layout.CleanKey(u.id, m.Batch) {
			rt.Errorf("handed to score: %+v", m)
		}
	}
}
