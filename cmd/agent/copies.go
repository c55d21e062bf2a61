package main

import (
	"bytes"
	"errors"
	"fmt"

	"proactive/cmd/agent/internal/advice"
	"proactive/cmd/agent/internal/auditor"
	"proactive/cmd/agent/internal/home"
	"proactive/cmd/agent/internal/outbox"
	"proactive/shared/batch"
	"proactive/shared/fault"
)

// What became of the auditor's copy, beside the reason why there is none.
const copied = "kept"

// copy keeps the auditor's copy of a batch before it leaves, and tells what goes wrong: a
// disk that is full or away stops nothing. It is tried again as long as the batch is here.
func (s *sending) copy(e outbox.Entry) {
	kept, err := s.keep(e)
	if err != nil {
		told := advice.For(err)
		if s.copies[e.Batch] != told.Reason { // once is enough
			s.uncopied(e, told)
		}
		s.copies[e.Batch] = told.Reason
	} else if kept {
		s.copies[e.Batch] = copied
	}
}

// keep writes the copy, unless it is there or the batch is not sealed for the auditor.
func (s *sending) keep(e outbox.Entry) (kept bool, err error) {
	set, found, err := s.home.Auditor()
	if err != nil || !found {
		return false, err
	}
	archive := auditor.Archive{Dir: set.Archive}
	if archive.Has(e.Batch, e.Bytes) {
		return true, s.home.SetCopied(e.Batch, true)
	}
	sealed, err := s.courier.Box.Bytes(e)
	if err != nil {
		return false, err
	}
	envelope, err := batch.Read(bytes.NewReader(sealed))
	if err != nil {
		return false, fmt.Errorf("reading batch %s: %w", e.Batch, outbox.ErrDamaged)
	}
	if !auditor.For(envelope, set.Key) {
		return false, nil // sealed before there was one
	}
	err = archive.Sign(public(s.courier.Key))
	if err == nil {
		err = archive.Keep(e.Batch, sealed)
	}
	if err != nil {
		return false, errors.Join(fault.New(fault.Unavailable, auditor.Unwritable, err), s.home.SetCopied(e.Batch, false))
	}
	return true, s.home.SetCopied(e.Batch, true)
}

// tellUncopied says on standard error that a copy is missing, whether or not progress is shown.
func (s *sending) tellUncopied(e outbox.Entry, told advice.Advice) {
	fmt.Fprintf(s.err, "agent: batch %s: %s [%s]\n       %s\n", e.Batch, told.Says, told.Reason, told.Next)
}

// auditing is the auditor as status and doctor show it.
type auditing struct {
	Key      string   `json:"key"`
	Archive  string   `json:"archive"`
	Uncopied []string `json:"uncopied"` // batches without a copy
}

// auditedBy is nil where the lab has no key of its own.
func auditedBy(h *home.Home) (*auditing, error) {
	set, found, err := h.Auditor()
	if err != nil || !found {
		return nil, err
	}
	uncopied, err := h.Uncopied()
	return &auditing{Key: set.Key, Archive: set.Archive, Uncopied: append([]string{}, uncopied...)}, err
}

// archive looks at where the auditor's copies go, if there is an auditor.
func (c *checkup) archive(h *home.Home) {
	audited, err := auditedBy(h)
	if err != nil {
		c.failed("auditor", err)
		return
	}
	if audited == nil {
		return
	}
	told := advice.For(fault.New(fault.Unavailable, auditor.Unwritable, nil))
	free, err := freeBytes(audited.Archive)
	switch n := len(audited.Uncopied); {
	case err != nil:
		c.note("auditor", warn, audited.Archive+" cannot be read.", told.Next)
	case n > 0:
		c.note("auditor", warn, count(n, "copy is", "copies are")+" not in "+audited.Archive+".", told.Next)
	case free < 1<<30:
		c.note("auditor", warn, size(free)+" are free in "+audited.Archive+".", told.Next)
	default:
		c.note("auditor", fine, "Copies for "+audited.Key+" are kept in "+audited.Archive+".", "")
	}
}
