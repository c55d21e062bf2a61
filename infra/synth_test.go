package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The flavours that are synthesised: what production gets, what a second deployment on
// AWS gets, and what the emulator gets.
var (
	production = environment{Name: "prod", Arch: "arm64", Pace: 1, Sender: "service@proactive.example", Ops: "ops@proactive.example", UnwrapKey: 1, ReceiptKey: 1, Models: "current", Predictions: "cases"}
	second     = environment{Name: "demo", Arch: "arm64", Pace: 1, Sender: "service@proactive.example", UnwrapKey: 1, ReceiptKey: 1, Models: "current", Predictions: "cases"}
	rotated    = environment{Name: "prod", Arch: "arm64", Pace: 1, Sender: "service@proactive.example", Ops: "ops@proactive.example", UnwrapKey: 3, ReceiptKey: 2, Models: "current", Predictions: "cases"}
	emulated   = environment{Name: "demo", Arch: "amd64", Pace: 17280, Sender: "service@proactive.example", UnwrapKey: 1, ReceiptKey: 1, Models: "current", Predictions: "cases", Port: 4566}
)

// deployment is what was synthesised of one environment.
type deployment struct {
	environment
	templates map[string][]byte // by the stack's short name: data, app, guard
	protected map[string]bool   // stacks that cannot be deleted before somebody says so
	resources []resource
}

// resource is a resource of a template, its intrinsic functions written as text: a
// reference is ${stack/Name} or ${stack/Name.Attribute}, wherever in the three stacks it
// stands, so that two spellings of the same thing are equal.
type resource struct {
	Stack, Name, Type string
	Raw               map[string]any // with DeletionPolicy and the like
	Props             map[string]any
}

func (r resource) ref() string { return "${" + r.Stack + "/" + r.Name + "}" }
func (r resource) arn() string { return "${" + r.Stack + "/" + r.Name + ".Arn}" }
func (r resource) String() string {
	return r.Type + " " + r.Stack + "/" + r.Name
}

var synthesised = sync.OnceValues(synthesise)

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// deployed is one of the flavours. They are synthesised once for all tests: jsii starts
// a Node process, and that is slow.
func deployed(t *testing.T, env environment) deployment {
	t.Helper()
	all, err := synthesised()
	if err != nil {
		t.Fatalf("synthesising: %v", err)
	}
	return all[env]
}

func onAWS(t *testing.T) deployment { t.Helper(); return deployed(t, production) }

func synthesise() (map[environment]deployment, error) {
	dir, err := os.MkdirTemp("", "proactive-infra")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	assets := filepath.Join(dir, "dist")
	if err := dummyFunctions(assets); err != nil {
		return nil, err
	}
	context, err := cdkContext()
	if err != nil {
		return nil, err
	}
	all := map[environment]deployment{}
	for i, env := range []environment{production, second, rotated, emulated} {
		built := env
		built.Assets = assets
		if err := built.check(); err != nil {
			return nil, err
		}
		out := filepath.Join(dir, fmt.Sprintf("out-%d", i))
		app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(out), Context: &context, AnalyticsReporting: jsii.Bool(false)})
		build(app, built)
		app.Synth(nil)
		if all[env], err = readDeployment(env, out); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// dummyFunctions stands in for `make build`, so that the tests need no dist/.
