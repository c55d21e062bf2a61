package planted

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// folder is what is to be added to a run folder.
type folder struct {
	run        string // the run folder's name
	refused    string // what RunInfo.xml is to be instead, if nothing is to be sent
	info       map[string][]string
	parameters map[string][]string
	status     []string // elements of RunCompletionStatus.xml
	lines      map[string][]string
	last       string // of error.log, not ended
	columns    []string
	rows       [][]string
	files      map[string][]byte // whole
	after      map[string][]byte // at the end of files that are there
	names      map[string]string // in RunInfo.xml: what stands before a name, what is added to it
}

// Places within an XML document.
const (
	head    = "head"    // before the root
	root    = "root"    // attributes of the root
	first   = "first"   // elements, before those that are there
	inside  = "inside"  // elements, after them
	behind  = "behind"  // after the root
	damaged = "damaged" // in place of the end
)

func newFolder() *folder {
	return &folder{
		info: map[string][]string{}, parameters: map[string][]string{}, lines: map[string][]string{},
		files: map[string][]byte{}, after: map[string][]byte{}, names: map[string]string{},
	}
}

func (f *folder) file(name string, content string) {
	f.files[name] = append(f.files[name], content...)
}

// Into plants n identifiers in the run folder dir, which is renamed if its name is to carry
// one, and returns its path. Which carriers come depends on the planter's state: folder after
// folder goes on where the last one stopped. With spoil, RunInfo.xml is such that an agent sends
// nothing of the folder, or, every fourth time, RunParameters.xml is no XML.
func (p *Planter) Into(dir string, n int, spoil bool) (string, error) {
	f := newFolder()
	f.run = filepath.Base(dir)
	if spoil {
		p.spoil(f)
		n--
	}
	slots := p.slots()
	for range n {
		s := slots[p.next%len(slots)]
		p.next++
		s.put(f, p.draw(s.carrier, s.fit))
	}
	return f.write(dir)
}

// write adds what is planted to the files of dir.
func (f *folder) write(dir string) (string, error) {
	parameters := ""
	for _, name := range []string{"RunParameters.xml", "runParameters.xml"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			parameters = name
		}
	}
	steps := []struct {
		name string
		edit func(old string) string
	}{
		{"RunInfo.xml", f.runInfo},
		{parameters, func(old string) string { return insert(old, "RunParameters", "RunParameters", f.parameters) }},
		{"RunCompletionStatus.xml", func(old string) string {
			return insert(old, "RunCompletionStatus", "RunCompletionStatus", map[string][]string{inside: f.status})
		}},
		{"Logs/telemetry.jsonl", func(old string) string { return old + lines(f.lines["telemetry.jsonl"]) }},
		{"Logs/operation.log", func(old string) string { return old + lines(f.lines["operation.log"]) }},
		{"Logs/error.log", func(old string) string { return old + lines(f.lines["error.log"]) + f.last }},
	}
	for _, s := range steps {
		if err := edit(filepath.Join(dir, s.name), s.edit); err != nil {
			return "", err
		}
	}
	for name, content := range f.after {
		if err := edit(filepath.Join(dir, name), func(old string) string { return old + string(content) }); err != nil {
			return "", err
		}
	}
	if len(f.rows) > 0 {
		f.files["Logs/telemetry.csv"] = f.csv()
	}
	for name, content := range f.files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return "", fmt.Errorf("planting a directory: %w", err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return "", fmt.Errorf("planting a file: %w", err)
		}
	}
	to := filepath.Join(filepath.Dir(dir), f.run)
	if to == dir {
		return dir, nil
	}
	if err := os.Rename(dir, to); err != nil {
		return "", fmt.Errorf("renaming the run folder: %w", err)
	}
	return to, nil
}

func edit(path string, change func(old string) string) error {
	old, err := os.ReadFile(path) //nolint:gosec // G304: a test's run folder
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("reading what is to carry plants: %w", err)
	}
	if changed := change(string(old)); changed != string(old) {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return fmt.Errorf("planting: %w", err)
		}
		if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
			return fmt.Errorf("planting: %w", err)
		}
	}
	return nil
}

func lines(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return strings.Join(all, "\n") + "\n"
}

func (f *folder) runInfo(old string) string {
	if f.refused != "" {
		old = f.refused
	}
	for was, more := range f.names {
		old = strings.Replace(old, was, was+more, 1)
	}
	return insert(old, "RunInfo", "Run", f.info)
}

// insert puts fragments into a document: elements into element, the rest around its root.
func insert(doc, rootName, element string, at map[string][]string) string {
	join := func(place string) string { return strings.Join(at[place], "") }
	open := strings.Index(doc, "<"+rootName)
	if open < 0 {
		return doc
	}
	doc = doc[:open] + join(head) + doc[open:]
	open = strings.Index(doc, "<"+rootName) + len(rootName) + 1
	doc = doc[:open] + join(root) + doc[open:]
	begin := strings.Index(doc, "<"+element)
	if element != rootName { // <Run, not <RunInfo
		begin = strings.Index(doc, "<"+element+" ")
	}
	begin += strings.Index(doc[begin:], ">") + 1
	doc = doc[:begin] + join(first) + doc[begin:]
	end := strings.LastIndex(doc, "</"+element+">")
	doc = doc[:end] + join(inside) + doc[end:]
	if len(at[damaged]) > 0 {
		doc = doc[:strings.LastIndex(doc, "</")] + join(damaged)
	}
	return doc + join(behind)
}

// csv is a telemetry file with good readings and planted ones.
func (f *folder) csv() []byte {
	var b bytes.Buffer
	columns := append([]string{"time", "subsystem", "component", "metric", "value", "unit"}, f.columns...)
	b.WriteString(strings.Join(columns, ",") + "\n")
	f.rows = append([][]string{{"2026-11-24T08:00:00Z", "optical", "focus", "score", ".92", "1"}}, f.rows...)
	for _, row := range f.rows {
		cells := slices.Clone(row)
		for len(cells) < len(columns) {
			cells = append(cells, "")
		}
		b.WriteString(strings.Join(cells, ",") + "\n")
	}
	return b.Bytes()
}
