package observation

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"

	"proactive/shared/fault"
)

// Format is the first member of a payload's header.
const Format = "proactive-payload/1"

// Limits of a payload. A MiSeq run is some 10 000 rows, a NovaSeq S4 some 60 000.
const (
	MaxRows    = 500_000
	MaxLine    = 512      // bytes of a row without its line feed
	MaxHeader  = 4096     // bytes of the header without its line feed
	MaxPayload = 64 << 20 // bytes of the whole payload
	maxKinds   = 32
	maxDropped = 1_000_000_000
)

// Reasons why bytes are not a payload. All are fault.Malformed.
const (
	NotAPayload   = "not-a-payload"         // the first line is not a payload header
	UnknownFormat = "unknown-payload"       // a payload of another version
	NotCanonical  = "payload-not-canonical" // a line differs from its one serialisation
	NotInOrder    = "payload-order"         // rows are not in canonical order
	Repeated      = "payload-repeated-row"  // two rows have the same field and dimensions
	RowCount      = "payload-row-count"     // not as many rows as the header says
	TooLarge      = "payload-limit"         // a limit above is exceeded
	Truncated     = "payload-truncated"     // the last line has no line feed
)

var (
	catalogHash = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
	leftID      = regexp.MustCompile(`^left(\.[a-z][a-z_]{0,31}){2}$`)
	fileKind    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
)

// Drops counts what was left behind of one kind of file, by what became of it.
type Drops struct {
	Unknown int `json:"unknown"` // its field is not in the catalog
	Refused int `json:"refused"` // its field is, and its value is not allowed there
}

// Payload is what a batch carries: which catalog it was projected through, how much
// was left behind, and the observations.
type Payload struct {
	// Catalog is the catalog's hash, "sha256:" and 64 hex digits.
	Catalog string
	// Dropped is by kind of file: see catalog.FileKinds.
	Dropped map[string]Drops
	// Left counts what stays by decision, by id of catalog.Left.
	Left         map[string]int
	Observations []Observation
}

type header struct {
	Format  string           `json:"format"`
	Catalog string           `json:"catalog"`
	Rows    int              `json:"rows"`
	Dropped map[string]Drops `json:"dropped"`
	Left    map[string]int   `json:"left"`
}

// Compare orders observations canonically: by field, then by each dimension in the
// order lane, surface, tile, read, cycle, minute. Two that compare equal name the same
// measurement and may not stand in one payload.
func Compare(a, b Observation) int {
	return cmp.Or(
		cmp.Compare(a.Field, b.Field),
		cmp.Compare(a.Lane, b.Lane),
		cmp.Compare(a.Surface, b.Surface),
		cmp.Compare(a.Tile, b.Tile),
		cmp.Compare(a.Read, b.Read),
		cmp.Compare(a.Cycle, b.Cycle),
		cmp.Compare(a.Minute, b.Minute),
	)
}

// Encode writes the one serialisation of p: its header, then one observation a line in
// canonical order. The same content gives the same bytes, in whatever order p has it.
func Encode(w io.Writer, p Payload) error {
	rows := slices.Clone(p.Observations)
	slices.SortStableFunc(rows, Compare)
	h := header{Format: Format, Catalog: p.Catalog, Rows: len(rows), Dropped: p.Dropped, Left: p.Left}
	if h.Dropped == nil {
		h.Dropped = map[string]Drops{}
	}
	if h.Left == nil {
		h.Left = map[string]int{}
	}
	if err := h.check(); err != nil {
		return fmt.Errorf("encoding a payload: %w", err)
	}
	out := bufio.NewWriterSize(w, 64<<10)
	line, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("encoding a payload's header: %w", err)
	}
	if len(line) > MaxHeader {
		return fmt.Errorf("encoding a payload's header: %w", malformed(TooLarge, nil))
	}
	total := len(line) + 1
	if err := writeLine(out, line); err != nil {
		return err
	}
	for i, o := range rows {
		if i > 0 && Compare(rows[i-1], o) == 0 {
			return fmt.Errorf("encoding a payload: %w", malformed(Repeated, nil))
		}
		line, err := encodeRow(o)
		if err != nil {
			return fmt.Errorf("encoding a payload: %w", err)
		}
		if total += len(line) + 1; total > MaxPayload {
			return fmt.Errorf("encoding a payload: %w", malformed(TooLarge, nil))
		}
		if err := writeLine(out, line); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing a payload: %w", err)
	}
	return nil
}

