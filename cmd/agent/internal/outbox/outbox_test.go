package outbox

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

const (
	first  = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
	second = "01ARZ3NDEKTSV4RRFFQ69G5FAW"
)

func entry(batch string, sequence int64, sealed []byte) Entry {
	sum := sha256.Sum256(sealed)
	return Entry{Batch: batch, Sequence: sequence, SHA256: hex.EncodeToString(sum[:]), Bytes: int64(len(sealed))}
}

func TestABatchStaysUntilItIsRemoved(t *testing.T) {
	box := New(t.TempDir())
	sealed := []byte("sealed")
	for i, id := range []string{second, first} {
		if err := box.Add(entry(id, int64(2-i), sealed), sealed); err != nil {
			t.Fatal(err)
		}
	}
	got, err := box.List()
	if err != nil || len(got) != 2 || got[0].Batch != first || got[1].Batch != second {
		t.Fatalf("got %+v, %v, want the two by sequence", got, err)
	}
	if b, err := box.Bytes(got[0]); err != nil || string(b) != "sealed" {
		t.Fatalf("got %q, %v", b, err)
	}
	for range 2 { // twice: a crash may repeat it
		if err := box.Remove(first); err != nil {
			t.Fatal(err)
		}
	}
	if got, err = box.List(); err != nil || len(got) != 1 || got[0].Batch != second {
		t.Fatalf("got %+v, %v", got, err)
	}
}

// Each of the places at which Add and Remove can be cut short.
func TestWhatACrashLeaves(t *testing.T) {
	sealed := []byte("sealed")
	cases := []struct {
		name  string
		files []string
		want  int
	}{
		{"bytes being written", []string{".partial-123"}, 0},
		{"bytes written, entry not", []string{first + sealedExt}, 0},
		{"entry being written", []string{first + sealedExt, ".partial-124"}, 0},
		{"entry removed, bytes not", []string{first + sealedExt}, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for _, f := range c.files {
				if err := os.WriteFile(filepath.Join(dir, f), sealed, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, err := New(dir).List()
			if err != nil || len(got) != c.want {
				t.Fatalf("got %+v, %v", got, err)
			}
			left, err := os.ReadDir(dir)
			if err != nil || len(left) != 0 {
				t.Fatalf("not swept: %v, %v", left, err)
			}
		})
	}
}

func TestSweepingLeavesStrangersAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "notes.batch"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(dir).List(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "notes.batch")); err != nil {
		t.Fatal("a file that is not ours was removed")
	}
}

func TestDamagedBytesAreNotSent(t *testing.T) {
	dir := t.TempDir()
	box := New(dir)
	e := entry(first, 1, []byte("sealed"))
	if err := box.Add(e, []byte("sealed")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, first+sealedExt), []byte("sEaled"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := box.Bytes(e); !errors.Is(err, ErrDamaged) {
		t.Fatalf("got %v, want ErrDamaged", err)
	}
}

func TestABatchIDIsNoPath(t *testing.T) {
	box := New(t.TempDir())
	if err := box.Add(Entry{Batch: "../../x"}, nil); err == nil {
		t.Error("stored under a path")
	}
	if err := box.Remove("../../x"); err == nil {
		t.Error("removed by a path")
	}
}
