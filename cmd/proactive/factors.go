package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"proactive/shared/catalog"
	"proactive/shared/factors"
	"proactive/shared/factors/forest"
	"proactive/shared/fault"
	"proactive/shared/fleet"
	"proactive/shared/health"
	"proactive/shared/language"
	"proactive/shared/score"
)

type factorsCmd struct {
	Fleet     string   `type:"existingdir" placeholder:"DIR" xor:"from" required:"" help:"A fleet's history, as fleet year writes it."`
	Data      string   `type:"existingfile" placeholder:"FILE" xor:"from" required:"" help:"Exposures, one run a line: CSV or JSON lines, such as what Athena answers."`
	SQL       bool     `name:"sql" xor:"from" required:"" help:"Print the question that Athena answers with exposures, for --problem."`
	Customers string   `type:"existingfile" placeholder:"FILE" help:"Whose instruments they are, for --data without a tenant: what 'proactive instruments list --json' printed."`
	Problem   string   `default:"q30<80" placeholder:"WHAT" help:"What goes wrong: a feature and a limit, a factor and its levels, or a rule. Of --data it is only a title."`
	Factor    []string `placeholder:"ID" help:"Test these factors only; else all there are."`
	Hold      []string `placeholder:"ID" help:"Hold these fixed where they confound, and never accuse them."`
	Tenant    string   `placeholder:"T" help:"Look at this customer's runs alone, for that customer: nothing is withheld."`
	Plot      string   `placeholder:"FILE" help:"Draw a forest plot: .svg or .png."`
	Language  string   `default:"en" enum:"en,es" help:"Of the plot: en or es."`
}

// Help is shown by proactive factors --help.
func (*factorsCmd) Help() string {
	return `Says which software version, instrument type, lot or kit goes with a problem: rates
and odds ratios with 95 % intervals, stratified by what confounds, with the runs of one
instrument taken together and one false discovery rate over all tests. "Not enough data"
is an answer. See docs/factors.md.

--problem is one of
  q30<80, chiller.temperature.mean>8          a feature beyond a limit
  run.completion=ExceptionEndedEarly          a factor at one of some levels
  thermal.chiller.temperature.limit           a rule: see docs; a drift is judged by the
                                              instrument's own normal

Example:
  proactive factors --fleet year --problem 'q30<80' --plot factors.svg
  proactive factors --sql --problem 'q30<80' > question.sql
  proactive factors --data answer.csv --customers instruments.json --json`
}

// Run analyses and prints.
func (c *factorsCmd) Run(a *app) error {
	if c.SQL {
		return c.query(a)
	}
	if ending := filepath.Ext(c.Plot); c.Plot != "" && ending != ".svg" && ending != ".png" {
		return fault.New(fault.Malformed, "bad-plot", fmt.Errorf("%s: a plot is an .svg or a .png", c.Plot))
	}
	rows, err := c.exposures()
	if err != nil {
		return err
	}
	q := factors.Question{Problem: c.Problem, Factors: c.Factor, Hold: slices.Concat(factors.Hold, c.Hold), Tenant: c.Tenant}
	if c.Factor == nil && strings.Contains(c.Problem, "=") { // what the problem is made of explains nothing
		field, _, _ := strings.Cut(c.Problem, "=")
		q.Hold = append(q.Hold, field)
		rows = without(rows, field)
	}
	report, err := factors.Analyze(rows, q)
	if err != nil {
		return fmt.Errorf("analysing factors: %w", err)
	}
	names := factorNames(language.Of(c.Language))
	if c.Plot != "" {
		p, err := forest.Of(report, language.Of(c.Language), names)
		if err != nil {
			return fmt.Errorf("drawing: %w", err)
		}
		raw := p.SVG
		if filepath.Ext(c.Plot) == ".png" {
			raw = p.PNG
		}
		if err := os.WriteFile(c.Plot, raw, 0o600); err != nil {
			return fmt.Errorf("writing the plot: %w", err)
		}
	}
	return a.print(report, func(out io.Writer) { factorsText(out, report) })
}

func without(rows []factors.Exposure, field string) []factors.Exposure {
	for _, r := range rows {
		delete(r.Levels, field)
	}
	return rows
}

// query prints the question for Athena.
func (c *factorsCmd) query(a *app) error {
	p, err := c.problem()
	if err != nil {
		return err
	}
	sql, err := factors.Query(p)
	if err != nil {
		return fmt.Errorf("asking Athena: %w", err)
	}
	return a.print(map[string]string{"problem": p.String(), "sql": sql}, func(out io.Writer) { fmt.Fprint(out, sql) })
}

