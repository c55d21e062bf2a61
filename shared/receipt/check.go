package receipt

import (
	"errors"
	"regexp"
	"time"

	"proactive/shared/layout"
)

var (
	sha256Hex = regexp.MustCompile(`^[0-9a-f]{64}$`)
	reason    = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
)

// Check refuses a receipt that contradicts itself, before it is signed and after it is
// verified.
func (r Receipt) Check() error {
	issued, issuedErr := time.Parse(TimeFormat, r.Issued)
	switch {
	case r.Format != Format:
		return errors.New("format")
	case r.Deployment == "":
		return errors.New("deployment")
	case !layout.ValidInstrument(r.Instrument):
		return errors.New("instrument")
	case !layout.ValidBatch(r.Batch):
		return errors.New("batch")
	case r.Sequence < 1:
		return errors.New("sequence")
	case r.Ordinal < 1 || (r.Ordinal == 1) != (r.Previous == "") || r.Previous != "" && !sha256Hex.MatchString(r.Previous):
		return errors.New("place in the chain")
	case r.Verdict != Stored && r.Verdict != Quarantined && r.Verdict != Rejected:
		return errors.New("verdict")
	case (r.Verdict == Stored) != (r.Reason == "") || r.Reason != "" && !reason.MatchString(r.Reason):
		return errors.New("reason")
	case r.Verdict != Stored && len(r.Kept) > 0:
		return errors.New("kept")
	case !sha256Hex.MatchString(r.SHA256):
		return errors.New("sha256")
	case r.Payload != "" && !sha256Hex.MatchString(r.Payload) || r.Payload == "" && r.Verdict == Stored:
		return errors.New("payload")
	case issuedErr != nil || issued.Format(TimeFormat) != r.Issued:
		return errors.New("issued")
	}
	return nil
}
