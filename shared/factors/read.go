package factors

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"proactive/shared/fault"
)

// Read reads exposures, as CSV or JSON lines.
//
// CSV begins with a line of names: "instrument", "run", "problem", if customers is nil also
// "tenant", and whatever else is a factor; a problem is true, false, 1 or 0; an empty level
// is unknown. JSON lines are Exposures. customers, if given, is instrument to tenant: it
// stands in for what a file of the clean store does not know.
func Read(in io.Reader, customers map[string]string) ([]Exposure, error) {
	buffered := bufio.NewReader(in)
	first, err := buffered.Peek(1)
	if err != nil {
		return nil, fault.New(fault.Malformed, NotExposures, fmt.Errorf("reading exposures: %w", err))
	}
	read := readCSV
	if first[0] == '{' {
		read = readLines
	}
	rows, err := read(buffered)
	if err != nil {
		return nil, fault.New(fault.Malformed, NotExposures, fmt.Errorf("reading exposures: %w", err))
	}
	for i := range rows {
		if customers == nil {
			break
		}
		if rows[i].Tenant = customers[rows[i].Instrument]; rows[i].Tenant == "" {
			return nil, fault.New(fault.Malformed, UnknownCustomer, fmt.Errorf("whose instrument %s is was not said", rows[i].Instrument))
		}
	}
	return rows, nil
}

func readLines(in *bufio.Reader) ([]Exposure, error) {
	var rows []Exposure
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		decoder := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		decoder.DisallowUnknownFields()
		var e Exposure
		if err := decoder.Decode(&e); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if rows = append(rows, e); len(rows) > maxRuns {
			return nil, fmt.Errorf("more than %d runs", maxRuns)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("after line %d: %w", len(rows), err)
	}
	return rows, nil
}

func readCSV(in *bufio.Reader) ([]Exposure, error) {
	table := csv.NewReader(in)
	table.ReuseRecord = true
	header, err := table.Read()
	if err != nil {
		return nil, fmt.Errorf("the line of names: %w", err)
	}
	names := append([]string(nil), header...)
	for i := range names {
		names[i] = strings.TrimPrefix(strings.TrimSpace(names[i]), "\ufeff")
	}
	for _, needed := range []string{"instrument", "run", "problem"} {
		if !strings.Contains("\n"+strings.Join(names, "\n")+"\n", "\n"+needed+"\n") {
			return nil, fmt.Errorf("no column %q", needed)
		}
	}
	var rows []Exposure
	for {
		record, err := table.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("a line: %w", err)
		}
		line, _ := table.FieldPos(0)
		e := Exposure{Levels: make(map[string]string, len(names))}
		for i, v := range record {
			switch v = strings.TrimSpace(v); names[i] {
			case tenantColumn:
				e.Tenant = v
			case instrumentColumn:
				e.Instrument = v
			case "run":
				e.Run = v
			case "problem":
				switch strings.ToLower(v) {
				case "1", "true":
					e.Problem = true
				case "0", "false":
				default:
					return nil, fmt.Errorf("line %d: a problem is true, false, 1 or 0", line)
				}
			default:
				e.Levels[names[i]] = v
			}
		}
		if rows = append(rows, e); len(rows) > maxRuns {
			return nil, fmt.Errorf("more than %d runs", maxRuns)
		}
	}
}
