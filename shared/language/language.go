// Package language is the languages that a lab reads us in, and how each writes days,
// times, numbers and the names of an instrument's parts. A notice or page is written
// wholly in one of them; what support reads is English.
package language

import (
	"strings"

	xlanguage "golang.org/x/text/language"
)

// Language is one that our pages and mails are written in.
type Language string

// The languages. English is what anyone gets who asks for something else.
const (
	English Language = "en"
	Spanish Language = "es"
)

// All the languages, English first.
var All = []Language{English, Spanish}

var matcher = xlanguage.NewMatcher([]xlanguage.Tag{xlanguage.English, xlanguage.Spanish})

// Of is the language of a tag such as "es", "es-MX" or "" (English).
func Of(tag string) Language {
	for _, l := range All {
		if strings.EqualFold(tag, string(l)) {
			return l
		}
	}
	return Accept(tag)
}

// Known tells whether tag names one of the languages exactly.
func Known(tag string) bool { return tag == string(English) || tag == string(Spanish) }

// Accept is the best language for an Accept-Language header (RFC 9110, 12.5.4). A
// header that cannot be read, or asks for none of ours, gets English.
func Accept(header string) Language {
	tags, _, err := xlanguage.ParseAcceptLanguage(header)
	if err != nil || len(tags) == 0 {
		return English
	}
	_, index, confidence := matcher.Match(tags...)
	if confidence == xlanguage.No {
		return English
	}
	return All[index]
}