func dummyFunctions(root string) error {
	names, err := functionFolders()
	if err != nil {
		return err
	}
	for _, arch := range []string{"arm64", "amd64"} {
		for _, name := range names {
			dir := filepath.Join(root, arch, name)
			if err := os.MkdirAll(dir, 0o750); err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(dir, "bootstrap"), []byte(name+" for "+arch), 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

// functionFolders are the folders in functions/.
func functionFolders() ([]string, error) {
	mains, err := filepath.Glob(filepath.Join("..", "functions", "*", "main.go"))
	if err != nil {
		return nil, err
	}
	if len(mains) == 0 {
		return nil, fmt.Errorf("no function in ../functions")
	}
	var names []string
	for _, m := range mains {
		names = append(names, filepath.Base(filepath.Dir(m)))
	}
	return names, nil
}

// cdkContext is the context of cdk.json: its feature flags shape the templates.
func cdkContext() (map[string]any, error) {
	raw, err := os.ReadFile(filepath.Join("..", "cdk.json"))
	if err != nil {
		return nil, err
	}
	var config struct {
		Context map[string]any `json:"context"`
	}
	if err := json.Unmarshal(raw, &config); err != nil {
		return nil, fmt.Errorf("reading cdk.json: %w", err)
	}
	return config.Context, nil
}

// readDeployment reads the templates in a folder of CDK's output.
func readDeployment(env environment, dir string) (deployment, error) {
	d := deployment{environment: env, templates: map[string][]byte{}, protected: map[string]bool{}}
	raw, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		return d, err
	}
	var manifest struct {
		Artifacts map[string]struct {
			Properties struct{ TerminationProtection bool }
		}
	}
	if err := json.Unmarshal(raw, &manifest); err != nil {
		return d, fmt.Errorf("reading CDK's manifest: %w", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.template.json"))
	if err != nil {
		return d, err
	}
	r := resolver{parsed: map[string]map[string]any{}, prefix: "proactive-" + env.Name + "-"}
	for _, file := range files {
		raw, err := os.ReadFile(filepath.Clean(file))
		if err != nil {
			return d, err
		}
		stack := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), r.prefix), ".template.json")
		var template map[string]any
		if err := json.Unmarshal(raw, &template); err != nil {
			return d, fmt.Errorf("reading %s: %w", file, err)
		}
		d.templates[stack], r.parsed[stack] = raw, template
		d.protected[stack] = manifest.Artifacts[r.prefix+stack].Properties.TerminationProtection
	}
	for stack, template := range r.parsed {
		resources, _ := template["Resources"].(map[string]any)
		for id, v := range resources {
			raw, _ := r.text(stack, v).(map[string]any)
			props, _ := raw["Properties"].(map[string]any)
			kind, _ := raw["Type"].(string)
			d.resources = append(d.resources, resource{Stack: stack, Name: short(id), Type: kind, Raw: raw, Props: props})
		}
	}
	return d, nil
}

// resolver writes intrinsic functions as text.
type resolver struct {
	parsed map[string]map[string]any
	prefix string
}

var hashed = regexp.MustCompile(`[0-9A-F]{8}$`)

// short is a logical id without the hash that CDK appends.
func short(id string) string { return hashed.ReplaceAllString(id, "") }

func (r resolver) text(stack string, v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = r.text(stack, v[i])
		}
		return out
	case map[string]any:
		if len(v) == 1 {
			for fn, argument := range v {
				if s, ok := r.intrinsic(stack, fn, argument); ok {
					return s
				}
			}
		}
		out := map[string]any{}
		for k := range v {
			out[k] = r.text(stack, v[k])
		}
		return out
	}
	return v
}

func (r resolver) intrinsic(stack, fn string, argument any) (string, bool) {
	switch fn {
	case "Ref":
		id, _ := argument.(string)
		if strings.HasPrefix(id, "AWS::") {
			return "${" + id + "}", true
		}
		return "${" + stack + "/" + short(id) + "}", true
	case "Fn::GetAtt":
		path, _ := argument.([]any)
		return fmt.Sprintf("${%s/%s.%s}", stack, short(path[0].(string)), path[1]), true
	case "Fn::Sub":
		s, ok := argument.(string)
		return s, ok
	case "Fn::Join":
		parts, _ := argument.([]any)
		var texts []string
		for _, p := range parts[1].([]any) {
			texts = append(texts, fmt.Sprint(r.text(stack, p)))
		}
		return strings.Join(texts, fmt.Sprint(parts[0])), true
	case "Fn::ImportValue":
		other, output, _ := strings.Cut(strings.TrimPrefix(fmt.Sprint(argument), r.prefix), ":")
		outputs, _ := r.parsed[other]["Outputs"].(map[string]any)
		for id, o := range outputs {
			if id == output {
				return fmt.Sprint(r.text(other, o.(map[string]any)["Value"])), true
			}
		}
	}
	return "", false
}

// of is the resources of a type, and never none: a test over nothing proves nothing.
func (d deployment) of(t *testing.T, kind string) []resource {
	t.Helper()
	var out []resource
	for _, r := range d.resources {
		if r.Type == kind {
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		t.Fatalf("no %s in %s", kind, d.Name)
	}
	return out
}

// find is the resource that a reference or an ARN of ours names.
func (d deployment) find(t *testing.T, reference any) resource {
	t.Helper()
	for _, r := range d.resources {
		if reference == r.ref() || reference == r.arn() {
			return r
		}
	}
	t.Fatalf("nothing is called %v", reference)
	return resource{}
}

// at walks into a resource's properties: field names and indices. What is missing is nil.
func at(v any, path ...any) any {
	for _, step := range path {
		switch s := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[s]
		case int:
			l, _ := v.([]any)
			if s >= len(l) {
				return nil
			}
			v = l[s]
		}
	}
	return v
}

// list is a value that CloudFormation takes as one or as several.
func list(v any) []string {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		var out []string
		for _, e := range v {
			out = append(out, fmt.Sprint(e))
		}
		return out
	default:
		return []string{fmt.Sprint(v)}
	}
}

// golden compares with a file in testdata, line by line.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		t.Fatalf("%v; go test ./infra -update writes it", err)
	}
	lines := func(b []byte) []string { return strings.Split(string(b), "\n") }
	if diff := cmp.Diff(lines(want), lines(got)); diff != "" {
		t.Errorf("%s (- golden, + now); if it is meant: go test ./infra -update\n%s", path, diff)
	}
}
