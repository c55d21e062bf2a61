// Command setup installs the tools of the build into .cache/; with -train, only what
// models are trained with.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"proactive/infra/local"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	train := flag.Bool("train", false, "only what models are trained with")
	flag.Parse()
	setup := local.Setup
	if *train {
		setup = local.SetupTraining
	}
	err := setup(ctx, ".", os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "setup:", err)
		os.Exit(1)
	}
}
