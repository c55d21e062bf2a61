package planted

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"
)

// Source is what a reader without a list would take for something to send.
type Source string

// The sources.
const (
	Elements     Source = "text of elements"
	Attributes   Source = "values of attributes"
	TagNames     Source = "names of elements"
	AttrNames    Source = "names of attributes"
	Comments     Source = "comments"
	Instructions Source = "processing instructions"
	Directives   Source = "document types"
	Damaged      Source = "files that are no XML"
	LogLines     Source = "lines of logs"
	Readings     Source = "texts of readings"
	ReadingNames Source = "names of a reading's members"
	BadReadings  Source = "lines that are no readings"
	Cells        Source = "cells of tables"
	FileNames    Source = "names of files"
	FolderNames  Source = "names of directories"
	Binary       Source = "texts in binary files"
	Lines        Source = "lines of other files"
)

// Text is one text of a run folder.
type Text struct {
	Source Source
	Text   string
}

// Everything reads a run folder as no agent may: every text of every file, and every name.
func Everything(fsys fs.FS) ([]Text, error) {
	var all []Text
	add := func(s Source, text string) {
		if strings.TrimSpace(text) != "" {
			all = append(all, Text{s, text})
		}
	}
	err := fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			add(FolderNames, e.Name())
			return nil
		}
		add(FileNames, e.Name())
		raw, err := fs.ReadFile(fsys, name)
		if err != nil {
			return fmt.Errorf("reading everything: %w", err)
		}
		switch path.Ext(name) {
		case ".xml":
			everyToken(raw, add)
		case ".jsonl":
			everyReading(raw, add)
		case ".csv":
			everyCell(raw, add)
		case ".log":
			everyLine(raw, LogLines, add)
		case ".bin", ".bcl":
			everyString(raw, add)
		default:
			everyLine(raw, Lines, add)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("walking a run folder: %w", err)
	}
	return all, nil
}

func everyToken(raw []byte, add func(Source, string)) {
	dec := xml.NewDecoder(bytes.NewReader(raw))
	dec.Strict = false
	var text strings.Builder
	flush := func() {
		add(Elements, strings.TrimSpace(text.String()))
		text.Reset()
	}
	for {
		token, err := dec.RawToken()
		if err != nil {
			flush()
			if dec.InputOffset() < int64(len(raw)) {
				everyLine(raw[dec.InputOffset():], Damaged, add)
			}
			return
		}
		switch t := token.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			flush()
			add(TagNames, t.Name.Local)
			for _, a := range t.Attr {
				add(AttrNames, a.Name.Local)
				add(Attributes, a.Value)
			}
		case xml.EndElement:
			flush()
		case xml.Comment:
			add(Comments, string(t))
		case xml.ProcInst:
			add(Instructions, t.Target+" "+string(t.Inst))
		case xml.Directive:
			add(Directives, string(t))
		}
	}
}

func everyReading(raw []byte, add func(Source, string)) {
	in := bufio.NewScanner(bytes.NewReader(raw))
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var reading map[string]any
		if json.Unmarshal(in.Bytes(), &reading) != nil {
			add(BadReadings, in.Text())
			continue
		}
		for name, value := range reading {
			add(ReadingNames, name)
			if s, ok := value.(string); ok {
				add(Readings, s)
			}
		}
	}
}

func everyCell(raw []byte, add func(Source, string)) {
	in := csv.NewReader(bytes.NewReader(raw))
	in.LazyQuotes, in.FieldsPerRecord = true, -1
	for {
		row, err := in.Read()
		if err != nil {
			return
		}
		for _, c := range row {
			add(Cells, c)
		}
	}
}

func everyLine(raw []byte, s Source, add func(Source, string)) {
	for l := range bytes.SplitSeq(raw, []byte("\n")) {
		add(s, string(l))
	}
}

// everyString is what strings(1) shows, of one and of two bytes a letter.
func everyString(raw []byte, add func(Source, string)) {
	start := 0
	for i := 0; i <= len(raw); i++ {
		if i < len(raw) && raw[i] >= ' ' && raw[i] != 0x7f {
			continue
		}
		if i-start >= 4 && utf8.Valid(raw[start:i]) {
			add(Binary, string(raw[start:i]))
			if i < len(raw) && raw[i] == 0 { // the last may be the length of what follows
				add(Binary, string(raw[start:i-1]))
			}
		}
		start = i + 1
	}
	for i := 0; i+1 < len(raw); i++ {
		from := i
		for i+1 < len(raw) && raw[i] >= ' ' && raw[i] < 0x7f && raw[i+1] == 0 {
			i += 2
		}
		if i-from >= 12 {
			add(Binary, string(raw[from:i])) // as it is, zeros and all
		}
	}
}
