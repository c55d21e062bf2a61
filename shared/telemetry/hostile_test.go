package telemetry_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"proactive/shared/pipelinetest/hostile"
	"proactive/shared/telemetry"
)

const planted = "Maria_Lopez"

// A hostile file costs a bounded amount of memory; what is in it that is no reading is counted,
// and nothing of it is in what comes out.
func TestHostileFiles(t *testing.T) {
	const one = `{"time":"2026-11-24T09:00:00Z","component":"laser","metric":"power","value":800,"unit":"mW"`
	const row = "2026-11-24T09:00:00Z,laser,power,800,mW"
	text := func(s string) io.Reader { return strings.NewReader(s) }
	type want struct{ lines, taken, unknown, malformed, labels int }
	for name, c := range map[string]struct {
		in   []io.Reader
		csv  bool
		want want
	}{
		"a line of ten megabytes":                 {[]io.Reader{text(one + `,"` + planted + `":"`), hostile.Repeat(planted, 10*hostile.Megabyte), text("\"}\n" + one + "}\n")}, false, want{2, 1, 0, 1, 0}},
		"a line that does not end":                {[]io.Reader{text(one + "}\n"), hostile.Repeat(planted, 10*hostile.Megabyte)}, false, want{2, 1, 0, 1, 0}},
		"a name for a label":                      {[]io.Reader{text(one + `,"` + planted + `":1,"x":{"` + planted + `":2},"y":["` + planted + `"]}` + "\n")}, false, want{1, 1, 0, 0, 3}},
		"a label in another letter case":          {[]io.Reader{text(strings.ToUpper(one[:5]) + one[5:] + ",\"UNIT\":\"mW\"}\n")}, false, want{1, 1, 0, 0, 0}},
		"a label with a quote in it":              {[]io.Reader{text(one + `,"\"time":1}` + "\n")}, false, want{1, 1, 0, 0, 1}},
		"a million labels in one line":            {[]io.Reader{text(one), hostile.Numbered(`,"`+planted+`%d":1`, 1_000_000), text("}\n" + one + "}\n")}, false, want{2, 1, 0, 1, 0}},
		"a hundred thousand components":           {[]io.Reader{hostile.Numbered(`{"time":"2026-11-24T09:00:00Z","component":"`+planted+`%d","metric":"power","value":800,"unit":"mW"}`+"\n", 100_000), text(one + "}\n")}, false, want{100_001, 1, 100_000, 0, 0}},
		"a hundred thousand labels":               {[]io.Reader{hostile.Numbered(one+`,"`+planted+`%d":1}`+"\n", 100_000)}, false, want{100_000, 100_000, 0, 0, 100_000}},
		"lists in lists":                          {[]io.Reader{text(one + `,"x":` + strings.Repeat("[", 1500) + strings.Repeat("]", 1500) + "}\n" + one + "}\n")}, false, want{2, 2, 0, 0, 1}},
		"a number beyond all":                     {[]io.Reader{text(strings.Replace(one, "800", "1e999", 1) + "}\n" + one + "}\n")}, false, want{2, 1, 0, 1, 0}},
		"a name for a number":                     {[]io.Reader{text(strings.Replace(one, "800", `"`+planted+`"`, 1) + "}\n" + one + "}\n")}, false, want{2, 1, 0, 1, 0}},
		"a time of a year beyond all":             {[]io.Reader{text(strings.Replace(one, "2026", "99999", 1) + "}\n" + one + "}\n")}, false, want{2, 1, 0, 1, 0}},
		"columns with names":                      {[]io.Reader{text("time,component,metric,value,unit," + planted + ",operator\n" + row + "," + planted + ",x\n" + row + ",,\n")}, true, want{2, 2, 0, 0, 4}},
		"a million columns":                       {[]io.Reader{text("time,component,metric,value,unit"), hostile.Numbered(","+planted+"%d", 1_000_000), text("\n" + row + "\n")}, true, want{1, 0, 0, 1, 0}},
		"a quote that does not end":               {[]io.Reader{text("time,component,metric,value,unit\n" + row + "\n\""), hostile.Repeat(planted+"\n", 12*hostile.Megabyte)}, true, want{1048577, 1, 0, 1048576, 0}},
		"a quote that ends in another line":       {[]io.Reader{text("time,component,metric,value,unit\n\"" + planted + "\n" + planted + "\"\n" + row + "\n")}, true, want{3, 1, 0, 2, 0}},
		"a cell of ten megabytes":                 {[]io.Reader{text("time,component,metric,value,unit\n" + row), hostile.Repeat(planted, 10*hostile.Megabyte), text("\n" + row + "\n")}, true, want{2, 1, 0, 1, 0}},
		"bytes of no text":                        {[]io.Reader{text("\xff\xfet\x00i\x00m\x00e\x00\n" + one + "}\n")}, false, want{2, 1, 0, 1, 0}},
		"a file of line feeds and nothing beside": {[]io.Reader{hostile.Repeat("\n", 4*hostile.Megabyte), text(one + "}\n")}, false, want{1, 1, 0, 0, 0}},
	} {
		read := telemetry.ReadJSON
		if c.csv {
			read = telemetry.ReadCSV
		}
		var hours []telemetry.Hour
		var a telemetry.Account
		var err error
		if held := hostile.Peak(func() { hours, a, err = read(io.MultiReader(c.in...)) }); held > 32*hostile.Megabyte {
			t.Errorf("%s: %d MB are held", name, held/hostile.Megabyte)
		}
		if got := (want{a.Lines, a.Taken, a.Unknown, a.Malformed, a.Labels}); got != c.want {
			t.Errorf("%s: lines, taken, unknown, malformed, labels: %v, want %v", name, got, c.want)
		}
		if err != nil && !errors.Is(err, telemetry.ErrEmpty) || strings.Contains(fmt.Sprint(hours, a, err), "Lopez") {
			t.Errorf("%s: %v, %v", name, hours, err)
		}
	}
}

