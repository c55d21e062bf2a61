package main

import (
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"proactive/infra/rehearsal"
)

// chapters are what a case's files tell, in the order in which it happens. A file
// belongs to the first chapter whose prefix its name has.
var chapters = []struct{ prefix, tells string }{
	{"support", "Support is told"},
	{"offer", "The lab is offered a visit"},
	{"slot", "The page behind the link, before and after"},
	{"reminder", "The lab is reminded"},
	{"invite", "Lab and engineer are invited"},
	{"escalat", "Support is told that nobody answers, or that it is not fixed"},
	{"closed", "Lab and support are told the outcome"},
	{"", "More"},
}

type chapter struct {
	Tells string
	Files []file
}

type file struct{ Path, Label string }

type story struct {
	caseEntry
	Chapters []chapter
}

type fates struct {
	Serial, Family, Truth    string
	Stored, Other            int
	CaseOpened, CaseExpected bool
}

var index = template.Must(template.New("index").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Proactive: what the demo produced</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:0 auto;padding:1.5rem 1rem 3rem;color:#16202a;background:#fff}
h1{font-size:1.6rem;margin:.5rem 0}h2{margin:2rem 0 .25rem;font-size:1.15rem}a{color:#0b57a4}code{font-size:.9em}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .75rem .35rem 0;border-bottom:1px solid #d5dbe1;vertical-align:top}
th{font-weight:600;color:#4a5561}.n{text-align:right}dl{margin:.5rem 0;display:grid;grid-template-columns:minmax(10rem,17rem) 1fr;gap:.25rem 1rem}
dt{color:#4a5561}dd{margin:0}dd a{margin-right:1rem;white-space:nowrap}.bad{color:#a11}@media(max-width:34rem){dl{display:block}dd{margin-bottom:.5rem}}
</style>
<h1>What the demo produced</h1>
<p>{{.Failing}} of {{.Expected}} failing instruments have exactly one case; {{.Healthy}} healthy ones have any.
Mails are as they were sent, pages as the lab saw them, instruments and failures simulated (seed {{.Seed}}).
<a href="summary.json">summary.json</a> has all of it for machines.</p>
<div class="scroll"><table>
<tr><th>Instrument</th><th>Family</th><th>What the simulator did</th><th class="n">Stored</th><th class="n">Not stored</th><th>Case</th></tr>
{{range .Instruments}}<tr><td>{{.Serial}}</td><td>{{.Family}}</td><td>{{.Truth}}</td><td class="n">{{.Stored}}</td><td class="n">{{.Other}}</td>
<td{{if ne .CaseOpened .CaseExpected}} class="bad"{{end}}>{{if .CaseOpened}}yes{{else}}no{{end}}{{if ne .CaseOpened .CaseExpected}}, unlike the truth{{end}}</td></tr>
{{end}}</table></div>
{{range .Stories}}<h2>{{.Instrument}}: {{.Component}}</h2>
<div>Case <code>{{.Case}}</code>, {{.State}}{{with .Outcome}}, {{.}}{{end}}</div>
<dl>{{range .Chapters}}<dt>{{.Tells}}</dt><dd>{{range .Files}}<a href="{{.Path}}">{{.Label}}</a> {{end}}</dd>{{end}}</dl>
{{else}}<p>No case was opened.</p>{{end}}
<h2>The runs themselves</h2>
<p>As <code>proactive read</code> draws them from the run folder: the last run of each instrument before any visit{{if .Real}}, and the real ones{{end}}.</p>
<div class="scroll"><table><tr><th>Instrument</th><th>Run folder</th><th class="n">≥Q30</th><th>Charts</th></tr>
{{range .Runs}}<tr><td>{{.Serial}}</td><td>{{.Folder}}</td><td class="n">{{.Q30}}</td><td>{{range .Charts}}<a href="{{.Path}}">{{.Label}}</a> {{end}}</td></tr>
{{end}}</table></div></html>
`))

// writePages turns each mail into a page that a browser shows, and writes an index.
func writePages(out string, sum summary, drawn []drawnRun) error {
	stories := make([]story, 0, len(sum.Cases))
	for _, c := range sum.Cases {
		s, err := tell(out, c)
		if err != nil {
			return err
		}
		stories = append(stories, s)
	}
	f, err := os.Create(filepath.Join(out, "index.html")) //nolint:gosec // G304: the demo's own folder
	if err != nil {
		return fmt.Errorf("writing the index: %w", err)
	}
	defer func() { _ = f.Close() }()
	err = index.Execute(f, map[string]any{
		"Seed": sum.Seed, "Failing": sum.FailingWithOneCase, "Expected": sum.expected(), "Healthy": sum.HealthyWithCase,
		"Instruments": sum.fates(), "Stories": stories, "Runs": drawn, "Real": len(drawn) > len(sum.Truth),
	})
	if err != nil {
		return fmt.Errorf("writing the index: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("writing the index: %w", err)
	}
	return nil
}

// tell renders the mails of a case and sorts its files into chapters.
func tell(out string, c caseEntry) (story, error) {
	s := story{caseEntry: c}
	dir := filepath.Join(out, "notices", c.Case)
	mails, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil {
		return s, fmt.Errorf("listing mails: %w", err)
	}
	for _, m := range mails {
		if err := rehearsal.RenderMail(m); err != nil {
			return s, err
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return s, fmt.Errorf("listing notices: %w", err)
	}
	rest := make([]string, 0, len(entries))
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".eml") { // the page beside it is easier to look at
			rest = append(rest, e.Name())
		}
	}
	for _, ch := range chapters {
		told := chapter{Tells: ch.tells}
		rest = slices.DeleteFunc(rest, func(name string) bool {
			mine := strings.HasPrefix(name, ch.prefix)
			if mine {
				told.Files = append(told.Files, file{filepath.ToSlash(filepath.Join("notices", c.Case, name)), strings.TrimSuffix(name, ".html")})
			}
			return mine
		})
		if len(told.Files) > 0 {
			s.Chapters = append(s.Chapters, told)
		}
	}
	return s, nil
}

func (s summary) expected() (n int) {
	for _, t := range s.Truth {
		if t.Component != "" {
			n++
		}
	}
	return n
}

// fates is a line for each simulated instrument.
func (s summary) fates() (all []fates) {
	for _, t := range s.Truth {
		f := fates{Serial: t.Serial, Family: t.Family, Truth: "healthy", CaseExpected: t.Component != ""}
		if t.Component != "" {
			f.Truth = fmt.Sprintf("%s, from run %d on", t.Mode, t.Onset+1)
		}
		for _, r := range s.RunFolders {
			switch {
			case r.Instrument != t.Serial:
			case r.Verdict == "stored":
				f.Stored++
			default:
				f.Other++
			}
		}
		f.CaseOpened = slices.ContainsFunc(s.Cases, func(c caseEntry) bool { return c.Instrument == t.Serial })
		all = append(all, f)
	}
	return all
}
