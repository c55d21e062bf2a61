package chaos_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"proactive/shared/authorize"
	"proactive/shared/handoff"
	"proactive/shared/health"
	"proactive/shared/instrument"
	"proactive/shared/layout"
	"proactive/shared/ledger"
	"proactive/shared/observation"
	"proactive/shared/pipelinetest"
	"proactive/shared/reconcile"
	"proactive/shared/score"
	"proactive/shared/scrub"
	"proactive/shared/seal"
)

// fate is what becomes of a batch if every promise is kept.
type fate string

const (
	good      fate = "stored"
	forged    fate = "rejected by validate" // signed by another key
	empty     fate = "rejected by scrub"    // nothing in it is on the catalog
	tainted   fate = "quarantined"
	abandoned fate = "never arrived" // granted, and the instrument is never heard of again
)

// batch is one batch, as its instrument knows it.
type batch struct {
	id, instrument string
	sequence       int64
	fate           fate
	observations   []observation.Observation
	sealed         []byte
	digest         string
	key            string // in the inbox
	receipt        string
}

// perInstrument is how many batches an instrument sends.
const perInstrument = 10

// populate makes the instruments and their batches. Every other one fails in its last four
// runs, on two components at once; it sends nothing but good batches, so that what is to be
// found is known.
func (w *world) populate(n int) {
	for len(w.order) < n {
		k := len(w.owners)
		id := fmt.Sprintf("i-%026d", k+1)
		key := pipelinetest.InstrumentKey(byte(k%200 + 1))
		i := instrument.Instrument{
			ID: id, Tenant: "t-1", Site: "s-1", Serial: fmt.Sprintf("A%05d", k), PublicKey: key.Public().(ed25519.PublicKey),
			Consent: pipelinetest.Say(w.t, key, id, instrument.Consent{}, true, w.start),
		}
		w.owners[id] = i
		w.instruments.Put(i)
		sequence := int64(0)
		for run := range perInstrument {
			sequence++
			if w.chance(.06) {
				w.met(gap)
				sequence += 1 + w.rng.Int64N(3)
			}
			b := &batch{id: fmt.Sprintf("01HZ%022d", len(w.order)+1), instrument: id, sequence: sequence, fate: good}
			failing := k%2 < 1
			if !failing {
				b.fate = []fate{good, good, good, good, good, forged, empty, tainted, tainted, abandoned}[w.rng.IntN(10)]
			}
			w.fill(b, failing && run >= perInstrument-4)
			signer := key
			if b.fate == forged {
				signer = pipelinetest.InstrumentKey(byte(k%200 + 2))
			}
			w.sealBatch(b, seal.Params{Signer: signer})
			w.batches[b.id] = b
			w.order = append(w.order, b)
		}
	}
}

// fill gives a batch its content.
func (w *world) fill(b *batch, bad bool) {
	switch b.fate {
	case empty:
		b.observations = []observation.Observation{{Field: "off.the.catalog", Text: "PLANTED"}}
		return
	case tainted:
		b.observations = []observation.Observation{{Field: "run.zz.note", Text: planted[0]}}
		return
	}
	temperature, duty, heater := 4+w.rng.Float64()/4, 45.0, .125
	if bad {
		temperature, duty, heater = 9+w.rng.Float64()/4, 99, .75
	}
	b.observations = []observation.Observation{
		{Field: "config.instrument_type", Text: "MiSeq"},
		{Field: "telemetry.chiller.duty", Minute: 60, Value: duty},
		{Field: "telemetry.chiller.temperature", Minute: 60, Value: temperature},
		{Field: "telemetry.heater.error", Minute: 60, Value: heater},
	}
}

func (w *world) sealBatch(b *batch, p seal.Params) {
	var payload bytes.Buffer
	if err := observation.Encode(&payload, observation.Payload{Catalog: w.catalog.Hash(), Observations: b.observations}); err != nil {
		w.t.Fatal(err)
	}
	p.Deployment, p.Instrument, p.Batch, p.Sequence, p.Catalog = pipelinetest.Deployment, b.instrument, b.id, b.sequence, w.catalog.Hash()
	p.Plaintext, p.PayloadBytes, p.Recipients = observation.Compress(payload.Bytes()), int64(payload.Len()), []seal.Recipient{w.keys.Recipient()}
	sealed, err := seal.Seal(p)
	if err != nil {
		w.t.Fatal(err)
	}
	sum := sha256.Sum256(sealed)
	b.sealed, b.digest, b.key = sealed, hex.EncodeToString(sum[:]), layout.InboxKey(b.instrument, b.id)
}

