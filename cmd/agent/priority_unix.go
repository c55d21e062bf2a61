//go:build unix

package main

import "syscall"

// lowerPriority makes room for whatever else this computer does, an instrument's control
// software first of all.
func lowerPriority() error { return syscall.Setpriority(syscall.PRIO_PROCESS, 0, 10) }
