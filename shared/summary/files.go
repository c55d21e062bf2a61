package summary

import (
	"errors"

	"proactive/shared/interop"
)

// FileNote tells of one file below InterOp/.
type FileNote struct {
	Name  string // within the run folder
	Bytes int64
	interop.File
	// Superseded records came again later: the last one stands.
	Superseded int64
	Read       bool
	Reason     Reason // why it was not read, or not whole
}

// Reason says why a file was not read, or not whole.
type Reason string

// The reasons.
const (
	NotNeeded      Reason = "not-needed-for-the-summary"
	SkippedKind    Reason = "kind-not-read"             // a metric file of which no figure is made, here or by the reference
	HoldsSequences Reason = "holds-sequences-and-names" // read only by shared/interop/identity
	NoMetricFile   Reason = "not-a-metric-file"
	Superseded     Reason = "another-file-of-its-kind-was-read"
	NotRegular     Reason = "not-a-regular-file" // a link or a device is never followed
	TooMany        Reason = "too-many-entries"
	Unreadable     Reason = "unreadable"
	Empty          Reason = "empty"
	UnknownVersion Reason = "unknown-version"
	RecordSize     Reason = "wrong-record-size"
	CutOff         Reason = "header-cut-off"
	Torn           Reason = "last-record-torn" // what is whole was used
	ForeignLane    Reason = "a-lane-the-run-does-not-have"
	ForeignCycle   Reason = "a-cycle-the-run-does-not-have"
	ForeignTile    Reason = "a-tile-that-is-none"
	ForeignRead    Reason = "a-read-the-run-does-not-have"
	TooManyTiles   Reason = "more-tiles-than-a-flow-cell-has"
)

var reasons = []struct {
	err    error
	reason Reason
}{
	{interop.ErrEmpty, Empty}, {interop.ErrVersion, UnknownVersion}, {interop.ErrRecordSize, RecordSize},
	{interop.ErrHeader, CutOff}, {errLane, ForeignLane}, {errCycle, ForeignCycle}, {errTileName, ForeignTile},
	{errTiles, TooManyTiles}, {errRead, ForeignRead},
}

func reasonOf(f interop.File, err error) Reason {
	for _, r := range reasons {
		if errors.Is(err, r.err) {
			return r.reason
		}
	}
	switch {
	case err != nil:
		return Unreadable
	case f.Torn:
		return Torn
	}
	return ""
}

// Took notes what another reader took of the file.
func (n *FileNote) Took(f interop.File, err error) {
	n.File, n.Reason, n.Read = f, reasonOf(f, err), err == nil
}
