package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"proactive/cmd/agent/internal/advice"
	"proactive/cmd/agent/internal/auditor"
	"proactive/shared/batch"
	"proactive/shared/fault"
	"proactive/shared/observation"
)

// examined is what `agent audit --json` prints of one batch.
type examined struct {
	File       string                       `json:"file"`
	Batch      string                       `json:"batch"`
	Sequence   int64                        `json:"sequence"`
	Instrument string                       `json:"instrument"`
	Deployment string                       `json:"deployment"`
	Recipients []string                     `json:"recipients"`
	SHA256     string                       `json:"sha256"`
	Payload    string                       `json:"payload_sha256"`
	Catalog    string                       `json:"catalog"`
	Rows       int                          `json:"rows"`
	Fields     []line                       `json:"fields"`
	Dropped    map[string]observation.Drops `json:"dropped"`  // by the instrument, when it was made
	Refused    map[string]int               `json:"refused"`  // by the catalog, now
	Detected   map[string]int               `json:"detected"` // by the detector, now
	Verdict    string                       `json:"verdict"`  // of its receipt, where that is known
	Reason     string                       `json:"reason"`   // why it is not what it should be; empty if it is
	Message    string                       `json:"message,omitempty"`
	Next       string                       `json:"next,omitempty"`
}

// account makes an examination what is printed. Fields that are not in the catalog are
// counted and not named: their names are not ours.
func accountOf(file string, x auditor.Examination) (examined, error) {
	fields, err := tally(x.Content.Observations)
	if err != nil {
		return examined{}, err
	}
	e := examined{
		File: file, Batch: x.Header.Batch, Sequence: x.Header.Sequence, Instrument: x.Header.Instrument, Deployment: x.Header.Deployment,
		Recipients: []string{}, SHA256: x.SHA256, Payload: x.Payload, Catalog: x.Header.Catalog, Rows: len(x.Content.Observations), Fields: fields,
		Dropped: x.Content.Dropped, Refused: x.Refused, Detected: x.Detected, Verdict: string(x.Verdict), Reason: x.Reason,
	}
	for _, r := range x.Header.Recipients {
		e.Recipients = append(e.Recipients, r.Key)
	}
	if x.Reason != "" {
		told := auditAdvice(x.Reason)
		e.Message, e.Next = told.Says, told.Next
	}
	return e, nil
}

// auditAdvice is what to say of a batch that is not what it should be.
func auditAdvice(reason string) advice.Advice {
	switch reason {
	case batch.ReasonBadSignature, auditor.NotForThisKey, auditor.OffCatalog, auditor.Detected, auditor.UnknownCatalog, auditor.ReceiptDiffers:
		return advice.For(fault.New(fault.Malformed, "audit-"+reason, nil))
	}
	return advice.For(fault.New(fault.Malformed, "audit-damaged", nil))
}

// examined tells of one batch.
func (a *app) examined(e examined) error {
	if a.json {
		a.print(e)
		return nil
	}
	a.say("%s: batch %s (%d) of %s", filepath.Base(e.File), e.Batch, e.Sequence, e.Instrument)
	if e.Rows > 0 {
		w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
		category := ""
		for _, f := range e.Fields {
			if f.Category != category {
				category = f.Category
				fmt.Fprintf(w, "  %s\n", category)
			}
			fmt.Fprintf(w, "    %s\t%d\t%s\n", f.Field, f.Count, f.Purpose)
		}
		if err := w.Flush(); err != nil {
			return fmt.Errorf("listing a batch: %w", err)
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(e.Refused)) {
		a.say("  OFF THE CATALOG: %s (%s)", count(e.Refused[reason], "value", "values"), reason)
	}
	for _, rule := range slices.Sorted(maps.Keys(e.Detected)) {
		a.say("  DETECTED: %s (%s)", count(e.Detected[rule], "value", "values"), rule)
	}
	if e.Reason != "" {
		a.say("  %s [%s]\n  %s", e.Message, e.Reason, e.Next)
		return nil
	}
	a.say("  Signature, commitment and digests are right; %s, all on the catalog, nothing detected.", count(e.Rows, "value", "values"))
	return nil
}
