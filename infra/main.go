// Command infra is the stack of a deployment: three CDK stacks, of which the first
// holds everything that must survive the others. Run it through `cdk`.
package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	env := contextOf(app)
	if err := env.check(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	build(app, env)
	if env.Port == 0 {
		nag(app)
	}
	app.Synth(nil)
}

// environment is what may differ between two deployments.
type environment struct {
	Name   string // "prod", "demo", …; part of every stack's name
	Arch   string // "arm64" on AWS, the host's on the emulator
	Pace   int    // divides every duration of a case; 1 in production
	Sender string // the address notices come from
	Ops    string // the mail address that alarms go to; SNS asks it to confirm
	// Generations of the keys that do not rotate by themselves, from 1. Functions use the
	// newest and the one before it, so that a rotation loses nothing under way; see
	// docs/operations.md.
	UnwrapKey, ReceiptKey int
	// Models are those that foretell failures: "current", "none", or the first digits of
	// the hash of an older bundle. Predictions is what becomes of what they find: "cases"
	// or "record".
	Models, Predictions string
	// Port of the emulator, 0 on AWS. What it changes: the base address of links, and
	// that the guard stack, whose resources the emulator lacks, is left out.
	Port int
	// Assets is the folder of the built functions: <arch>/<name>/bootstrap.
	Assets string
}

// environmentName is short so that the names CloudFormation makes of stack and resource are never
// cut: the policies of the asymmetric keys go by the beginnings of role names.
var environmentName = regexp.MustCompile(`^[a-z][a-z0-9]{0,11}$`)

// mailAddress is as much of an address as we judge; SNS's mail of confirmation judges the
// rest.
var mailAddress = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)

// models names a bundle; whether it is built in, the function finds out when it starts.
var models = regexp.MustCompile(`^(current|none|[0-9a-f]{12})$`)

// check refuses what would deploy and be wrong.
func (e environment) check() error {
	switch {
	case !environmentName.MatchString(e.Name):
		return fmt.Errorf("env is %q: it must be up to 12 lower-case letters and digits", e.Name)
	case e.Arch != "arm64" && e.Arch != "amd64":
		return fmt.Errorf("arch is %q: it must be arm64 or amd64", e.Arch)
	case e.Pace < 1:
		return fmt.Errorf("pace is %d: it must be at least 1", e.Pace)
	case e.UnwrapKey < 1 || e.ReceiptKey < 1:
		return fmt.Errorf("unwrap is %d and receipt %d: generations of keys count from 1", e.UnwrapKey, e.ReceiptKey)
	case e.production() && e.Pace != 1:
		return fmt.Errorf("pace is %d: in production a day lasts a day", e.Pace)
	case !models.MatchString(e.Models):
		return fmt.Errorf("models is %q: it must be current, none, or the first twelve digits of a bundle's hash", e.Models)
	case e.Predictions != "cases" && e.Predictions != "record":
		return fmt.Errorf("predictions is %q: it must be cases or record", e.Predictions)
	case e.Ops != "" && !mailAddress.MatchString(e.Ops):
		return fmt.Errorf("ops is %q: it must be a mail address", e.Ops)
	case e.production() && e.Ops == "":
		return fmt.Errorf("ops is missing: in production somebody must hear the alarms (-c ops=mail@your.domain)")
	case e.production() && e.Port != 0:
		return fmt.Errorf("port is %d: production is not on the emulator", e.Port)
	}
	return nil
}

func (e environment) production() bool { return e.Name == "prod" }

// contextOf reads the environment from cdk's context: -c env=demo -c arch=amd64 ….
func contextOf(app awscdk.App) environment {
	get := func(key, otherwise string) string {
		if v, ok := app.Node().TryGetContext(jsii.String(key)).(string); ok && v != "" {
			return v
		}
		return otherwise
	}
	number := func(key string, otherwise int) int {
		if n, err := strconv.Atoi(get(key, "")); err == nil {
			return n
		}
		return otherwise
	}
	return environment{
		Name: get("env", "prod"), Arch: get("arch", "arm64"), Pace: number("pace", 1),
		Sender: get("sender", "service@proactive.example"), Ops: get("ops", ""), Port: number("port", 0), Assets: "dist",
		UnwrapKey: number("unwrap", 1), ReceiptKey: number("receipt", 1),
		Models: get("models", "current"), Predictions: get("predictions", "cases"),
	}
}

// build names the stacks. Data outlives app: app can be destroyed and deployed again
// without losing a row.
func build(app awscdk.App, env environment) (data *dataStack, application *appStack) {
	name := "proactive-" + env.Name
	data = newDataStack(app, name+"-data", env)
	application = newAppStack(app, name+"-app", env, data)
	if env.Port == 0 {
		newGuardStack(app, name+"-guard", env, data)
	}
	return data, application
}
