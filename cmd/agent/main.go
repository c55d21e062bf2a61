// Command agent is the instrument's side of Proactive. It reads the performance
// data of run folders, shows what would be sent, and, once the lab has said yes,
// sends it sealed. It listens on nothing and speaks HTTPS outward only.
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
	return int(execute(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
