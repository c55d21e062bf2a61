// Package labkey is how the names of a lab's runs and flow cells leave: as an HMAC under
// the lab's own key, so that the lab can find them again and nobody else can join by them.
package labkey

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
)

// Kind is what is named. The same name of another kind has another token.
type Kind string

// The kinds.
const (
	Run      Kind = "run"
	Flowcell Kind = "flow cell"
	Folder   Kind = "run folder" // by its name; in the agent's own log
)

// Token is the name of one run or flow cell as it leaves the lab whose key it is.
func Token(key []byte, kind Kind, name string) string {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(string(kind) + "\n" + name)) // a hash never fails
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

var form = regexp.MustCompile(`^[0-9a-f]{32}$`)

// Valid tells whether s has the form of a token.
func Valid(s string) bool { return form.MatchString(s) }
