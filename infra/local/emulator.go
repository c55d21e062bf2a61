package local

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// The account and region of everything local. The account is the one MiniStack
// gives to credentials it does not know.
const (
	Account = "000000000000"
	Region  = "us-east-1"
)

// Emulator is a running MiniStack that this process owns.
type Emulator struct {
	root, dir string
	port      int
	tls       *transport // nil: plain HTTP, every caller may do everything
	cmd       *exec.Cmd
	exited    chan struct{}
	held      *os.File // the port's lock; nil for a port that the caller chose
}

// Start starts an emulator on 127.0.0.1 with an empty state. dir takes its log and its
// home; port 0 picks a free port. Two emulators do not see each other.
func Start(ctx context.Context, root, dir string, port int) (*Emulator, error) {
	return start(ctx, root, dir, port, nil)
}

func start(ctx context.Context, root, dir string, port int, secured *transport) (*Emulator, error) {
	for _, sub := range []string{"home", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("making the emulator's home: %w", err)
		}
	}
	var held *os.File
	if port == 0 {
		var err error
		if port, held, err = freePort(ctx); err != nil {
			return nil, err
		}
	}
	e := &Emulator{root: root, dir: dir, port: port, tls: secured, exited: make(chan struct{}), held: held}
	log, err := os.Create(filepath.Join(dir, "emulator.log")) //nolint:gosec // G304: the caller's own directory
	if err != nil {
		return nil, fmt.Errorf("making the emulator's log: %w", err)
	}
	defer log.Close()
	// Not tied to ctx: Stop ends it in order, also when ctx has been cancelled.
	e.cmd = exec.Command(filepath.Join(root, ".cache", "venv", "bin", "ministack")) //nolint:gosec,noctx // our own installation; see above
	e.cmd.Dir, e.cmd.Stdout, e.cmd.Stderr = dir, log, log
	e.cmd.Env = append(append(e.Env(), secured.server()...),
		"BIND_HOST=127.0.0.1", "IOT_MTLS_ENABLED=0", "GATEWAY_PORT="+strconv.Itoa(port),
		"MINISTACK_HOST=127.0.0.1", "LAMBDA_WARM_TTL_SECONDS=3600", "PYTHONUNBUFFERED=1")
	e.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its workers end with it
	if err := e.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the emulator: %w", err)
	}
	go func() {
		_ = e.cmd.Wait() // how it ended is in its log
		close(e.exited)
	}()
	if err := e.ready(ctx); err != nil {
		return nil, errors.Join(err, e.Stop())
	}
	return e, nil
}

// Endpoint is the address of every service.
func (e *Emulator) Endpoint() string {
	if e.tls != nil {
		return "https://127.0.0.1:" + strconv.Itoa(e.port)
	}
	return "http://127.0.0.1:" + strconv.Itoa(e.port)
}

// Env is a clean environment in which AWS is this emulator, and nothing else.
func (e *Emulator) Env() []string {
	return append(e.Trust(),
		"PATH="+os.Getenv("PATH"), "HOME="+filepath.Join(e.dir, "home"), "LANG=C.UTF-8",
		"TMPDIR="+filepath.Join(e.dir, "tmp"), // goes with the directory
		"AWS_ENDPOINT_URL="+e.Endpoint(), "AWS_REGION="+Region, "AWS_DEFAULT_REGION="+Region,
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_EC2_METADATA_DISABLED=true", "NO_PROXY=127.0.0.1,localhost", "no_proxy=127.0.0.1,localhost",
	)
}

// ready waits until the emulator answers.
func (e *Emulator) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	client := http.DefaultClient
	if e.tls != nil {
		client = e.tls.client
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.Endpoint()+"/_ministack/health", nil)
		if err != nil {
			return fmt.Errorf("asking for the emulator's health: %w", err)
		}
		if res, err := client.Do(req); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-e.exited:
			return fmt.Errorf("the emulator ended at once; its log is %s", filepath.Join(e.dir, "emulator.log"))
		case <-ctx.Done():
			return fmt.Errorf("the emulator did not answer: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// Stop asks the emulator to end and, as it does not always, ends it after five
// seconds. Its process group goes with it.
func (e *Emulator) Stop() error {
	if e.held != nil {
		defer e.held.Close()
	}
	group := -e.cmd.Process.Pid
	if err := syscall.Kill(group, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("asking the emulator to end: %w", err)
	}
	select {
	case <-e.exited:
	case <-time.After(5 * time.Second):
	}
	// Function workers may outlive the emulator itself.
	if err := syscall.Kill(group, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("ending the emulator: %w", err)
	}
	<-e.exited
	return nil
}

// Ports of emulators are below those that systems give to outgoing connections, one of
// which would otherwise take the port before the emulator, a second later, does.
const firstPort, lastPort = 20_000, 29_999

// freePort finds a port and holds its lock as long as the emulator lives: many tests start
// one at the same time, each in a process of its own, and two on the same port would take
// the one that came first for theirs.
func freePort(ctx context.Context) (int, *os.File, error) {
	dir := filepath.Join(os.TempDir(), "proactive-ports")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, nil, fmt.Errorf("finding a free port: %w", err)
	}
	for range 100 {
		port := firstPort + rand.IntN(lastPort-firstPort+1)                                            //nolint:gosec // G404: any port will do
		lock, err := os.OpenFile(filepath.Join(dir, strconv.Itoa(port)), os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // G304: our own name
		if err != nil {
			return 0, nil, fmt.Errorf("finding a free port: %w", err)
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil && unused(ctx, port) {
			return port, lock, nil
		}
		_ = lock.Close()
	}
	return 0, nil, errors.New("finding a free port: a hundred are taken")
}

func unused(ctx context.Context, port int) bool {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:"+strconv.Itoa(port))
	if err != nil {
		return false
	}
	return l.Close() == nil
}
