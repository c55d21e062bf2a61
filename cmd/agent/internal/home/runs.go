package home

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"time"
)

const runsDir = "runs"

// Run is what `agent run` remembers of a run folder. Its name is not in it.
type Run struct {
	// Look is what the folder looked like at the last look, and Looked when that was, by
	// this computer's clock.
	Look   string    `json:"look"`
	Looked time.Time `json:"looked"`
	// Quiet is for how long it has looked so, added up from look to look: a clock that is
	// set, forward or back, adds next to nothing.
	Quiet time.Duration `json:"quiet"`
	// Parted is when the last part was made; zero before the first.
	Parted time.Time `json:"parted,omitzero"`
	// Rows name the measurements that are in a batch already; none once Ended.
	Rows []string `json:"rows,omitempty"`
	// Ended means that nothing of this run is left to send.
	Ended bool `json:"ended"`
	// Reason is why it was not sent, empty if it was.
	Reason string `json:"reason,omitempty"`
}

var runToken = regexp.MustCompile(`^[0-9a-f]{32}$`)

// Run returns what is remembered of a run, by its token or its folder's.
func (h *Home) Run(token string) (Run, error) {
	var r Run
	if !runToken.MatchString(token) {
		return r, errors.New("looking up a run: not a token")
	}
	_, err := h.readJSON(runsDir+"/"+token+".json", &r)
	return r, err
}

// SetRun remembers a run.
func (h *Home) SetRun(token string, r Run) error {
	if !runToken.MatchString(token) {
		return errors.New("remembering a run: not a token")
	}
	if err := h.disk.MkdirAll(h.path(runsDir)); err != nil {
		return fmt.Errorf("remembering a run: %w", err)
	}
	return h.writeJSON(runsDir+"/"+token+".json", r)
}

// Cover adds rows to what is sent of a run. Doing it again changes nothing.
func (h *Home) Cover(token string, rows []string, last bool) error {
	r, err := h.Run(token)
	if err != nil {
		return err
	}
	if r.Ended {
		return nil
	}
	r.Rows = append(r.Rows, rows...)
	slices.Sort(r.Rows)
	r.Rows = slices.Compact(r.Rows)
	if last {
		r.Rows, r.Ended = nil, true
	}
	return h.SetRun(token, r)
}

// Dropped is what the spool had no room for.
type Dropped struct {
	Batches int   `json:"batches"`
	Bytes   int64 `json:"bytes"`
}

const droppedFile = "dropped.json"

// Dropped returns how much was dropped since this home was made.
func (h *Home) Dropped() (Dropped, error) {
	var d Dropped
	_, err := h.readJSON(droppedFile, &d)
	return d, err
}

// AddDropped counts what was dropped.
func (h *Home) AddDropped(batches int, bytes int64) error {
	d, err := h.Dropped()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	d.Batches, d.Bytes = d.Batches+batches, d.Bytes+bytes
	return h.writeJSON(droppedFile, d)
}
