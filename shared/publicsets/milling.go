package publicsets

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// What the set's description says of its machine (Matzka 2020): it cannot carry off heat,
// leaves the band of power that the process needs, or overstrains a tool.
const (
	bandMiddleW = (3500. + 9000) / 2
	rpmToRadian = 2 * math.Pi / 60
)

// strainLimit is, by the part's quality, how much torque a worn tool bears, in Nm·min.
var strainLimit = map[string]float64{"L": 11000, "M": 12000, "H": 13000}

// Milling is the AI4I 2020 set: one row a part.
type Milling struct {
	Table
	Failed []bool
}

// ReadMilling reads ai4i2020.csv. The features of a part are of its own row, five numbers in
// which physics says that the machine fails:
//
//   - speed, 1/min, and wear of the tool, min, as they were read;
//   - temperature.lead, K: how much warmer the process is than the air;
//   - power.off, W: how far torque × angular speed is from the middle of the band that the
//     process needs;
//   - strain.over, Nm·min: how far torque × wear is above what the part's quality bears.
//
// More wear, power.off and strain.over never make the machine safer, nor less
// temperature.lead: recipes/milling.json holds the trees to that.
//
// The five kinds of failure are what is to be found out, and are not read.
func ReadMilling(r io.Reader) (Milling, error) {
	in := csv.NewReader(r)
	in.ReuseRecord = true
	head, err := in.Read()
	if err != nil {
		return Milling{}, fmt.Errorf("reading the head of AI4I 2020: %w", err)
	}
	if len(head) < 9 || !strings.HasPrefix(head[8], "Machine") {
		return Milling{}, errors.New("not AI4I 2020: its ninth column is the failure of the machine")
	}
	m := Milling{Table: Table{Columns: []string{"speed", "wear", "temperature.lead", "power.off", "strain.over"}}}
	for {
		line, err := in.Read()
		if errors.Is(err, io.EOF) {
			return m, nil
		}
		if err != nil {
			return Milling{}, fmt.Errorf("reading AI4I 2020: %w", err)
		}
		var v [5]float64
		for i := range v {
			if v[i], err = strconv.ParseFloat(line[3+i], 64); err != nil {
				return Milling{}, fmt.Errorf("reading AI4I 2020: %w", err)
			}
		}
		air, process, speed, torque, wear := v[0], v[1], v[2], v[3], v[4] // K, K, 1/min, Nm, min
		limit, known := strainLimit[line[2]]
		if !known {
			limit = math.NaN()
		}
		power := speed * rpmToRadian * torque
		m.Rows = append(m.Rows, []float64{speed, wear, process - air, math.Abs(power - bandMiddleW), float64(torque*wear) - limit})
		m.Failed = append(m.Failed, line[8] == "1")
	}
}
