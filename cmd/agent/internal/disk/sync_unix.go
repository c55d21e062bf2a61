//go:build unix

package disk

import "os"

func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the agent's own state directory
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
