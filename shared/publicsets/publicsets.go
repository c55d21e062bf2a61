// Package publicsets measures our engine where others measured theirs: on public sets of
// machines that failed. The features are made by shared/features and the models evaluated by
// shared/trees, as for sequencers. docs/benchmarks.md has the figures and says what they do
// and do not show. The sets themselves are no part of this project.
//
//   - C-MAPSS FD001 and FD003 (NASA): turbofan engines run to failure; remaining cycles.
//   - Azure PdM (Microsoft): 100 machines, one year; which component fails within 24 hours.
//   - AI4I 2020 (UCI, CC BY 4.0): milling, 10,000 parts; does the machine fail.
package publicsets

// Table is what a model is trained on or asked about.
type Table struct {
	Columns []string
	Rows    [][]float64 // in the order of Columns; NaN is missing
}

// Pick returns the rows with these numbers.
func (t Table) Pick(rows []int) Table {
	out := Table{Columns: t.Columns, Rows: make([][]float64, len(rows))}
	for i, r := range rows {
		out.Rows[i] = t.Rows[r]
	}
	return out
}

// pick returns the values with these numbers.
func pick[T any](values []T, rows []int) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = values[r]
	}
	return out
}
