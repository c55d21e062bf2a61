package auditor

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"proactive/shared/batch"
	"proactive/shared/catalog"
	"proactive/shared/fault"
	"proactive/shared/observation"
	"proactive/shared/receipt"
	"proactive/shared/scrub"
	"proactive/shared/seal"
)

// Reasons for which a batch of an archive is not what it should be, beside those of
// shared/batch, shared/seal and shared/observation.
const (
	TooLong         = "not-a-batch"      // longer than any batch
	NotForThisKey   = "not-for-this-key" // sealed without this auditor
	CatalogMismatch = "catalog-mismatch" // header and payload name two catalogs
	UnknownCatalog  = "unknown-catalog"  // projected through a catalog that this agent does not know
	ReceiptDiffers  = "receipt-not-ours" // its receipt speaks of other bytes
	OffCatalog      = "off-catalog"      // something in it is not what the catalog allows
	Detected        = "detected"         // something in it looks like a name, a place or a sequence
)

// MaxBatch is more than the longest batch has, in bytes.
const MaxBatch = batch.MaxCiphertext + batch.MaxHeader + 1<<10

// Examiner looks into batches with the auditor's private key. It talks to nobody.
type Examiner struct {
	ID       string
	Key      *rsa.PrivateKey
	Signers  []ed25519.PublicKey // of the instruments whose batches these may be
	Catalog  *catalog.Catalog
	Receipts map[string]receipt.Receipt // by batch; those that are known here
}

// Examination is what was found in one batch. But for the payload itself, it holds no
// value of what it found.
type Examination struct {
	Header  batch.Header
	SHA256  string // of the sealed batch
	Payload string // hex SHA-256 of the payload
	Opened  []byte // the payload itself; nil if it was not opened
	Content observation.Payload
	Verdict receipt.Verdict // of its receipt, "" if none is known here
	// Refused counts what the catalog does not allow, by reason; Detected what the
	// detector knows, by rule.
	Refused, Detected map[string]int
	// Reason is why it is not what it should be, "" if it is.
	Reason string
}

// Examine opens a sealed batch, checks everything that binds it, and judges its content
// anew: the catalog and the detector, over every row that was sent.
func (x Examiner) Examine(ctx context.Context, object []byte) Examination {
	var found Examination
	if err := x.open(ctx, object, &found); err != nil {
		_, found.Reason = fault.Public(err)
		return found
	}
	_, tally := scrub.Project(x.Catalog, found.Content.Observations)
	found.Refused = tally.Reasons
	found.Detected = map[string]int{}
	for _, hit := range scrub.Detect(x.Catalog, found.Content.Observations) {
		if hit.Rule != scrub.RuleField { // that is among the refused
			found.Detected[string(hit.Rule)]++
		}
	}
	switch {
	case len(found.Detected) > 0:
		found.Reason = Detected
	case len(found.Refused) > 0:
		found.Reason = OffCatalog
	}
	return found
}

func (x Examiner) open(ctx context.Context, object []byte, found *Examination) error {
	if len(object) > MaxBatch {
		return fault.New(fault.Malformed, TooLong, nil)
	}
	e, err := batch.Read(bytes.NewReader(object))
	if err != nil {
		return err
	}
	found.Header, found.SHA256 = e.Header, digest(object)
	if !slices.ContainsFunc(x.Signers, func(k ed25519.PublicKey) bool { return e.Verify(k) == nil }) {
		return fault.New(fault.Malformed, batch.ReasonBadSignature, nil)
	}
	if !For(e, x.ID) {
		return fault.New(fault.Malformed, NotForThisKey, nil)
	}
	compressed, err := seal.Open(ctx, e, x.ID, seal.Local{x.ID: x.Key})
	if err != nil {
		return err
	}
	payload, err := observation.Decompress(compressed, min(e.Header.PayloadBytes, observation.MaxPayload))
	if err != nil {
		return err
	}
	if int64(len(payload)) != e.Header.PayloadBytes {
		return fault.New(fault.Malformed, seal.ReasonPayloadLength, nil)
	}
	found.Opened, found.Payload = payload, digest(payload)
	if found.Content, err = observation.Decode(bytes.NewReader(payload)); err != nil {
		return err
	}
	if found.Content.Catalog != e.Header.Catalog {
		return fault.New(fault.Malformed, CatalogMismatch, nil)
	}
	if r, known := x.Receipts[e.Header.Batch]; known {
		found.Verdict = r.Verdict
		if r.SHA256 != found.SHA256 || r.Payload != "" && r.Payload != found.Payload {
			return fault.New(fault.Malformed, ReceiptDiffers, nil)
		}
	}
	if !x.Catalog.Accepts(e.Header.Catalog) {
		return fault.New(fault.Malformed, UnknownCatalog, nil)
	}
	return nil
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
