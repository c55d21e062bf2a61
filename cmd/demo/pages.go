package main

import (
	"fmt"
	"html/template"
	"os"
	"path/filepath"

	"proactive/infra/rehearsal"
)

var index = template.Must(template.New("index").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Proactive: what the demo produced</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
h2{margin-top:2rem;font-size:1.1rem}a{color:#0b57a4}li{margin:.2rem 0}
</style>
<h1>What the demo produced</h1>
<p>Mails as they were sent, pages as the lab saw them. <a href="summary.json">summary.json</a> has it all for machines.</p>
{{range .}}<h2>{{.Case.ID}}: {{.Case.Component}}, {{.Case.State}} {{.Case.Outcome}}</h2>
<ul>{{range .Files}}<li><a href="{{.}}">{{.}}</a></li>{{end}}</ul>
{{else}}<p>No case was opened.</p>{{end}}</html>
`))

// writePages turns each mail into a page that a browser shows, and writes an index.
func writePages(out string, cases []caseView) error {
	type entry struct {
		Case  caseView
		Files []string
	}
	var all []entry
	for _, c := range cases {
		dir := filepath.Join(out, "notices", c.ID)
		mails, err := filepath.Glob(filepath.Join(dir, "*.eml"))
		if err != nil {
			return fmt.Errorf("listing mails: %w", err)
		}
		for _, m := range mails {
			if err := rehearsal.RenderMail(m); err != nil {
				return err
			}
		}
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			return fmt.Errorf("listing notices: %w", err)
		}
		e := entry{Case: c}
		for _, f := range files {
			rel, err := filepath.Rel(out, f)
			if err != nil {
				return fmt.Errorf("naming a notice: %w", err)
			}
			e.Files = append(e.Files, rel)
		}
		all = append(all, e)
	}
	f, err := os.Create(filepath.Join(out, "index.html")) //nolint:gosec // G304: the demo's own folder
	if err != nil {
		return fmt.Errorf("writing the index: %w", err)
	}
	if err := index.Execute(f, all); err != nil {
		return fmt.Errorf("writing the index: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("writing the index: %w", err)
	}
	return nil
}
