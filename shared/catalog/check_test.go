package catalog_test

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/catalog"
	"proactive/shared/observation"
)

const texts = `"what":{"en":"w","es":"w"},"purpose":{"en":"p","es":"p"},"lab_value":{"en":"l","es":"l"},"retention_days":1`

// entry is a catalog with one field: kind is what makes it one, dimensions are quoted.
func entry(t *testing.T, kind, dimensions string) catalog.Field {
	t.Helper()
	return parsed(t, fmt.Sprintf(`{"id":"a.b","category":"run-performance","source":{"file":"tile-metrics","path":"p"},%s,"dimensions":[%s],%s}`, kind, dimensions, texts), "", "").Fields()[0]
}

func parsed(t *testing.T, fields, files, left string) *catalog.Catalog {
	t.Helper()
	cat, err := catalog.Parse(document(fields, files, left))
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

func document(fields, files, left string) []byte {
	return []byte(`{"format":"proactive-catalog/1","supersedes":[],"files":[` + files + `],"fields":[` + fields + `],"left":[` + left + `]}`)
}

func TestCheckOfNumbers(t *testing.T) {
	number := entry(t, `"type":"number","unit":"1","min":-2,"max":3.5`, "")
	count := entry(t, `"type":"count","unit":"1","min":0,"max":100`, "")
	weekly := entry(t, `"type":"count","unit":"d","min":3,"max":31,"step":7`, "")
	for _, c := range []struct {
		field  catalog.Field
		value  float64
		text   string
		reason string
	}{
		{number, -2, "", ""}, {number, 3.5, "", ""}, {number, 0, "", ""}, {number, 1.25, "", ""},
		{number, math.Nextafter(-2, -3), "", catalog.OutOfBounds}, {number, math.Nextafter(3.5, 4), "", catalog.OutOfBounds},
		{number, math.NaN(), "", catalog.NotFinite}, {number, math.Inf(1), "", catalog.NotFinite}, {number, math.Inf(-1), "", catalog.NotFinite},
		{number, 1, "x", catalog.WrongType},
		{count, 0, "", ""}, {count, 100, "", ""}, {count, 99.5, "", catalog.NotWhole}, {count, -1, "", catalog.OutOfBounds}, {count, 101, "", catalog.OutOfBounds},
		{weekly, 3, "", ""}, {weekly, 10, "", ""}, {weekly, 31, "", ""}, {weekly, 4, "", catalog.TooFine}, {weekly, 7, "", catalog.TooFine}, {weekly, 30, "", catalog.TooFine},
	} {
		reason, ok := c.field.Check(observation.Observation{Field: "a.b", Value: c.value, Text: c.text})
		if reason != c.reason || ok != (c.reason == "") {
			t.Errorf("%v %q: %q, %v, want %q", c.value, c.text, reason, ok, c.reason)
		}
	}
}

func TestCheckOfTexts(t *testing.T) {
	enum := entry(t, `"type":"enum","values":["x","y z"]`, "")
	lot := entry(t, `"type":"pattern","pattern":"^[0-9]{7,10}$","max_length":9`, "")
	version := entry(t, `"type":"pattern","pattern":"^[0-9.]{1,20}$","max_length":20`, "")
	token := entry(t, `"type":"pattern","pattern":"^[0-9a-f]{30,34}$","max_length":34`, "")
	hexed := func(s string) string { return hex.EncodeToString([]byte(s)) }
	pairs := func(s string, high int) string { // the first eight characters in two bytes each, the higher at high
		raw := make([]byte, 16)
		for i, r := range []rune(s)[:8] {
			raw[2*i+high^1], raw[2*i+high] = byte(r), byte(r>>8)
		}
		return hex.EncodeToString(raw)
	}
	for _, c := range []struct {
		field        catalog.Field
		text, reason string
	}{
		{enum, "x", ""}, {enum, "y z", ""}, {enum, "y", catalog.NotInEnum}, {enum, "X", catalog.NotInEnum}, {enum, "", catalog.WrongType},
		{lot, "1234567", ""}, {lot, "123456789", ""}, {lot, "1234567890", catalog.TooLong}, {lot, "123456", catalog.PatternMismatch}, {lot, "12345678\n", catalog.PatternMismatch},
		{lot, "20764717", ""}, {lot, "19000101", catalog.ReadsAsDate}, {lot, "18991231", ""}, {lot, "20301231", catalog.ReadsAsDate}, {lot, "20310101", ""},
		{lot, "31121984", catalog.ReadsAsDate}, {lot, "12311984", catalog.ReadsAsDate}, {lot, "31311984", ""}, {lot, "1984031", ""}, {lot, "198403120", ""},
		{version, "1.18.54.4", ""}, {version, "1.18.54", ""}, {version, "9.5.12", ""}, {version, "10.37.13", ""}, {version, "10.9.29", ""}, {version, "2.3.84", ""},
		{version, "2.03.84", catalog.ReadsAsDate}, {version, "02.3.84", catalog.ReadsAsDate}, {version, "2.3.04", catalog.ReadsAsDate}, {version, "12.11.54", catalog.ReadsAsDate},
		{version, "11.12.30", catalog.ReadsAsDate}, {version, "3.30.54", ""}, {version, "12.30.54", catalog.ReadsAsDate}, {version, "2.3.1984", catalog.ReadsAsDate}, {version, "3.30.1984", catalog.ReadsAsDate},
		{version, "32.13.84", ""}, {version, "3.4", ""}, {version, "0.0.0", ""},
		{token, "8d9f1cc12c1a3af7b0cdd8d1ae5a2f44", ""}, {token, hexed("Maria Lopez 1984x"), ""}, {token, hexed("Maria Lopez 198"), ""}, // neither is 32 long
		{token, hexed("Maria Lopez 1984"), catalog.ReadsAsText}, {token, hexed("078-05-1120 1984"), catalog.ReadsAsText}, {token, hexed("~ }{|~!\"#$%&/()="), catalog.ReadsAsText},
		{token, "80ff" + hexed("Maria Lope") + "8099ff83", catalog.ReadsAsText}, {token, "80ff" + hexed("Maria Lop") + "8099ff838d", ""}, {token, "80ff" + hexed("AZaz .-_'@") + "8099ff83", catalog.ReadsAsText},
		{token, "80ff" + hexed("Maria[Lope") + "8099ff83", ""}, {token, "80ff" + hexed("Maria`Lope") + "8099ff83", ""}, {token, "80ff" + hexed("Maria{Lope") + "8099ff83", ""},
		{token, "4d00610072006900a1b2c3d4e5f60718", ""}, {token, "4d0061007200690061004c006f007000", catalog.ReadsAsText}, {token, "004d00610072006999f1c2d3e4b5a697", ""}, {token, "4d00610072006900a1b2c3d4e500f607", catalog.ReadsAsText},
		{token, "19840312078051121194347659191234", catalog.ReadsAsText}, {token, "1984031207805112119434765919123a", ""},
		{token, hexed("~ }{|~!\"#$%&/(\x1f="), ""}, {token, hexed("~ }{|~!\"#$%&/(\x7f="), ""}, {token, hexed("\x00 ~}{|~!\"#$%&/ \x00"), catalog.ReadsAsText}, {token, hexed("~ }{|~!\"\x00#$%&/()"), ""},
		{token, hexed("Núria Peña Gil"), catalog.ReadsAsText}, {token, hexed("高橋 さくら"), catalog.ReadsAsText}, {token, hexed("Nguyễn Văn An"), catalog.ReadsAsText}, {token, hexed("राहुल "), catalog.ReadsAsText}, {token, hexed("שרה לוי 1 "), catalog.ReadsAsText},
		{token, hexed("Àñíóúüéà"), catalog.ReadsAsText}, {token, hexed("¿ñíóúüéà"), ""}, {token, hexed("ñíó高éàx") + "c3a1", ""},
		{token, pairs("Иван Кузн", 0), catalog.ReadsAsText}, {token, pairs("Иван Кузн", 1), catalog.ReadsAsText}, {token, pairs("Иван Ку\u2044", 0), ""}, {token, pairs("Иван Ку\u2044", 1), ""},
		{token, pairs("محمد علي", 0), catalog.ReadsAsText}, {token, pairs("محمد علي", 1), catalog.ReadsAsText}, {token, pairs("김민준이서연박지", 0), ""},
		{token, pairs("محمد\u0915\u0916\u0917\u0918", 0), ""}, {token, pairs("Иван\u0915\u0916\u0917\u0918", 0), ""}, {token, pairs("\u052fИванКуз", 0), catalog.ReadsAsText}, {token, pairs("\u0531ИванКу\u0915", 0), ""}, {token, pairs("\u052fИванКу\u0631", 0), ""},
		{token, "0123456a6543210a0123456a6543210a", ""}, {token, "012345aa012345aa012345aa012345aa", catalog.ReadsAsText},
	} {
		reason, ok := c.field.Check(observation.Observation{Field: "a.b", Text: c.text})
		if reason != c.reason || ok != (c.reason == "") {
			t.Errorf("%q: %q, %v, want %q", c.text, reason, ok, c.reason)
		}
	}
	for _, v := range []float64{1, -1, math.NaN()} {
		if reason, ok := enum.Check(observation.Observation{Field: "a.b", Text: "x", Value: v}); ok || reason != catalog.WrongType {
			t.Errorf("a text with %v: %q, %v", v, reason, ok)
		}
	}
}

// Each dimension that a field has is set and within its range, and no other is.
func TestCheckOfDimensions(t *testing.T) {
	const kind = `"type":"number","unit":"1","min":0,"max":1`
	ranges := map[string]struct {
		set     func(o *observation.Observation, v int)
		fit     []int
		off     []int
		unset   bool // 0 is a value: the first hour
		columns string
	}{
		"lane":    {func(o *observation.Observation, v int) { o.Lane = v }, []int{1, 8}, []int{-1, 9}, false, `"lane"`},
		"surface": {func(o *observation.Observation, v int) { o.Surface = v }, []int{1, 2}, []int{-1, 3}, false, `"surface"`},
		"tile": {
			func(o *observation.Observation, v int) { o.Tile = v }, []int{1101, 1199, 1601, 2101, 2316, 2699, 11101, 12612, 21101, 26699},
			[]int{-1, 1, 101, 901, 1100, 1001, 1701, 3101, 11001, 11701, 17101, 10101, 31101, 111101, 99999, 2100, 12600}, false, `"tile"`,
		},
		"read":   {func(o *observation.Observation, v int) { o.Read = v }, []int{1, 4}, []int{-1, 5}, false, `"read"`},
		"cycle":  {func(o *observation.Observation, v int) { o.Cycle = v }, []int{1, 26, 51, 976}, []int{-1, 2, 25, 27, 975, 977, 1001}, false, `"read","cycle"`},
		"minute": {func(o *observation.Observation, v int) { o.Minute = v }, []int{0, 60, 43200}, []int{-60, 1, 59, 61, 43260}, true, `"minute"`},
	}
	for name, r := range ranges {
		has, hasNot := entry(t, kind, r.columns), entry(t, kind, "")
		base := observation.Observation{Field: "a.b"}
		if name == "cycle" {
			base.Read = 1
		}
		check := func(f catalog.Field, v int, want bool) {
			t.Helper()
			o := base
			r.set(&o, v)
			reason, ok := f.Check(o)
			if ok != want || (reason == catalog.WrongDimension) == want {
				t.Errorf("%s %d: %q, %v", name, v, reason, ok)
			}
		}
		for _, v := range r.fit {
			check(has, v, true)
		}
		for _, v := range r.off {
			check(has, v, false)
		}
		check(has, 0, r.unset)
		base = observation.Observation{Field: "a.b"}
		check(hasNot, 0, true)
		if v := r.fit[len(r.fit)-1]; v != 0 {
			check(hasNot, v, false)
		}
	}
}

// What is in the lists of a catalog comes out of it as it went in.
func TestListsOfACatalog(t *testing.T) {
	field := func(id, source string) string {
		return `{"id":"` + id + `","category":"run-performance","source":{` + source + `},"type":"number","unit":"1","min":0,"max":1,"dimensions":[],` + texts + `}`
	}
	cat := parsed(t,
		field("a.a", `"file":"run-info","path":"Run/Reads/Read/@NumCycles"`)+","+
			field("a.b", `"file":"run-parameters","places":{"X":["setup/rtaversion","Boards/Board[name=x]/Version","kit","Tags/Tag[kind=a/b]","Reads/Read[ReadName=Read1]/@Cycles"]}`)+","+
			field("a.c", `"file":"telemetry","path":"laser.power","reduce":"mean"`),
		`{"kind":"run-info","names":["runinfo.xml"],"what":{"en":"w","es":"w"}},{"kind":"q-metrics","names":["interop/qmetricsout.bin","q.bin"],"what":{"en":"w","es":"w"}}`,
		`{"id":"left.a.a","file":"run-info","names":["user","x@y"],"what":{"en":"w","es":"w"},"why":{"en":"w","es":"w"}},
		 {"id":"left.a.b","file":"run-parameters","names":["user","run@id"],"what":{"en":"w","es":"w"},"why":{"en":"w","es":"w"}}`)
	if n := len(cat.Files()); n != 2 || cat.Files()[1].Kind != catalog.QMetrics || cmp.Diff([]string{"interop/qmetricsout.bin", "q.bin"}, cat.Files()[1].Names) != "" {
		t.Errorf("%+v", cat.Files())
	}
	if left := cat.Left(); len(left) != 2 || left[0].ID != "left.a.a" || left[1].ID != "left.a.b" {
		t.Errorf("%+v", left)
	}
	for _, c := range []struct {
		file catalog.FileKind
		name string
		id   string
	}{
		{catalog.RunInfo, "user", "left.a.a"}, {catalog.RunParameters, "user", "left.a.b"}, {catalog.RunInfo, "x@y", "left.a.a"}, {catalog.RunParameters, "x@y", ""},
		{catalog.RunInfo, "User", ""}, {catalog.RunCompletion, "user", ""}, {catalog.RunInfo, "", ""},
	} {
		if id, ok := cat.LeftBy(c.file, c.name); id != c.id || ok != (c.id != "") {
			t.Errorf("%s %s: %q, %v", c.file, c.name, id, ok)
		}
	}
	if !cat.IsLeft("left.a.b") || cat.IsLeft("left.a.c") || cat.IsLeft("") {
		t.Error("IsLeft")
	}
	for name, want := range map[string]bool{"run-info read@numcycles": true, "run-info read": false, "run-parameters rtaversion": true, "run-parameters version": true, "run-parameters kit": true, "run-parameters board": false, "run-parameters tag": true, "run-parameters read@cycles": true, "run-parameters read": false, "run-info rtaversion": false, "telemetry laser.power": true} {
		file, element, _ := strings.Cut(name, " ")
		if cat.Reads(catalog.FileKind(file), element) != want {
			t.Errorf("reads %s: %v", name, !want)
		}
	}
	if f, ok := cat.Field("a.b"); !ok || f.ID != "a.b" || f.Source.File != catalog.RunParameters {
		t.Error("a.b is there")
	}
	if f, ok := cat.Field("a.d"); ok || f.ID != "" {
		t.Error("a.d is not")
	}
	// They are copies.
	cat.Files()[0].Kind, cat.Left()[0].ID, cat.Fields()[0].ID = "x", "x", "x"
	if cat.Files()[0].Kind != catalog.RunInfo || cat.Left()[0].ID != "left.a.a" || cat.Fields()[0].ID != "a.a" {
		t.Error("the lists can be changed from outside")
	}
}

func TestParseRefusesLists(t *testing.T) {
	file := `{"kind":"run-info","names":["runinfo.xml"],"what":{"en":"w","es":"w"}}`
	left := `{"id":"left.a.a","file":"run-info","names":["user"],"what":{"en":"w","es":"w"},"why":{"en":"w","es":"w"}}`
	for name, raw := range map[string][]byte{
		"a kind of file twice":                     document("", file+","+file, ""),
		"a kind of file that is none":              document("", strings.Replace(file, "run-info", "sample-sheet", 1), ""),
		"the other kind":                           document("", strings.Replace(file, "run-info", "other", 1), ""),
		"a file without a name":                    document("", strings.Replace(file, `"runinfo.xml"`, "", 1), ""),
		"a file with an empty name":                document("", strings.Replace(file, "runinfo.xml", "", 1), ""),
		"a file with capitals":                     document("", strings.Replace(file, "runinfo.xml", "RunInfo.xml", 1), ""),
		"a file with a star":                       document("", strings.Replace(file, "runinfo.xml", "interop/*.bin", 1), ""),
		"a file with a backslash":                  document("", strings.Replace(file, "runinfo.xml", `interop\\q.bin`, 1), ""),
		"a file that nobody can read about":        document("", strings.Replace(file, `"en":"w"`, `"en":""`, 1), ""),
		"a file that nobody can read about either": document("", strings.Replace(file, `"es":"w"`, `"es":""`, 1), ""),
		"what stays twice":                         document("", "", left+","+left),
		"what stays twice, of other elements":      document("", "", left+","+strings.Replace(left, "user", "host", 1)),
		"what stays out of order":                  document("", "", strings.Replace(left, "left.a.a", "left.a.b", 1)+","+strings.Replace(left, `"user"`, `"other"`, 1)),
		"an element that is decided twice":         document("", "", left+","+strings.Replace(left, "left.a.a", "left.a.b", 1)),
		"what stays under another id":              document("", "", strings.Replace(left, "left.a.a", "stays.a.a", 1)),
		"what stays under a longer id":             document("", "", strings.Replace(left, "left.a.a", "left.a.a.a", 1)),
		"what stays of a file that has no names":   document("", "", strings.Replace(left, "run-info", "telemetry", 1)),
		"what stays without a name":                document("", "", strings.Replace(left, `"user"`, "", 1)),
		"what stays with an empty name":            document("", "", strings.Replace(left, "user", "", 1)),
		"what stays with capitals":                 document("", "", strings.Replace(left, "user", "User", 1)),
		"what stays without saying what":           document("", "", strings.Replace(left, `"what":{"en":"w","es":"w"}`, `"what":{"en":"w","es":""}`, 1)),
		"what stays without saying why":            document("", "", strings.Replace(left, `"why":{"en":"w","es":"w"}`, `"why":{"en":"","es":"w"}`, 1)),
		"another format":                           []byte(strings.Replace(string(document("", "", "")), "catalog/1", "catalog/2", 1)),
		"no JSON":                                  []byte("hello"),
	} {
		cat, err := catalog.Parse(raw)
		if err == nil || cat != nil {
			t.Errorf("%s is accepted: %v", name, err)
		}
	}
	for _, never := range []string{"IndexMetrics", "ControlMetrics", "SampleSheet", "RunStatistics", "CompletedJobInfo", "CorrectedInt", "s.bcl", "s.cbcl", "s.fastq", "s.filter", "s.locs"} {
		if _, err := catalog.Parse(document("", strings.Replace(file, "runinfo.xml", "interop/"+strings.ToLower(never)+"out.bin", 1), "")); err == nil {
			t.Errorf("%s may be opened", never)
		}
	}
	if _, err := catalog.Parse(document("", file+","+strings.Replace(strings.Replace(file, "run-info", "telemetry", 1), "runinfo", "t", 1), left+","+strings.Replace(strings.Replace(left, "left.a.a", "left.a.b", 1), "user", "host", 1))); err != nil {
		t.Error(err)
	}
}

// The bounds of what an entry may be, from both sides.
func TestParseAtTheBounds(t *testing.T) {
	field := func(kind, dimensions string) []byte {
		return document(`{"id":"a.b","category":"run-performance","source":{"file":"tile-metrics","path":"p"},`+kind+`,"dimensions":[`+dimensions+`],`+texts+`}`, "", "")
	}
	long := strings.Repeat("x", 40)
	for _, c := range []struct {
		kind, dimensions string
		ok               bool
	}{
		{`"type":"pattern","pattern":"^x$","max_length":40`, "", true}, {`"type":"pattern","pattern":"^x$","max_length":41`, "", false}, {`"type":"pattern","pattern":"^x$","max_length":0`, "", false},
		{`"type":"pattern","pattern":"^x$","max_length":1,"values":["x"]`, "", false}, {`"type":"pattern","pattern":"^x$","max_length":1,"unit":"1"`, "", false}, {`"type":"pattern","pattern":"^x$","max_length":1,"min":1`, "", false},
		{`"type":"pattern","pattern":"^x$","max_length":1,"max":1`, "", false}, {`"type":"pattern","pattern":"^x$","max_length":1,"step":1`, "", false}, {`"type":"pattern","pattern":"x$","max_length":1`, "", false}, {`"type":"pattern","pattern":"^x","max_length":1`, "", false},
		{`"type":"enum","values":["` + long + `"]`, "", true}, {`"type":"enum","values":["` + long + `x"]`, "", false}, {`"type":"enum","values":["x",""]`, "", false}, {`"type":"enum","values":["x","y","x"]`, "", false},
		{`"type":"enum","values":["x"],"pattern":"^x$"`, "", false}, {`"type":"enum","values":["x"],"max_length":1`, "", false}, {`"type":"enum","values":["x"],"unit":"1"`, "", false},
		{`"type":"number","unit":"1","min":1,"max":1`, "", false}, {`"type":"number","unit":"1","max":1`, "", false}, {`"type":"number","unit":"1","min":1`, "", false}, {`"type":"number","unit":"1","min":2,"max":1`, "", false},
		{`"type":"number","min":0,"max":1`, "", false}, {`"type":"number","unit":"1","min":0,"max":1,"step":2`, "", false}, {`"type":"number","unit":"1","min":0.5,"max":1`, "", true},
		{`"type":"number","unit":"1","min":0,"max":1,"values":["x"]`, "", false}, {`"type":"number","unit":"1","min":0,"max":1,"pattern":"^x$"`, "", false}, {`"type":"number","unit":"1","min":0,"max":1,"max_length":1`, "", false},
		{`"type":"count","unit":"1","min":0.5,"max":1`, "", false}, {`"type":"count","unit":"1","min":0,"max":9,"step":2`, "", true}, {`"type":"count","unit":"1","min":0,"max":9,"step":1`, "", false}, {`"type":"count","unit":"1","min":0,"max":9,"step":2.5`, "", false},
		{`"type":"number","unit":"1","min":0,"max":1`, `"lane","surface","read","cycle","minute"`, true}, {`"type":"number","unit":"1","min":0,"max":1`, `"lane","surface","tile","read","minute"`, true},
		{`"type":"number","unit":"1","min":0,"max":1`, `"lane","lane"`, false}, {`"type":"number","unit":"1","min":0,"max":1`, `"minute","lane"`, false}, {`"type":"count","unit":"1","min":0,"max":1`, `"read","cycle"`, true},
	} {
		if _, err := catalog.Parse(field(c.kind, c.dimensions)); (err == nil) != c.ok {
			t.Errorf("%s [%s]: %v", c.kind, c.dimensions, err)
		}
	}
	source := func(s string) []byte {
		return document(`{"id":"a.b","category":"run-performance","source":{`+s+`},"type":"number","unit":"1","min":0,"max":1,"dimensions":[],`+texts+`}`, "", "")
	}
	for s, ok := range map[string]bool{
		`"file":"tile-metrics","path":"p"`: true, `"file":"tile-metrics"`: false, `"file":"tile-metrics","path":"p","reduce":"mean"`: false, `"file":"tile-metrics","path":"p","places":{"X":["p"]}`: false,
		`"file":"run-parameters","places":{"X":["p"]}`: true, `"file":"run-parameters","path":"p"`: false, `"file":"run-parameters","path":"p","places":{"X":["p"]}`: false, `"file":"run-parameters","places":{}`: false,
		`"file":"run-parameters","places":{"X":["p",""]}`: false, `"file":"run-parameters","places":{"X":[]}`: false, `"file":"run-parameters","places":{"X":["p"]},"reduce":"sum"`: false,
		`"file":"telemetry","path":"laser.power","reduce":"mean"`: true, `"file":"telemetry","path":"laser.power","reduce":"sum"`: true, `"file":"telemetry","path":"laser.power","reduce":"max"`: false,
		`"file":"telemetry","path":"laser.power"`: false, `"file":"telemetry","path":"laser","reduce":"mean"`: false, `"file":"telemetry","path":".power","reduce":"mean"`: false,
	} {
		if _, err := catalog.Parse(source(s)); (err == nil) != ok {
			t.Errorf("%s: %v", s, err)
		}
	}
	for id, ok := range map[string]bool{"a.b": true, "a.b.c.d": true, "a.b.c.d.e": false, "a": false, "a.1": false, "a.b_1": true, "a.B": false, ".a": false, "a.": false} {
		raw := strings.Replace(string(source(`"file":"tile-metrics","path":"p"`)), `"id":"a.b"`, `"id":"`+id+`"`, 1)
		if _, err := catalog.Parse([]byte(raw)); (err == nil) != ok {
			t.Errorf("id %q: %v", id, err)
		}
	}
	for days, ok := range map[string]bool{"1": true, "0": false, "-1": false} {
		raw := strings.Replace(string(source(`"file":"tile-metrics","path":"p"`)), `"retention_days":1`, `"retention_days":`+days, 1)
		if _, err := catalog.Parse([]byte(raw)); (err == nil) != ok {
			t.Errorf("kept %s days: %v", days, err)
		}
	}
	for _, c := range []string{"instrument-performance", "run-performance", "instrument-configuration", "run-configuration"} {
		raw := strings.Replace(string(source(`"file":"tile-metrics","path":"p"`)), "run-performance", c, 1)
		if _, err := catalog.Parse([]byte(raw)); err != nil {
			t.Errorf("%s: %v", c, err)
		}
	}
}
