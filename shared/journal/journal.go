// Package journal is a function's log: JSON lines, and among them counters in the
// embedded metric format, which CloudWatch turns into metrics without a call. Neither
// ever holds what an instrument sent.
package journal

import (
	"context"
	"io"
	"log/slog"
	"time"
)

// Namespace of the metrics; their one dimension is the stage.
const Namespace = "Proactive"

// The counters.
const (
	RequestsUnproven = "requests_unproven" // door: refused before the signature verified, or a nonce twice
	RequestsRefused  = "requests_refused"  // door: known, and refused
	UploadsLeft      = "uploads_left"      // validate: an object that no grant explains
	BatchesRejected  = "batches_rejected"  // validate: a receipt says why

	BatchesRedriven     = "batches_redriven"      // reconcile: its message was put on the queue again
	BatchesStuck        = "batches_stuck"         // reconcile: that has not helped for hours
	BatchesNeverArrived = "batches_never_arrived" // reconcile: granted, and not uploaded while the grant lived
	AccountsBroken      = "accounts_broken"       // reconcile: what no message can mend

	ErasuresLate = "erasures_late" // erase: one more round of an erasure that does not end
)

// New is the log of a stage.
func New(w io.Writer, stage string) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, nil)).With(slog.String("stage", stage))
}

// metrics is the "_aws" member of a line in the embedded metric format (CloudWatch user
// guide, "Specification: Embedded metric format").
type metrics struct {
	Timestamp int64    `json:"Timestamp"` // milliseconds
	Metrics   []metric `json:"CloudWatchMetrics"`
}

type metric struct {
	Namespace  string     `json:"Namespace"`
	Dimensions [][]string `json:"Dimensions"`
	Metrics    []unit     `json:"Metrics"`
}

type unit struct {
	Name string `json:"Name"`
	Unit string `json:"Unit"`
}

// Count writes a line that counts one of name, with attributes to search by. log is
// from New.
func Count(ctx context.Context, log *slog.Logger, name string, attrs ...slog.Attr) {
	Amount(ctx, log, name, 1, attrs...)
}

// Amount writes a line that counts n of name, which may be none, as Count does.
func Amount(ctx context.Context, log *slog.Logger, name string, n int, attrs ...slog.Attr) {
	m := metrics{Timestamp: time.Now().UnixMilli(), Metrics: []metric{{
		Namespace: Namespace, Dimensions: [][]string{{"stage"}}, Metrics: []unit{{Name: name, Unit: "Count"}},
	}}}
	log.LogAttrs(ctx, slog.LevelInfo, "counted", append(attrs, slog.Any("_aws", m), slog.Int(name, n))...) //nolint:sloglint // the embedded metric format names both keys
}
