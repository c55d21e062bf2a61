package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The promise of `agent preview`: it talks to nobody. The program that ships runs under
// two witnesses, and each is shown to see something: `doctor`, which does ask the service.
//
//   - strace lists every system call of the network that it makes: there is none;
//   - the kernel kills it (seccomp) at the first one: it lives, and does its work.
func TestPreviewOpensNoSocket(t *testing.T) {
	l := newLab(t) // enrolled and on: it knows an address, and does not use it
	dir := t.TempDir()
	folder, program := filepath.Join(dir, "run"), filepath.Join(dir, "agent")
	runFolder(t, folder, "")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("building the agent: %v: %s", err, out)
	}
	previews := map[string][]string{
		"preview":               {"--home", l.home, "preview", folder},
		"preview --json":        {"--home", l.home, "--json", "preview", folder},
		"preview --out":         {"--home", l.home, "preview", folder, "--out", filepath.Join(dir, "payload")},
		"preview, not enrolled": {"--home", filepath.Join(dir, "new"), "preview", folder},
	}
	doctor := []string{"--home", l.home, "doctor"}
	for name, witness := range map[string]func(t *testing.T, program string, args []string) (quiet bool, out string){"strace": underStrace, "seccomp": underSeccomp} {
		t.Run(name, func(t *testing.T) {
			if quiet, out := witness(t, program, doctor); quiet {
				t.Fatalf("the witness saw nothing of a program that does use the network: %s", out)
			}
			for what, args := range previews {
				if quiet, out := witness(t, program, args); !quiet || !strings.Contains(out, "tile.clusters") {
					t.Errorf("%s used the network, or did not do its work: %s", what, out)
				}
			}
		})
	}
	if len(l.service.requests) == 0 {
		t.Error("doctor reached nobody either: the witnesses proved nothing")
	}
}

// network is a line of strace for a call, in whichever thread.
var network = regexp.MustCompile(`(?m)^[0-9]* *[a-z_0-9]+\(`)

func underStrace(t *testing.T, program string, args []string) (quiet bool, out string) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("NOT RUN: strace is not installed, so nobody listed the system calls of `agent preview`; the kernel's own witness (seccomp) ran")
	}
	trace := filepath.Join(t.TempDir(), "trace")
	got, err := exec.Command(strace, append([]string{"-f", "-qq", "-e", "trace=network,io_uring_setup", "-e", "signal=none", "-o", trace, program}, args...)...).CombinedOutput()
	if exit, bad := errors.AsType[*exec.ExitError](err); err != nil && !bad {
		t.Fatalf("strace: %v: %v", err, exit)
	}
	calls, err := os.ReadFile(trace)
	if err != nil {
		t.Skipf("NOT RUN: strace is here and may not trace: %s", got)
	}
	return !network.Match(calls), string(got) + string(calls)
}

// sealedEnv makes this test binary take a program's place after giving up the network.
const sealedEnv = "PROACTIVE_TEST_WITHOUT_NETWORK"

func underSeccomp(t *testing.T, program string, args []string) (quiet bool, out string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), sealedEnv+"="+program)
	got, err := cmd.CombinedOutput()
	if exit, bad := errors.AsType[*exec.ExitError](err); bad {
		status, _ := exit.Sys().(syscall.WaitStatus)
		if exit.ExitCode() == cannotSeal {
			t.Skipf("NOT RUN: this kernel takes no seccomp filter, so it was no witness: %s", got)
		}
		return !status.Signaled() || status.Signal() != syscall.SIGSYS, string(got)
	}
	if err != nil {
		t.Fatal(err)
	}
	return true, string(got)
}

const cannotSeal = 113

// init takes the place of the program that the environment names, if it names one.
func init() {
	program := os.Getenv(sealedEnv)
	if program == "" {
		return
	}
	runtime.LockOSThread()
	if err := giveUpTheNetwork(); err != nil {
		_, _ = os.Stderr.WriteString(err.Error())
		os.Exit(cannotSeal)
	}
	_ = os.Unsetenv(sealedEnv)
	err := syscall.Exec(program, append([]string{program}, os.Args[1:]...), os.Environ())
	_, _ = os.Stderr.WriteString(err.Error())
	os.Exit(cannotSeal)
}

// giveUpTheNetwork has the kernel kill the process at its first call of the network, also
// after exec.
func giveUpTheNetwork() error {
	const load, equal, ret = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	calls := []uint32{
		unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_ACCEPT4,
		unix.SYS_SENDTO, unix.SYS_SENDMSG, unix.SYS_RECVFROM, unix.SYS_RECVMSG, unix.SYS_IO_URING_SETUP,
	}
	filter := []unix.SockFilter{{Code: load, K: 0}} // the number of the call
	for i, call := range calls {
		filter = append(filter, unix.SockFilter{Code: equal, Jt: uint8(len(calls) - i), K: call})
	}
	filter = append(filter, unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ALLOW}, unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_KILL_PROCESS})
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0)
}
