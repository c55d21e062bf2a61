// Command infra is the stack of a deployment: three CDK stacks, of which the first
// holds everything that must survive the others. Run it through `cdk`.
package main

import (
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	build(app, contextOf(app))
	app.Synth(nil)
}

// environment is what may differ between two deployments.
type environment struct {
	Name   string // "prod", "demo", …; part of every stack's name
	Arch   string // "arm64" on AWS, the host's on the emulator
	Pace   int    // divides every duration of a case; 1 in production
	Sender string // the address notices come from
	// Port of the emulator, 0 on AWS. What it changes: the base address of links, and
	// that the guard stack, whose resources the emulator lacks, is left out.
	Port int
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
		Sender: get("sender", "service@proactive.example"), Port: number("port", 0),
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
