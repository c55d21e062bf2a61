package trees

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestExpEnds(t *testing.T) {
	for x, want := range map[float64]float64{
		0: 1, math.Copysign(0, -1): 1, math.Inf(1): math.Inf(1), math.Inf(-1): 0, 1e9: math.Inf(1), -1e9: 0,
		-745.2: 0, 709.79: math.Inf(1), 1: math.E, 1e-300: 1,
	} {
		if got := exp(x); got != want {
			t.Errorf("e^%v is %v, want %v", x, got, want)
		}
	}
	if !math.IsNaN(exp(math.NaN())) {
		t.Error("e^NaN is a number")
	}
}

// TestExpBits holds 50,000 values to their bits, on every processor.
func TestExpBits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	digest := sha256.New()
	for range 50_000 {
		v := exp(float64(r.Float64()*100) - 50)
		_, _ = digest.Write(binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)))
	}
	const want = "86269d72b1757996e671975b4539c90a"
	if got := hex.EncodeToString(digest.Sum(nil)[:16]); got != want {
		t.Errorf("other bits: %s", got)
	}
}

// TestExp compares with many more digits: e^x = (e^(x/2^64))^(2^64), by its series.
func TestExp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(-700, 700).Draw(t, "x")
		exact := new(big.Float).SetPrec(400).SetFloat64(x)
		exact.SetMantExp(exact, -64)
		sum, term := big.NewFloat(1).SetPrec(400), big.NewFloat(1).SetPrec(400)
		for i := int64(1); i < 20; i++ {
			term.Mul(term, exact).Quo(term, new(big.Float).SetInt64(i))
			sum.Add(sum, term)
		}
		for range 64 {
			sum.Mul(sum, sum)
		}
		got := exp(x)
		apart := new(big.Float).Sub(sum, big.NewFloat(got))
		ulps, _ := apart.Quo(apart, big.NewFloat(math.Nextafter(got, math.Inf(1))-got)).Float64()
		if math.Abs(ulps) > .65 {
			t.Fatalf("e^%v is %v, off by %v units in the last place", x, got, ulps)
		}
	})
}
