//go:build unix

package home

import (
	"fmt"
	"os"
)

// protect leaves the directory to its owner alone.
func protect(dir string) error { return os.Chmod(dir, 0o700) } //nolint:gosec // a directory needs its search bit

// private fails if a key file can be read by anyone but its owner, as ssh does:
// a key that others could read is no longer a proof of who sends.
func private(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("mode %04o: %w", info.Mode().Perm(), ErrKeyExposed)
	}
	return nil
}
