// Package clean is the scrubbed batch at rest: one Parquet file a batch, one row an
// observation, columns that Athena reads. scrub writes it; score and exports read it.
package clean

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"proactive/shared/observation"
)

// Batch is a clean batch. Observations are in canonical order.
type Batch struct {
	Instrument   string
	Batch        string
	Sequence     int64
	Observations []observation.Observation
}

// Row is one line of the table. The columns are the contract with Athena and with
// whoever exports; a dimension that does not apply is 0, a text that is not there "".
type Row struct {
	Instrument string  `parquet:"instrument,dict,zstd"`
	Batch      string  `parquet:"batch,dict,zstd"`
	Sequence   int64   `parquet:"sequence,dict,zstd"`
	Field      string  `parquet:"field,dict,zstd"`
	Lane       int32   `parquet:"lane,dict,zstd"`
	Surface    int32   `parquet:"surface,dict,zstd"`
	Tile       int32   `parquet:"tile,dict,zstd"`
	Read       int32   `parquet:"read,dict,zstd"`
	Cycle      int32   `parquet:"cycle,dict,zstd"`
	Minute     int32   `parquet:"minute,dict,zstd"`
	Value      float64 `parquet:"value,zstd"`
	Text       string  `parquet:"text,dict,zstd"`
}

// maxRows bounds what Decode allocates; it is what a payload may hold.
const maxRows = observation.MaxRows

// groupRows bounds a row group, which a reader holds in memory at once.
const groupRows = 100_000

// Encode returns b as a Parquet file. The same batch gives the same bytes.
func Encode(b Batch) ([]byte, error) {
	rows := make([]Row, 0, len(b.Observations))
	for _, o := range b.Observations {
		rows = append(rows, Row{
			Instrument: b.Instrument, Batch: b.Batch, Sequence: b.Sequence, Field: o.Field,
			Lane: int32(o.Lane), Surface: int32(o.Surface), Tile: int32(o.Tile), //nolint:gosec // the catalog bounds every dimension
			Read: int32(o.Read), Cycle: int32(o.Cycle), Minute: int32(o.Minute), //nolint:gosec // the catalog bounds every dimension
			Value: o.Value, Text: o.Text,
		})
	}
	var out bytes.Buffer
	w := parquet.NewGenericWriter[Row](&out,
		parquet.CreatedBy("proactive", "1", ""),
		parquet.MaxRowsPerRowGroup(groupRows),
		parquet.KeyValueMetadata("instrument", b.Instrument),
		parquet.KeyValueMetadata("batch", b.Batch),
		parquet.KeyValueMetadata("sequence", strconv.FormatInt(b.Sequence, 10)),
	)
	if _, err := w.Write(rows); err != nil {
		return nil, fmt.Errorf("encoding a clean batch: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("encoding a clean batch: %w", err)
	}
	return out.Bytes(), nil
}

// Decode is the inverse of Encode.
func Decode(file []byte) (Batch, error) {
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return Batch{}, fmt.Errorf("opening a clean batch: %w", err)
	}
	if f.NumRows() > maxRows {
		return Batch{}, fmt.Errorf("opening a clean batch: %d rows", f.NumRows())
	}
	var b Batch
	b.Instrument, _ = f.Lookup("instrument")
	b.Batch, _ = f.Lookup("batch")
	sequence, _ := f.Lookup("sequence")
	if b.Sequence, err = strconv.ParseInt(sequence, 10, 64); err != nil {
		return Batch{}, fmt.Errorf("opening a clean batch: its sequence: %w", err)
	}
	rows := make([]Row, f.NumRows())
	r := parquet.NewGenericReader[Row](f)
	defer func() { _ = r.Close() }()
	if n, err := r.Read(rows); n != len(rows) {
		return Batch{}, fmt.Errorf("reading a clean batch: %d of %d rows: %w", n, len(rows), err)
	}
	b.Observations = make([]observation.Observation, 0, len(rows))
	for _, row := range rows {
		if row.Instrument != b.Instrument || row.Batch != b.Batch || row.Sequence != b.Sequence {
			return Batch{}, errors.New("reading a clean batch: a row of another batch")
		}
		b.Observations = append(b.Observations, observation.Observation{
			Field: row.Field, Lane: int(row.Lane), Surface: int(row.Surface), Tile: int(row.Tile),
			Read: int(row.Read), Cycle: int(row.Cycle), Minute: int(row.Minute), Value: row.Value, Text: row.Text,
		})
	}
	return b, nil
}
