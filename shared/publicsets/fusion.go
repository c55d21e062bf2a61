package publicsets

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"proactive/shared/features"
)

// shrinkage of a fusion's weights, per row, of standardised numbers.
const shrinkage = 1e-2

// FitFusions are the ridge regressions of each target on the columns of table: of the rows
// without a missing number. A column that does not vary has no weight.
func FitFusions(table Table, rows []int, targets [][]float64) ([]features.Fusion, error) {
	width := len(table.Columns)
	stats := make([]features.Moments, width)
	var of []int
	for _, r := range rows {
		if slices.ContainsFunc(table.Rows[r], math.IsNaN) {
			continue
		}
		of = append(of, r)
		for i, x := range table.Rows[r] {
			stats[i].Add(x)
		}
	}
	scale := make([]float64, width)
	for i := range scale {
		if sd := stats[i].SD(); sd > 1e-9*math.Abs(stats[i].Mean()) {
			scale[i] = 1 / sd
		}
	}
	centre := make([]features.Moments, len(targets))
	for _, r := range of {
		for k := range targets {
			centre[k].Add(targets[k][r])
		}
	}
	gram, cross := make([]float64, width*width), mat.NewDense(width, len(targets), nil)
	z := make([]float64, width)
	for _, r := range of {
		for i, x := range table.Rows[r] {
			z[i] = float64((x - stats[i].Mean()) * scale[i])
		}
		for i, a := range z {
			for k := range targets {
				cross.Set(i, k, cross.At(i, k)+float64(a*(targets[k][r]-centre[k].Mean())))
			}
			line := gram[i*width : i*width+i+1]
			for j := range line {
				line[j] += float64(a * z[j])
			}
		}
	}
	for i := range width {
		for j := range i {
			gram[j*width+i] = gram[i*width+j]
		}
		gram[i*width+i] += shrinkage * float64(len(of))
	}
	var factor mat.Cholesky
	if len(of) == 0 || !factor.Factorize(mat.NewSymDense(width, gram)) {
		return nil, errors.New("fitting a fusion: the numbers do not determine it")
	}
	var weight mat.Dense
	if err := factor.SolveTo(&weight, cross); err != nil {
		return nil, fmt.Errorf("fitting a fusion: %w", err)
	}
	out := make([]features.Fusion, len(targets))
	for k := range out {
		out[k] = features.Fusion{Weight: make([]float64, width), Offset: centre[k].Mean()}
		for i := range width {
			out[k].Weight[i] = float64(weight.At(i, k) * scale[i])
			out[k].Offset -= float64(out[k].Weight[i] * stats[i].Mean())
		}
	}
	return out, nil
}
