package local

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// deployTime bounds one deployment; it takes about ten seconds, and minutes beside much else.
const deployTime = 8 * time.Minute

// Outputs are the stack's outputs by name, over all its stacks.
type Outputs map[string]string

// Deploy bootstraps the emulator's account and deploys the stacks with the given
// context. What cdk says goes to progress where it names a stack or an error.
func (e *Emulator) Deploy(ctx context.Context, settings map[string]string, progress io.Writer) (Outputs, error) {
	ctx, cancel := context.WithTimeout(ctx, deployTime)
	defer cancel()
	app := filepath.Join(e.root, ".cache", "bin", "infra")
	build := exec.CommandContext(ctx, "go", "build", "-o", app, "./infra") //nolint:gosec // G204: constant words
	build.Dir = e.root
	fmt.Fprintln(progress, "building the stack's program (the first time takes a minute)")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building infra: %w\n%s", err, out)
	}
	fmt.Fprintln(progress, "cdk bootstrap")
	if err := e.cdk(ctx, e.dir, io.Discard, "bootstrap", "aws://"+Account+"/"+Region); err != nil {
		return nil, err
	}
	outputs := filepath.Join(e.dir, "cdk-outputs.json")
	fmt.Fprintln(progress, "cdk deploy --all")
	args := []string{"deploy", "--all", "--app", app, "--output", filepath.Join(e.dir, "cdk.out"),
		"--require-approval", "never", "--concurrency", "2", "--outputs-file", outputs, "--context", fmt.Sprintf("port=%d", e.port)}
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "--context", key+"="+settings[key])
	}
	if err := e.cdk(ctx, e.root, progress, args...); err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(outputs) //nolint:gosec // G304: cdk has just written it
	if err != nil {
		return nil, fmt.Errorf("reading the outputs: %w", err)
	}
	var byStack map[string]map[string]string
	if err := json.Unmarshal(raw, &byStack); err != nil {
		return nil, fmt.Errorf("reading the outputs: %w", err)
	}
	all := Outputs{}
	for _, stack := range byStack {
		maps.Copy(all, stack)
	}
	return all, nil
}

// cdk runs the CDK command line in a directory: the checkout for what needs the app,
// elsewhere for what does not. Its whole output is kept in cdk.log and its end is in
// the error if it fails.
func (e *Emulator) cdk(ctx context.Context, dir string, progress io.Writer, args ...string) error {
	all := append([]string{filepath.Join(e.root, ".cache", "node", "node_modules", "aws-cdk", "bin", "cdk"),
		"--ci", "--no-version-reporting", "--no-notices"}, args...)
	cmd := exec.CommandContext(ctx, "node", all...) //nolint:gosec // G204: our own installation
	cmd.Dir = dir
	cmd.Env = append(e.Env(), "CDK_DISABLE_VERSION_CHECK=1", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=1",
		"CDK_DEFAULT_ACCOUNT="+Account, "CDK_DEFAULT_REGION="+Region)
	log, err := os.OpenFile(filepath.Join(e.dir, "cdk.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening cdk's log: %w", err)
	}
	defer log.Close()
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = io.MultiWriter(log, w), io.MultiWriter(log, w)
	last := make(chan []string, 1)
	go func() { last <- follow(r, progress) }()
	err = cmd.Run()
	_ = w.Close()
	lines := <-last
	if err != nil {
		return fmt.Errorf("cdk %s: %w\n%s", args[0], err, strings.Join(lines, "\n"))
	}
	return nil
}

// follow passes on what a person wants to read and returns the last lines.
func follow(r io.Reader, progress io.Writer) []string {
	var last []string
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		line := strings.TrimSpace(in.Text())
		if strings.Contains(line, "✅") || strings.Contains(line, "❌") || strings.HasPrefix(line, "✨") {
			fmt.Fprintln(progress, line)
		}
		if last = append(last, line); len(last) > 25 {
			last = last[1:]
		}
	}
	_, _ = io.Copy(io.Discard, r) // never block cdk
	return last
}

// APIURL is the address of the deployed HTTP API, built from its id: the emulator's
// own output names a host that does not resolve.
func (e *Emulator) APIURL(o Outputs) string {
	return e.Endpoint() + "/_aws/execute-api/" + o["ApiId"] + "/$default"
}