// plan says when each batch is sent: the spool of an instrument drains in a burst, now and
// then, and some of its batches only two weeks after.
func (w *world) plan() {
	for first := 0; first < len(w.order); first += perInstrument {
		at := time.Duration(0)
		for _, b := range w.order[first:min(len(w.order), first+perInstrument)] {
			if at == 0 || w.chance(.5) {
				at = w.between(time.Minute, month)
			}
			d := at + w.between(0, 2*time.Second)
			if w.chance(.05) {
				w.met(lateBatch)
				d += 14 * 24 * time.Hour
			}
			w.after(d, func() { w.ask(b) })
		}
	}
}

// ask is what an agent does with a batch, again and again until it has the receipt.
func (w *world) ask(b *batch) {
	var answer authorize.Answer
	w.spawn("authorize", func(ctx context.Context) (err error) {
		answer, err = w.authorize.Authorize(ctx, w.owners[b.instrument], authorize.Ask{
			Batch: b.id, Sequence: b.sequence, Bytes: int64(len(b.sealed)), SHA256: b.digest,
		})
		return err
	}, func(err error, killed bool) {
		switch {
		case err != nil || killed:
			w.after(w.between(time.Minute, time.Hour), func() { w.ask(b) })
		case answer.Status == authorize.HasReceipt:
			b.receipt = answer.Receipt
		case answer.Status == authorize.Upload && b.fate == abandoned:
			w.met(neverArrived)
		case answer.Status == authorize.Upload && w.wild && w.chance(.04):
			w.met(agentKilled) // before the upload; it comes back and finds its outbox
			w.after(w.between(time.Hour, 24*time.Hour), func() { w.ask(b) })
		case answer.Status == authorize.Upload:
			w.upload(b)
			w.after(w.between(time.Hour, 24*time.Hour), func() { w.ask(b) })
		default:
			w.after(w.between(time.Hour, 24*time.Hour), func() { w.ask(b) })
		}
	})
}

// upload is the PUT, where nothing may be. Its reply may be lost; the agent then asks
// again, and meets what it has written.
func (w *world) upload(b *batch) {
	if len(w.inbox.Versions(b.key)) > 0 {
		return // 412: await the receipt
	}
	at := w.inbox.Upload(b.key, b.sealed)
	if w.wild && w.chance(.05) {
		w.met(uploadReply)
		w.after(w.between(0, time.Minute), func() { w.ask(b) })
	}
	w.event(at)
	if w.chance(.2) {
		w.after(w.between(time.Second, time.Minute), func() { w.overwrite(b, 20) })
	}
}

// overwrite is what the bucket's policy does not let happen: other bytes at the key of a
// batch that is claimed and not settled yet. They must neither take the batch over nor have
// it refused.
func (w *world) overwrite(b *batch, tries int) {
	w.peeking = true
	e, err := w.ledger.Batch(context.Background(), b.instrument, b.id)
	w.peeking = false
	switch {
	case err != nil || e.Settled() || tries == 0 || !w.wild:
	case e.State == ledger.Claimed:
		w.met(stranger)
		at := w.inbox.Upload(b.key, []byte("PLANTED"))
		for range 3 {
			w.event(at)
		}
	default:
		w.after(w.between(time.Second, 10*time.Second), func() { w.overwrite(b, tries-1) })
	}
}

// event is what S3 says of a new version.
func (w *world) event(at scrub.Object) {
	var e reconcile.Arrival // the form of S3's own
	e.Source, e.DetailType = "aws.s3", "Object Created"
	e.Detail.Reason, e.Detail.Bucket.Name, e.Detail.Object.Key, e.Detail.Object.Version = "PutObject", at.Bucket, at.Key, at.Version
	body, err := json.Marshal(e)
	if err != nil {
		w.t.Fatal(err)
	}
	w.toValidate.put(body)
}

// features are what a good batch must have left in the health table.
func (b *batch) features() health.Features {
	return score.FeaturesOf(handoff.Stored{Instrument: b.instrument, Batch: b.id, Sequence: b.sequence}, b.observations)
}
