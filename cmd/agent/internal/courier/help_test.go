package courier_test

import (
	"crypto/sha256"
	"encoding/hex"
)

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
