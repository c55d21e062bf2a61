package summary

import (
	"math"
	"slices"
)

// Stat sums up the values of tiles. NaN if there is none; the deviation of one value is 0.
type Stat struct{ Mean, SD, Median float32 }

// statOf sums finite values up, in single precision and in their order as the reference
// does; it reorders them.
func statOf(values []float32) Stat {
	values = slices.DeleteFunc(values, missing)
	if len(values) == 0 {
		return Stat{nan, nan, nan}
	}
	mean := meanOf(values)
	var sd float32
	if len(values) > 1 {
		sd = deviation(values)
	}
	return Stat{mean, sd, medianOf(values)}
}

// medianOf is the middle of the values in order, the mean of the two middle ones of an
// even number. It reorders them, as far as it must (Hoare's selection).
func medianOf(values []float32) float32 {
	half := len(values) / 2
	for low, high := 0, len(values)-1; low < high; {
		pivot := values[(low+high)/2]
		i, j := low, high
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for values[j] > pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case half <= j:
			high = j
		case half >= i:
			low = i
		default:
			low = high
		}
	}
	if len(values)%2 == 1 {
		return values[half]
	}
	return (slices.Max(values[:half]) + values[half]) / 2
}

// deviation is the sample's standard deviation; of equal values exactly 0.
func deviation(values []float32) float32 {
	var sum, squares float64
	for _, v := range values {
		sum += float64(v)
	}
	mean := sum / float64(len(values))
	for _, v := range values {
		squares += (float64(v) - mean) * (float64(v) - mean)
	}
	return float32(math.Sqrt(squares / float64(len(values)-1)))
}

// meanOf is the mean of finite values, NaN of none.
func meanOf(values []float32) float32 {
	if len(values) == 0 {
		return nan
	}
	var sum float32
	for _, v := range values {
		sum += v
	}
	return sum / float32(len(values))
}

// missing: not a number, or infinite, of which neither less itself is nothing.
func missing(v float32) bool { return v-v != 0 }

// percent is 100·part/whole, NaN of nothing.
func percent[T float32 | float64](part, whole T) float32 {
	if whole == 0 || part != part || whole != whole {
		return nan
	}
	return float32(100 * part / whole)
}
