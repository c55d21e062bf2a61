package notice

import (
	"fmt"
	"strings"
	"text/template"

	"proactive/shared/language"
	"proactive/shared/people"
)

// The words of every mail stand in words/<mail>.<language>.tmpl, one file for a
// translator, in a small markup that becomes a Sheet, one line one thing:
//
//	subject: tag: tone: title: under:   the head, up to the first empty line
//	# heading                           begins a section
//	= label: value                      a fact; "+ note" below it adds its lesser line
//	- item                              of a list
//	@ label: address                    a button
//	~ small print
//	%evidence                           the case's evidence stands here
//	> line                              of the footer
//	anything else                       a paragraph
//
// What the templates fill in has no line breaks (see view), so it cannot begin a line.
var words = template.Must(template.New("words").Option("missingkey=error").ParseFS(files, "words/*.tmpl"))

// sheetOf renders the words of a mail in a language and reads them.
func sheetOf(mail string, l language.Language, v view, evidence []Section) (subject string, s Sheet, err error) {
	var b strings.Builder
	if err := words.ExecuteTemplate(&b, mail+"."+string(l)+".tmpl", v); err != nil {
		return "", s, fmt.Errorf("filling in the words of %s: %w", mail, err)
	}
	s.Language = l
	head := true
	for line := range strings.Lines(b.String()) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
			head = false
		case head:
			if err := s.head(line, &subject); err != nil {
				return "", s, fmt.Errorf("reading the words of %s: %w", mail, err)
			}
		case line == "%evidence":
			s.Sections = append(s.Sections, evidence...)
		default:
			if err := s.add(line); err != nil {
				return "", s, fmt.Errorf("reading the words of %s: %w", mail, err)
			}
		}
	}
	return subject, s, nil
}

func (s *Sheet) head(line string, subject *string) error {
	key, value, ok := strings.Cut(line, ": ")
	if !ok {
		return fmt.Errorf("a head line without a colon")
	}
	switch key {
	case "subject":
		*subject = value
	case "tone":
		s.Tone = Tone(value)
	case "tag":
		s.Tag = value
	case "title":
		s.Title = value
	case "under":
		s.Under = value
	default:
		return fmt.Errorf("unknown head %q", key)
	}
	return nil
}

func (s *Sheet) add(line string) error {
	mark, rest, _ := strings.Cut(line, " ")
	switch mark {
	case "#":
		s.Sections = append(s.Sections, Section{Heading: rest})
		return nil
	case ">":
		s.Footer = append(s.Footer, rest)
		return nil
	case "=", "+", "-", "@", "~":
	default:
		if len(s.Sections) == 0 {
			s.Lead = append(s.Lead, line)
			return nil
		}
		last := s.section()
		last.Text = append(last.Text, line)
		return nil
	}
	last := s.section()
	switch mark {
	case "=":
		label, value, ok := strings.Cut(rest, ": ")
		if !ok {
			return fmt.Errorf("a fact without a colon")
		}
		last.Facts = append(last.Facts, Fact{Label: label, Value: value})
	case "+":
		if len(last.Facts) == 0 {
			return fmt.Errorf("a note without a fact")
		}
		last.Facts[len(last.Facts)-1].Note = rest
	case "-":
		last.Items = append(last.Items, rest)
	case "@":
		label, address, ok := strings.Cut(rest, ": ")
		if !ok {
			return fmt.Errorf("a button without an address")
		}
		// A button is a section of its own, so that it stands where it is written.
		s.Sections = append(s.Sections, Section{Button: &Button{Label: label, URL: address}}, Section{})
	case "~":
		last.Notes = append(last.Notes, rest)
	}
	return nil
}

// section is the one being written.
func (s *Sheet) section() *Section {
	if len(s.Sections) == 0 {
		s.Sections = append(s.Sections, Section{})
	}
	return &s.Sections[len(s.Sections)-1]
}

// letter writes a mail to those who get it.
func (m matter) letter(name, mail string, kind people.Kind, l language.Language, to []people.Contact, v view) (Letter, error) {
	evidence, err := m.evidence(kind)
	if err != nil {
		return Letter{}, err
	}
	subject, sheet, err := sheetOf(mail, l, v, evidence)
	if err != nil {
		return Letter{}, err
	}
	return Letter{Name: name, To: to, Subject: strings.ReplaceAll(subject, "\u00a0", " "), Sheet: sheet, Urgent: v.Urgent && kind == people.Alert}, nil
}
