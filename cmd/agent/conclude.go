package main

import (
	"fmt"
	"path/filepath"

	"proactive/cmd/agent/internal/advice"
	"proactive/cmd/agent/internal/courier"
	"proactive/cmd/agent/internal/outbox"
	"proactive/shared/catalog"
	"proactive/shared/fault"
	"proactive/shared/receipt"
)

// verdictStored is the verdict of a batch that was kept.
const verdictStored = "stored"

// failed puts an error into an account.
func (s *sending) failed(acc account, err error) account {
	told := advice.For(err)
	acc.Reason, acc.Message, acc.Next = told.Reason, told.Says, told.Next
	s.exit = advice.Worse(s.exit, told.Exit)
	return acc
}

// conclude completes an account from the stored receipts. awaited says why waiting
// ended before every receipt was there, nil if all are.
func (s *sending) conclude(acc *account, awaited error) {
	if acc.Batch == "" || acc.Reason != "" {
		return
	}
	r, found, err := s.receipt(acc.Batch)
	var left int
	if err == nil {
		left, err = s.courier.Outstanding(map[string]bool{acc.Batch: true})
	}
	switch {
	case err != nil:
		*acc = s.failed(*acc, err)
	case found && left == 0: // a receipt that let the batch leave the outbox
		acc.Verdict, acc.Reason = string(r.Verdict), r.Reason
		if acc.Verdict != verdictStored {
			acc.Message = "The service did not keep it (" + acc.Verdict + ": " + r.Reason + ")."
			s.exit = advice.Worse(s.exit, advice.NotStored)
		}
	case awaited != nil:
		*acc = s.failed(*acc, awaited)
	default:
		*acc = s.failed(*acc, fault.New(fault.Unavailable, courier.ReceiptLate, nil))
	}
}

func (s *sending) receipt(batch string) (receipt.Receipt, bool, error) {
	chain, err := s.home.Receipts()
	if err != nil {
		return receipt.Receipt{}, false, err
	}
	for _, jws := range chain {
		r, err := receipt.Read(jws)
		if err != nil {
			return receipt.Receipt{}, false, fmt.Errorf("reading a stored receipt: %w", err)
		}
		if r.Batch == batch {
			return r, true, nil
		}
	}
	return receipt.Receipt{}, false, nil
}

// tell prints one account.
func (s *sending) tell(acc account) {
	acc.Copy = s.copies[acc.Batch]
	if s.json {
		s.print(acc)
		return
	}
	name := filepath.Base(acc.Folder)
	switch {
	case acc.Verdict != "":
		read := 0
		for _, f := range acc.Files {
			if f.Read {
				read++
			}
		}
		what := acc.Verdict
		if acc.Already && !s.cmd.Again {
			what += " before, not sent again"
		}
		s.say("%s: %s. %s read, %s sealed, batch %s (%d).", name, what, count(read, "file", "files"), size(acc.Bytes), acc.Batch, acc.Sequence)
		if acc.Verdict != verdictStored {
			s.say("  %s", acc.Message)
		}
		for _, f := range acc.Files {
			if f.Reason == "" || f.Kind == string(catalog.OtherFile) {
				continue
			}
			what := "not used"
			if f.Read {
				what = "used in part"
			}
			s.say("  %s: %s (%s)", what, f.Name, f.Reason)
		}
	case acc.Batch != "":
		s.say("%s: sealed as batch %s (%d), and kept. %s [%s]", name, acc.Batch, acc.Sequence, acc.Message, acc.Reason)
	default:
		s.say("%s: not sent. %s [%s]", name, acc.Message, acc.Reason)
	}
	if acc.Next != "" {
		s.say("  %s", acc.Next)
	}
}

// tellWaiting accounts for a batch of an earlier send, unless a run folder of this
// one has told of it already.
func (s *sending) tellWaiting(e outbox.Entry, told []account, awaited error) {
	for _, acc := range told {
		if acc.Batch == e.Batch {
			return
		}
	}
	acc := account{Folder: e.Folder, Batch: e.Batch, Sequence: e.Sequence, Files: []fileAccount{}, Bytes: e.Bytes, Payload: e.Payload}
	if !s.delivered[e.Batch] && s.failures[e.Batch] != nil {
		acc = s.failed(acc, s.failures[e.Batch])
	}
	s.conclude(&acc, awaited)
	s.tell(acc)
}
