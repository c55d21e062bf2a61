package fleet

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Writer writes a fleet. Its Add may be called from many goroutines; the order of calls
// does not show in the files.
type Writer struct {
	dir     string
	m       manifest
	columns map[string]int // of values
	zstd    *zstd.Encoder

	mu          sync.Mutex
	sums        map[string][sha256.Size]byte
	instruments []Instrument
	services    []Service
	failures    []Failure
	nulls       []string
}

// Create begins a fleet in a new or empty directory. values and factors name everything
// that a run may have. Until Close returns, the directory is not a fleet.
func Create(dir string, s Settings, values, factors []string) (*Writer, error) {
	if old, err := os.ReadDir(dir); err == nil && len(old) > 0 {
		return nil, fmt.Errorf("writing a fleet: %s is not empty", dir)
	}
	for _, sub := range []string{"runs", filepath.Join("truth", "oracle")} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o750); err != nil {
			return nil, fmt.Errorf("writing a fleet: %w", err)
		}
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("writing a fleet: %w", err)
	}
	w := &Writer{
		dir: dir, zstd: enc, columns: map[string]int{}, sums: map[string][sha256.Size]byte{},
		m: manifest{Format: Format, Settings: s, Values: slices.Clone(values), Factors: slices.Clone(factors)},
	}
	for i, name := range values {
		w.columns[name] = i
	}
	return w, nil
}

// Add writes one instrument.
func (w *Writer) Add(s Story) error {
	id := s.Instrument.ID
	var runs, oracle bytes.Buffer
	enc := json.NewEncoder(&runs)
	for _, r := range s.Runs {
		stored, err := w.row(r)
		if err != nil {
			return fmt.Errorf("writing %s: run %d: %w", id, r.Sequence, err)
		}
		if err := enc.Encode(stored); err != nil {
			return fmt.Errorf("writing %s: run %d: %w", id, r.Sequence, err)
		}
	}
	enc = json.NewEncoder(&oracle)
	for _, group := range bySequence(s.Oracle) {
		if err := enc.Encode(group); err != nil {
			return fmt.Errorf("writing %s: oracle: %w", id, err)
		}
	}
	if err := w.file(runsFile(id), runs.Bytes()); err != nil {
		return err
	}
	if err := w.file(oracleFile(id), oracle.Bytes()); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.instruments = append(w.instruments, s.Instrument)
	w.services = append(w.services, s.Services...)
	w.failures = append(w.failures, s.Failures...)
	if s.Null {
		w.nulls = append(w.nulls, id)
	}
	return nil
}

func (w *Writer) row(r Run) (row, error) {
	out := row{
		At: r.At, Batch: r.Batch, Sequence: r.Sequence, Run: r.Run, Week: r.Week,
		Values: make([]*float64, len(w.m.Values)), Factors: make([]string, len(w.m.Factors)),
	}
	for name, v := range r.Values {
		i, ok := w.columns[name]
		if !ok {
			return row{}, fmt.Errorf("no column %q", name)
		}
		out.Values[i] = &v
	}
	for name, v := range r.Factors {
		i := slices.Index(w.m.Factors, name)
		if i < 0 {
			return row{}, fmt.Errorf("no column %q", name)
		}
		out.Factors[i] = v
	}
	return out, nil
}

func bySequence(all []Oracle) []forecast {
	var out []forecast
	for _, o := range all {
		if len(out) == 0 || out[len(out)-1].Sequence != o.Sequence {
			out = append(out, forecast{Sequence: o.Sequence, P: map[string][4]float64{}})
		}
		out[len(out)-1].P[o.Component] = [4]float64{o.P1, o.P7, o.P14, o.P30}
	}
	return out
}

// file writes one file, compressed if its name says so, and remembers its digest.
func (w *Writer) file(name string, content []byte) error {
	sum := sha256.Sum256(content)
	if strings.HasSuffix(name, ".zst") {
		content = w.zstd.EncodeAll(content, nil)
	}
	if err := os.WriteFile(filepath.Join(w.dir, name), content, 0o600); err != nil {
		return fmt.Errorf("writing a fleet: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sums[name] = sum
	return nil
}

// Close writes what is common to the instruments and makes the directory a fleet. It
// returns the fleet's digest.
func (w *Writer) Close(episodes []Episode) (string, error) {
	defer func() { _ = w.zstd.Close() }()
	slices.SortFunc(w.instruments, func(a, b Instrument) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(w.services, func(a, b Service) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Instrument, b.Instrument), cmp.Compare(a.Component, b.Component))
	})
	slices.SortFunc(w.failures, func(a, b Failure) int {
		return cmp.Or(a.Onset.Compare(b.Onset), cmp.Compare(a.Instrument, b.Instrument), cmp.Compare(a.Component, b.Component), cmp.Compare(a.Mode, b.Mode))
	})
	episodes = slices.Clone(episodes)
	slices.SortFunc(episodes, func(a, b Episode) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Cause, b.Cause), cmp.Compare(a.Value, b.Value))
	})
	slices.Sort(w.nulls)
	nulls, err := json.Marshal(w.nulls)
	if err != nil {
		return "", fmt.Errorf("writing a fleet: %w", err)
	}
	for name, content := range map[string][]byte{
		instrumentsFile: lines(w.instruments), servicesFile: lines(w.services),
		failuresFile: lines(w.failures), episodesFile: lines(episodes), nullsFile: append(nulls, '\n'),
	} {
		if err := w.file(name, content); err != nil {
			return "", err
		}
	}
	w.m.Digest = digest(w.sums)
	raw, err := json.MarshalIndent(w.m, "", "  ")
	if err != nil {
		return "", fmt.Errorf("writing a fleet: %w", err)
	}
	if err := os.WriteFile(filepath.Join(w.dir, manifestFile), append(raw, '\n'), 0o600); err != nil {
		return "", fmt.Errorf("writing a fleet: %w", err)
	}
	return w.m.Digest, nil
}

// lines is one JSON value a line. The types of this package always marshal.
func lines[T any](all []T) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	for _, one := range all {
		if err := enc.Encode(one); err != nil {
			panic("fleet: " + err.Error())
		}
	}
	return out.Bytes()
}