// So does a hostile log, whatever its lines are made of.
func TestHostileLogs(t *testing.T) {
	dialects, err := telemetry.Dialects()
	if err != nil {
		t.Fatal(err)
	}
	const line = "2026-11-24T09:00:00Z WARN stage: homing retry 2 of 3\n"
	text := func(s string) io.Reader { return strings.NewReader(s) }
	for name, c := range map[string]struct {
		in                             []io.Reader
		lines, taken, unknown, refused int
	}{
		"a line of ten megabytes":              {[]io.Reader{text(line), hostile.Repeat(planted, 10*hostile.Megabyte), text("\n" + line)}, 3, 2, 0, 1},
		"a line that does not end":             {[]io.Reader{text(line), hostile.Repeat(planted, 10*hostile.Megabyte)}, 2, 1, 0, 1},
		"a hundred thousand lines of others":   {[]io.Reader{hostile.Numbered(planted+" %d signed in\n", 100_000), text(line)}, 100_001, 1, 100_000, 0},
		"a known line with a name behind":      {[]io.Reader{text(strings.TrimSpace(line) + " " + planted + "\n" + line)}, 2, 1, 1, 0},
		"a name in the place of a number":      {[]io.Reader{text(strings.Replace(line, "2 of", planted+" of", 1) + line)}, 2, 1, 1, 0},
		"a number longer than any":             {[]io.Reader{text(strings.Replace(line, "2 of", strings.Repeat("1", 3000)+" of", 1) + line)}, 2, 1, 1, 0},
		"a name in the place of a level":       {[]io.Reader{text(strings.Replace(line, "WARN", planted, 1) + line)}, 2, 1, 1, 0},
		"a name in the place of a time":        {[]io.Reader{text(planted + line[20:] + line)}, 2, 1, 1, 0},
		"a name where anything may be":         {[]io.Reader{text("2026-11-24T09:00:00Z INFO run: saved to /data/" + planted + "\n")}, 1, 1, 0, 0},
		"UTF-16":                               {[]io.Reader{text("\xff\xfe2\x000\x00\n\x00" + line)}, 2, 0, 2, 0},
		"a time before the first, and one far": {[]io.Reader{text(line + strings.Replace(line, "2026", "1954", 1) + strings.Replace(line, "2026", "2126", 1))}, 3, 1, 0, 2},
	} {
		var log telemetry.Log
		var err error
		if held := hostile.Peak(func() { log, err = telemetry.ReadLog(io.MultiReader(c.in...), dialects[0]) }); held > 32*hostile.Megabyte {
			t.Errorf("%s: %d MB are held", name, held/hostile.Megabyte)
		}
		a := log.Account
		if a.Lines != c.lines || a.Taken != c.taken || a.Unknown != c.unknown || a.Malformed != c.refused {
			t.Errorf("%s: %+v", name, a)
		}
		if err != nil && !errors.Is(err, telemetry.ErrEmpty) || strings.Contains(fmt.Sprintf("%+v %v", log, err), "Lopez") {
			t.Errorf("%s: %+v, %v", name, log, err)
		}
	}
}
