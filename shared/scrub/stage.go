package scrub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"proactive/shared/catalog"
	"proactive/shared/handoff"
	"proactive/shared/journal"
	"proactive/shared/layout"
	"proactive/shared/receipt"
	"proactive/shared/seal"
)

// Object is one version of one object.
type Object struct {
	Bucket, Key, Version string
}

// Inbox reads uploads, and removes those that are not kept.
type Inbox interface {
	// Get returns exactly the version that o names, whatever came after it. An object
	// longer than limit is an error, and no more than limit+1 bytes of it are read.
	Get(ctx context.Context, o Object, limit int64) ([]byte, error)
	// Remove deletes exactly the version that o names. That it is gone already is no error.
	Remove(ctx context.Context, o Object) error
}

// Clean keeps scrubbed batches. Its bucket is versioned.
type Clean interface {
	// Put makes the object at key hold body and returns the version that does. If those
	// very bytes are there already, nothing is written and their version is returned.
	// Other bytes can be there only if an attempt by an earlier release crashed before
	// its receipt; they become an older version. When Put returns nil the object is
	// durable; after an error it may be there or not.
	Put(ctx context.Context, key string, body []byte) (Object, error)
}

// Quarantine keeps the ciphertext of batches that the detector hit, 72 hours at most.
type Quarantine interface {
	// Copy copies from to key, encrypted as the quarantine is. Copying the same again
	// changes nothing.
	Copy(ctx context.Context, from Object, key string) error
}

// Erasures knows which instruments were erased.
type Erasures interface {
	// Erased tells whether the instrument's erasure was asked for, strongly consistent. It
	// is asked before anything is written: see shared/erase, Why nothing comes back.
	Erased(ctx context.Context, instrument string) (bool, error)
}

// Next is the queue to score.
type Next interface {
	// Send hands s on, at least once.
	Send(ctx context.Context, s handoff.Stored) error
}

// Stage opens batches. It is the only one that can.
type Stage struct {
	Deployment string
	Catalog    *catalog.Catalog
	Inbox      Inbox
	Unwrapper  seal.Unwrapper
	Clean      Clean
	Quarantine Quarantine
	Chain      receipt.Chain
	Signer     receipt.Signer
	Next       Next
	Erasures   Erasures
	Now        func() time.Time
	Log        *slog.Logger // from journal.New

	walls walls // both of them; nothing outside this package's tests can set another
}

// countPrefix and the verdict make the name of a counter: batches_stored,
// batches_quarantined, batches_rejected.
const countPrefix = "batches_"

// Counter is the name of the counter of the texts that a rule hit: detected_run_id.
func Counter(r Rule) string { return "detected_" + strings.ReplaceAll(string(r), "-", "_") }

// maxObject bounds what is held of an upload: ciphertext, header, signature, format line.
const maxObject = 32<<20 + 16<<10

// Receive handles the body of one queue message.
func (s *Stage) Receive(ctx context.Context, body []byte) error {
	var m handoff.Validated
	if err := json.Unmarshal(body, &m); err != nil {
		return fmt.Errorf("decoding a message: %w", err)
	}
	return s.Handle(ctx, m)
}

