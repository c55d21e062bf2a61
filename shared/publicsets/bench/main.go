// Command bench trains and measures models on the public sets: make bench-predict.
package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"github.com/alecthomas/kong"

	"proactive/shared/npz"
	"proactive/shared/publicsets"
	"proactive/shared/trees"
)

type flags struct {
	Data     string   `required:"" type:"existingdir" help:"the folder with cmapss/, azure_pdm/all100/ and ai4i2020/"`
	Baseline string   `type:"path" help:"a folder with the baseline's predictions, as baseline.py writes them, for the paired bootstrap"`
	Work     string   `default:".cache/bench-predict" type:"path" help:"where models go"`
	Out      string   `default:".cache/bench-predict.json" type:"path" help:"where the figures go, as JSON"`
	Only     []string `enum:"FD001,FD003,fleet,milling" default:"FD001,FD003,fleet,milling" help:"these sets only"`
	Test     bool     `help:"open the test parts too: each time is a look, to be told in docs/benchmarks.md"`
	Page     string   `type:"path" help:"a page whose table between the markers is written anew"`
}

func main() {
	var f flags
	kong.Parse(&f, kong.Description("Trains and measures models on the public sets.\n\nExample: go run ./shared/publicsets/bench --data ../shared/data --only milling"))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, f)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-predict:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, f flags) error {
	if err := os.MkdirAll(f.Work, 0o750); err != nil {
		return err
	}
	python := ".cache/train-venv/bin/python"
	if _, err := os.Stat(python); errors.Is(err, fs.ErrNotExist) {
		return errors.New("LightGBM is not installed: go run ./infra/local/setup -train")
	}
	learn := trainer{python: python, dir: f.Work}.learn
	data := os.DirFS(f.Data)
	var report publicsets.Report
	theirs := baseline{f.Baseline}
	if slices.Contains(f.Only, "milling") {
		if err := measureMilling(ctx, learn, data, theirs, &report); err != nil {
			return err
		}
	}
	if slices.Contains(f.Only, "fleet") {
		if err := measureFleet(ctx, learn, data, theirs, f.Test, &report); err != nil {
			return err
		}
	}
	for _, name := range []string{"FD001", "FD003"} {
		if !slices.Contains(f.Only, name) {
			continue
		}
		if err := measureTurbofans(ctx, learn, data, theirs, name, f.Test, &report); err != nil {
			return err
		}
	}
	raw, err := json.MarshalIndent(report, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(f.Out, append(raw, '\n'), 0o600); err != nil {
		return err
	}
	table := report.Table()
	fmt.Print(table)
	if f.Page == "" {
		return nil
	}
	return publicsets.WritePage(f.Page, table)
}

// baseline has its predictions in a folder, or none without one.
type baseline struct{ dir string }

func (b baseline) of(name string) ([]float64, error) {
	if b.dir == "" {
		return nil, nil
	}
	p, err := publicsets.ReadNumbers(os.DirFS(b.dir), name+".txt")
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintln(os.Stderr, "no predictions of the baseline for", name+": no paired bootstrap")
		return nil, nil
	}
	return p, err
}

func measureMilling(ctx context.Context, learn publicsets.Learn, data fs.FS, theirs baseline, report *publicsets.Report) error {
	file, err := data.Open("ai4i2020/ai4i2020.csv")
	if err != nil {
		return err
	}
	defer file.Close()
	m, err := publicsets.ReadMilling(file)
	if err != nil {
		return err
	}
	held, err := theirs.of("milling")
	if err != nil {
		return err
	}
	r, err := publicsets.EvaluateMilling(ctx, learn, m, held)
	report.Milling = &r
	return err
}

func measureFleet(ctx context.Context, learn publicsets.Learn, data fs.FS, theirs baseline, look bool, report *publicsets.Report) error {
	dir, err := fs.Sub(data, "azure_pdm/all100")
	if err != nil {
		return err
	}
	fleet, err := publicsets.ReadFleet(dir)
	if err != nil {
		return err
	}
	var components [][]float64
	for c := range 4 {
		p, err := theirs.of(fmt.Sprintf("fleet.%d", c+1))
		if err != nil {
			return err
		}
		components = append(components, p)
	}
	r, err := publicsets.EvaluateFleet(ctx, learn, fleet, look, components)
	report.Fleet = &r
	return err
}

func measureTurbofans(ctx context.Context, learn publicsets.Learn, data fs.FS, theirs baseline, name string, look bool, report *publicsets.Report) error {
	set, err := publicsets.ReadTurbofanSet(data, name)
	if err != nil {
		return err
	}
	if set.Baseline, err = theirs.of(name); err != nil {
		return err
	}
	r, err := publicsets.EvaluateTurbofans(ctx, learn, set, look)
	report.Turbofans = append(report.Turbofans, r)
	return err
}

// trainer trains by infra/train, and reads what it wrote. The same rows and parameters give
// the same bytes, so a model that is there already is not trained again.
type trainer struct{ python, dir string }

func (t trainer) learn(ctx context.Context, name string, table publicsets.Table, y []float64, p publicsets.Params) (publicsets.Model, error) {
	began := time.Now()
	data, params, out := filepath.Join(t.dir, "rows.npz"), filepath.Join(t.dir, name+".json"), filepath.Join(t.dir, name+".txt")
	asked, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	digest, err := writeTable(data, table, y)
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(data) }() // tens of megabytes
	_, _ = digest.Write(asked)
	stamp := hex.EncodeToString(digest.Sum(nil))
	if known, err := os.ReadFile(out + ".of"); err != nil || string(known) != stamp { //nolint:gosec // G304: our own stamp
		if err := os.WriteFile(params, asked, 0o600); err != nil {
			return nil, err
		}
		said, err := exec.CommandContext(ctx, t.python, "infra/train/train.py", "--data", data, "--params", params, "--out", out).CombinedOutput() //nolint:gosec // G204: our own script
		if err != nil {
			return nil, fmt.Errorf("%w: %s", err, said)
		}
		if err := os.WriteFile(out+".of", []byte(stamp), 0o600); err != nil {
			return nil, err
		}
	}
	file, err := os.Open(out) //nolint:gosec // G304: ours
	if err != nil {
		return nil, err
	}
	defer file.Close()
	m, err := trees.Read(file)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(m.Features(), table.Columns) {
		return nil, errors.New("the model's features are not the table's columns")
	}
	fmt.Fprintf(os.Stderr, "%s: %d rows, %d trees, %s\n", name, len(y), m.Trees(), time.Since(began).Round(100*time.Millisecond))
	return m, nil
}

// writeTable writes a table for infra/train, and begins a digest with it.
func writeTable(path string, t publicsets.Table, y []float64) (hash.Hash, error) {
	file, err := os.Create(path) //nolint:gosec // G304: in our working folder
	if err != nil {
		return nil, err
	}
	digest := sha256.New()
	out := bufio.NewWriterSize(file, 1<<20)
	err = npz.Write(io.MultiWriter(out, digest), t.Columns, t.Rows, y)
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return digest, file.Close()
}
