package publicsets

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Report is what one run measured.
type Report struct {
	Turbofans []TurbofanResult `json:"turbofans,omitempty"`
	Fleet     *FleetResults    `json:"fleet,omitempty"`
	Milling   *MillingResult   `json:"milling,omitempty"`
}

// ReadTurbofanSet reads a C-MAPSS set from the folder cmapss of dir.
func ReadTurbofanSet(dir fs.FS, name string) (TurbofanSet, error) {
	set := TurbofanSet{Name: name, Sensors: []int{2, 3, 4, 7, 8, 9, 11, 12, 13, 14, 15, 17, 20, 21}}
	train := "cmapss/train_" + name + ".txt"
	if name == "FD003" { // two more vary; and the mirror has it as CSV
		set.Sensors = append(set.Sensors, 6, 10)
		train = "cmapss/train_" + name + ".csv"
	}
	for _, part := range []struct {
		path string
		into *[]Engine
	}{{train, &set.Train}, {"cmapss/test_" + name + ".txt", &set.Test}} {
		file, err := dir.Open(part.path)
		if err != nil {
			return TurbofanSet{}, fmt.Errorf("reading C-MAPSS: %w", err)
		}
		*part.into, err = ReadEngines(file)
		_ = file.Close()
		if err != nil {
			return TurbofanSet{}, err
		}
	}
	var err error
	set.Left, err = ReadNumbers(dir, "cmapss/RUL_"+name+".txt")
	return set, err
}

// ReadNumbers reads a file of one number a line.
func ReadNumbers(dir fs.FS, name string) ([]float64, error) {
	file, err := dir.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading numbers: %w", err)
	}
	defer file.Close()
	return readLines(file)
}

// The markers between which a page's table is written.
const (
	pageBegin = "<!-- make bench-predict writes from here -->\n"
	pageEnd   = "<!-- to here -->\n"
)

// WritePage replaces what is between the markers of a page.
func WritePage(path, table string) error {
	raw, err := os.ReadFile(path) //nolint:gosec // G304: the page that the caller names
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(raw), pageBegin)
	_, after, ends := strings.Cut(rest, pageEnd)
	if !ok || !ends {
		return errors.New("the page has no markers: " + path)
	}
	return os.WriteFile(path, []byte(before+pageBegin+table+pageEnd+after), 0o600) //nolint:gosec // G703: the page that the caller names
}
