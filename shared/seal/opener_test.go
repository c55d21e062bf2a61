package seal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// docs/verify/open_batch.py is a second implementation, in another language, of what
// SPEC.md says; it knows no line of this package. Where it may disagree with us, the
// specification is unclear or one of us is wrong.

// python returns the interpreter of the project's own environment, or skips.
func python(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"bin/python", "Scripts/python.exe"} {
		file, err := filepath.Abs(filepath.Join("..", "..", ".cache", "venv", filepath.FromSlash(name)))
		must(t, err)
		if _, err := os.Stat(file); err != nil {
			continue
		}
		if out, err := exec.CommandContext(t.Context(), file, "-c", "import cryptography").CombinedOutput(); err != nil {
			t.Skipf("NOT RUN: the independent opener, for .cache/venv has no package cryptography: %s", out)
		}
		return file
	}
	t.Skip("NOT RUN: the independent opener, for there is no .cache/venv (make demo and make test make it)")
	return ""
}

func verify(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	args[0] = filepath.Join("..", "..", "docs", "verify", args[0])
	cmd := exec.CommandContext(t.Context(), python(t), append([]string{"-B"}, args...)...)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	err = cmd.Run()
	return out.String(), problems.String(), err
}

// TestIndependentOpener: the other implementation refuses every vector at the same step
// for the same reason, and opens the others to the same bytes.
func TestIndependentOpener(t *testing.T) {
	_, all := loadVectors(t)
	out, problems, err := verify(t, "run_vectors.py", filepath.Join("..", "..", "events", filepath.FromSlash(vectorDir)))
	if err != nil {
		t.Errorf("%v: %s", err, problems)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != len(all) {
		t.Errorf("%d vectors run of %d", len(lines), len(all))
	}
	for _, line := range lines {
		name, got, _ := strings.Cut(strings.TrimSpace(line), " ")
		v := all[name]
		want := v.Step + " " + v.Expect
		if v.Expect == "opened" {
			want = "- opened " + v.SHA256
		}
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// TestIndependentOpenerAsAnAuditor runs the command as a lab would, with files.
func TestIndependentOpenerAsAnAuditor(t *testing.T) {
	ring, all := loadVectors(t)
	v := all["two-recipients-auditor"]
	dir := t.TempDir()
	file, key := filepath.Join(dir, "batch"), filepath.Join(dir, "auditor.pem")
	must(t, os.WriteFile(file, bytesOf(t, all, v), 0o600))
	must(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: ring.Recipients[v.Key]}), 0o600))
	open := func(instrument, as string) (string, string, error) {
		public := ed25519.NewKeyFromSeed(ring.Instruments[instrument]).Public().(ed25519.PublicKey)
		return verify(t, "open_batch.py", file, "--deployment", ring.Deployment, "--instrument", hex.EncodeToString(public), "--as", as, "--key", key)
	}
	out, problems, err := open(vectorInstrument, "auditor")
	if sum := sha256.Sum256([]byte(out)); err != nil || hex.EncodeToString(sum[:]) != v.SHA256 {
		t.Errorf("%v: %s", err, problems)
	}
	for _, c := range []struct{ instrument, as, want string }{
		{otherInstrument, "auditor", "refused: bad-signature"},
		{vectorInstrument, "unwrap-1", "refused: unwrap-failed"},
		{vectorInstrument, "unwrap-2", "refused: unknown-key-id"},
	} {
		out, problems, err := open(c.instrument, c.as)
		if f := (*exec.ExitError)(nil); !errors.As(err, &f) || out != "" || strings.TrimSpace(problems) != c.want {
			t.Errorf("%v %q %q, want %s", err, out, problems, c.want)
		}
	}
}

// TestIndependentOpenerOpensWhatWeSeal: a batch made now, of more segments than the
// vectors have.
func TestIndependentOpenerOpensWhatWeSeal(t *testing.T) {
	b := newBench(t, 5*segmentBytes)
	dir := t.TempDir()
	file, key := filepath.Join(dir, "batch"), filepath.Join(dir, "key.pem")
	private, err := x509.MarshalPKCS8PrivateKey(b.private["unwrap-1"])
	must(t, err)
	must(t, os.WriteFile(file, b.raw, 0o600))
	must(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	out, problems, err := verify(t, "open_batch.py", file, "--deployment", b.params.Deployment, "--instrument", hex.EncodeToString(b.public), "--as", "unwrap-1", "--key", key)
	if err != nil || out != string(b.params.Plaintext) {
		t.Errorf("%v: %s", err, problems)
	}
}
