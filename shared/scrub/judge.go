package scrub

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"proactive/shared/batch"
	"proactive/shared/catalog"
	"proactive/shared/clean"
	"proactive/shared/fault"
	"proactive/shared/handoff"
	"proactive/shared/observation"
	"proactive/shared/receipt"
	"proactive/shared/seal"
)

// Reasons for which a batch is rejected or quarantined, beside those of shared/batch,
// shared/seal and shared/observation.
const (
	HeaderMismatch  = "header-mismatch"  // the header names another batch than the claim
	WrongDeployment = "wrong-deployment" // sealed for another deployment
	UnknownCatalog  = "unknown-catalog"  // projected through a catalog that this one does not supersede
	CatalogMismatch = "catalog-mismatch" // header and payload name two catalogs
	NothingKept     = "nothing-kept"     // no observation is left
	detectedPrefix  = "detected-"        // quarantined; the detector's rule follows
)

// DetectedReason is the reason of a batch that a rule of the detector quarantined, and what
// its receipt counts the texts under that the rule hit.
func DetectedReason(r Rule) string { return detectedPrefix + string(r) }

// errDigest says that the bytes are not those that were claimed. A version is immutable,
// so this is never the instrument's doing and gives it no receipt: it goes to the
// dead-letter queue, for a person.
var errDigest = errors.New("the object is not the one that was claimed")

// outcome is what is to become of a batch.
type outcome struct {
	receipt receipt.Receipt // verdict, reason, counts
	clean   []byte          // the Parquet file, if stored
}

// judge reads a batch and decides. An error is a failure of something we depend on; bad
// content is an outcome. What is not yet scrubbed exists in this call's memory only.
func (s *Stage) judge(ctx context.Context, m handoff.Validated) (outcome, error) {
	object, err := s.Inbox.Get(ctx, Object{Bucket: m.Bucket, Key: m.Key, Version: m.Version}, maxObject)
	if err != nil {
		return outcome{}, fmt.Errorf("reading the upload: %w", err)
	}
	if sum := sha256.Sum256(object); hex.EncodeToString(sum[:]) != m.SHA256 || int64(len(object)) != m.Bytes {
		return outcome{}, errDigest
	}
	payload, content, err := s.open(ctx, m, object)
	if err != nil {
		return rejected(err, payload)
	}
	return s.sift(m, payload, content)
}

// open returns the uncompressed payload and what it says. On a fault after
// decompression the payload is returned too, for its digest.
func (s *Stage) open(ctx context.Context, m handoff.Validated, object []byte) ([]byte, observation.Payload, error) {
	var none observation.Payload
	e, err := batch.Read(bytes.NewReader(object))
	if err != nil {
		return nil, none, err
	}
	h := e.Header
	switch {
	case h.Deployment != s.Deployment:
		return nil, none, fault.New(fault.Malformed, WrongDeployment, nil)
	case h.Instrument != m.Instrument || h.Batch != m.Batch || h.Sequence != m.Sequence:
		return nil, none, fault.New(fault.Malformed, HeaderMismatch, nil)
	case !s.Catalog.Accepts(h.Catalog):
		return nil, none, fault.New(fault.Malformed, UnknownCatalog, nil)
	}
	compressed, err := seal.Open(ctx, e, h.Recipients[0].Key, s.Unwrapper)
	if err != nil {
		return nil, none, err
	}
	payload, err := observation.Decompress(compressed, min(h.PayloadBytes, observation.MaxPayload))
	if err != nil {
		return nil, none, err
	}
	if int64(len(payload)) != h.PayloadBytes {
		return payload, none, fault.New(fault.Malformed, seal.ReasonPayloadLength, nil)
	}
	content, err := observation.Decode(bytes.NewReader(payload))
	if err != nil {
		return payload, none, err
	}
	if content.Catalog != h.Catalog {
		return payload, none, fault.New(fault.Malformed, CatalogMismatch, nil)
	}
	return payload, content, nil
}

// sift projects and searches what was opened.
func (s *Stage) sift(m handoff.Validated, payload []byte, content observation.Payload) (outcome, error) {
	kept, tally := s.walls.project(s.Catalog, content.Observations)
	r := receipt.Receipt{
		Payload: digest(payload), Catalog: s.Catalog.Hash(),
		Refused: tally.Reasons,
	}
	r.Dropped, r.Left = s.left(content)
	if hits := s.walls.detect(s.Catalog, kept); len(hits) > 0 {
		r.Verdict, r.Reason = receipt.Quarantined, DetectedReason(hits[0].Rule)
		for _, h := range hits {
			r.Refused[DetectedReason(h.Rule)]++
		}
		return outcome{receipt: r}, nil
	}
	if len(kept) == 0 {
		r.Verdict, r.Reason = receipt.Rejected, NothingKept
		return outcome{receipt: r}, nil
	}
	file, err := clean.Encode(clean.Batch{Instrument: m.Instrument, Batch: m.Batch, Sequence: m.Sequence, Observations: kept})
	if err != nil {
		return outcome{}, err
	}
	r.Verdict, r.Kept = receipt.Stored, map[string]int{}
	for _, o := range kept {
		r.Kept[o.Field]++
	}
	return outcome{receipt: r, clean: file}, nil
}

// rejected turns a fault that is the content's into a verdict; any other error stays one.
func rejected(err error, payload []byte) (outcome, error) {
	kind, reason := fault.Public(err)
	if kind != fault.Malformed {
		return outcome{}, err
	}
	r := receipt.Receipt{Verdict: receipt.Rejected, Reason: reason}
	if payload != nil {
		r.Payload = digest(payload)
	}
	return outcome{receipt: r}, nil
}

// left is what the instrument says it left behind, under names that are ours: what it
// counts under another is counted as other, and the name is not kept.
func (s *Stage) left(content observation.Payload) (drops map[string]observation.Drops, left map[string]int) {
	drops = map[string]observation.Drops{}
	for kind, d := range content.Dropped {
		if !slices.Contains(catalog.FileKinds(), catalog.FileKind(kind)) {
			kind = string(catalog.OtherFile)
		}
		sum := drops[kind]
		drops[kind] = observation.Drops{Unknown: sum.Unknown + d.Unknown, Refused: sum.Refused + d.Refused}
	}
	for id, n := range content.Left {
		if !s.Catalog.IsLeft(id) {
			other := drops[string(catalog.OtherFile)]
			other.Unknown += n
			drops[string(catalog.OtherFile)] = other
			continue
		}
		if left == nil {
			left = map[string]int{}
		}
		left[id] = n
	}
	return drops, left
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
