// Command sidebyside is our half of the measurement against the reference reader
// (make bench-read): sidebyside MODE REPS RUNFOLDER loads the run folder and sums it up
// REPS times after one warm-up, on one thread, and prints {"ms": [...], "peak_rss_mb": N}.
// MODE is summary, the files that the summary is made of, or all. With CPUPROFILE=FILE in
// the environment it writes a profile; MODE bytes only reads the same files.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"proactive/shared/summary"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "sidebyside:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("usage: sidebyside summary|all|bytes REPS RUNFOLDER")
	}
	runtime.GOMAXPROCS(1)
	reps, err := strconv.Atoi(args[1])
	if err != nil {
		return fmt.Errorf("reading REPS: %w", err)
	}
	work, err := mode(args[0], args[2])
	if err != nil {
		return err
	}
	if name := os.Getenv("CPUPROFILE"); name != "" {
		out, err := os.Create(name) //nolint:gosec // G304, G703: whoever measures says where the profile goes
		if err != nil {
			return fmt.Errorf("creating the profile: %w", err)
		}
		if err := pprof.StartCPUProfile(out); err != nil {
			return fmt.Errorf("profiling: %w", err)
		}
		defer pprof.StopCPUProfile()
	}
	var ms []float64
	for i := range reps + 1 {
		start := time.Now()
		if err := work(); err != nil {
			return err
		}
		if i > 0 {
			ms = append(ms, float64(time.Since(start).Microseconds())/1e3)
		}
	}
	peak, err := peakMiB()
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string]any{"ms": ms, "peak_rss_mb": peak}); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	return nil
}

// peakMiB is the most memory that this process has held, as Linux tells it. (The usage
// that getrusage tells begins with that of the process which started this one.)
func peakMiB() (float64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("asking for the peak of memory: %w", err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kib float64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		return 0, fmt.Errorf("reading the peak of memory: %w", err)
	}
	return kib / 1024, nil
}

// mode is the work of one repetition.
func mode(name, folder string) (func() error, error) {
	sum := func(opts ...summary.Option) func() error {
		return func() error {
			r, err := summary.Of(os.DirFS(folder), opts...)
			if err == nil && len(r.Reads) == 0 {
				err = fmt.Errorf("%s: nothing to sum up", folder)
			}
			return err
		}
	}
	switch name {
	case "summary":
		return sum(summary.FiguresOnly()), nil
	case "all":
		return sum(), nil
	case "bytes":
		return readBytes(folder)
	}
	return nil, fmt.Errorf("no mode %q", name)
}

// readBytes reads what the other modes read, and does nothing with it.
func readBytes(folder string) (func() error, error) {
	r, err := summary.Of(os.DirFS(folder))
	if err != nil {
		return nil, fmt.Errorf("finding the files: %w", err)
	}
	buf := make([]byte, 64<<10)
	return func() error {
		for _, f := range r.Files {
			if !f.Read {
				continue
			}
			in, err := os.Open(filepath.Join(folder, f.Name)) //nolint:gosec // G304: a name that was listed in the folder
			if err != nil {
				return fmt.Errorf("opening: %w", err)
			}
			for err == nil {
				_, err = in.Read(buf)
			}
			if cerr := in.Close(); cerr != nil || !errors.Is(err, io.EOF) {
				return fmt.Errorf("reading %s: %w", f.Name, err)
			}
		}
		return nil
	}, nil
}
