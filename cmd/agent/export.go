package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/oklog/ulid/v2"

	"proactive/cmd/agent/internal/advice"
	"proactive/cmd/agent/internal/courier"
	"proactive/cmd/agent/internal/unpack"
	"proactive/shared/dossier"
	"proactive/shared/fault"
	"proactive/shared/receipt"
)

// Reasons of an export.
const (
	exportThere   = "export-there"   // something is where it should be written
	exportForeign = "export-foreign" // of another instrument or deployment
)

type exportCmd struct {
	Target string        `arg:"" help:"A directory that is not there yet, or is empty; or an archive, if it ends in .zip." type:"path"`
	Wait   time.Duration `default:"1h" help:"How long to wait until it is prepared."`
}

// Help says what it is like.
func (c *exportCmd) Help() string {
	return "For example:\n\n  agent export E:\\Export\\2026-11\n  agent export export.zip\n\n" +
		"Every file is compared with the export's manifest before it counts. Interrupted, it goes on when it is run again."
}

// Run has everything prepared, fetches it, checks it, and only then puts it in its place.
func (c *exportCmd) Run(a *app) error {
	if err := free(c.Target); err != nil {
		return err
	}
	h, unlock, err := a.open()
	if err != nil {
		return err
	}
	// Only what is here is read under the lock: a watching agent goes on meanwhile.
	courier, err := a.enrolled(h)
	if err != nil {
		unlock()
		return err
	}
	chain, err := h.Receipts()
	unlock()
	if err != nil {
		return err
	}
	partial := c.Target + ".partial"
	if err := os.MkdirAll(partial, 0o700); err != nil {
		return fault.New(fault.Malformed, cannotWrite, err)
	}
	m, bytes, err := c.fetch(a, courier, partial)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(partial); err != nil {
		return fmt.Errorf("clearing up: %w", err)
	}
	a.exported(c.Target, m, bytes, missing(chain, m))
	return nil
}

// free tells whether nothing is lost by writing at target.
func free(target string) error {
	there := advice.Detail(fault.New(fault.Malformed, exportThere, nil), target+" is there.")
	info, err := os.Stat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fault.New(fault.Malformed, cannotWrite, err)
	case !info.IsDir() || archive(target):
		return there
	}
	entries, err := os.ReadDir(target)
	if err != nil {
		return fault.New(fault.Malformed, cannotWrite, err)
	}
	if len(entries) > 0 {
		return there
	}
	return nil
}

func archive(target string) bool { return strings.EqualFold(filepath.Ext(target), ".zip") }

// fetch brings the parts into the partial directory, and what they make into its place.
func (c *exportCmd) fetch(a *app, courier *courier.Courier, partial string) (dossier.Manifest, int64, error) {
	var m dossier.Manifest
	a.note("asked; what is held is being prepared")
	ready, err := courier.Prepare(a.ctx, ulid.Make().String(), c.Wait, func(n int) { a.note("%s prepared", count(n, "part", "parts")) })
	if err != nil {
		return m, 0, err
	}
	var total int64
	for _, p := range ready.Parts {
		total += p.Bytes
	}
	a.note("%s to fetch", size(total))
	bar := a.bar("export", total)
	parts, err := courier.FetchParts(a.ctx, ready, partial, bar.add, func(err error) { a.note("%s", advice.For(err).Says) })
	bar.done()
	if err != nil {
		return m, 0, err
	}
	whole := filepath.Join(partial, "whole")
	if archive(c.Target) {
		m, err = unpack.Join(parts, whole)
	} else {
		m, err = unpack.Files(parts, whole)
	}
	if err != nil {
		return m, 0, err
	}
	e := courier.Enrolment
	if m.Instrument != e.Instrument || m.Deployment != e.Deployment || m.Request != ready.Request {
		return m, 0, fault.New(fault.Forbidden, exportForeign, errors.New(m.Instrument))
	}
	if !archive(c.Target) {
		if err := os.Remove(c.Target); err != nil && !errors.Is(err, fs.ErrNotExist) { // empty: see free
			return m, 0, fault.New(fault.Malformed, cannotWrite, err)
		}
	}
	if err := os.Rename(whole, c.Target); err != nil {
		return m, 0, fault.New(fault.Malformed, cannotWrite, err)
	}
	return m, total, nil
}

// missing are the batches of which a receipt here says that they are stored, and which are
// not in the export: they have ended since, or it is not whole.
func missing(chain []string, m dossier.Manifest) []string {
	there := map[string]bool{}
	for _, f := range m.Files {
		if name, ok := strings.CutSuffix(f.Name, ".parquet"); ok {
			there[name[strings.LastIndex(name, "-")+1:]] = true
		}
	}
	gone := []string{}
	for _, jws := range chain {
		if r, err := receipt.Read(jws); err == nil && r.Verdict == receipt.Stored && !there[r.Batch] {
			gone = append(gone, r.Batch)
		}
	}
	return gone
}

// exported says what was fetched.
func (a *app) exported(target string, m dossier.Manifest, bytes int64, missing []string) {
	if a.json {
		counts := map[string]int{}
		for _, c := range m.Contents {
			counts[c.Name] = c.Count
		}
		a.print(map[string]any{"target": target, "instrument": m.Instrument, "asked": stamp(m.Asked), "files": len(m.Files), "bytes": bytes, "counts": counts, "missing": missing})
		return
	}
	a.say("Everything that the service holds of this instrument, as of %s, in %s:", moment(m.Asked), target)
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', tabwriter.AlignRight)
	for _, c := range m.Contents {
		fmt.Fprintf(w, "%d\t  %s\n", c.Count, c.What)
	}
	_ = w.Flush()
	a.say("%s, %s; each is what the manifest says it is. README.txt tells what they are.", count(len(m.Files), "file", "files"), size(bytes))
	if len(missing) > 0 {
		a.say("%s of which you have the receipt are not among them: the service keeps them no longer, or tell the service team.", count(len(missing), "batch", "batches"))
	}
	for _, l := range m.Left {
		a.say("Not in it: %s. %s.", l.What, strings.ToUpper(l.Why[:1])+l.Why[1:])
	}
}
