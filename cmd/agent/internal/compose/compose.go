// Package compose makes the payload of a run folder. It is the one builder: preview
// shows what it returns and send seals what it returns, so the two cannot differ.
// It talks to nobody.
package compose

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"proactive/shared/catalog"
	"proactive/shared/fault"
	"proactive/shared/observation"
	"proactive/shared/observe"
	"proactive/shared/scrub"
)

// Reasons for which a run folder cannot be used as a whole.
const (
	NoFolder    = "no-run-folder"    // there is no such directory, or it cannot be read
	EmptyFolder = "empty-run-folder" // nothing in it
	NoRunInfo   = "no-run-info"      // no readable RunInfo.xml: not a run folder, or a run that has hardly begun
	NoMetrics   = "no-metrics"       // configuration only: half-written, or copied without its metrics
)

// Composition is what would be sent of a run folder, and how it came about.
type Composition struct {
	Report  observe.Report
	Payload []byte // the exact bytes that preview writes and send seals
	Digest  string // hex SHA-256 of Payload
	Catalog string // "sha256:…"
	// Content is Payload decoded, for display.
	Content observation.Payload
}

// Dir composes the payload of the run folder at path.
func Dir(ctx context.Context, path string, labKey []byte) (Composition, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Composition{}, fault.New(fault.Malformed, NoFolder, err)
	}
	if !info.IsDir() {
		return Composition{}, fault.New(fault.Malformed, NoFolder, errors.New("not a directory"))
	}
	// A Root follows no link that leads out of the run folder.
	root, err := os.OpenRoot(path)
	if err != nil {
		return Composition{}, fault.New(fault.Malformed, NoFolder, err)
	}
	defer root.Close()
	return FS(ctx, root.FS(), labKey)
}

// FS composes the payload of a run folder.
func FS(ctx context.Context, fsys fs.FS, labKey []byte) (Composition, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return Composition{}, fault.New(fault.Malformed, NoFolder, err)
	}
	if len(entries) == 0 {
		return Composition{}, fault.New(fault.Malformed, EmptyFolder, nil)
	}
	report, err := observe.Run(ctx, fsys, observe.Options{LabKey: labKey})
	if err != nil {
		return Composition{Report: report}, fmt.Errorf("reading the run folder: %w", err)
	}
	if report.RunID == "" || report.Serial == "" {
		return Composition{Report: report}, fault.New(fault.Malformed, NoRunInfo, nil)
	}
	cat, err := catalog.Load()
	if err != nil {
		return Composition{Report: report}, fmt.Errorf("loading the catalog: %w", err)
	}
	kept, tally := scrub.Project(cat, report.Observations)
	for kind, n := range report.Unknown {
		if n > 0 {
			d := tally.Files[string(kind)]
			d.Unknown += n
			tally.Files[string(kind)] = d
		}
	}
	content := observation.Payload{Catalog: cat.Hash(), Dropped: tally.Files, Left: report.Left, Observations: kept}
	if !hasMetrics(content, cat) {
		return Composition{Report: report, Content: content}, fault.New(fault.Malformed, NoMetrics, nil)
	}
	var b bytes.Buffer
	if err := observation.Encode(&b, content); err != nil {
		return Composition{Report: report}, fmt.Errorf("encoding the payload: %w", err)
	}
	sum := sha256.Sum256(b.Bytes())
	return Composition{
		Report: report, Payload: b.Bytes(), Digest: hex.EncodeToString(sum[:]), Catalog: content.Catalog, Content: content,
	}, nil
}

// Run is the run's token: the name under which it leaves.
func (c Composition) Run() string {
	for _, o := range c.Content.Observations {
		if o.Field == "run.token" {
			return o.Text
		}
	}
	return ""
}

// hasMetrics tells whether there is anything measured beside the configuration.
func hasMetrics(p observation.Payload, cat *catalog.Catalog) bool {
	for _, o := range p.Observations {
		if f, ok := cat.Field(o.Field); ok && (f.Category == catalog.RunPerformance || f.Category == catalog.InstrumentPerformance) {
			return true
		}
	}
	return false
}
