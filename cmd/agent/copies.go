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
		s.copies[e.Batch] = told.Reason
		s.uncopied(e, told)
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

// told says on standard error that a copy is missing, whether or not progress is shown.
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
