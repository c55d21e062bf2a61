package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"time"

	"github.com/oklog/ulid/v2"

	"proactive/cmd/agent/internal/advice"
	"proactive/cmd/agent/internal/compose"
	"proactive/cmd/agent/internal/courier"
	"proactive/cmd/agent/internal/home"
	"proactive/cmd/agent/internal/outbox"
	"proactive/shared/fault"
	"proactive/shared/keyset"
)

type sendCmd struct {
	Folders []string      `arg:"" optional:"" name:"runfolder" help:"Run folders; one batch each. Without any, what still waits is sent." type:"path"`
	History bool          `help:"Also send runs from before consent. Ask the lab first."`
	Again   bool          `help:"Offer again what was uploaded or has its receipt; nothing is counted twice."`
	Wait    time.Duration `help:"How long to wait for receipts; 0 looks once." default:"2m"`
}

// sending is one send under way.
type sending struct {
	*app
	cmd       *sendCmd
	home      *home.Home
	courier   *courier.Courier
	consent   home.Consent
	key       []byte // the lab's
	keys      keyset.KeySet
	offline   error             // why the service cannot be reached, once that is known
	delivered map[string]bool   // batches that the service has and that await a receipt
	failures  map[string]error  // why batches of earlier sends could not be delivered
	copies    map[string]string // what became of the auditor's copies
	uncopied  func(outbox.Entry, advice.Advice)
	exit      advice.Exit
}

// Run sends. Everything is sealed and durable before the service hears of it, so
// that it can be interrupted, or the network can go, anywhere.
func (c *sendCmd) Run(a *app) error {
	h, unlock, err := a.open()
	if err != nil {
		return err
	}
	defer unlock()
	s, err := c.prepare(a, h)
	if err != nil {
		return err
	}
	waiting, err := s.courier.Box.List() // before connecting, which may bring their receipts
	if err != nil {
		return err
	}
	if err := s.connect(); err != nil {
		return err
	}
	for _, e := range waiting {
		if err := s.resume(e); err != nil {
			s.failures[e.Batch] = err
		}
	}
	all := make([]account, 0, len(c.Folders))
	for _, folder := range c.Folders {
		all = append(all, s.folder(absolute(folder)))
		if a.ctx.Err() != nil {
			return a.ctx.Err()
		}
	}
	awaited := s.await()
	for i := range all {
		s.conclude(&all[i], awaited)
		s.tell(all[i])
	}
	for _, e := range waiting {
		s.tellWaiting(e, all, awaited)
	}
	if len(all)+len(waiting) == 0 {
		a.say("Nothing waits to be sent.")
	}
	a.exit = s.exit
	return nil
}

// prepare refuses before anything is read or sent unless the lab has said yes.
func (c *sendCmd) prepare(a *app, h *home.Home) (*sending, error) {
	s := &sending{app: a, cmd: c, home: h, delivered: map[string]bool{}, failures: map[string]error{}, copies: map[string]string{}}
	s.uncopied = s.tellUncopied
	var err error
	if s.courier, err = a.enrolled(h); err != nil {
		return nil, err
	}
	if s.consent, err = h.Consent(); err != nil {
		return nil, err
	}
	if !s.consent.On {
		return nil, fault.New(fault.Forbidden, notOn, nil)
	}
	s.key, err = h.LabKey()
	return s, err
}

// connect gets the newest keys and receipts. If the service cannot be reached and a
// key set is stored, sending goes on as far as the outbox.
func (s *sending) connect() error {
	waiting, err := s.courier.Box.List()
	if err != nil {
		return err
	}
	for _, e := range waiting {
		s.copy(e) // their receipts may be next, and then they are gone
	}
	set, err := s.courier.Connect(s.ctx, func(err error) { s.note("trying again (%s)", advice.For(err).Reason) })
	s.keys = set
	if err != nil && set.Serial == 0 {
		return err
	}
	if err != nil {
		return s.network(err)
	}
	return nil
}

// network takes note that the service cannot be reached. Any other error is returned.
func (s *sending) network(err error) error {
	if kind, _ := fault.Public(err); kind != fault.Unavailable {
		return err
	}
	if s.offline == nil {
		s.offline = err
	}
	return nil
}

