// Command proactive is the operator's: it publishes the signed key set, enters
// customers and their people, issues enrolment codes, and shows cases and batches.
// It speaks to AWS with the operator's own credentials (AWS_ENDPOINT_URL is
// honoured) through the same adapters as the functions.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
}
