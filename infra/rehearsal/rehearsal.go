// Package rehearsal plays the whole of Proactive on one machine: the embedded
// emulator with the really deployed stack, an operator who uses the operator's
// command line, and labs that use the agent. The demo and the end-to-end tests are
// its two audiences; neither knows anything that a user would not.
package rehearsal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"proactive/infra/local"
)

// Options say what to play.
type Options struct {
	Root     string    // the checkout, where bin/ and dist/ have been built
	Dir      string    // an empty directory for everything the play writes
	Port     int       // the emulator's port on 127.0.0.1; 0 picks a free one
	Pace     int       // divides every duration of a case
	Guarded  bool      // TLS only, and IAM asked about every call
	Progress io.Writer // one line a step
	// Deployed, if set, is called between the deployment and the operator's first day.
	Deployed func(context.Context, *Rehearsal) error
}

// Rehearsal is a running stack with its operator.
type Rehearsal struct {
	Options
	Outputs local.Outputs

	emulator *local.Emulator
	mu       sync.Mutex
	serials  map[string]string // opaque instrument id to serial number
	outputs  string            // the file the operator's CLI reads
}

// Tenant and site of the play. People are data: these rows decide who is told.
const (
	Tenant = "t-demo"
	Site   = "s-demo"
)

// Open starts the emulator, deploys the stack and does what an operator does on the
// first day: publishes the key set, enters the customer, its people and our own.
// On error everything that was started has been stopped.
func Open(ctx context.Context, o Options) (*Rehearsal, error) {
	r := &Rehearsal{Options: o, serials: map[string]string{}, outputs: filepath.Join(o.Dir, "outputs.json")}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the rehearsal's directory: %w", err)
	}
	if err := local.Setup(ctx, o.Root, o.Progress); err != nil {
		return nil, fmt.Errorf("setting up the tools: %w", err)
	}
	start := local.Start
	if o.Guarded {
		start = local.StartGuarded
	}
	emulator, err := start(ctx, o.Root, filepath.Join(o.Dir, "emulator"), o.Port)
	if err != nil {
		return nil, fmt.Errorf("starting the emulator: %w", err)
	}
	r.emulator = emulator
	if err := r.firstDay(ctx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Deploy deploys the stack, at first or again, with more of CDK's context than the
// rehearsal's own. What was deployed keeps running meanwhile.
func (r *Rehearsal) Deploy(ctx context.Context, more map[string]string) error {
	settings := map[string]string{
		"env": "demo", "arch": runtime.GOARCH, "pace": strconv.Itoa(r.Pace), "sender": "service@proactive.example",
	}
	maps.Copy(settings, more)
	outputs, err := r.emulator.Deploy(ctx, settings, r.Progress)
	if err != nil {
		return fmt.Errorf("deploying the stack: %w", err)
	}
	r.Outputs = outputs
	raw, err := json.Marshal(outputs)
	if err != nil {
		return fmt.Errorf("encoding the outputs: %w", err)
	}
	if err := os.WriteFile(r.outputs, raw, 0o600); err != nil {
		return fmt.Errorf("writing the outputs: %w", err)
	}
	return nil
}

func (r *Rehearsal) firstDay(ctx context.Context) error {
	if err := r.Deploy(ctx, nil); err != nil {
		return err
	}
	if r.Deployed != nil {
		if err := r.Deployed(ctx, r); err != nil {
			return err
		}
	}
	for _, step := range people {
		if _, err := r.Operator(ctx, step...); err != nil {
			return err
		}
	}
	return nil
}

// people is the operator's first day, as the commands that are typed.
var people = [][]string{
	{"keys", "publish"},
	{"tenant", "add", "--tenant", Tenant, "--name", "Biolab Norte"},
	{"site", "add", "--tenant", Tenant, "--site", Site, "--name", "Sequencing core, Building 3", "--time-zone", "Europe/Madrid", "--language", "es"},
	{"contract", "add", "--tenant", Tenant, "--site", Site, "--plan", "gold", "--response-days", "1"},
	{"contact", "add", "--tenant", Tenant, "--contact", "p-lab", "--name", "Lab manager", "--mail", "lab@biolab.example", "--language", "es", "--role", "lab"},
	{"contact", "add", "--contact", "p-support", "--name", "Remote support", "--mail", "support@proactive.example", "--language", "en", "--role", "support"},
	{"contact", "add", "--contact", "p-field", "--name", "Field engineer", "--mail", "field@proactive.example", "--language", "en", "--role", "field-engineer"},
}

// Operator runs bin/proactive as the operator would and returns its JSON.
func (r *Rehearsal) Operator(ctx context.Context, args ...string) ([]byte, error) {
	all := append([]string{"--outputs", r.outputs, "--json"}, args...)
	return run(ctx, r.emulator.Env(), filepath.Join(r.Root, "bin", "proactive"), all...)
}

// OperatorCommand is how a person gives that command, in a shell.
func (r *Rehearsal) OperatorCommand(args ...string) string {
	all := []string{"AWS_ENDPOINT_URL=" + r.Endpoint(), "AWS_REGION=" + local.Region, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"bin/proactive", "--outputs", r.outputs}
	for _, a := range args {
		if strings.ContainsAny(a, " $") {
			a = "'" + a + "'"
		}
		all = append(all, a)
	}
	return strings.Join(all, " ")
}

// Env is the environment under which a program speaks to this stack, and to nothing else.
func (r *Rehearsal) Env() []string { return r.emulator.Env() }

// Trust is what else a program needs in its environment to believe the emulator's
// certificate; empty where there is none.
func (r *Rehearsal) Trust() []string { return r.emulator.Trust() }

// Endpoint is the emulator's address.
func (r *Rehearsal) Endpoint() string { return r.emulator.Endpoint() }

// API is the address of the deployed API, built from its id because the emulator's
// own output names a host that does not exist.
func (r *Rehearsal) API() string {
	return strings.TrimSuffix(r.emulator.APIURL(r.Outputs), "/")
}

// Serial is the serial number behind an opaque instrument id, known here because
// this play enrolled it.
func (r *Rehearsal) Serial(instrument string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.serials[instrument]
}

// Close stops what Open started.
func (r *Rehearsal) Close() error {
	if r.emulator == nil {
		return nil
	}
	if err := r.emulator.Stop(); err != nil {
		return fmt.Errorf("stopping the emulator: %w", err)
	}
	return nil
}

// run runs a program and returns what it printed. What it printed on its error
// output is part of the error: it says what to do next.
func run(ctx context.Context, env []string, program string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // G204: our own binaries, built by make
	cmd.Env = env
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return []byte(stdout.String()), fmt.Errorf("%s %s: %w\n%s", filepath.Base(program), strings.Join(args, " "), err, tail(stderr.String()))
	}
	return []byte(stdout.String()), nil
}

func tail(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-12):], "\n")
}
