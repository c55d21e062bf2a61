package home

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

func open(t *testing.T) *Home {
	t.Helper()
	h, err := Open(filepath.Join(t.TempDir(), "home"))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestKeysAreMadeOnceAndForTheirOwnerAlone(t *testing.T) {
	h := open(t)
	k1, err := h.Identity()
	if err != nil {
		t.Fatal(err)
	}
	l1, err := h.LabKey()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Open(h.Dir())
	if err != nil {
		t.Fatal(err)
	}
	k2, err := again.Identity()
	if err != nil {
		t.Fatal(err)
	}
	l2, err := again.LabKey()
	if err != nil {
		t.Fatal(err)
	}
	if !k1.Equal(k2) || !bytes.Equal(l1, l2) || len(l1) != 32 {
		t.Fatal("a key changed between two readings")
	}
	if runtime.GOOS == "windows" {
		return
	}
	for _, name := range []string{identityFile, labKeyFile} {
		info, err := os.Stat(filepath.Join(h.Dir(), name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %04o, want 0600", name, info.Mode().Perm())
		}
	}
	if info, err := os.Stat(h.Dir()); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("home has mode %v, %v, want 0700", info.Mode(), err)
	}
}

func TestAnExposedKeyIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("access lists, not modes")
	}
	h := open(t)
	if _, err := h.Identity(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(h.Dir(), identityFile), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Identity(); !errors.Is(err, ErrKeyExposed) {
		t.Fatalf("got %v, want ErrKeyExposed", err)
	}
}

func TestADamagedKeyIsNotReplaced(t *testing.T) {
	for _, name := range []string{identityFile, labKeyFile} {
		h := open(t)
		if err := os.WriteFile(filepath.Join(h.Dir(), name), []byte("half a k"), 0o600); err != nil {
			t.Fatal(err)
		}
		var err error
		if name == identityFile {
			_, err = h.Identity()
		} else {
			_, err = h.LabKey()
		}
		if err == nil {
			t.Errorf("%s: a damaged key was silently replaced", name)
		}
	}
}

func TestASequenceNumberIsNeverGivenOutTwice(t *testing.T) {
	h := open(t)
	seen := map[int64]bool{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 10 {
				unlock, err := h.Lock()
				if err != nil {
					t.Error(err)
					return
				}
				n, err := h.NextSequence()
				unlock()
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if seen[n] {
					t.Errorf("%d was given out twice", n)
				}
				seen[n] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if err := h.RaiseSequence(100); err != nil {
		t.Fatal(err)
	}
	if err := h.RaiseSequence(5); err != nil {
		t.Fatal(err)
	}
	if n, err := h.NextSequence(); err != nil || n != 101 {
		t.Fatalf("after raising to 100: got %d, %v", n, err)
	}
}

// A number that could not be made durable must not be given out.
func TestASequenceNumberThatIsNotDurableIsNotGivenOut(t *testing.T) {
	h := open(t)
	if err := os.Mkdir(filepath.Join(h.Dir(), sequenceFile), 0o700); err != nil {
		t.Fatal(err)
	}
	if n, err := h.NextSequence(); err == nil {
		t.Fatalf("got %d although it could not be stored", n)
	}
}

func TestAnUnreadableSequenceIsAnErrorNotZero(t *testing.T) {
	for _, content := range []string{"", "x", "-3", "1 2"} {
		h := open(t)
		if err := os.WriteFile(filepath.Join(h.Dir(), sequenceFile), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if n, err := h.NextSequence(); err == nil {
			t.Errorf("%q: got %d, want an error: starting again at 1 would reuse numbers", content, n)
		}
	}
}

func TestTheZeroConsentIsNo(t *testing.T) {
	h := open(t)
	c, err := h.Consent()
	if err != nil || c.On {
		t.Fatalf("got %+v, %v", c, err)
	}
	want := Consent{On: true, Text: "2026-11", Since: time.Unix(5, 0).UTC(), Local: time.Unix(9, 0).UTC()}
	if err := h.SetConsent(want); err != nil {
		t.Fatal(err)
	}
	if c, err = h.Consent(); err != nil || c != want {
		t.Fatalf("got %+v, %v", c, err)
	}
}

func TestReceiptsKeepTheirPlace(t *testing.T) {
	h := open(t)
	for _, n := range []int64{2, 1, 10} {
		if err := h.AddReceipt(n, "receipt"); err != nil {
			t.Fatal(err)
		}
		if err := h.AddReceipt(n, "receipt"); err != nil {
			t.Fatalf("storing the same receipt again: %v", err)
		}
	}
	if err := h.AddReceipt(2, "another"); !errors.Is(err, ErrReceiptDiffers) {
		t.Fatalf("got %v, want ErrReceiptDiffers", err)
	}
	if got, err := h.Receipts(); err != nil || len(got) != 3 {
		t.Fatalf("got %d, %v", len(got), err)
	}
}

func TestWriteFileLeavesTheOldFileWhenItFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if err := WriteFile(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(filepath.Join(dir, "d"), []byte("new")); err == nil {
		t.Fatal("a directory was replaced")
	}
	left, err := filepath.Glob(filepath.Join(dir, ".partial-"+"*"))
	if err != nil || len(left) != 0 {
		t.Fatalf("left behind: %v, %v", left, err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "old" {
		t.Fatalf("got %q, %v", b, err)
	}
}
