package home

import (
	"os"
	"path/filepath"
	"runtime"
)

// Default is where the state is kept when nobody says otherwise: on Windows under
// %ProgramData%, for the agent serves the instrument and not a user; for root on
// Linux under /var/lib; else under the user's XDG state directory.
func Default() string {
	if runtime.GOOS == "windows" {
		base := os.Getenv("ProgramData")
		if base == "" {
			base = `C:\ProgramData`
		}
		return filepath.Join(base, "Proactive", "Agent")
	}
	if os.Geteuid() == 0 {
		return "/var/lib/proactive-agent"
	}
	if state := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "proactive-agent")
	}
	user, err := os.UserHomeDir()
	if err != nil {
		return "" // refused by Open: keys do not belong in whatever directory this is
	}
	return filepath.Join(user, ".local", "state", "proactive-agent")
}
