package casework

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strconv"
	"time"
)

// A slot link ends in a secret: 43 characters of base64url, the HMAC-SHA256 of
// SlotMessage under a key that never leaves KMS. It is made again from case and round
// whenever a step is repeated, so it need not be kept: at rest there is its digest, and
// the mail that carries it.

// SlotLife is how long a link leads anywhere, divided by the pace [G].
const SlotLife = 30 * 24 * time.Hour

var slotSecret = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// SlotMessage is what the secret of a case's offer of a round is the HMAC of.
func SlotMessage(caseID string, round int) []byte {
	return []byte("slot\n" + caseID + "\n" + strconv.Itoa(round))
}

// SlotSecret writes the HMAC as it stands in a link.
func SlotSecret(mac []byte) string { return base64.RawURLEncoding.EncodeToString(mac) }

// SlotDigest is under what a link is stored: the hex SHA-256 of its secret. False if it
// has not the form of one, so that nothing of the kind is ever looked up.
func SlotDigest(secret string) (string, bool) {
	if !slotSecret.MatchString(secret) {
		return "", false
	}
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:]), true
}
