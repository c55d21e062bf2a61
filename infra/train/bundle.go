// Package train makes a bundle of models: it writes what a fleet's year teaches, has
// LightGBM learn it, calibrates on other fleets and chooses thresholds there. It is a
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
	"slices"
	"strings"
	"sync"

	"proactive/shared/condition"
	"proactive/shared/evaluate"
	"proactive/shared/fleet"
	"proactive/shared/predict"
)

// Options of a training.
type Options struct {
	Learn     []*fleet.Fleet
	Calibrate []*fleet.Fleet
	// Learnt is the directory of a bundle that learnt from the same fleets: its models are
	// kept, and only curves and thresholds are made anew. "" learns.
	Learnt         string
	Out            string
	Python, Script string
	Budget         float64
	Progress       io.Writer
}

// keep is the share of rows far from any fault that is learnt from: most are alike.
const keep = .08

// Bundle trains and writes a bundle below Out, in a directory named by the first twelve
// digits of its hash. The same fleets give the same bytes.
func Bundle(ctx context.Context, o Options) (*predict.Bundle, string, error) {
	work, err := os.MkdirTemp(o.Out, "training-")
	if err != nil {
		return nil, "", fmt.Errorf("making room for a training: %w", err)
	}
	defer func() { _ = os.RemoveAll(work) }()
	m := predict.Manifest{Format: predict.Format, Columns: condition.Columns}
	made, calibrated := []fleet.Settings{}, []string{}
	for _, f := range o.Learn {
		m.Trained, made = append(m.Trained, f.Digest()), append(made, f.Settings())
	}
	for _, f := range o.Calibrate {
		calibrated, made = append(calibrated, f.Digest()), append(made, f.Settings())
	}
	m.Calibrated = strings.Join(calibrated, ", ")
	if m.Fleets, err = json.Marshal(made); err != nil {
		return nil, "", fmt.Errorf("encoding the fleets' settings: %w", err)
	}
	if o.Learnt != "" {
		m.Models, err = o.take(work, m.Trained)
	} else {
		m.Models, err = o.train(ctx, work)
	}
	if err != nil {
		return nil, "", err
	}
	b, err := write(work, m)
	if err != nil {
		return nil, "", err
	}
	var years evaluate.Years
	for _, f := range o.Calibrate {
		y, err := evaluate.ScoreYear(f, b)
		if err != nil {
			return nil, "", err
		}
		years = append(years, y)
	}
	years.Calibrate(m.Models)
	if b, err = write(work, m); err != nil {
		return nil, "", err
	}
	for _, y := range years {
		y.Predict(b)
	}
	years.Choose(b, o.Budget)
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

// train learns the models of all targets, in work.
func (o Options) train(ctx context.Context, work string) ([]predict.Target, error) {
	matrix := &evaluate.Matrix{}
	parts, failed := make([]evaluate.Matrix, len(o.Learn)), make([]error, len(o.Learn))
	inTurns(len(o.Learn), func(i int) { failed[i] = parts[i].Learn(o.Learn[i], keep) })
	if err := errors.Join(failed...); err != nil {
		return nil, err
	}
	for i := range parts {
		matrix.Join(&parts[i])
		parts[i] = evaluate.Matrix{} // hundreds of megabytes
	}
	fmt.Fprintf(o.Progress, "%d rows to learn from\n", matrix.Len())
	params := filepath.Join(work, "params.json")
	if err := os.WriteFile(params, parameters(), 0o600); err != nil {
		return nil, fmt.Errorf("writing the parameters: %w", err)
	}
	models, failed := make([]predict.Target, len(predict.Targets)), make([]error, len(predict.Targets))
	inTurns(len(models), func(i int) { // each runs on one processor, to give the same bytes
		models[i].Name = predict.Targets[i]
		models[i].Model, failed[i] = o.learn(ctx, work, params, matrix, i)
	})
	return models, errors.Join(failed...)
}

// inTurns does n things, as many at a time as there are processors.
func inTurns(n int, do func(int)) {
	var wait sync.WaitGroup
	turns := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range n {
		wait.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			do(i)
		})
	}
	wait.Wait()
}

// errOther means that a bundle whose models shall be kept learnt from something else.
var errOther = errors.New("it learnt from other fleets than are given")

// take copies the models of another bundle into work.
func (o Options) take(work string, trained []string) ([]predict.Target, error) {
	from, err := predict.Open(os.DirFS(o.Learnt), ".")
	if err != nil {
		return nil, err
	}
	if !slices.Equal(from.Trained, trained) {
		return nil, fmt.Errorf("keeping the models of %s: %w", o.Learnt, errOther)
	}
	for _, t := range from.Models {
		text, err := os.ReadFile(filepath.Join(o.Learnt, t.Model+".txt"))
		if err == nil {
			err = os.WriteFile(filepath.Join(work, t.Model+".txt"), text, 0o600) //nolint:gosec // G703: our own
		}
		if err != nil {
			return nil, fmt.Errorf("keeping a model: %w", err)
		}
	}
	return from.Models, nil
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
		"rounds": 360, "categorical": condition.Columns[:condition.Categories],
		"lightgbm": map[string]any{
			"objective": "binary", "seed": 20261128, "num_threads": 1, "learning_rate": .05, "num_leaves": 31, "min_data_in_leaf": 100,
			"feature_fraction": .3, "bagging_fraction": .6, "bagging_freq": 1, "lambda_l2": 10, "cat_smooth": 20,
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
