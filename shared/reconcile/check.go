package reconcile

import (
	"maps"
	"slices"
	"time"

	"proactive/shared/layout"
	"proactive/shared/ledger"
	"proactive/shared/receipt"
)

// seen is everything that is at rest of one instrument.
type seen struct {
	instrument   string
	rows         Rows
	inbox, clean map[string][]Version
	runs         map[int64]string
	now          time.Time
	patience     time.Duration
}

// message is what mends a missing thing, if anything does.
type message struct {
	missing Missing
	batch   Batch
	version string // of the object in the inbox
}

// account judges one instrument. It is a function of what was seen.
func (s seen) account() (Account, []message) {
	a := Account{Instruments: 1}
	var mend []message
	miss := func(reason Reason, b Batch, ordinal int64) Missing {
		m := Missing{Instrument: s.instrument, Batch: b.Batch, Sequence: b.Sequence, Ordinal: ordinal, Reason: reason, Since: s.since(b)}
		m.Stays = !m.Mendable() || s.now.Sub(m.Since) >= Stays
		return m
	}
	byBatch := map[string]Batch{}
	for _, b := range s.rows.Batches {
		byBatch[b.Batch] = b
	}
	// Every grant wrote two rows: what one kind has, the other must have.
	for n, batch := range s.rows.Owners {
		if b, there := byBatch[batch]; !there || b.Sequence != n {
			a.Granted++
			a.Lost++
			a.Missing = append(a.Missing, miss(BatchGone, Batch{Entry: ledger.Entry{Batch: batch, Sequence: n}}, 0))
		}
	}
	for _, b := range s.rows.Batches {
		a.Granted++
		if s.rows.Owners[b.Sequence] != b.Batch {
			a.Missing = append(a.Missing, miss(OwnerGone, b, 0))
		}
		switch receipt.Verdict(b.State) {
		case receipt.Stored:
			a.Stored++
		case receipt.Quarantined:
			a.Quarantined++
		case receipt.Rejected:
			a.Rejected++
		default:
			s.unsettled(b, &a, &mend, miss)
			continue
		}
		if s.rows.Receipts[b.Ordinal] != b.Batch {
			a.Missing = append(a.Missing, miss(ReceiptGone, b, b.Ordinal))
		}
		if receipt.Verdict(b.State) == receipt.Stored {
			s.stored(b, &a, &mend, miss)
		}
	}
	a.Missing = append(a.Missing, s.chain(byBatch, miss)...)
	return a, mend
}

// since is when a batch came to rest in the inbox, or was granted if that is not known.
func (s seen) since(b Batch) time.Time {
	if v, there := s.upload(b); there && v.At.After(b.Granted) {
		return v.At
	}
	return b.Granted
}

// upload is the object version that a batch is claimed for, or the first one at its key:
// a key is written once, so a later version is nobody's upload.
func (s seen) upload(b Batch) (Version, bool) {
	versions := s.inbox[b.Batch]
	if b.Version == "" {
		if len(versions) == 0 {
			return Version{}, false
		}
		return versions[0], true
	}
	i := slices.IndexFunc(versions, func(v Version) bool { return v.ID == b.Version })
	if i < 0 {
		return Version{}, false
	}
	return versions[i], true
}

type misser func(Reason, Batch, int64) Missing

// unsettled places a batch that has no receipt.
func (s seen) unsettled(b Batch, a *Account, mend *[]message, miss misser) {
	v, there := s.upload(b)
	reason := Unsettled
	switch {
	case b.State == ledger.Granted && !there && s.now.Sub(b.Granted) > Lifetime:
		a.NeverArrived++
		return
	case b.State == ledger.Granted && !there:
		a.Underway++
		return
	case b.State == ledger.Granted:
		reason = ArrivalLost
	case !there:
		// The inbox keeps a batch longer than any queue: what is gone was given up on.
		a.Lost++
		a.Missing = append(a.Missing, miss(UploadGone, b, 0))
		return
	}
	a.Underway++
	if s.now.Sub(v.At) > s.patience {
		*mend = append(*mend, message{missing: miss(reason, b, 0), batch: b, version: v.ID})
	}
}

// stored checks what a receipt "stored" promises: the very object, and a run that counts.
func (s seen) stored(b Batch, a *Account, mend *[]message, miss misser) {
	kept := s.now.Sub(b.Granted) < CleanKept
	if kept && !slices.ContainsFunc(s.clean[b.Batch], func(v Version) bool { return v.ID == b.Clean.Version }) {
		a.Missing = append(a.Missing, miss(CleanGone, b, 0))
		return
	}
	switch s.runs[b.Sequence] {
	case b.Batch:
		a.Scored++
	case "":
		if kept && s.now.Sub(s.since(b)) > s.patience {
			*mend = append(*mend, message{missing: miss(Unscored, b, 0), batch: b})
		}
	default:
		a.Missing = append(a.Missing, miss(RunOfAnother, b, 0))
	}
}

// chain checks that the receipts are 1 to n without a gap, each of a batch that says so.
func (s seen) chain(byBatch map[string]Batch, miss misser) (missing []Missing) {
	last := int64(0)
	for _, n := range slices.Sorted(maps.Keys(s.rows.Receipts)) {
		for gap := last + 1; gap < n; gap++ {
			missing = append(missing, miss(ReceiptGone, Batch{}, gap))
		}
		last = n
		if b := byBatch[s.rows.Receipts[n]]; b.Ordinal != n || !b.Settled() {
			missing = append(missing, miss(ReceiptTwice, b, n))
		}
	}
	if last != s.rows.Head {
		missing = append(missing, miss(HeadAstray, Batch{}, s.rows.Head))
	}
	return missing
}

// event is the arrival of a batch's object.
func (m message) event(bucket string) Arrival {
	return arrival(bucket, layout.InboxKey(m.batch.Instrument, m.batch.Batch), m.version)
}
