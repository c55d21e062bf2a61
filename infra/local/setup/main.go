// Command setup installs the tools of the build into .cache/.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"proactive/infra/local"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := local.Setup(ctx, ".", os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "setup:", err)
		os.Exit(1)
	}
}
