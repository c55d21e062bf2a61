package rehearsal_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkColdStart starts each function's program as Lambda does and waits until it
// asks for its first event: what a cold start costs beyond Lambda's own part. CPU time
// is the process's, user and system.
func BenchmarkColdStart(b *testing.B) {
	programs, err := filepath.Glob(filepath.Join(stage.Root, "dist", goarch(), "*", "bootstrap"))
	if err != nil || len(programs) == 0 {
		b.Fatalf("no programs: %v", err)
	}
	for _, program := range programs {
		name := filepath.Base(filepath.Dir(program))
		environ := environOf(b, name)
		b.Run(name, func(b *testing.B) {
			var spent time.Duration
			for b.Loop() {
				spent += coldStart(b, program, environ)
			}
			b.ReportMetric(float64(spent.Milliseconds())/float64(b.N), "cpu-ms/op")
			if info, err := os.Stat(program); err == nil {
				b.ReportMetric(float64(info.Size())/(1<<20), "MiB")
			}
		})
	}
}

// coldStart runs program until it asks for an event.
func coldStart(b *testing.B, program string, environ []string) time.Duration {
	b.Helper()
	asked := make(chan struct{}, 1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	srv := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/invocation/next") {
			select {
			case asked <- struct{}{}:
			default:
			}
		}
		<-r.Context().Done()
	})}
	go func() { _ = srv.Serve(l) }()
	defer func() { _ = srv.Close() }()
	cmd := exec.CommandContext(b.Context(), program)
	cmd.Env = append(environ, "AWS_LAMBDA_RUNTIME_API="+l.Addr().String())
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	select {
	case <-asked:
	case <-time.After(20 * time.Second):
		b.Errorf("%s never asked for an event: %s", program, said.String())
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// environOf is the environment that the deployed function has.
func environOf(b *testing.B, function string) []string {
	b.Helper()
	for _, p := range lambdas(b) {
		if p.function == function {
			return p.environ
		}
	}
	// Not invoked yet, so it has no process: ask the emulator's Lambda for the variables.
	var list struct {
		Functions []struct {
			FunctionName string
			Environment  struct{ Variables map[string]string }
		}
	}
	res, err := http.Get(stage.Endpoint() + "/2015-03-31/functions/") //nolint:bodyclose // read closes it
	if err != nil {
		b.Fatal(err)
	}
	answer := read(b, res)
	answer.read(b, &list)
	environ := stage.Env()
	for _, f := range list.Functions {
		if strings.Contains(strings.ToLower(f.FunctionName), function) {
			for name, value := range f.Environment.Variables {
				environ = append(environ, name+"="+value)
			}
			return append(environ, "AWS_LAMBDA_FUNCTION_NAME="+f.FunctionName)
		}
	}
	b.Fatalf("no function %s", function)
	return nil
}

// lambda is a running function.
type lambda struct {
	function string
	environ  []string
	cpu      time.Duration
}

// lambdas are the functions' processes on this machine that belong to this stack.
func lambdas(tb testing.TB) (all []lambda) {
	tb.Helper()
	pids, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		tb.Fatal(err)
	}
	for _, p := range pids {
		raw, err := os.ReadFile(p)
		if err != nil || !bytes.Contains(raw, []byte("AWS_LAMBDA_FUNCTION_NAME=")) || !bytes.Contains(raw, []byte(stage.Endpoint())) {
			continue
		}
		environ := strings.Split(strings.TrimRight(string(raw), "\x00"), "\x00")
		l := lambda{environ: environ}
		for _, pair := range environ {
			if name, ok := strings.CutPrefix(pair, "AWS_LAMBDA_FUNCTION_NAME="); ok {
				l.function = strings.ToLower(name)
			}
		}
		stat, err := os.ReadFile(filepath.Join(filepath.Dir(p), "stat"))
		if err != nil {
			continue
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		for _, n := range []int{11, 12} { // utime and stime, in ticks of 10 ms
			ticks, err := strconv.Atoi(fields[n])
			if err != nil {
				tb.Fatal(err)
			}
			l.cpu += time.Duration(ticks) * 10 * time.Millisecond
		}
		all = append(all, l)
	}
	return all
}

// BenchmarkBatch sends batches of a small sequencer's runs through the deployed stack
// and reports what each function spent on one, in CPU time of warm processes.
func BenchmarkBatch(b *testing.B) {
	_, folders := fleet(b, 21, 3, 1, 0)
	const each = 20
	for serial, all := range folders {
		payload := payloadOf(b, all[0])
		b.Run(fmt.Sprintf("%s/%dKiB", serial[:1], len(payload)>>10), func(b *testing.B) {
			f := newForger(b, serial+"-BENCH"+strconv.Itoa(b.N), true)
			warm := newBatch(b)
			f.send(b, warm, 1, sealed(b, f.params(b, warm, 1, payload)))
			f.receiptOf(b, warm)
			before := spent(b)
			sequence := int64(1)
			for b.Loop() {
				var last string
				for range each {
					sequence++
					last = newBatch(b)
					f.send(b, last, sequence, sealed(b, f.params(b, last, sequence, payload)))
				}
				eventually(b, "all receipts", func() bool { return int64(len(f.receipts(b))) == sequence })
				drained(b)
			}
			after := spent(b)
			names := make([]string, 0, len(after))
			for name := range after {
				names = append(names, name)
			}
			sort.Strings(names)
			for _, name := range names {
				if d := after[name] - before[name]; d > 0 {
					b.ReportMetric(float64(d.Milliseconds())/float64(sequence-1), name+"-cpu-ms/batch")
				}
			}
		})
	}
}

// spent is the CPU time of each function so far.
func spent(tb testing.TB) map[string]time.Duration {
	all := map[string]time.Duration{}
	for _, l := range lambdas(tb) {
		name := l.function
		for _, stage := range []string{"authorize", "validate", "scrub", "score", "starter", "enrol"} {
			if strings.Contains(name, stage) {
				name = stage
			}
		}
		all[name] += l.cpu
	}
	return all
}
