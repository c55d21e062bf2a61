package erasure_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"proactive/shared/erasure"
	"proactive/shared/fault"
	"proactive/shared/jws"
	"proactive/shared/pipelinetest"
)

// independent runs docs/verify/verify_certificate.py, a second implementation of SPEC.md
// that knows no line of this package, and returns why it does not believe a certificate,
// "" if it does.
func independent(t *testing.T, certificate string) (wrong string) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("NOT RUN: the independent verifier, for there is no python3")
	}
	_, signed := pipelinetest.NewKeys(t).Set(asked)
	keys, err := signed.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "erasure.jws")
	for name, content := range map[string][]byte{file: []byte(certificate + "\n"), file + ".keys.json": keys} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	root := sha256.Sum256(signed.Root)
	program := filepath.Join("..", "..", "docs", "verify", "verify_certificate.py")
	cmd := exec.CommandContext(t.Context(), python, "-B", program, file, "--root", hex.EncodeToString(root[:]), "--json")
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	var said struct {
		Valid bool
		Wrong string
	}
	if bad := json.Unmarshal(out, &said); bad != nil || said.Valid != (err == nil) || problems.Len() > 0 {
		t.Fatalf("%v, %v: %s%s", bad, err, out, &problems)
	}
	return said.Wrong
}

// TestIndependentVerifierAgrees: it believes what we issue, and of certificates with a
// character changed, put in or left out, each really signed, those that we believe.
func TestIndependentVerifierAgrees(t *testing.T) {
	keys := pipelinetest.NewKeys(t)
	set, _ := keys.Set(asked)
	good := issue(t)
	if wrong := independent(t, good); wrong != "" {
		t.Errorf("what we issued: %s", wrong)
	}
	if wrong := independent(t, good[:len(good)-8]+"AAAAAAAA"); wrong != erasure.BadSignature {
		t.Errorf("another signature: %q", wrong)
	}
	body, err := base64.RawURLEncoding.DecodeString(good[bytes.IndexByte([]byte(good), '.')+1 : bytes.LastIndexByte([]byte(good), '.')])
	if err != nil {
		t.Fatal(err)
	}
	chance := rand.New(rand.NewPCG(20261124, 0))
	const letters = `{}[]",:.- 019aeTZi<`
	taken, refused := 0, 0
	for range 20 {
		at := chance.IntN(len(body))
		with := []byte{letters[chance.IntN(len(letters))]}
		if chance.IntN(3) == 0 {
			with = nil
		}
		changed := append(append(bytes.Clone(body[:at]), with...), body[at+chance.IntN(2):]...)
		raw, err := jws.Sign(t.Context(), keys, erasure.Type, changed)
		if err != nil {
			t.Fatal(err)
		}
		want := ""
		if _, err := erasure.Verify(raw, set); err != nil {
			if want = erasure.NotACertificate; !errors.Is(err, fault.New(fault.Malformed, want, nil)) {
				t.Fatal(err)
			}
			refused++
		} else {
			taken++
		}
		if got := independent(t, raw); got != want && (got == "" || want == "") && got != "certificate-foreign" {
			t.Errorf("%s: it says %q, we %q", changed, got, want)
		}
	}
	if taken == 0 || refused == 0 {
		t.Errorf("%d taken and %d refused: one of them is not tested", taken, refused)
	}
}
