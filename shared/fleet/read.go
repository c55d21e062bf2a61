package fleet

import (
	"bytes"
	"container/heap"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"proactive/shared/health"
)

// maxFile bounds what one file may become when decompressed.
const maxFile = 1 << 30

// Fleet is a fleet that was opened. It may be read from many goroutines.
type Fleet struct {
	root        *os.Root
	m           manifest
	zstd        *zstd.Decoder
	instruments []Instrument
	services    []Service
	failures    []Failure
	episodes    []Episode
	nulls       map[string]bool
}

// Open reads what is common to the instruments; their runs are read when they are asked
// for. The files are taken as they are: see Verify.
func Open(dir string) (*Fleet, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening a fleet: %w", err)
	}
	f := &Fleet{root: root, nulls: map[string]bool{}}
	if f.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxFile)); err != nil {
		_ = root.Close()
		return nil, fmt.Errorf("opening a fleet: %w", err)
	}
	if err := f.open(); err != nil {
		f.Close()
		return nil, fmt.Errorf("opening a fleet: %w", err)
	}
	return f, nil
}

func (f *Fleet) open() error {
	raw, err := f.read(manifestFile)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: no %s", ErrFormat, manifestFile)
	} else if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &f.m); err != nil || f.m.Format != Format {
		return fmt.Errorf("%w: %s is of format %d, want %d", ErrFormat, manifestFile, f.m.Format, Format)
	}
	var nulls []string
	if raw, err = f.read(nullsFile); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &nulls); err != nil {
		return fmt.Errorf("%s: %w", nullsFile, err)
	}
	for _, id := range nulls {
		f.nulls[id] = true
	}
	return errors.Join(
		readLines(f, instrumentsFile, &f.instruments), readLines(f, servicesFile, &f.services),
		readLines(f, failuresFile, &f.failures), readLines(f, episodesFile, &f.episodes))
}

// Close lets go of the directory.
func (f *Fleet) Close() {
	f.zstd.Close()
	_ = f.root.Close()
}

// Settings made the fleet.
func (f *Fleet) Settings() Settings { return f.m.Settings }

// Digest is of the fleet's content.
func (f *Fleet) Digest() string { return f.m.Digest }

// Values and Factors name everything that a run of the fleet may have.
func (f *Fleet) Values() []string { return f.m.Values }

// Factors are the names of what may explain a shift, as catalog field ids.
func (f *Fleet) Factors() []string { return f.m.Factors }

// Instruments of the fleet, by id.
func (f *Fleet) Instruments() []Instrument { return f.instruments }

// Services of all instruments, by time.
func (f *Fleet) Services() []Service { return f.services }

// Failures are the truth, by onset.
func (f *Fleet) Failures() []Failure { return f.failures }

// Episodes are the truth, by their beginning.
func (f *Fleet) Episodes() []Episode { return f.episodes }

// Null tells whether an instrument is one of those that never fail: truth.
func (f *Fleet) Null(instrument string) bool { return f.nulls[instrument] }

