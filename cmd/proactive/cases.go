package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/tables"
	"proactive/shared/casework"
)

type casesTable struct {
	CasesTable string `required:"" hidden:"" help:"Name of the cases table."`
}

func (c casesTable) open(a *app) (*tables.Cases, error) {
	cfg, err := awsconfig.Load(a.ctx)
	if err != nil {
		return nil, err
	}
	return tables.NewCases(tables.Client(cfg), c.CasesTable), nil
}

// caseLine is a case in a list.
type caseLine struct {
	ID         string   `json:"id"`
	Instrument string   `json:"instrument"`
	Component  string   `json:"component"`
	Subsystem  string   `json:"subsystem"`
	State      string   `json:"state"`
	Outcome    string   `json:"outcome"`
	Opened     string   `json:"opened"`
	Notices    []string `json:"notices"` // names of the notices sent, in order
}

type casesListCmd struct {
	casesTable
}

// Run lists the cases, newest first.
func (c *casesListCmd) Run(a *app) error {
	table, err := c.open(a)
	if err != nil {
		return err
	}
	all, err := table.List(a.ctx)
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(x, y casework.Case) int {
		if n := y.OpenedAt.Compare(x.OpenedAt); n != 0 {
			return n
		}
		return strings.Compare(x.ID, y.ID)
	})
	lines := make([]caseLine, 0, len(all))
	for _, k := range all {
		l := caseLine{
			ID: k.ID, Instrument: k.Instrument, Component: k.Component, Subsystem: string(k.Subsystem),
			State: string(k.State), Outcome: string(k.Outcome), Opened: k.OpenedAt.UTC().Format("2006-01-02 15:04"), Notices: []string{},
		}
		for _, n := range k.Notices {
			if !slices.Contains(l.Notices, n.Name) {
				l.Notices = append(l.Notices, n.Name)
			}
		}
		lines = append(lines, l)
	}
	return a.print(lines, func(out io.Writer) {
		if len(lines) == 0 {
			fmt.Fprintln(out, "No cases.")
			return
		}
		w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
		fmt.Fprintln(w, "case\tinstrument\tcomponent\tstate\toutcome\topened (UTC)\tnotices")
		for _, l := range lines {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\n", l.ID, l.Instrument, l.Component, l.State, l.Outcome, l.Opened, len(l.Notices))
		}
		_ = w.Flush()
	})
}

type casesShowCmd struct {
	casesTable
	Case string `arg:"" help:"The case's id, c-…"`
}

// Run shows one case.
func (c *casesShowCmd) Run(a *app) error {
	table, err := c.open(a)
	if err != nil {
		return err
	}
	k, err := table.Get(a.ctx, c.Case)
	if err != nil {
		return fmt.Errorf("showing %s: %w", c.Case, err)
	}
	return a.print(k, func(w io.Writer) {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		_ = enc.Encode(k)
	})
}
