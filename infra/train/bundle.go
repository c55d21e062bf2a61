// Package train makes a bundle of models: it writes what a fleet's year teaches, has
// LightGBM learn it, calibrates on another fleet and chooses thresholds there. It is a
// developer's tool: nothing of it is deployed.
package train

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"

	"proactive/shared/condition"
	"proactive/shared/evaluate"
	"proactive/shared/fleet"
	"proactive/shared/predict"
)

// Options of a training.
type Options struct {
	Learn          []*fleet.Fleet
	Calibrate      *fleet.Fleet
	Out            string
	Python, Script string
	Budget         float64
	Progress       io.Writer
}

// keep is the share of rows far from any fault that is learnt from: most are alike.
const keep = .1

// Bundle trains and writes a bundle below Out, in a directory named by the first twelve
// digits of its hash. The same fleets give the same bytes.
func Bundle(ctx context.Context, o Options) (*predict.Bundle, string, error) {
	work, err := os.MkdirTemp(o.Out, "training-")
	if err != nil {
		return nil, "", fmt.Errorf("making room for a training: %w", err)
	}
	defer func() { _ = os.RemoveAll(work) }()
	m := predict.Manifest{Format: predict.Format, Columns: condition.Columns, Calibrated: o.Calibrate.Digest()}
	matrix, made := &evaluate.Matrix{}, []fleet.Settings{}
	for _, f := range o.Learn {
		if err := matrix.Learn(f, keep); err != nil {
			return nil, "", err
		}
		m.Trained, made = append(m.Trained, f.Digest()), append(made, f.Settings())
	}
	fmt.Fprintf(o.Progress, "%d rows to learn from\n", matrix.Len())
	if m.Fleets, err = json.Marshal(append(made, o.Calibrate.Settings())); err != nil {
		return nil, "", fmt.Errorf("encoding the fleets' settings: %w", err)
	}
	params := filepath.Join(work, "params.json")
	if err := os.WriteFile(params, parameters(), 0o600); err != nil {
		return nil, "", fmt.Errorf("writing the parameters: %w", err)
	}
	m.Models = make([]predict.Target, len(predict.Targets))
	var wait sync.WaitGroup
	turns, failed := make(chan struct{}, runtime.GOMAXPROCS(0)), make([]error, len(predict.Targets)) // each runs on one processor, to give the same bytes
	for i, target := range predict.Targets {
		wait.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			m.Models[i].Name = target
			m.Models[i].Model, failed[i] = o.learn(ctx, work, params, matrix, i)
		})
	}
	wait.Wait()
	if err := errors.Join(failed...); err != nil {
		return nil, "", err
	}
	b, err := write(work, m)
	if err != nil {
		return nil, "", err
	}
	y, err := evaluate.ScoreYear(o.Calibrate, b)
	if err != nil {
		return nil, "", err
	}
	y.Calibrate(m.Models)
	if b, err = write(work, m); err != nil {
		return nil, "", err
	}
	y.Predict(b)
	y.Choose(b, o.Budget)
	m.Thresholds = b.Thresholds
	if b, err = write(work, m); err != nil {
		return nil, "", err
	}
	dir := filepath.Join(o.Out, b.Hash[:12])
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, "", fmt.Errorf("making the bundle's directory: %w", err)
	}
	names := []string{"bundle.json"}
	for _, t := range m.Models {
		names = append(names, t.Model+".txt")
	}
	for _, name := range names {
		if err := os.Rename(filepath.Join(work, name), filepath.Join(dir, name)); err != nil {
			return nil, "", fmt.Errorf("writing the bundle: %w", err)
		}
	}
	return b, dir, nil
}

// learn trains the model of one target in work, and returns the digest by which it is named.
func (o Options) learn(ctx context.Context, work, params string, matrix *evaluate.Matrix, target int) (string, error) {
	name := predict.Targets[target]
	file, table := filepath.Join(work, name+".txt"), filepath.Join(work, name+".npz")
	if err := writeTable(table, matrix, target); err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(table) }()                                                                 // hundreds of megabytes
	cmd := exec.CommandContext(ctx, o.Python, o.Script, "--data", table, "--params", params, "--out", file) //nolint:gosec // G204: the developer's own Python
	cmd.Stdout, cmd.Stderr = o.Progress, o.Progress
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("training the model %q: %w", name, err)
	}
	text, err := os.ReadFile(file) //nolint:gosec // G304: our own
	if err != nil {
		return "", fmt.Errorf("reading a trained model: %w", err)
	}
	sum := sha256.Sum256(text)
	digest := hex.EncodeToString(sum[:])
	if err := os.Rename(file, filepath.Join(work, digest+".txt")); err != nil { //nolint:gosec // G703: our own
		return "", fmt.Errorf("naming a trained model: %w", err)
	}
	return digest, nil
}

// parameters of LightGBM, the same for every target.
func parameters() []byte {
	raw, err := json.Marshal(map[string]any{
		"rounds": 300, "categorical": condition.Columns[:condition.Categories],
		"lightgbm": map[string]any{
			"objective": "binary", "seed": 20261128, "num_threads": 1, "learning_rate": .05, "num_leaves": 31, "min_data_in_leaf": 60,
			"feature_fraction": .5, "bagging_fraction": .7, "bagging_freq": 1, "lambda_l2": 10, "cat_smooth": 20,
		},
	})
	if err != nil {
		panic(err) // it is a literal
	}
	return raw
}

func writeTable(name string, m *evaluate.Matrix, target int) error {
	f, err := os.Create(name) //nolint:gosec // G304: our own
	if err != nil {
		return fmt.Errorf("creating a table: %w", err)
	}
	if err := m.Write(f, target); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("writing a table: %w", err)
	}
	return nil
}

func write(dir string, m predict.Manifest) (*predict.Bundle, error) {
	raw, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return nil, fmt.Errorf("encoding a bundle: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "bundle.json"), append(raw, '\n'), 0o600); err != nil {
		return nil, fmt.Errorf("writing a bundle: %w", err)
	}
	return predict.Open(os.DirFS(dir), ".")
}
