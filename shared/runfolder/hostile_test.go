package runfolder_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"proactive/shared/pipelinetest/hostile"
	"proactive/shared/runfolder"
)

const planted = "Maria_Lopez"

// A hostile file costs a bounded amount of memory, and nothing of it is in an error or in what
// may leave.
func TestHostileFiles(t *testing.T) {
	text := func(s string) io.Reader { return strings.NewReader(s) }
	laughs := `<!DOCTYPE lolz [<!ENTITY lol "` + planted + `">`
	for i := 1; i < 10; i++ {
		laughs += fmt.Sprintf(`<!ENTITY lol%d "%s">`, i, strings.Repeat(fmt.Sprintf("&lol%d;", i-1), 10))
	}
	for name, parts := range map[string][]io.Reader{
		"a text of ten megabytes":                 {text("<R><RtaVersion>1.2</RtaVersion><a>"), hostile.Repeat(planted+" ", 10*hostile.Megabyte), text("</a></R>")},
		"a text of ten megabytes in a field":      {text("<R><RtaVersion>"), hostile.Repeat(planted+" ", 10*hostile.Megabyte), text("</RtaVersion></R>")},
		"a CDATA section of ten megabytes":        {text("<R><RtaVersion><![CDATA["), hostile.Repeat(planted+" ", 10*hostile.Megabyte), text("]]></RtaVersion></R>")},
		"a comment of ten megabytes":              {text("<R><!--"), hostile.Repeat(planted+" ", 10*hostile.Megabyte), text("--></R>")},
		"an attribute of ten megabytes":           {text(`<R><a b="`), hostile.Repeat(planted+" ", 10*hostile.Megabyte), text(`"/></R>`)},
		"a name of ten megabytes":                 {text("<R><"), hostile.Repeat(planted, 10*hostile.Megabyte), text("/></R>")},
		"a million attributes":                    {text("<R><a "), hostile.Numbered(`a%d="" `, 1_000_000), text("/></R>")},
		"a million elements":                      {text("<R>"), hostile.Repeat("<a/>", 4_000_000), text("</R>")},
		"a million elements of as many names":     {text("<R>"), hostile.Numbered("<"+planted+"%d/>", 600_000), text("</R>")},
		"a million elements in a million":         {text("<R>"), hostile.Repeat("<a>", 10*hostile.Megabyte)},
		"long names in long names":                {text("<R>"), hostile.Repeat("<"+strings.Repeat("a", 60_000)+">", 30*60_002)},
		"a million consumables":                   {text("<R><ConsumableInfo>"), hostile.Repeat("<ConsumableInfo><Type>FlowCell</Type><LotNumber>"+planted+"</LotNumber></ConsumableInfo>", 10*hostile.Megabyte), text("</ConsumableInfo></R>")},
		"one consumable of a million facts":       {text("<R><ConsumableInfo><ConsumableInfo>"), hostile.Numbered("<a%d>"+planted+"</a%[1]d>", 300_000), text("</ConsumableInfo></ConsumableInfo></R>")},
		"no end":                                  {text("<R>"), hostile.Repeat("<a>"+planted+"</a>", 18*hostile.Megabyte)},
		"a document type":                         {text(`<!DOCTYPE R SYSTEM "file:///etc/passwd"><R><RtaVersion>` + planted + `</RtaVersion></R>`)},
		"a billion laughs":                        {text(laughs + `]><R><RtaVersion>&lol9;</RtaVersion></R>`)},
		"an entity from elsewhere":                {text(`<!DOCTYPE R [<!ENTITY x SYSTEM "file:///etc/passwd">]><R><RtaVersion>&x;` + planted + `</RtaVersion></R>`)},
		"two roots":                               {text("<R></R><R><a>" + planted + "</a></R>")},
		"text behind the root":                    {text("<R></R>" + planted)},
		"a root within the root":                  {text("<R><R><a>" + planted + "</a></R></R>")},
		"namespaces":                              {text(`<R xmlns:p="http://` + planted + `"><p:Username>` + planted + `</p:Username><p:` + planted + `/></R>`)},
		"tags that end as others":                 {text("<R><" + planted + "></" + strings.ToLower(planted) + "></R>")},
		"an instruction":                          {text("<?" + planted + " x?><R><?" + planted + " x?></R>")},
		"UTF-16":                                  {text("\xff\xfe<\x00R\x00>\x00")},
		"UTF-16 from the other end":               {text("\xfe\xff\x00<\x00R\x00>")},
		"UTF-16 that says so":                     {text(`<?xml version="1.0" encoding="UTF-16"?><R><a>` + planted + `</a></R>`)},
		"another encoding":                        {text(`<?xml version="1.0" encoding="` + planted + `"?><R/>`)},
		"bytes of no text":                        {text("<R><a>\x00\x01\xff" + planted + "</a></R>")},
		"a name in an element's place":            {text("<R><" + planted + ">1</" + planted + "></R>")},
		"a name as an attribute of the root":      {text(`<R ` + planted + `="1"></R>`)},
		"a character by its number":               {text("<R><Username>&#77;aria_Lopez</Username></R>")},
		"a version that is a name":                {text("<R><RtaVersion " + planted + "=\"1\"><a>" + planted + "</a></RtaVersion></R>")},
		"a character that is none by its number":  {text("<R><a>&#0;" + planted + "</a></R>")},
		"a character beyond all by its number":    {text("<R><a>&#x110000;" + planted + "</a></R>")},
		"tags and text that are none of anything": {text("<<<>>>&&&" + planted)},
	} {
		for root, parse := range map[string]func(io.Reader) (string, error){
			"RunInfo": func(r io.Reader) (string, error) {
				info, err := runfolder.ParseInfo(r)
				if len(info.Elements.Names) > 1000 {
					t.Errorf("%s: %d names are held", name, len(info.Elements.Names))
				}
				return info.RunID + info.Serial, err
			},
			"RunParameters": func(r io.Reader) (string, error) {
				c, err := runfolder.ParseConfiguration(r, "M01234")
				if len(c.Elements.Names) > 1000 {
					t.Errorf("%s: %d names are held", name, len(c.Elements.Names))
				}
				fields := ""
				for id, v := range c.Fields {
					if id != "run.flowcell_lot" && id != "config.rta" { // where it stands in a field, the catalog refuses it
						fields += id + v
					}
					if len(v) > 256 {
						t.Errorf("%s: a value of %d bytes is held", name, len(v))
					}
				}
				return fields, err
			},
			"RunCompletionStatus": func(r io.Reader) (string, error) { return runfolder.ParseCompletion(r) },
		} {
			readers := []io.Reader{}
			for i, p := range parts {
				if s, ok := p.(*strings.Reader); ok {
					raw := make([]byte, s.Size())
					_, _ = s.ReadAt(raw, 0)
					p = strings.NewReader(strings.NewReplacer("<R>", "<"+root+">", "<R ", "<"+root+" ", "</R>", "</"+root+">", "<R/>", "<"+root+"/>").Replace(string(raw)))
				} else if i > 0 && root != "RunParameters" {
					p = strings.NewReader("") // it was read, or costs what it costs in one root
				}
				readers = append(readers, p)
			}
			var kept string
			var err error
			read := func() { kept, err = parse(io.MultiReader(readers...)) }
			if root != "RunParameters" {
				read()
			} else if held := hostile.Peak(read); held > 64*hostile.Megabyte {
				t.Errorf("%s as %s: %d MB are held", name, root, held/hostile.Megabyte)
			}
			if err != nil && !errors.Is(err, runfolder.ErrXML) {
				t.Errorf("%s as %s: %v", name, root, err)
			}
			if strings.Contains(strings.ToLower(kept+fmt.Sprint(err)), "lopez") {
				t.Errorf("%s as %s: %q, %v", name, root, kept, err)
			}
		}
	}
}
