//go:build windows

package home

import (
	"fmt"

	"golang.org/x/sys/windows"
)

// ownerOnly is a protected access list: SYSTEM, Administrators and the owner have
// full control of the directory and, by inheritance, of all that is made in it.
// Nothing is inherited from above: %ProgramData% lets every user read.
const ownerOnly = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;OW)"

func protect(dir string) error {
	sd, err := windows.SecurityDescriptorFromString(ownerOnly)
	if err != nil {
		return fmt.Errorf("reading the access list: %w", err)
	}
	dacl, _, err := sd.DACL()
	if err != nil {
		return fmt.Errorf("reading the access list: %w", err)
	}
	return windows.SetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT,
		windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION,
		nil, nil, dacl, nil)
}

// private is the directory's business on Windows: files inherit its access list.
func private(string) error { return nil }
