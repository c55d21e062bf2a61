package keys

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestRawVerifiesAsTheDERDid(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		digest := sha256.Sum256(rapid.SliceOf(rapid.Byte()).Draw(t, "message"))
		der, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
		if err != nil {
			t.Fatal(err)
		}
		got, err := raw(der)
		if err != nil || len(got) != 64 {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
		r, s := new(big.Int).SetBytes(got[:32]), new(big.Int).SetBytes(got[32:])
		if !ecdsa.Verify(&key.PublicKey, digest[:], r, s) {
			t.Fatal("it does not verify")
		}
	})
}

func TestRawPadsSmallNumbers(t *testing.T) {
	der, err := asn1.Marshal(struct{ R, S *big.Int }{big.NewInt(1), big.NewInt(256)})
	if err != nil {
		t.Fatal(err)
	}
	want := make([]byte, 64)
	want[31], want[62] = 1, 1
	if got, err := raw(der); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%x, %v", got, err)
	}
}

func TestRawRefuses(t *testing.T) {
	sig := func(r, s *big.Int) []byte {
		der, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	one, large := big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 256)
	for name, der := range map[string][]byte{
		"nothing": nil, "not DER": []byte("abc"), "something after it": append(sig(one, one), 0),
		"zero": sig(big.NewInt(0), one), "a negative number": sig(one, big.NewInt(-1)), "33 bytes": sig(large, one),
	} {
		if got, err := raw(der); err == nil {
			t.Errorf("%s: %x", name, got)
		}
	}
}
