package auditor

import (
	"os"
	"syscall"
	"testing"
)

// A disk that is full refuses, and has neither half a copy nor what it was made of.
func TestKeepOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("NOT RUN: no small disk to fill, mounting needs a right that this account has not: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	a, small, large := Archive{Dir: dir}, make([]byte, 1000), make([]byte, 1<<20)
	if err := a.Keep("01HZZZZZZZZZZZZZZZZZZZZ001", large); reason(err) != Unwritable {
		t.Errorf("%v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("it left %v: %v", left, err)
	}
	if err := a.Keep("01HZZZZZZZZZZZZZZZZZZZZ002", small); err != nil || !a.Has("01HZZZZZZZZZZZZZZZZZZZZ002", 1000) || a.Has("01HZZZZZZZZZZZZZZZZZZZZ002", 999) {
		t.Errorf("room again: %v", err)
	}
}
