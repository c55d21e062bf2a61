package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"proactive/shared/fault"
)

// cli is the command line. Every flag that names a resource of the stack is answered
// by --outputs.
type cli struct {
	Outputs kong.ConfigFlag `help:"What cdk deploy --outputs-file wrote: names every table, bucket and key." placeholder:"FILE" env:"PROACTIVE_OUTPUTS"`
	JSON    bool            `name:"json" help:"Print JSON and nothing else on standard output."`

	Keys struct {
		Publish publishCmd `cmd:"" help:"Sign the key set with the root key and publish it. Agents take it from then on."`
		Show    showCmd    `cmd:"" help:"Show the published key set."`
	} `cmd:"" help:"The deployment's public keys."`
	Tenant struct {
		Add tenantCmd `cmd:"" help:"Enter a customer."`
	} `cmd:"" help:"Customers."`
	Site struct {
		Add siteCmd `cmd:"" help:"Enter a site of a customer."`
	} `cmd:"" help:"Where instruments stand."`
	Contract struct {
		Add contractCmd `cmd:"" help:"Enter what is owed at a site."`
	} `cmd:"" help:"What service is owed."`
	Contact struct {
		Add contactCmd `cmd:"" help:"Enter a person: a customer's, or ours without --tenant."`
	} `cmd:"" help:"People."`
	Enrolment struct {
		Issue issueCmd `cmd:"" help:"Issue a one-time enrolment code for one instrument. The code is shown once and stored nowhere."`
	} `cmd:"" help:"Enrolment codes."`
	Instruments struct {
		List    instrumentsListCmd    `cmd:"" default:"1" help:"List the enrolled instruments."`
		Show    instrumentsShowCmd    `cmd:"" help:"Show how an instrument stands: NE 107 status, what is foretold and what was found, by component."`
		Consent instrumentsConsentCmd `cmd:"" help:"Show what a lab answered: every signed statement, verified."`
		Revoke  revokeCmd             `cmd:"" help:"End an instrument's enrolment for good."`
		Erase   eraseCmd              `cmd:"" help:"Have all that is held of an instrument erased, and fetch the certificate."`
	} `cmd:"" help:"Enrolled instruments."`
	Cases struct {
		List casesListCmd `cmd:"" default:"1" help:"List the cases."`
		Show casesShowCmd `cmd:"" help:"Show one case with all that is on record."`
	} `cmd:"" help:"Service cases."`
	Findings struct {
		List findingsCmd `cmd:"" default:"withargs" help:"List the findings of an instrument, with what each is judged by."`
	} `cmd:"" help:"What rules and models have found."`
	Outcome outcomeCmd `cmd:"" help:"Record what was true of a case: confirmed, another cause, or no fault found."`
	Labels  labelsCmd  `cmd:"" help:"List what was told of cases, and how often rules and models were right."`
	Batches struct {
		List batchesCmd `cmd:"" default:"1" help:"List what became of every batch."`
	} `cmd:"" help:"Batches in the ledger."`
	Reconcile reconcileCmd `cmd:"" help:"Read the account: is every granted batch where it should be? Exit code 1 if anything is missing."`
	Redrive   redriveCmd   `cmd:"" help:"Send dead letters back to their queue, wait, and prove by the account that nothing was lost."`
	Read      readCmd      `cmd:"" help:"Sum a run folder up on this machine, as Illumina's software does. Needs no stack."`
	Factors   factorsCmd   `cmd:"" help:"Say which software version, instrument type, lot or kit goes with a problem. Needs no stack."`
	Evaluate  evaluateCmd  `cmd:"" help:"Judge the models on a simulated fleet's year. Needs no stack."`
	Explain   explainCmd   `cmd:"" help:"Say what a prediction is made of: a finding's, from what was stored, or a fleet's, which needs no stack."`
	Train     trainCmd     `cmd:"" help:"Train the models that foretell failures. Needs no stack."`
	Notices   struct {
		Fetch   noticesCmd `cmd:"" help:"Fetch the notices of a case from their archive."`
		Factors noticedCmd `cmd:"" help:"List what many instruments share and is off: lots, releases of the software."`
	} `cmd:"" help:"What was sent to people."`
}

// app is what every command works with.
type app struct {
	ctx  context.Context
	out  io.Writer
	json bool
	said bool // something was printed on out
}

type exited int

func execute(ctx context.Context, args []string, out, errOut io.Writer) (code int) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(exited)
			if !ok {
				panic(r)
			}
			code = int(e)
		}
	}()
	var c cli
	parser, err := kong.New(&c,
		kong.Name("proactive"),
		kong.Description("The operator's side of Proactive. Speaks to AWS with your own credentials and region; AWS_ENDPOINT_URL is honoured. Any output of the stack may also be given as a flag (--people-table NAME)."),
		kong.Configuration(outputs),
		kong.Writers(out, errOut),
		kong.Exit(func(n int) { panic(exited(n)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
	)
	if err != nil {
		fmt.Fprintln(errOut, "proactive:", err)
		return 1
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(errOut, "proactive: %v\n", err)
		if strings.HasPrefix(err.Error(), "missing flags") && c.Outputs == "" {
			fmt.Fprintln(errOut, "           --outputs FILE names the stack's tables, buckets and keys.")
		}
		fmt.Fprintln(errOut, "           See `proactive --help`.")
		return 2
	}
	a := &app{ctx: ctx, out: out, json: c.JSON}
	if err := parsed.Run(a); err != nil {
		fmt.Fprintf(errOut, "proactive: %v\n", err)
		kind, reason := fault.Public(err)
		if c.JSON && !a.said { // one JSON value on standard output, whatever happens
			_ = a.print(map[string]string{"error": kind.String(), "reason": reason, "message": err.Error()}, nil)
		}
		if kind != fault.Internal && kind != fault.Unavailable {
			return 3 // refused: the same command will be refused again
		}
		return 1
	}
	return 0
}

// print writes v as JSON if asked to, else what a person reads.
func (a *app) print(v any, person func(io.Writer)) error {
	if !a.json {
		person(a.out)
		return nil
	}
	a.said = true
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