// folder composes, admits, seals and delivers one run folder.
func (s *sending) folder(folder string) account {
	acc := account{Folder: folder, Files: []fileAccount{}}
	s.note("%s: reading", filepath.Base(folder))
	made, err := compose.Dir(s.ctx, folder, s.key)
	acc.Files = accounts(made.Report.Files)
	if made.Digest != "" {
		acc.Summary, acc.Payload = summarise(made.Report), made.Digest
	}
	if err == nil {
		err = admit(made.Report, s.courier.Enrolment, s.consent, s.cmd.History, begun(folder))
	}
	if err != nil {
		return s.failed(acc, err)
	}
	sent, found, err := s.home.Sent(made.Digest)
	if err != nil {
		return s.failed(acc, err)
	}
	if found {
		return s.already(acc, sent)
	}
	for range attempts {
		var e outbox.Entry
		if e, err = s.sealed(folder, made); err != nil {
			return s.failed(acc, err)
		}
		acc.Batch, acc.Sequence, acc.Bytes = e.Batch, e.Sequence, e.Bytes
		err = s.deliver(e)
		if _, reason := fault.Public(err); err == nil || reason != sequenceTaken {
			break
		}
		// The number was used in an earlier life of this instrument, whose home is gone.
		// The service has nothing of this batch, and the run folder is still here: it is
		// sealed anew under the next number.
		if err := s.courier.Box.Remove(e.Batch); err != nil {
			return s.failed(acc, err)
		}
	}
	if err != nil {
		return s.failed(acc, err)
	}
	return acc
}

// sequenceTaken is authorize's reason; attempts bounds how many taken numbers in a row
// are passed over.
const (
	sequenceTaken = "sequence-taken"
	attempts      = 32
)

// already accounts for a run folder whose very content has its receipt.
func (s *sending) already(acc account, sent home.Sent) account {
	acc.Batch, acc.Sequence, acc.Bytes, acc.Already = sent.Batch, sent.Sequence, sent.Bytes, true
	if !s.cmd.Again {
		return acc
	}
	s.note("%s: offering batch %s again", filepath.Base(acc.Folder), sent.Batch)
	if err := s.courier.Offer(s.ctx, sent); err != nil {
		return s.failed(acc, err)
	}
	return acc
}

// sealed returns the outbox's batch of this content, sealing it if there is none.
func (s *sending) sealed(folder string, made compose.Composition) (outbox.Entry, error) {
	return s.spool(made, outbox.Entry{Folder: folder})
}

// spool seals a composition, unless its very content waits already, and completes e with
// what becomes of it. The batch is durable when it returns.
func (s *sending) spool(made compose.Composition, e outbox.Entry) (outbox.Entry, error) {
	waiting, err := s.courier.Box.List()
	if err != nil {
		return outbox.Entry{}, err
	}
	for _, w := range waiting {
		if w.Payload == made.Digest {
			return w, nil
		}
	}
	// The number is durable before it is used: a crash here leaves a gap.
	sequence, err := s.home.NextSequence()
	if err != nil {
		return outbox.Entry{}, err
	}
	id, err := ulid.New(ulid.Timestamp(s.now()), rand.Reader)
	if err != nil {
		return outbox.Entry{}, fmt.Errorf("making a batch id: %w", err)
	}
	sealed, err := s.seal(id.String(), sequence, made)
	if err != nil {
		return outbox.Entry{}, fmt.Errorf("sealing: %w", err)
	}
	sum := sha256.Sum256(sealed)
	e.Batch, e.Sequence, e.SHA256, e.Bytes = id.String(), sequence, hex.EncodeToString(sum[:]), int64(len(sealed))
	e.Payload, e.Sealed = made.Digest, s.now()
	return e, s.courier.Box.Add(e, sealed)
}

// resume delivers a batch of an earlier send, unless its receipt has come meanwhile.
func (s *sending) resume(e outbox.Entry) error {
	left, err := s.courier.Outstanding(map[string]bool{e.Batch: true})
	if err != nil || left == 0 {
		return err
	}
	return s.deliver(e)
}

// deliver takes one batch to the service, unless that is known to be out of reach.
func (s *sending) deliver(e outbox.Entry) error {
	if s.delivered[e.Batch] {
		return nil
	}
	s.copy(e)
	if s.offline != nil {
		return s.offline
	}
	if e.Uploaded && !s.cmd.Again {
		s.delivered[e.Batch] = true // the store has said so: only the receipt is missing
		return nil
	}
	b := s.bar(filepath.Base(e.Folder), e.Bytes)
	defer b.done()
	err := s.courier.Deliver(s.ctx, e, b.add, func(err error) {
		s.note("%s: trying again (%s)", filepath.Base(e.Folder), advice.For(err).Reason)
	})
	if err != nil {
		_ = s.network(err)
		return err
	}
	s.delivered[e.Batch] = true
	if !s.screen {
		s.note("%s: uploaded, %s", filepath.Base(e.Folder), size(e.Bytes))
	}
	return nil
}

// await waits for the receipts of what was delivered and returns why not all came.
func (s *sending) await() error {
	if len(s.delivered) == 0 || s.offline != nil {
		return s.offline
	}
	b := s.bar("waiting for "+count(len(s.delivered), "receipt", "receipts"), -1)
	defer b.done()
	if !s.screen {
		s.note("waiting for %s", count(len(s.delivered), "receipt", "receipts"))
	}
	return s.courier.Await(s.ctx, s.keys, s.delivered, s.cmd.Wait, func(int) { b.add(1) })
}
