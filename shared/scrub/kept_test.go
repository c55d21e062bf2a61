package scrub_test

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"proactive/shared/catalog"
	"proactive/shared/detector"
	family "proactive/shared/instrument"
	"proactive/shared/observe"
	"proactive/shared/scrub"
)

// realData is beside the checkout where it is at all; see docs/metrics.md.
const realData = "../../../shared/data"

// mostLost is how much of what is legitimate may be lost: one value in a thousand.
const mostLost = 0.001

// realFolders are the run folders of instruments that name their parts, by name.
func realFolders(t *testing.T) map[string]fs.FS {
	t.Helper()
	all := map[string]fs.FS{}
	for _, under := range []string{"runs", "xml/cg/sequencing-runs"} {
		folders, err := filepath.Glob(filepath.Join(realData, under, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, folder := range folders {
			if _, err := os.Stat(filepath.Join(folder, "RunInfo.xml")); err == nil {
				all[filepath.Base(folder)] = os.DirFS(folder)
			}
		}
	}
	if len(all) == 0 {
		t.Skip("NOT RUN: the real run folders are not on this machine")
	}
	return all
}

// texts are what a run folder says in words and numbers that are names: by field.
func texts(t *testing.T, folder fs.FS) map[string]string {
	t.Helper()
	report, err := observe.Run(t.Context(), folder, observe.Options{LabKey: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, o := range report.Observations {
		if o.Text != "" && !strings.HasSuffix(o.Field, "token") { // a token is made here, of a name
			said[o.Field] = o.Text
		}
	}
	return said
}

// account is what became of the values of each kind.
type account struct {
	kept, lost map[string]int
	why        map[string]int // of the lost: field, value, reason
}

func (a account) add(kind string, ok bool, why string) {
	if ok {
		a.kept[kind]++
		return
	}
	a.lost[kind]++
	a.why[why]++
}

// TestLegitimateValuesAreKept: no wall against names may cost what support needs. The
// values are those of real run folders and others like them, written into the real files
// at their places, read by the agent's own reader, and judged as the cloud does. Real run
// folders here have no log and no telemetry: temperatures and error codes are written in
// the dialect that we read.
func TestLegitimateValuesAreKept(t *testing.T) {
	const variants = 60
	folders, cat, random := realFolders(t), load(t), rand.New(rand.NewPCG(6, 2))
	sum := account{map[string]int{}, map[string]int{}, map[string]int{}}
	distinct := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(folders)) {
		files := small(t, folders[name])
		real := texts(t, files)
		for v := range variants {
			changed := map[string]string{} // real value to one like it
			if v > 0 {
				for _, field := range slices.Sorted(maps.Keys(real)) {
					if _, done := changed[real[field]]; !done {
						changed[real[field]] = like(random, cat, field, real[field])
					}
				}
			}
			hours := operation(random)
			folder := rewritten(files, changed)
			folder["logs/operation.log"] = &fstest.MapFile{Data: hours.log()}
			folder["logs/telemetry.jsonl"] = &fstest.MapFile{Data: hours.telemetry()}
			want := map[string]string{}
			for field, text := range real {
				if to, ok := changed[text]; ok {
					text = to
				}
				if v == 0 || text != real[field] || len(real[field]) > 1 { // a letter has none like it: once
					want[field] = text
				}
				distinct[field+" "+text] = true
			}
			judge(t, cat, folder, want, hours, sum)
		}
	}
	serials(t, folders, random, sum)

	kept, lost := 0, 0
	for _, kind := range slices.Sorted(maps.Keys(sum.kept)) {
		t.Logf("%-14s %5d kept, %3d lost", kind, sum.kept[kind], sum.lost[kind])
		kept, lost = kept+sum.kept[kind], lost+sum.lost[kind]
	}
	why := slices.Sorted(maps.Keys(sum.why))
	t.Logf("%d of %d kept, %.3f %%; %d distinct texts; lost: %v", kept, kept+lost, 100*float64(kept)/float64(kept+lost), len(distinct), why[:min(10, len(why))])
	if kept+lost < 5000 || len(distinct) < 2500 {
		t.Errorf("%d values, %d distinct: too few to say anything of one in a thousand", kept+lost, len(distinct))
	}
	for _, kind := range []string{"lot", "part number", "version", "firmware", "chemistry", "temperature", "error code", "serial"} {
		if sum.kept[kind] == 0 {
			t.Errorf("no %s among them", kind)
		}
	}
	if float64(lost) > mostLost*float64(kept+lost) {
		t.Errorf("%d of %d legitimate values were lost", lost, kept+lost)
	}
	// Older NovaSeqs write a part's revision where its number belongs.
	known := []string{"run.flowcell_part A", "run.flowcell_part E", "run.reagent_part B", "run.reagent_part I"}
	if why = slices.DeleteFunc(why, func(w string) bool { return slices.Contains(known, w) }); len(why) > 0 {
		t.Errorf("%d lost that are not known to be, such as %v", len(why), why[:min(10, len(why))])
	}
}

// small is what a run folder says in words, without its metric files.
func small(t *testing.T, folder fs.FS) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	names, err := fs.Glob(folder, "*.xml")
	if err != nil || len(names) < 2 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	for _, name := range names {
		raw, err := fs.ReadFile(folder, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: raw}
	}
	return files
}

// rewritten has other values in the places of the real ones.
func rewritten(files fstest.MapFS, changed map[string]string) fstest.MapFS {
	var pairs []string
	for _, from := range slices.Sorted(maps.Keys(changed)) {
		pairs = append(pairs, ">"+from+"<", ">"+changed[from]+"<")
	}
	all, replace := fstest.MapFS{}, strings.NewReplacer(pairs...)
	for name, file := range files {
		data := file.Data
		if strings.EqualFold(name, "RunParameters.xml") {
			data = []byte(replace.Replace(string(data)))
		}
		all[name] = &fstest.MapFile{Data: data}
	}
	return all
}

// kindOf is what a person calls the values of a field.
func kindOf(f catalog.Field) string {
	switch {
	case strings.HasSuffix(f.ID, "_lot"):
		return "lot"
	case strings.HasSuffix(f.ID, "_part"):
		return "part number"
	case strings.HasPrefix(f.ID, "config.board."), f.ID == "config.firmware":
		return "firmware"
	case f.ID == "run.chemistry":
		return "chemistry"
	case f.Type == catalog.Enum:
		return "state" // instrument type, how a run ended
	case strings.HasPrefix(f.ID, "config."):
		return "version"
	}
	return f.ID
}

// like is another value that the same manufacturer could have given: a lot or a part of
// the same block of numbers, another build of a version, another kit of the family.
func like(random *rand.Rand, cat *catalog.Catalog, field, text string) string {
	f, _ := cat.Field(field)
	switch kindOf(f) {
	case "lot":
		if len(text) == 8 {
			return text[:4] + fmt.Sprintf("%04d", random.IntN(10_000))
		}
	case "part number": // 20031051, …52, …54, …56, …58 are all in use
		if len(text) == 8 {
			return text[:7] + fmt.Sprint(random.IntN(10))
		}
	case "firmware", "version":
		return build(random, text)
	case "chemistry":
		first, _, _ := strings.Cut(text, " ")
		var kits []string
		for _, v := range f.Values {
			if strings.HasPrefix(v, first) || len(first) == 2 && len(v) == 2 {
				kits = append(kits, v)
			}
		}
		return kits[random.IntN(len(kits))]
	}
	return text // of those there is no other, or it is not what its element says
}

// build changes the last number of a version, and keeps how long it is.
func build(random *rand.Rand, version string) string {
	end := strings.LastIndexAny(version, "0123456789") + 1
	start := end
	for start > 0 && version[start-1] >= '0' && version[start-1] <= '9' {
		start--
	}
	digits := []byte(version[start:end])
	for i := range digits {
		digits[i] = byte('0' + random.IntN(10))
	}
	if len(digits) > 1 && digits[0] == '0' && version[start-1] == '.' {
		digits[0] = '1'
	}
	return version[:start] + string(digits) + version[end:]
}

// judge reads a folder, projects, detects, and accounts for each value that was written.
func judge(t *testing.T, cat *catalog.Catalog, folder fs.FS, want map[string]string, hours operated, sum account) {
	t.Helper()
	report, err := observe.Run(t.Context(), folder, observe.Options{LabKey: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	kept, _ := scrub.Project(cat, report.Observations)
	hit := map[int]bool{}
	for _, h := range scrub.Detect(cat, kept) {
		hit[h.Row] = true
	}
	got, numbers := map[string]string{}, map[string]float64{}
	for i, o := range kept {
		switch {
		case hit[i]:
		case o.Text != "":
			got[o.Field] = o.Text
		default:
			numbers[fmt.Sprintf("%s %d", o.Field, o.Minute)] = o.Value
		}
	}
	for field, text := range want {
		f, _ := cat.Field(field)
		sum.add(kindOf(f), got[field] == text, field+" "+text)
	}
	for at, value := range hours.temperatures {
		v, ok := numbers[at]
		sum.add("temperature", ok && v == value, at)
	}
	for at, n := range hours.faults {
		v, ok := numbers[at]
		sum.add("error code", ok && v == float64(n), at)
	}
}

// serials judges serial numbers, which are in no batch: the one place where the detector
// meets them is a log. They are told at enrolment, and there their form tells the family.
func serials(t *testing.T, folders map[string]fs.FS, random *rand.Rand, sum account) {
	t.Helper()
	var scanner detector.Scanner
	for _, name := range slices.Sorted(maps.Keys(folders)) {
		report, err := observe.Run(t.Context(), small(t, folders[name]), observe.Options{LabKey: make([]byte, 32)})
		if err != nil {
			t.Fatal(err)
		}
		for range 40 {
			serial := build(random, report.Serial)
			line := "pump position 12000 steps pressure 101.3 kPa valve V12 serial " + serial
			ok := len(scanner.Line([]byte(line))) == 0 && family.Family(serial) == family.Family(report.Serial)
			sum.add("serial", ok, serial)
		}
	}
}
