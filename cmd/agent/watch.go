package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"proactive/cmd/agent/internal/advice"
	"proactive/cmd/agent/internal/compose"
	"proactive/cmd/agent/internal/outbox"
	"proactive/shared/fault"
)

// watch is one round of `agent run`.
type watch struct {
	*app
	*sending
	cmd     *runCmd
	log     *slog.Logger
	quiet   dayHours
	imaging bool // a run is under way: uploads go slowly
}

// runFolders lists the folders in dir that have a RunInfo.xml, oldest name first: names
// begin with the run's date.
func runFolders(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("listing a watched directory: %w", err)
	}
	var all []string
	for _, e := range entries {
		folder := filepath.Join(dir, e.Name())
		if _, found := find(folder, "RunInfo.xml"); found {
			all = append(all, folder)
		}
	}
	slices.Sort(all)
	return all, nil
}

// find returns the entry of that name in any letter case.
func find(folder, name string) (fs.DirEntry, bool) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, false
	}
	for _, e := range entries {
		if strings.EqualFold(e.Name(), name) {
			return e, true
		}
	}
	return nil, false
}

// endings are the files by which instruments say that nothing more is written.
var endings = []string{"RunCompletionStatus.xml", "RTAComplete.txt", "RTAComplete.xml", "CopyComplete.txt"}

// appearance is what a folder looks like from outside: names, sizes and times of what is
// in it and in the folders that are read. While it does not change, nothing is read.
func appearance(folder string) string {
	sum := sha256.New()
	for _, sub := range []string{".", "InterOp", "Logs"} {
		entries, err := os.ReadDir(filepath.Join(folder, sub))
		if err != nil {
			continue
		}
		for _, e := range entries {
			if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
				_, _ = fmt.Fprintf(sum, "%s/%s %d %d\n", sub, e.Name(), info.Size(), info.ModTime().UnixNano())
			}
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// folderToken names a folder in this home.
func folderToken(folder string) string {
	sum := sha256.Sum256([]byte("folder\n" + folder))
	return hex.EncodeToString(sum[:16])
}

// longestStep bounds what the time between two looks adds to the quiet of a folder: an
// agent that was off does not know that nothing happened, nor does a clock that was set.
const longestStep = time.Hour

// recently is how long after a change a run that has not ended is taken to be imaging.
const recently = 15 * time.Minute

// look spools what is new of one run folder.
func (w *watch) look(folder string) error {
	token, now := folderToken(folder), w.now()
	seen, err := w.home.Run(token)
	if err != nil {
		return err
	}
	if seen.Ended {
		return nil
	}
	looks := appearance(folder)
	if looks != seen.Look {
		seen.Look, seen.Quiet = looks, 0
	} else {
		seen.Quiet += min(max(now.Sub(seen.Looked), 0), longestStep)
	}
	seen.Looked = now
	if err := w.home.SetRun(token, seen); err != nil {
		return err
	}
	ended := seen.Quiet >= w.cmd.QuietFor
	for _, name := range endings {
		if _, found := find(folder, name); found {
			ended = true
		}
	}
	w.imaging = w.imaging || !ended && seen.Quiet < recently
	due := ended || w.cmd.Parts > 0 && (seen.Parted.IsZero() || now.Sub(seen.Parted).Abs() >= w.cmd.Parts)
	if !due {
		return nil
	}
	reason, err := w.part(folder, ended)
	if err != nil && fatal(err) {
		return err
	}
	// The part is durable, or there is none. A crash before the next line looks again,
	// and what is spooled is known by its rows.
	seen.Parted, seen.Ended, seen.Reason = now, ended, reason
	if err := w.home.SetRun(token, seen); err != nil {
		return err
	}
	return err
}

// fatal tells a failure of this computer or the service from a decision on the folder,
// which stands until the folder changes.
func fatal(err error) bool {
	kind, _ := fault.Public(err)
	return kind == fault.Internal || kind == fault.Unavailable
}

// part spools the part of a run that follows those spooled, and returns why there is
// none, "" if there is one.
func (w *watch) part(folder string, ended bool) (reason string, err error) {
	made, err := compose.Dir(w.ctx, folder, w.key)
	if err == nil {
		err = admit(made.Report, w.courier.Enrolment, w.consent, false, begun(folder))
	}
	if err != nil {
		return advice.For(err).Reason, err
	}
	run := made.Run()
	sent, over, err := w.covered(run)
	if err != nil {
		return "", err
	}
	p, there, err := compose.NextPart(made, sent, ended)
	switch {
	case err != nil:
		return "", err
	case over:
		return alreadySent, nil
	case !there:
		return nothingNew, nil
	}
	e, err := w.spool(p.Composition, outbox.Entry{Folder: folder, Run: run, Rows: p.Rows, Last: p.Last})
	if err != nil {
		return "", err
	}
	w.log.InfoContext(w.ctx, "spooled", slog.String("batch", e.Batch), slog.Int64("sequence", e.Sequence),
		slog.Int64("bytes", e.Bytes), slog.Int("rows", len(p.Rows)), slog.Bool("last", p.Last))
	return "", nil
}

// Reasons for which there is no part.
const (
	alreadySent = "already-sent" // of this run nothing is left, whatever folder it is in
	nothingNew  = "nothing-new"  // nothing has settled since the last part
)

// covered is what is in batches already: of those that have their receipts the home
// knows, of the others their own entries.
func (w *watch) covered(run string) (sent map[string]bool, over bool, err error) {
	r, err := w.home.Run(run)
	if err != nil {
		return nil, false, err
	}
	waiting, err := w.courier.Box.List()
	if err != nil {
		return nil, false, err
	}
	sent, over = map[string]bool{}, r.Ended
	for _, name := range r.Rows {
		sent[name] = true
	}
	for _, e := range waiting {
		if e.Run == run {
			over = over || e.Last
			for _, name := range e.Rows {
				sent[name] = true
			}
		}
	}
	return sent, over, nil
}
