package main

import "golang.org/x/sys/windows"

// lowerPriority makes room for whatever else this computer does, an instrument's control
// software first of all.
func lowerPriority() error {
	return windows.SetPriorityClass(windows.CurrentProcess(), windows.BELOW_NORMAL_PRIORITY_CLASS)
}
