// Package predict turns an instrument's condition into probabilities: that a component has
// failed, and that it will within 1, 7, 14 and 30 days. The models were trained offline by
// LightGBM; a bundle is the models, their calibration and the thresholds that an alert
// budget chose, addressed by the digest of all of it. A pure function of the condition:
// the same condition gives the same bits on every machine.
package predict

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"proactive/shared/condition"
	"proactive/shared/trees"
)

// Format is the version of a bundle.
const Format = 1

// Targets are what is predicted: that a failure has come, that a fault is on its way, and
// that a failure comes within so many days.
var Targets = []string{"failed", "fault", "1", "7", "14", "30"}

// Days are the horizons among the targets.
var Days = [4]int{1, 7, 14, 30}

// The places of the targets that are no horizon.
const (
	failed = iota
	fault
	horizons // the first
)

// ErrBundle means that files are no bundle this program can use.
var ErrBundle = errors.New("not a bundle of models")

// Manifest is a bundle's bundle.json.
type Manifest struct {
	Format  int      `json:"format"`
	Columns []string `json:"columns"` // of a vector, as condition.Columns was when it was trained
	// Trained and Calibrated are digests of the fleets that it was made from, Fleets how
	// they were made: both are simulated.
	Trained    []string        `json:"trained"`
	Calibrated string          `json:"calibrated"`
	Fleets     json.RawMessage `json:"fleets,omitempty"`
	Models     []Target        `json:"models"`
	Thresholds Thresholds      `json:"thresholds"`
	// Card is what is known of how good it is: see docs/model-card.md.
	Card json.RawMessage `json:"card,omitempty"`
}

// Target is one model.
type Target struct {
	Name  string `json:"name"`  // as in Targets
	Model string `json:"model"` // sha256 of its file, hex; the file is <sha256>.txt
	// Curves make a score a probability, by component. A component that has none of its
	// own has "" in common with the others.
	Curves map[string]Curve `json:"curves"`
}

// Thresholds say when a prediction wants a case. They were chosen so that false cases stay
// within an alert budget on a fleet that the models had not seen.
type Thresholds struct {
	// Budget is false cases per instrument-year over all components.
	Budget float64 `json:"budget"`
	// Raise is the probability of a fault on its way that Runs runs in a row must reach,
	// Now the probability to have failed that one must, by component.
	Raise map[string]float64 `json:"raise"`
	Now   map[string]float64 `json:"now"`
	Runs  int                `json:"runs"`
}

// Bundle is ready to predict. It may be used from many goroutines.
type Bundle struct {
	Manifest
	// Hash is the SHA-256 of bundle.json, hex: what a finding names.
	Hash   string
	models []*trees.Model // as Targets
}

// Open reads a bundle from dir: bundle.json and the files that it names by digest.
func Open(files fs.FS, dir string) (*Bundle, error) {
	raw, err := fs.ReadFile(files, path.Join(dir, "bundle.json"))
	if err != nil {
		return nil, fmt.Errorf("opening a bundle of models: %w", err)
	}
	sum := sha256.Sum256(raw)
	b := &Bundle{Hash: hex.EncodeToString(sum[:])}
	if err := json.Unmarshal(raw, &b.Manifest); err != nil {
		return nil, fmt.Errorf("opening a bundle of models: %w: %w", ErrBundle, err)
	}
	switch {
	case b.Format != Format:
		return nil, fmt.Errorf("opening a bundle of models: %w: format %d, want %d", ErrBundle, b.Format, Format)
	case !slices.Equal(b.Columns, condition.Columns):
		return nil, fmt.Errorf("opening a bundle of models: %w: it was trained on other columns than this program computes", ErrBundle)
	case len(b.Models) != len(Targets):
		return nil, fmt.Errorf("opening a bundle of models: %w: %d models, want %d", ErrBundle, len(b.Models), len(Targets))
	}
	for i, t := range b.Models {
		if t.Name != Targets[i] {
			return nil, fmt.Errorf("opening a bundle of models: %w: model %d is %q, want %q", ErrBundle, i, t.Name, Targets[i])
		}
		text, err := fs.ReadFile(files, path.Join(dir, t.Model+".txt"))
		if err != nil {
			return nil, fmt.Errorf("opening a bundle of models: %w", err)
		}
		if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != t.Model {
			return nil, fmt.Errorf("opening a bundle of models: %w: the model %q is not the one that the bundle names", ErrBundle, t.Name)
		}
		m, err := trees.Read(bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("opening the model %q: %w", t.Name, err)
		}
		b.models = append(b.models, m)
	}
	return b, nil
}
