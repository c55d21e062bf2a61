package export

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"strconv"
	"time"

	"proactive/shared/clean"
	"proactive/shared/receipt"
)

// Ends of what is held, as they are deployed: what is not there after them has ended, and
// before them is missing.
const (
	CleanLife  = 3 * 366 * 24 * time.Hour
	NoticeLife = 366 * 24 * time.Hour
)

// Stored is a batch with a clean object.
type Stored struct {
	Batch    string
	Sequence int64
	Granted  time.Time
	Clean    receipt.Place
}

// Batches knows the stored batches of an instrument.
type Batches interface {
	// StoredAfter are some of those after a batch id ("" at first), in order, strongly
	// consistent; more tells that there may be others after last, which is where to go on.
	StoredAfter(ctx context.Context, instrument, after string) (batches []Stored, last string, more bool, err error)
}

// Clean reads clean batches as they lie.
type Clean interface {
	// Raw returns exactly that version. It answers ErrGone.
	Raw(ctx context.Context, at receipt.Place) ([]byte, error)
}

// Observations are the clean batches: each as its Parquet file and as CSV.
type Observations struct {
	Batches Batches
	Clean   Clean
	Now     func() time.Time
}

// After implements Source.
func (o Observations) After(ctx context.Context, instrument, after string) ([]Item, bool, error) {
	var items []Item
	for {
		batches, last, more, err := o.Batches.StoredAfter(ctx, instrument, after)
		if err != nil {
			return nil, false, fmt.Errorf("listing stored batches: %w", err)
		}
		for _, b := range batches {
			items = append(items, Item{Key: b.Batch, Open: func(ctx context.Context) ([]File, error) { return o.open(ctx, instrument, b) }})
		}
		if len(items) > 0 || !more {
			return items, more, nil
		}
		after = last // a page of batches none of which was stored
	}
}

func (o Observations) open(ctx context.Context, instrument string, b Stored) ([]File, error) {
	raw, err := o.Clean.Raw(ctx, b.Clean)
	if errors.Is(err, ErrGone) && o.Now().Sub(b.Granted) > CleanLife {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading a clean batch: %w", err)
	}
	batch, err := clean.Decode(raw)
	if err != nil {
		return nil, err
	}
	// The last check that nobody is given what is another's.
	if batch.Instrument != instrument || batch.Batch != b.Batch || batch.Sequence != b.Sequence {
		return nil, errors.New("reading a clean batch: it is another's")
	}
	table, err := table(batch)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("observations/%09d-%s", b.Sequence, b.Batch)
	return []File{
		{Name: name + ".parquet", Body: raw, Rows: len(batch.Observations), Packed: true},
		{Name: name + ".csv", Body: table, Rows: len(batch.Observations)},
	}, nil
}

// table is a batch as CSV (RFC 4180, UTF-8), a line an observation, with the columns of
// clean.Row but the instrument. A number is written so that it reads back to the same bits.
func table(b clean.Batch) ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	err := w.Write([]string{"batch", "sequence", "field", "lane", "surface", "tile", "read", "cycle", "minute", "value", "text"})
	sequence := strconv.FormatInt(b.Sequence, 10)
	for _, r := range b.Observations {
		if err != nil {
			break
		}
		err = w.Write([]string{
			b.Batch, sequence, r.Field, strconv.Itoa(r.Lane), strconv.Itoa(r.Surface), strconv.Itoa(r.Tile), strconv.Itoa(r.Read),
			strconv.Itoa(r.Cycle), strconv.Itoa(r.Minute), strconv.FormatFloat(r.Value, 'g', -1, 64), r.Text,
		})
	}
	w.Flush()
	if err := errors.Join(err, w.Error()); err != nil {
		return nil, fmt.Errorf("writing CSV: %w", err)
	}
	return out.Bytes(), nil
}
