package forest_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"strings"
	"testing"

	"proactive/shared/factors"
	"proactive/shared/factors/forest"
	"proactive/shared/language"
)

func report(t *testing.T) factors.Report {
	t.Helper()
	var rows []factors.Exposure
	for i := range 30 {
		for n := range 40 {
			lot := fmt.Sprint(n % 4)
			rows = append(rows, factors.Exposure{
				Tenant: fmt.Sprint("t-", i%6), Instrument: fmt.Sprint("i-", i), Run: fmt.Sprint(n),
				Levels:  map[string]string{"run.reagent_lot": lot, "config.instrument_type": "MiSeq <&>", "run.buffer_lot": fmt.Sprint(i / 10)},
				Problem: lot == "1" && (n+i)%3 == 0 || (n*7+i)%11 == 0,
			})
		}
	}
	r, err := factors.Analyze(rows, factors.Question{Problem: "q30<80 & more"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The plot says in words what it shows, in the reader's language, and the same report gives
// the same bytes.
func TestPlot(t *testing.T) {
	r := report(t)
	if len(r.Findings) != 1 || r.Findings[0].Level != "1" {
		t.Fatalf("%+v", r.Findings)
	}
	for l, want := range map[language.Language][]string{
		language.English: {`lang="en"`, "What goes with q30&lt;80 &amp; more", "run.reagent_lot=1: higher", "MiSeq &lt;&amp;&gt;", "odds ratio"},
		language.Spanish: {`lang="es"`, "Qué acompaña a q30&lt;80 &amp; more", "run.reagent_lot=1: mayor", "razón de momios"},
	} {
		p, err := forest.Of(r, l, func(string) string { return "" })
		if err != nil {
			t.Fatal(err)
		}
		svg := string(p.SVG)
		for _, w := range append(want, `role="img"`, `aria-labelledby="title desc"`, "<title id=", "<desc id=") {
			if !strings.Contains(svg, w) {
				t.Errorf("%s: no %q", l, w)
			}
		}
		if strings.Index(svg, "<title") > strings.Index(svg, "<g") {
			t.Error("the title is not the first thing that is read")
		}
		for d := xml.NewDecoder(strings.NewReader(svg)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: no XML: %v", l, err)
			}
		}
		if _, err := png.Decode(bytes.NewReader(p.PNG)); err != nil {
			t.Errorf("%s: no PNG: %v", l, err)
		}
		again, err := forest.Of(r, l, func(string) string { return "" })
		if err != nil || !bytes.Equal(again.SVG, p.SVG) || !bytes.Equal(again.PNG, p.PNG) {
			t.Errorf("%s: the same report gave other bytes: %v", l, err)
		}
	}
}

// Many levels are drawn as the findings and what most is known of, and it is said how many
// are not; a factor of which nothing may be shown shows nothing.
func TestManyAndNone(t *testing.T) {
	r := report(t)
	many := factors.Factor{Factor: "run.flowcell_lot"}
	for n := range 100 {
		l := r.Factors[1].Levels[0]
		l.Level = fmt.Sprint("lot ", n)
		many.Levels = append(many.Levels, l)
	}
	r.Factors = append(r.Factors, many, factors.Factor{Factor: "x", Levels: []factors.Level{{Level: "secret", Answer: factors.Withheld, Reason: factors.FewTenants}}})
	p, err := forest.Of(r, language.English, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(p.SVG, []byte("more levels of which less is known")) || !bytes.Contains(p.SVG, []byte("1 withheld")) || bytes.Contains(p.SVG, []byte("secret")) {
		t.Error("what is not drawn is not said, or is drawn")
	}
}
