package npz

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	var b bytes.Buffer
	x := [][]float64{{1, math.NaN()}, {-2.5, 1e300}, {0, 7}}
	if err := Write(&b, []string{"laser.power", "age"}, x, []float64{0, 1, 0}); err != nil {
		t.Fatal(err)
	}
	in, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]struct {
		head  string
		bytes int
	}{
		"x.npy":        {"{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }", 48},
		"y.npy":        {"{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", 24},
		"features.npy": {"{'descr': '<U11', 'fortran_order': False, 'shape': (2,), }", 88},
	}
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		w, known := want[f.Name]
		delete(want, f.Name)
		if !known || len(raw) != 128+w.bytes {
			t.Fatalf("%s: %d bytes", f.Name, len(raw))
		}
		if n := int(binary.LittleEndian.Uint16(raw[8:])); n != 118 || raw[127] != '\n' || strings.TrimSpace(string(raw[10:128])) != w.head {
			t.Errorf("%s: %d, %q", f.Name, n, raw[10:128])
		}
		if f.Name == "x.npy" && math.Float64frombits(binary.LittleEndian.Uint64(raw[128+24:])) != 1e300 {
			t.Error("x is not in the order of its rows")
		}
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

func TestWriteOfAnotherLength(t *testing.T) {
	if Write(io.Discard, []string{"a"}, [][]float64{{1, 2}}, []float64{0}) == nil {
		t.Error("a row of two values for one name")
	}
	if Write(io.Discard, []string{"a"}, [][]float64{{1}}, nil) == nil {
		t.Error("a row without a label")
	}
}
