package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/alecthomas/kong"
	"github.com/mattn/go-isatty"

	"proactive/cmd/agent/internal/advice"
	"proactive/cmd/agent/internal/home"
)

// cli is the command line.
type cli struct {
	Home  string `help:"Where the agent keeps its keys and its outbox." placeholder:"DIR" env:"PROACTIVE_HOME" default:"${home}"`
	JSON  bool   `name:"json" help:"Print JSON, one object a line, and nothing else on standard output."`
	CA    string `name:"ca" help:"Certificates to trust beside this computer's own, where a firewall looks into TLS." placeholder:"FILE" env:"PROACTIVE_CA" type:"path"`
	Quiet bool   `short:"q" help:"No progress on standard error."`

	Enroll   enrollCmd   `cmd:"" help:"Enrol this instrument with the code from the service team."`
	On       onCmd       `cmd:"" help:"Say yes: runs that start from now on may be sent."`
	Off      offCmd      `cmd:"" help:"Say no: nothing is sent any more."`
	Consent  consentCmd  `cmd:"" help:"List the signed statements of consent and verify them. Talks to nobody."`
	Status   statusCmd   `cmd:"" help:"Show enrolment, consent and what waits. Talks to nobody."`
	Preview  previewCmd  `cmd:"" help:"Show exactly what would be sent of a run folder. Talks to nobody."`
	Send     sendCmd     `cmd:"" help:"Send run folders, and whatever still waits from before."`
	Run      runCmd      `cmd:"" help:"Watch for run folders and send them, until stopped. Listens on nothing."`
	Doctor   doctorCmd   `cmd:"" help:"Examine the home, the way to the service and the watched folders, and say what to do."`
	Auditor  auditorCmd  `cmd:"" help:"A second key, the lab's own, that can open what is sent."`
	Audit    auditCmd    `cmd:"" help:"Open the lab's own copies with its private key and examine them again. Talks to nobody."`
	Resolve  resolveCmd  `cmd:"" help:"Say which run or flow cell a token is. Talks to nobody."`
	Token    tokenCmd    `cmd:"" help:"Say under which token a run or a flow cell leaves. Talks to nobody."`
	Receipts receiptsCmd `cmd:"" help:"List the receipts, or verify them. Talks to nobody."`
	Export   exportCmd   `cmd:"" help:"Fetch all that the service holds of this instrument, as files: JSON, CSV, Parquet."`
	Erase    eraseCmd    `cmd:"" help:"Have all that the service holds of this instrument erased, or check the certificate of it."`
}

// app is what every command works with.
type app struct {
	ctx    context.Context
	in     io.Reader
	out    io.Writer
	err    io.Writer
	dir    string
	ca     string // a file of authorities to trust as well
	json   bool
	quiet  bool
	screen bool // err is a terminal
	asks   bool // in is a terminal: a person can answer
	now    func() time.Time
	exit   advice.Exit // set by a command that has told its own errors
}

// exited ends parsing when kong has printed help.
type exited int

func execute(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) (code advice.Exit) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(exited)
			if !ok {
				panic(r)
			}
			code = advice.Exit(e)
		}
	}()
	var c cli
	parser, err := kong.New(&c,
		kong.Name("agent"),
		kong.Description("Sends a sequencer's performance data, and nothing else, to the service team. Nothing is sent before `agent on`. The agent listens on no port."),
		kong.Vars{"home": home.Default()},
		kong.Writers(out, errOut),
		kong.Exit(func(n int) { panic(exited(n)) }),
		kong.Help(help),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
	)
	if err != nil {
		fmt.Fprintln(errOut, "agent:", err)
		return advice.Failed
	}
	a := &app{ctx: ctx, in: in, out: out, err: errOut, now: time.Now,
		screen: terminal(errOut), asks: terminal(in)}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	a.json = slices.Contains(args, "--json")
	parsed, err := parser.Parse(args)
	if err != nil {
		a.fail(advice.Advice{Reason: "usage", Says: sentence(err), Next: "See `agent --help`.", Exit: advice.Usage})
		return advice.Usage
	}
	a.dir, a.json, a.quiet, a.ca = c.Home, c.JSON, c.Quiet, c.CA
	if err := parsed.Run(a); err != nil {
		told := advice.For(err)
		a.fail(told)
		return told.Exit
	}
	return a.exit
}

// help prints kong's help and, for the program as a whole, the exit codes.
func help(o kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(o, ctx); err != nil {
		return err
	}
	if ctx.Selected() != nil {
		return nil
	}
	w := ctx.Stdout
	fmt.Fprint(w, "\nA first session:\n"+
		"  agent preview RUNFOLDER    what would be sent, before anything is\n"+
		"  agent enroll CODE          once, with the code from the service team\n"+
		"  agent on                   the lab says yes\n"+
		"  agent send RUNFOLDER       seal, upload, wait for the signed receipt\n"+
		"\nExit codes:\n")
	for code := range len(advice.Meaning) {
		fmt.Fprintf(w, "  %d  %s\n", code, advice.Meaning[advice.Exit(code)])
	}
	return nil
}

// fail tells a person, or a program, what went wrong and what to do next.
func (a *app) fail(told advice.Advice) {
	if a.json {
		a.print(map[string]any{"error": told.Reason, "message": told.Says, "next": told.Next, "exit": told.Exit})
	}
	fmt.Fprintf(a.err, "agent: %s [%s]\n", told.Says, told.Reason)
	if told.Next != "" {
		fmt.Fprintf(a.err, "       %s\n", told.Next)
	}
}

// print writes one JSON object as one line.
func (a *app) print(v any) {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
}

// say writes a line for a person, unless a program is listening.
func (a *app) say(format string, args ...any) {
	if !a.json {
		fmt.Fprintf(a.out, format+"\n", args...)
	}
}

// sentence makes an error of the command line a sentence.
func sentence(err error) string {
	s := err.Error()
	return string(upper(s[0])) + s[1:] + "."
}

func upper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

func terminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}
