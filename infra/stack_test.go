package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var assetHash = regexp.MustCompile(`\b[0-9a-f]{64}\b`)

// TestTemplatesAreAsReviewed pins what production deploys, whole. The hashes of code are
// left out: they change with every build.
func TestTemplatesAreAsReviewed(t *testing.T) {
	d := onAWS(t)
	for _, stack := range []string{"data", "app", "guard"} {
		t.Run(stack, func(t *testing.T) {
			golden(t, stack+".golden.json", normalised(t, d.templates[stack]))
		})
	}
}

func normalised(t *testing.T, template []byte) []byte {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(template, &v); err != nil {
		t.Fatal(err)
	}
	// CDK's own: the check of the bootstrap's version.
	delete(v, "Rules")
	delete(v, "Parameters")
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return assetHash.ReplaceAll(out.Bytes(), []byte("<hash>"))
}

// TestTheCaseIsAChain pins the state machine in a form that a person can read.
func TestTheCaseIsAChain(t *testing.T) {
	d := onAWS(t)
	machines := d.of(t, "AWS::StepFunctions::StateMachine")
	if len(machines) != 1 {
		t.Fatalf("%d state machines, want 1", len(machines))
	}
	definition, _ := machines[0].Props["DefinitionString"].(string)
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(definition), "", "  "); err != nil {
		t.Fatalf("the definition is not JSON: %v", err)
	}
	out.WriteByte('\n')
	golden(t, "case.asl.golden.json", out.Bytes())
}

// TestTheEmulatorGetsTheSameStacks: what is proven on one machine is proven of what
// AWS gets, but for these properties.
func TestTheEmulatorGetsTheSameStacks(t *testing.T) {
	aws, local := deployed(t, second), deployed(t, emulated)
	reasons := map[string]string{
		"Architectures[0]":               "the host's architecture",
		"Code.S3Key":                     "the hash of another build",
		"Environment.Variables.PACE":     "a month in seconds",
		"Environment.Variables.BASE_URL": "the emulator's own address",
	}
	used := map[string]bool{}
	for _, stack := range []string{"data", "app"} {
		want, got := flat(t, aws.templates[stack]), flat(t, local.templates[stack])
		for path := range merged(want, got) {
			if want[path] == got[path] {
				continue
			}
			known := false
			for suffix := range reasons {
				if strings.HasSuffix(path, ".Properties."+suffix) || strings.Contains(path, ".Properties."+suffix+".") {
					known, used[suffix] = true, true
				}
			}
			if !known {
				t.Errorf("%s: %s is %q on AWS and %q on the emulator", stack, path, want[path], got[path])
			}
		}
	}
	for suffix := range reasons {
		if !used[suffix] {
			t.Errorf("%s no longer differs: take it off the list", suffix)
		}
	}
}

func merged(a, b map[string]string) map[string]bool {
	out := map[string]bool{}
	for k := range a {
		out[k] = true
	}
	for k := range b {
		out[k] = true
	}
	return out
}

// flat is every leaf of a template by its path.
func flat(t *testing.T, template []byte) map[string]string {
	t.Helper()
	var v any
	if err := json.Unmarshal(template, &v); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, e := range v {
				walk(path+"."+k, e)
			}
		case []any:
			for i, e := range v {
				walk(fmt.Sprintf("%s[%d]", path, i), e)
			}
		default:
			out[path] = fmt.Sprint(v)
		}
	}
	walk("", v)
	if len(out) == 0 {
		t.Fatal("an empty template")
	}
	return out
}

// TestOnlyAWSIsGuarded: the emulator has no CloudTrail, and needs none.
func TestOnlyAWSIsGuarded(t *testing.T) {
	stacks := func(d deployment) []string {
		var out []string
		for s := range d.templates {
			out = append(out, s)
		}
		sort.Strings(out)
		return out
	}
	if diff := cmp.Diff([]string{"app", "data", "guard"}, stacks(onAWS(t))); diff != "" {
		t.Errorf("on AWS (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"app", "data"}, stacks(deployed(t, emulated))); diff != "" {
		t.Errorf("on the emulator (-want +got):\n%s", diff)
	}
	for _, r := range deployed(t, emulated).resources {
		if strings.HasPrefix(r.Type, "AWS::CloudTrail::") || strings.HasPrefix(r.Type, "Custom::") {
			t.Errorf("%s: the emulator lacks it", r)
		}
	}
}

// TestWhatWouldDeployAndBeWrongIsRefused: before anything is synthesised.
func TestWhatWouldDeployAndBeWrongIsRefused(t *testing.T) {
	for name, change := range map[string]func(*environment){
		"no name":                     func(e *environment) { e.Name = "" },
		"a name that cuts role names": func(e *environment) { e.Name = "abcdefghijklm" },
		"a name with a dash, a pattern in policies": func(e *environment) { e.Name = "pre-prod" },
		"a name with a star":                        func(e *environment) { e.Name = "a*" },
		"an architecture without functions":         func(e *environment) { e.Arch = "x86_64" },
		"no pace":                                   func(e *environment) { e.Pace = 0 },
		"models by half a hash":                     func(e *environment) { e.Models = "ce0a8f" },
		"predictions that do neither":               func(e *environment) { e.Predictions = "maybe" },
		"a month in seconds, in production":         func(e *environment) { e.Pace = 17280 },
		"production whose alarms nobody hears":      func(e *environment) { e.Ops = "" },
		"alarms to what is no address":              func(e *environment) { e.Ops = "ops" },
		"production on the emulator":                func(e *environment) { e.Port = 4566 },
	} {
		e := production
		change(&e)
		if e.check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, e := range []environment{production, second, emulated} {
		if err := e.check(); err != nil {
			t.Errorf("%s: %v", e.Name, err)
		}
	}
}

// TestAGrantNeedsAReason: it panics before anything is granted.
func TestAGrantNeedsAReason(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a grant without a reason was made")
		}
	}()
	(&appStack{}).allow(nil, grant{"", []string{"s3:GetObject"}, nil, nil})
}
