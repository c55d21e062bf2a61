//go:build unix

package main

import (
	"os"
	"strconv"
	"syscall"
)

const niceness = 10

// lowerPriority makes room for whatever else this computer does, an instrument's control
// software first of all. Linux keeps the priority of each thread, and a new one has its
// maker's: so all that there are get it.
func lowerPriority() error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil { // not Linux: the process as a whole
		return syscall.Setpriority(syscall.PRIO_PROCESS, 0, niceness)
	}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			return err
		}
		if err := syscall.Setpriority(syscall.PRIO_PROCESS, id, niceness); err != nil && err != syscall.ESRCH { // one that has ended
			return err
		}
	}
	return nil
}
