package publicsets

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io/fs"
	"math"
	"os"
	"testing"
)

// The sets are no part of this project; where they lie beside it, these tests read them.
const data = "../../../shared/data"

func realData(t *testing.T) fs.FS {
	t.Helper()
	if _, err := os.Stat(data + "/cmapss"); err != nil {
		t.Skip("the public sets are not there: " + data)
	}
	return os.DirFS(data)
}

// The rows and the folds are the baseline's, to the row.
func TestRealMilling(t *testing.T) {
	file, err := realData(t).Open("ai4i2020/ai4i2020.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	m, err := ReadMilling(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Rows) != 10000 || count(m.Failed) != 339 {
		t.Errorf("%d rows, %d failures", len(m.Rows), count(m.Failed))
	}
	h := sha256.New()
	for _, f := range ByClass(m.Failed, folds, millingSeed) {
		for _, r := range f.Held {
			_, _ = h.Write(binary.LittleEndian.AppendUint64(nil, uint64(r)))
		}
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != "6859764bbd39bdf6e45690dddf697da20b215bf7e965a24e6a3eb56224371e1e" {
		t.Errorf("the folds are not the baseline's: %s", got)
	}
}

func TestRealTurbofans(t *testing.T) {
	for _, c := range []struct {
		set         string
		train, test int // rows
	}{{"FD001", 20631, 13096}, {"FD003", 24720, 16596}} {
		set, err := ReadTurbofanSet(realData(t), c.set)
		if err != nil {
			t.Fatal(err)
		}
		rows := func(engines []Engine) (n int) {
			for _, e := range engines {
				n += e.Life()
			}
			return n
		}
		if len(set.Train) != 100 || len(set.Test) != 100 || len(set.Left) != 100 || rows(set.Train) != c.train || rows(set.Test) != c.test {
			t.Errorf("%s: %d and %d engines, %d and %d rows", c.set, len(set.Train), len(set.Test), rows(set.Train), rows(set.Test))
		}
	}
}

// errorRule is the baseline's naive rule: these errors in the last 24 hours.
type errorRule []int

func (r errorRule) PredictOne(row []float64) float64 {
	for _, c := range r {
		if row[c] == 0 {
			return 0
		}
	}
	return 1
}

// The parts, the labels and the measures are the baseline's: its naive rule has the figures
// that were measured of it (anchors/azure.py, mode B).
func TestRealFleet(t *testing.T) {
	dir, err := fs.Sub(realData(t), "azure_pdm/all100")
	if err != nil {
		t.Fatal(err)
	}
	f, err := ReadFleet(dir)
	if err != nil {
		t.Fatal(err)
	}
	var early, test []int
	for i, h := range f.Hour {
		switch {
		case h < fleetTest-fleetHorizon:
			early = append(early, i)
		case h >= fleetTest && h <= f.End-fleetHorizon:
			test = append(test, i)
		}
	}
	if len(early) != 193400 || len(test) != 97100 {
		t.Errorf("%d rows before the test, %d in it", len(early), len(test))
	}
	for c, want := range []struct {
		columns  []string
		f1       float64
		failures int
	}{
		{[]string{"error.1.in.24"}, .2775, 51}, {[]string{"error.2.in.24", "error.3.in.24"}, .9777, 90},
		{[]string{"error.4.in.24"}, .2729, 40}, {[]string{"error.5.in.24"}, .6526, 56},
	} {
		var rule errorRule
		for _, name := range want.columns {
			rule = append(rule, column(t, f.Table, name))
		}
		score := make([]float64, len(test))
		for i, r := range test {
			score[i] = rule.PredictOne(f.Rows[r])
		}
		got := f.test(c, score, test, 1)
		if math.Abs(got.F1-want.f1) > .00006 || got.Recall != 1 || got.Failures != want.failures || got.Caught != want.failures {
			t.Errorf("component %d: %+v", c+1, got)
		}
	}
}
