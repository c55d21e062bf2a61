// Package local is the embedded AWS: it installs the emulator and the CDK command line
// into .cache/, starts the emulator on loopback, deploys the real stack to it, and
// stops what it started. It knows the stack's outputs, and nothing of CDK.
package local

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// installTime bounds one installation on a slow line.
const installTime = 8 * time.Minute

// Setup installs the tools where they are missing or their pins have changed. A
// second call is a comparison of digests.
func Setup(ctx context.Context, root string, progress io.Writer) error {
	cache := filepath.Join(root, ".cache")
	pins := filepath.Join(root, "infra", "local")
	node := filepath.Join(cache, "node")
	if err := SetupTraining(ctx, root, progress); err != nil {
		return err
	}
	if err := install(ctx, "emulator and test oracles (Python, about a minute)", filepath.Join(cache, "venv"), pins,
		[]string{"requirements.txt"}, python(filepath.Join(cache, "venv"), pins), progress); err != nil {
		return err
	}
	return install(ctx, "CDK command line and browser (Node)", node, pins, []string{"package.json", "package-lock.json"}, [][]string{
		{"npm", "ci", "--prefix", node, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"},
	}, progress)
}

// SetupTraining installs what models are trained with, alone: a machine that trains
// needs no emulator.
func SetupTraining(ctx context.Context, root string, progress io.Writer) error {
	venv, pins := filepath.Join(root, ".cache", "train-venv"), filepath.Join(root, "infra", "train")
	return install(ctx, "LightGBM, to train and to compare with (Python)", venv, pins, []string{"requirements.txt"}, python(venv, pins), progress)
}

// python are the steps that make a virtual environment of the pins in a folder.
func python(venv, pins string) [][]string {
	return [][]string{
		{"python3", "-m", "venv", "--clear", venv},
		{filepath.Join(venv, "bin", "pip"), "install", "--quiet", "--disable-pip-version-check", "-r", filepath.Join(pins, "requirements.txt")},
	}
}

// install runs the steps unless the stamp in dir is the digest of the pins. The stamp
// is written last: an installation that was cut off is done again.
func install(ctx context.Context, what, dir, from string, pins []string, steps [][]string, progress io.Writer) error {
	digest := sha256.New()
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("making %s: %w", dir, err)
	}
	for _, pin := range pins {
		raw, err := os.ReadFile(filepath.Join(from, pin)) //nolint:gosec // G304: a pin file of this checkout
		if err != nil {
			return fmt.Errorf("reading the pins: %w", err)
		}
		_, _ = digest.Write(raw) // a hash never fails
	}
	want, stamp := hex.EncodeToString(digest.Sum(nil)), filepath.Join(dir, ".installed")
	if got, err := os.ReadFile(stamp); err == nil && string(got) == want { //nolint:gosec // G304: our own stamp
		return nil
	}
	fmt.Fprintf(progress, "installing: %s\n", what)
	ctx, cancel := context.WithTimeout(ctx, installTime)
	defer cancel()
	for _, step := range steps {
		if step[0] == "npm" { // npm ci reads its pins from the folder it installs into
			for _, pin := range pins {
				raw, err := os.ReadFile(filepath.Join(from, pin)) //nolint:gosec // G304: a pin file of this checkout
				if err != nil {
					return fmt.Errorf("reading the pins: %w", err)
				}
				if err := os.WriteFile(filepath.Join(dir, pin), raw, 0o600); err != nil { //nolint:gosec // G703: the pin names are constants here
					return fmt.Errorf("placing the pins: %w", err)
				}
			}
		}
		out, err := exec.CommandContext(ctx, step[0], step[1:]...).CombinedOutput() //nolint:gosec // G204: the steps stand above
		if err != nil {
			return fmt.Errorf("installing %s: %w\n%s", what, err, out)
		}
	}
	if err := os.WriteFile(stamp, []byte(want), 0o600); err != nil {
		return fmt.Errorf("stamping %s: %w", dir, err)
	}
	return nil
}