// problem of the command line; a limit rule is its feature and limit.
func (c *factorsCmd) problem() (factors.Problem, error) {
	for _, r := range score.Rules {
		if r.ID == c.Problem && r.Kind == score.Limit {
			return factors.Problem{Feature: r.Feature, Above: r.Above, Limit: r.Limit}, nil
		}
	}
	p, err := factors.ParseProblem(c.Problem)
	if err != nil {
		return p, fmt.Errorf("reading --problem: %w", err)
	}
	return p, nil
}

func (c *factorsCmd) exposures() ([]factors.Exposure, error) {
	if c.Fleet != "" {
		return c.ofFleet()
	}
	var customers map[string]string
	if c.Customers != "" {
		raw, err := os.ReadFile(c.Customers)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", c.Customers, err)
		}
		var lines []instrumentLine
		if err := json.Unmarshal(raw, &lines); err != nil {
			return nil, fault.New(fault.Malformed, "bad-customers", fmt.Errorf("%s is not what 'proactive instruments list --json' prints: %w", c.Customers, err))
		}
		customers = map[string]string{}
		for _, l := range lines {
			customers[l.Instrument] = l.Tenant
		}
	}
	in, err := os.Open(c.Data)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", c.Data, err)
	}
	defer func() { _ = in.Close() }() // it was only read
	rows, err := factors.Read(in, customers)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", c.Data, err)
	}
	return rows, nil
}

// ofFleet reads a fleet's history.
func (c *factorsCmd) ofFleet() ([]factors.Exposure, error) {
	f, err := fleet.Open(c.Fleet)
	if errors.Is(err, fleet.ErrFormat) {
		return nil, fault.New(fault.Malformed, "not-a-fleet", fmt.Errorf("%s: name a directory that 'fleet year' wrote: %w", c.Fleet, err))
	}
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", c.Fleet, err)
	}
	defer f.Close()
	drift := slices.IndexFunc(score.Rules, func(r score.Rule) bool { return r.ID == c.Problem && r.Kind == score.Drift })
	var p factors.Problem
	if drift < 0 {
		if p, err = c.problem(); err != nil {
			return nil, err
		}
	}
	services := map[string][]fleet.Service{}
	for _, s := range f.Services() {
		services[s.Instrument] = append(services[s.Instrument], s)
	}
	var all []factors.Exposure
	for _, i := range f.Instruments() {
		var batches []health.Features
		for r, err := range f.Runs(i.ID) {
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", c.Fleet, err)
			}
			batches = append(batches, r.Features)
		}
		shows := p.Of
		if drift >= 0 {
			shows = drifted(score.Rules[drift], batches, services[i.ID])
		}
		all = append(all, factors.OfFeatures(i.Tenant, batches, shows)...)
	}
	if len(all) == 0 {
		return nil, fault.New(fault.Malformed, factors.BadProblem, fmt.Errorf("no run of %s says whether it had the problem %s", c.Fleet, c.Problem))
	}
	return all, nil
}

// drifted tells which batches of an instrument violate a drift rule: those beyond the
// threshold that the rule found between two services of its component; none where it found
// nothing.
func drifted(rule score.Rule, batches []health.Features, services []fleet.Service) func(health.Features) (problem, known bool) {
	since := []int64{0}
	for _, s := range services {
		if s.Component == rule.Component {
			since = append(since, s.Since)
		}
	}
	slices.Sort(since)
	type epoch struct {
		since int64
		limit float64
		found bool
	}
	var epochs []epoch
	for n, from := range since {
		e := epoch{since: from}
		rows := slices.DeleteFunc(slices.Clone(batches), func(f health.Features) bool {
			return f.Sequence < from || n+1 < len(since) && f.Sequence >= since[n+1]
		})
		for _, found := range score.Detect(rows, map[string]health.Epoch{rule.Component: {Number: n, Since: from}}) {
			if found.Rule == rule.ID {
				e.limit, e.found = found.Evidence.Limit, true
			}
		}
		epochs = append(epochs, e)
	}
	return func(f health.Features) (problem, known bool) {
		v, known := f.Values[rule.Feature]
		at := len(epochs) - 1
		for at > 0 && f.Sequence < epochs[at].since {
			at--
		}
		beyond := v < epochs[at].limit
		if rule.Above {
			beyond = v > epochs[at].limit
		}
		return known && epochs[at].found && beyond, known
	}
}

// factorNames is what the catalog calls a factor, "" of one that is not on it.
func factorNames(l language.Language) func(string) string {
	c, err := catalog.Load()
	return func(id string) string {
		if err != nil {
			return ""
		}
		f, ok := c.Field(id)
		switch {
		case !ok:
			return ""
		case l == language.Spanish:
			return f.What.Es
		default:
			return f.What.En
		}
	}
}
