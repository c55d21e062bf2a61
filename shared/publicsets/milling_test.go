package publicsets

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

const millingHead = "\ufeffUDI,Product ID,Type,Air temperature [K],Process temperature [K],Rotational speed [rpm],Torque [Nm],Tool wear [min],Machine_failure,TWF,HDF,PWF,OSF,RNF\n"

func TestReadMilling(t *testing.T) {
	m, err := ReadMilling(strings.NewReader(millingHead +
		"1,M1,M,298.1,308.6,1500,40,100,0,0,0,0,0,0\n" +
		"2,L2,L,300,308,1200,60,200,1,0,1,0,0,0\n" +
		"3,X3,X,300,308,1200,60,200,1,0,1,0,0,0\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := [][]float64{
		{1500, 100, 10.5, math.Abs(40*1500*math.Pi/30 - 6250), 40*100 - 12000},
		{1200, 200, 8, math.Abs(60*1200*math.Pi/30 - 6250), 60*200 - 11000},
	}
	for i, row := range want {
		for j, x := range row {
			if math.Abs(m.Rows[i][j]-x) > 1e-9 {
				t.Errorf("row %d: %s is %v, not %v", i, m.Columns[j], m.Rows[i][j], x)
			}
		}
	}
	if !slices.Equal(m.Failed, []bool{false, true, true}) || !math.IsNaN(m.Rows[2][4]) {
		t.Errorf("failed %v; of an unknown quality %v", m.Failed, m.Rows[2])
	}
	for name, text := range map[string]string{
		"nothing": "", "another table": "a,b,c\n1,2,3\n", "a word": millingHead + "1,M1,M,warm,308.6,1500,40,100,0,0,0,0,0,0\n",
	} {
		if _, err := ReadMilling(strings.NewReader(text)); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

// An evaluation from end to end of a model that knows one column.
func TestEvaluateMilling(t *testing.T) {
	m := Milling{Table: Table{Columns: []string{"x"}}}
	for i := range 200 {
		m.Failed = append(m.Failed, i%10 == 0)
		m.Rows = append(m.Rows, []float64{map[bool]float64{true: .8, false: .2}[i%10 == 0]})
	}
	names := map[string]bool{}
	learn := func(_ context.Context, name string, table Table, y []float64, _ Params) (Model, error) {
		if len(y) != 160 || len(table.Rows) != 160 || names[name] {
			return nil, fmt.Errorf("%s: %d rows, or again", name, len(y))
		}
		names[name] = true
		return knower(0), nil
	}
	got, err := EvaluateMilling(t.Context(), learn, m, nil)
	if err != nil || got.AUPRC != (Spread{1, 0}) || got.F1.Mean != 1 || got.Others.F1.Mean != 1 || got.Paired != nil {
		t.Errorf("%v, %+v", err, got)
	}
	clear(names)
	got, err = EvaluateMilling(t.Context(), learn, m, make([]float64, 200)) // who says the same of all
	if err != nil || got.Paired == nil || !near(got.Paired.Mean, .9) || got.Paired.Better != 1 {
		t.Errorf("%v, %+v", err, got.Paired)
	}
}