// Decode reads what Encode wrote and nothing else: whatever it accepts, Encode gives
// back byte for byte. It knows no catalog; that is scrub's work.
func Decode(r io.Reader) (Payload, error) {
	in := bufio.NewReaderSize(io.LimitReader(r, MaxPayload+1), MaxHeader+1)
	line, err := readLine(in, MaxHeader)
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = malformed(NotAPayload, nil)
		}
		return Payload{}, fmt.Errorf("decoding a payload's header: %w", err)
	}
	h, err := decodeHeader(line)
	if err != nil {
		return Payload{}, fmt.Errorf("decoding a payload's header: %w", err)
	}
	total := len(line) + 1
	p := Payload{Catalog: h.Catalog, Dropped: h.Dropped, Left: h.Left}
	for {
		line, err := readLine(in, MaxLine)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Payload{}, fmt.Errorf("decoding row %d: %w", len(p.Observations)+1, err)
		}
		if len(p.Observations) == h.Rows {
			return Payload{}, fmt.Errorf("decoding a payload: %w", malformed(RowCount, nil))
		}
		if total += len(line) + 1; total > MaxPayload {
			return Payload{}, fmt.Errorf("decoding a payload: %w", malformed(TooLarge, nil))
		}
		o, err := decodeRow(line)
		if err != nil {
			return Payload{}, fmt.Errorf("decoding row %d: %w", len(p.Observations)+1, err)
		}
		if n := len(p.Observations); n > 0 {
			switch c := Compare(p.Observations[n-1], o); {
			case c == 0:
				return Payload{}, fmt.Errorf("decoding row %d: %w", n+1, malformed(Repeated, nil))
			case c > 0:
				return Payload{}, fmt.Errorf("decoding row %d: %w", n+1, malformed(NotInOrder, nil))
			}
		}
		p.Observations = append(p.Observations, o)
	}
	if len(p.Observations) != h.Rows {
		return Payload{}, fmt.Errorf("decoding a payload: %w", malformed(RowCount, nil))
	}
	return p, nil
}

func (h header) check() error {
	switch {
	case h.Format != Format:
		return malformed(UnknownFormat, nil)
	case !catalogHash.MatchString(h.Catalog):
		return malformed(NotCanonical, errors.New("catalog hash"))
	case h.Rows < 0 || h.Rows > MaxRows || len(h.Dropped) > maxKinds || len(h.Left) > maxKinds:
		return malformed(TooLarge, nil)
	}
	for kind, d := range h.Dropped {
		if !fileKind.MatchString(kind) || d.Unknown < 0 || d.Unknown > maxDropped || d.Refused < 0 || d.Refused > maxDropped {
			return malformed(NotCanonical, errors.New("dropped"))
		}
	}
	for id, n := range h.Left {
		if !leftID.MatchString(id) || n < 1 || n > maxDropped {
			return malformed(NotCanonical, errors.New("left"))
		}
	}
	return nil
}

func decodeHeader(line []byte) (header, error) {
	var h header
	if err := json.Unmarshal(line, &h); err != nil || h.Format == "" {
		return header{}, malformed(NotAPayload, nil)
	}
	if err := h.check(); err != nil {
		return header{}, err
	}
	// An unknown or repeated member does not come back, so this refuses it too. A null
	// would come back: no drops are {}.
	if again, err := json.Marshal(h); err != nil || h.Dropped == nil || h.Left == nil || !bytes.Equal(again, line) {
		return header{}, malformed(NotCanonical, err)
	}
	return h, nil
}

func encodeRow(o Observation) ([]byte, error) {
	if math.IsNaN(o.Value) || math.IsInf(o.Value, 0) {
		return nil, malformed(NotCanonical, errors.New("not a finite number"))
	}
	o.Value += 0 // there is one zero: -0 + 0 is +0
	line, err := json.Marshal(o)
	if err != nil {
		return nil, malformed(NotCanonical, err)
	}
	if len(line) > MaxLine {
		return nil, malformed(TooLarge, nil)
	}
	return line, nil
}

func decodeRow(line []byte) (Observation, error) {
	var o Observation
	if err := json.Unmarshal(line, &o); err != nil {
		return o, malformed(NotCanonical, nil) // the cause would quote the row
	}
	if again, err := encodeRow(o); err != nil || !bytes.Equal(again, line) {
		return o, malformed(NotCanonical, nil)
	}
	return o, nil
}

// readLine returns a line without its line feed; io.EOF means there is none.
func readLine(in *bufio.Reader, limit int) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	switch {
	case err == nil && len(line)-1 <= limit:
		return line[:len(line)-1], nil
	case err == nil || errors.Is(err, bufio.ErrBufferFull):
		return nil, malformed(TooLarge, nil)
	case errors.Is(err, io.EOF) && len(line) == 0:
		return nil, io.EOF
	case errors.Is(err, io.EOF):
		return nil, malformed(Truncated, nil)
	default:
		return nil, fmt.Errorf("reading a payload: %w", err)
	}
}

func writeLine(out *bufio.Writer, line []byte) error {
	_, err := out.Write(line)
	if err == nil {
		err = out.WriteByte('\n')
	}
	if err != nil {
		return fmt.Errorf("writing a payload: %w", err)
	}
	return nil
}

func malformed(reason string, cause error) *fault.Fault {
	return fault.New(fault.Malformed, reason, cause)
}
