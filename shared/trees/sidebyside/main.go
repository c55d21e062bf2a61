// Command sidebyside is our half of the measurement against LightGBM (make bench-trees):
// sidebyside MODEL ROWS reads a text model and rows (little-endian float64, one after
// another), then, for each line it reads, scores every row once, on one thread, and prints
// {"ns": of the processor's time, per row}. After the first line it also prints the raw scores' bits as "scores".
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime"
	"syscall"

	"proactive/shared/trees"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "sidebyside:", err)
		os.Exit(1)
	}
}

type answer struct {
	NS     float64  `json:"ns"`
	Scores []string `json:"scores,omitempty"`
}

func run(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: sidebyside MODEL ROWS")
	}
	runtime.GOMAXPROCS(1)
	model, rows, err := read(args[0], args[1])
	if err != nil {
		return err
	}
	out := make([]float64, model.Outputs())
	in, answers, first := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout), true
	for in.Scan() {
		start := processor()
		for _, row := range rows {
			model.Raw(row, out)
		}
		a := answer{NS: float64(processor()-start) / float64(len(rows))}
		if first {
			for _, row := range rows {
				for _, v := range model.Raw(row, out) {
					a.Scores = append(a.Scores, fmt.Sprintf("%016x", math.Float64bits(v)))
				}
			}
		}
		first = false
		if err := answers.Encode(a); err != nil {
			return fmt.Errorf("answering: %w", err)
		}
	}
	return in.Err()
}

func read(modelFile, rowsFile string) (*trees.Model, [][]float64, error) {
	f, err := os.Open(modelFile) //nolint:gosec // G304: the file to measure
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	model, err := trees.Read(f)
	if err != nil {
		return nil, nil, err
	}
	raw, err := os.ReadFile(rowsFile) //nolint:gosec // G304: the file to measure
	if err != nil {
		return nil, nil, err
	}
	values := make([]float64, len(raw)/8)
	for i := range values {
		values[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[i*8:]))
	}
	width := len(model.Features())
	var rows [][]float64
	for ; len(values) >= width; values = values[width:] {
		rows = append(rows, values[:width:width])
	}
	return model, rows, nil
}

// processor is the time that this process has computed for, in nanoseconds.
func processor() int64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err) // of this process it cannot fail
	}
	return used.Utime.Nano() + used.Stime.Nano()
}