// Handle brings one validated batch to its receipt, and a stored one to score. Handling
// the same again gives the same outcome: a batch that has its receipt is only handed on
// again; one of an instrument that was erased is dropped. A batch whose content is bad gets a
// receipt that says so; only a failure of something we depend on is returned, for the queue to
// deliver again.
//
// The order of what is written, and what is true if we crash after each:
//  1. the clean object, or the copy in quarantine: no receipt names it yet, and the next
//     delivery writes it again at the same key;
//  2. the receipt, with ledger state and chain head, in one transaction: the next
//     delivery finds it and goes on with 3;
//  3. the message to score: the next delivery sends it again, and score is idempotent; or,
//     if the batch is not stored, the upload is removed: the next delivery does it.
func (s *Stage) Handle(ctx context.Context, m handoff.Validated) error {
	erased, err := s.Erasures.Erased(ctx, m.Instrument)
	if err != nil {
		return fmt.Errorf("asking whether batch %s is still wanted: %w", m.Batch, err)
	}
	if erased {
		s.Log.InfoContext(ctx, "batch of an erased instrument dropped", slog.String("instrument", m.Instrument), slog.String("batch", m.Batch))
		return nil
	}
	entry, err := s.Chain.Entry(ctx, m.Instrument, m.Batch)
	switch {
	case err == nil:
		return s.handOn(ctx, m, entry)
	case !errors.Is(err, receipt.ErrNone):
		return fmt.Errorf("asking for the receipt of batch %s: %w", m.Batch, err)
	}
	outcome, err := s.judge(ctx, m)
	if err != nil {
		return fmt.Errorf("scrubbing batch %s: %w", m.Batch, err)
	}
	clean, err := s.keep(ctx, m, outcome)
	if err != nil {
		return err
	}
	r := outcome.receipt
	r.Deployment, r.Instrument, r.Batch, r.Sequence, r.SHA256 = s.Deployment, m.Instrument, m.Batch, m.Sequence, m.SHA256
	r.Issued = s.Now().UTC().Format(receipt.TimeFormat)
	if entry, err = receipt.Issue(ctx, s.Signer, s.Chain, r, clean); err != nil {
		return err
	}
	s.count(ctx, m, entry, outcome)
	return s.handOn(ctx, m, entry)
}

// keep writes what the verdict calls for, before the receipt that promises it.
func (s *Stage) keep(ctx context.Context, m handoff.Validated, o outcome) (receipt.Place, error) {
	switch o.receipt.Verdict {
	case receipt.Stored:
		at, err := s.Clean.Put(ctx, layout.CleanKey(m.Instrument, m.Batch), o.clean)
		if err != nil {
			return receipt.Place{}, fmt.Errorf("storing clean batch %s: %w", m.Batch, err)
		}
		return receipt.Place(at), nil
	case receipt.Quarantined:
		from := Object{Bucket: m.Bucket, Key: m.Key, Version: m.Version}
		if err := s.Quarantine.Copy(ctx, from, layout.QuarantineKey(m.Instrument, m.Batch)); err != nil {
			return receipt.Place{}, fmt.Errorf("quarantining batch %s: %w", m.Batch, err)
		}
	}
	return receipt.Place{}, nil
}

// handOn goes by the committed receipt, which may be another delivery's. An upload that is not
// stored is not kept either: nobody will open it again, and in quarantine is a copy that ends
// within days.
func (s *Stage) handOn(ctx context.Context, m handoff.Validated, e receipt.Entry) error {
	if e.Clean == (receipt.Place{}) {
		if err := s.Inbox.Remove(ctx, Object{Bucket: m.Bucket, Key: layout.InboxKey(m.Instrument, m.Batch), Version: m.Version}); err != nil {
			return fmt.Errorf("removing the upload of batch %s: %w", m.Batch, err)
		}
		return nil
	}
	err := s.Next.Send(ctx, handoff.Stored{
		Instrument: m.Instrument, Batch: m.Batch, Sequence: m.Sequence,
		Bucket: e.Clean.Bucket, Key: e.Clean.Key, Version: e.Clean.Version,
	})
	if err != nil {
		return fmt.Errorf("handing batch %s to score: %w", m.Batch, err)
	}
	return nil
}

// count counts the batch under the verdict that stands, which may be another delivery's.
func (s *Stage) count(ctx context.Context, m handoff.Validated, e receipt.Entry, o outcome) {
	r, err := receipt.Read(e.JWS)
	if err != nil {
		r = o.receipt
	}
	journal.Count(ctx, s.Log, countPrefix+string(r.Verdict),
		slog.String("instrument", m.Instrument), slog.String("batch", m.Batch), slog.String("reason", r.Reason),
		slog.Int64("ordinal", r.Ordinal), slog.Int("kept", total(r.Kept)), slog.Int("refused", total(r.Refused)))
	for reason, n := range r.Refused {
		if rule, ok := strings.CutPrefix(reason, detectedPrefix); ok {
			journal.Amount(ctx, s.Log, Counter(Rule(rule)), n, slog.String("instrument", m.Instrument), slog.String("batch", m.Batch))
		}
	}
}

func total(counts map[string]int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}