// Runs of one instrument by sequence number. It ends at the first error.
func (f *Fleet) Runs(instrument string) iter.Seq2[Run, error] {
	return func(yield func(Run, error) bool) {
		content, err := f.read(runsFile(instrument))
		if err != nil {
			yield(Run{}, fmt.Errorf("reading runs: %w", err))
			return
		}
		for content != nil {
			var r Run
			if r, content, err = f.next(instrument, content); err == nil && r.Sequence == 0 {
				return
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// next run of a file, and the rest of the file; sequence 0 at its end.
func (f *Fleet) next(instrument string, content []byte) (Run, []byte, error) {
	line, rest, ok := bytes.Cut(content, []byte{'\n'})
	if !ok {
		return Run{}, nil, nil
	}
	stored := row{Values: make([]*float64, 0, len(f.m.Values)), Factors: make([]string, 0, len(f.m.Factors))}
	if err := json.Unmarshal(line, &stored); err != nil {
		return Run{}, nil, fmt.Errorf("reading runs of %s: %w", instrument, err)
	}
	if len(stored.Values) != len(f.m.Values) || len(stored.Factors) != len(f.m.Factors) || stored.Sequence < 1 {
		return Run{}, nil, fmt.Errorf("reading runs of %s: %w: run %d does not fit the columns", instrument, ErrFormat, stored.Sequence)
	}
	r := Run{At: stored.At, Features: health.Features{
		Instrument: instrument, Batch: stored.Batch, Sequence: stored.Sequence, Run: stored.Run, Week: stored.Week,
		Values: make(map[string]float64, len(stored.Values)), Factors: make(map[string]string, len(stored.Factors)),
	}}
	for i, v := range stored.Values {
		if v != nil {
			r.Values[f.m.Values[i]] = *v
		}
	}
	for i, v := range stored.Factors {
		if v != "" {
			r.Factors[f.m.Factors[i]] = v
		}
	}
	return r, rest, nil
}

// ByTime is the runs of all instruments in the order of their arrival. It holds the
// files of all instruments decompressed: about 200 MB for 1,200 instruments and a year.
func (f *Fleet) ByTime() iter.Seq2[Run, error] {
	return func(yield func(Run, error) bool) {
		var open queue
		for _, i := range f.instruments {
			content, err := f.read(runsFile(i.ID))
			if err != nil {
				yield(Run{}, fmt.Errorf("reading runs: %w", err))
				return
			}
			r, rest, err := f.next(i.ID, content)
			if err != nil {
				yield(Run{}, err)
				return
			}
			if r.Sequence > 0 {
				open = append(open, head{r, rest})
			}
		}
		heap.Init(&open)
		for len(open) > 0 {
			if !yield(open[0].Run, nil) {
				return
			}
			r, rest, err := f.next(open[0].Instrument, open[0].rest)
			switch {
			case err != nil:
				yield(Run{}, err)
				return
			case r.Sequence == 0:
				heap.Pop(&open)
			default:
				open[0] = head{r, rest}
				heap.Fix(&open, 0)
			}
		}
	}
}

// head is an instrument's next run and the rest of its file.
type head struct {
	Run
	rest []byte
}

type queue []head

func (q queue) Len() int { return len(q) }
func (q queue) Less(a, b int) bool {
	if c := q[a].At.Compare(q[b].At); c != 0 {
		return c < 0
	}
	return q[a].Instrument < q[b].Instrument
}
func (q queue) Swap(a, b int) { q[a], q[b] = q[b], q[a] }
func (q *queue) Push(x any)   { *q = append(*q, x.(head)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// Oracle of one instrument, by sequence number, then component: truth.
func (f *Fleet) Oracle(instrument string) iter.Seq2[Oracle, error] {
	return func(yield func(Oracle, error) bool) {
		var all []forecast
		if err := readLines(f, oracleFile(instrument), &all); err != nil {
			yield(Oracle{}, fmt.Errorf("reading the oracle: %w", err))
			return
		}
		for _, run := range all {
			for _, component := range slices.Sorted(maps.Keys(run.P)) {
				p := run.P[component]
				o := Oracle{instrument, run.Sequence, component, p[0], p[1], p[2], p[3]}
				if !yield(o, nil) {
					return
				}
			}
		}
	}
}

// Verify reads every file and compares with the digest; ErrAltered if it is another.
func (f *Fleet) Verify() error {
	sums := map[string][sha256.Size]byte{}
	names := []string{instrumentsFile, servicesFile, failuresFile, episodesFile, nullsFile}
	for _, i := range f.instruments {
		names = append(names, runsFile(i.ID), oracleFile(i.ID))
	}
	for _, name := range names {
		content, err := f.read(name)
		if err != nil {
			return fmt.Errorf("verifying a fleet: %w", err)
		}
		sums[name] = sha256.Sum256(content)
	}
	if got := digest(sums); got != f.m.Digest {
		return fmt.Errorf("verifying a fleet: %w: %s, want %s", ErrAltered, got, f.m.Digest)
	}
	return nil
}

// read a whole file, decompressed.
func (f *Fleet) read(name string) ([]byte, error) {
	raw, err := f.root.ReadFile(filepath.ToSlash(name))
	if err != nil || !strings.HasSuffix(name, ".zst") {
		return raw, err
	}
	content, err := f.zstd.DecodeAll(raw, nil)
	if err != nil {
		return nil, fmt.Errorf("decompressing %s: %w", name, err)
	}
	return content, nil
}

func readLines[T any](f *Fleet, name string, into *[]T) error {
	content, err := f.read(name)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(content))
	for {
		var one T
		if err := dec.Decode(&one); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		*into = append(*into, one)
	}
}

// Until is when the fleet's last day ends.
func (s Settings) Until() time.Time { return s.Start.AddDate(0, 0, s.Days) }
