// Command sidebyside times the detector on a log with planted identifiers, beside one pass
// over its bytes by a table, and says what it found of what was planted: JSON on standard
// output. usage: sidebyside DIR, with DIR/log.txt and DIR/truth.tsv.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"proactive/shared/detector"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "sidebyside:", err)
		os.Exit(1)
	}
}

type plant struct {
	start, end int
	kind       string
}

func run() error {
	runtime.GOMAXPROCS(1)
	runtime.LockOSThread()
	log, err := os.ReadFile(filepath.Join(os.Args[1], "log.txt")) //nolint:gosec // G703: the caller's own file
	if err != nil {
		return fmt.Errorf("reading the log: %w", err)
	}
	truth, err := plants(filepath.Join(os.Args[1], "truth.tsv"))
	if err != nil {
		return err
	}
	lines := bytes.Split(bytes.TrimSuffix(log, []byte("\n")), []byte("\n"))
	table := classes()
	var scanner detector.Scanner
	pass, or, scan := []float64{}, []float64{}, []float64{}
	sum, changes, hits := byte(0), 0, 0
	for range 41 { // one after the other, so that all meet the same machine
		// What any filter must do at least: look up each byte and find where tokens begin.
		start := used()
		for _, l := range lines {
			last := byte(0)
			for _, b := range l {
				if c := table[b]; c != last {
					changes++
					last = c
				}
			}
		}
		pass = append(pass, mbps(len(log), start))
		// And less than that: what classes a line has, not where.
		start = used()
		for _, l := range lines {
			for _, b := range l {
				sum |= table[b]
			}
		}
		or = append(or, mbps(len(log), start))
		start = used()
		for _, l := range lines {
			hits += len(scanner.Line(l))
		}
		scan = append(scan, mbps(len(log), start))
	}
	slices.Sort(pass)
	slices.Sort(or)
	slices.Sort(scan)
	found, planted, flagged, clean := map[string]int{}, map[string]int{}, 0, 0
	rules := map[detector.Rule]int{}
	for i, l := range lines {
		got := scanner.Line(l)
		for _, p := range truth[i] {
			planted[p.kind]++
			if slices.ContainsFunc(got, func(h detector.Hit) bool { return h.Start <= p.start && h.End >= p.end }) {
				found[p.kind]++
			}
		}
		if len(truth[i]) == 0 {
			clean++
			if len(got) > 0 {
				flagged++
				rules[got[0].Rule]++
			}
		}
	}
	out := map[string]any{
		"bytes": len(log), "lines": len(lines), "pass_mbps": pass[len(pass)/2], "scan_mbps": scan[len(scan)/2], "ratio": scan[len(scan)/2] / pass[len(pass)/2],
		"or_mbps": or[len(or)/2], "ratio_to_or": scan[len(scan)/2] / or[len(or)/2],
		"found": found, "planted": planted, "clean_lines": clean, "clean_lines_flagged": flagged, "flagged_by": rules, "checksum": int(sum) + hits + changes,
	}
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return nil
}

// classes are letters, digits, what stands within a token, and the rest.
func classes() (t [256]byte) {
	for b := range t {
		switch {
		case b|0x20 >= 'a' && b|0x20 <= 'z':
			t[b] = 1
		case b >= '0' && b <= '9':
			t[b] = 2
		case b > ' ':
			t[b] = 3
		}
	}
	return t
}

// used is the processor time of this thread, in which others on the machine have no part.
func used() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) // fails of no clock or of no place for it
	return time.Duration(t.Nano())
}

func mbps(n int, start time.Duration) float64 { return float64(n) / 1e6 / (used() - start).Seconds() }

func plants(path string) (map[int][]plant, error) {
	f, err := os.Open(path) //nolint:gosec // G703: the caller's own file
	if err != nil {
		return nil, fmt.Errorf("reading what was planted: %w", err)
	}
	defer f.Close()
	all := map[int][]plant{}
	for in := bufio.NewScanner(f); in.Scan(); {
		c := strings.Split(in.Text(), "\t")
		if len(c) != 4 {
			return nil, fmt.Errorf("reading what was planted: %d columns", len(c))
		}
		line, err1 := strconv.Atoi(c[0])
		start, err2 := strconv.Atoi(c[1])
		end, err3 := strconv.Atoi(c[2])
		if err1 != nil || err2 != nil || err3 != nil {
			return nil, fmt.Errorf("reading what was planted: line %q", in.Text())
		}
		all[line] = append(all[line], plant{start, end, c[3]})
	}
	return all, nil
}
