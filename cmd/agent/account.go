package main

import (
	"proactive/shared/observe"
)

// account is what became of one run folder: the line that `send --json` prints.
type account struct {
	Folder   string `json:"folder"`
	Batch    string `json:"batch"`    // empty if none was sealed
	Sequence int64  `json:"sequence"` // 0 if none was sealed
	// Verdict is the receipt's: stored, quarantined or rejected; empty without a receipt.
	Verdict string `json:"verdict"`
	// Reason is why the verdict is not stored, or why there is none; empty if stored.
	Reason  string `json:"reason"`
	Message string `json:"message,omitempty"`
	Next    string `json:"next,omitempty"`
	// Already tells that this content had its receipt before and was not sent again.
	Already bool `json:"already,omitempty"`
	// Copy is "kept" where the auditor's copy is written, else why it is not; empty where
	// the batch is not sealed for an auditor.
	Copy    string        `json:"auditor_copy,omitempty"`
	Files   []fileAccount `json:"files"`
	Summary *summary      `json:"summary"`
	Bytes   int64         `json:"bytes"` // of the sealed batch
	Payload string        `json:"payload_sha256,omitempty"`
}

type fileAccount struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Read   bool   `json:"read"`
	Reason string `json:"reason"`
}

func accounts(notes []observe.FileNote) []fileAccount {
	all := []fileAccount{}
	for _, n := range notes {
		all = append(all, fileAccount{n.Name, string(n.Kind), n.Read, string(n.Reason)})
	}
	return all
}

// summary is the run in three numbers, null where the run folder has no such metric.
type summary struct {
	Clusters   *float64 `json:"clusters"`
	ClustersPF *float64 `json:"clusters_pf"`
	Q30        *float64 `json:"q30"` // percent of bases at Q30 or better, over usable cycles
}

func summarise(r observe.Report) *summary {
	s := &summary{Q30: r.Summary.Q30}
	if r.Summary.Clusters > 0 {
		clusters, pf := r.Summary.Clusters, r.Summary.ClustersPF
		s.Clusters, s.ClustersPF = &clusters, &pf
	}
	return s
}
