package catalog

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
)

var (
	fieldID    = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){1,3}$`)
	categories = []Category{InstrumentPerformance, RunPerformance, InstrumentConfiguration, RunConfiguration}
	dimensions = []Dimension{Lane, Surface, Tile, Read, Cycle, Minute}
)

// maxText bounds every text a field may hold: there is no free text.
const maxText = 40

// sound refuses an entry that is incomplete, or looser than any entry may be.
func (f Field) sound() error {
	switch {
	case !fieldID.MatchString(f.ID):
		return errors.New("id")
	case !slices.Contains(categories, f.Category):
		return errors.New("category")
	case !f.Source.sound():
		return errors.New("source")
	case !f.What.sound() || !f.Purpose.sound() || !f.LabValue.sound():
		return errors.New("what, purpose or lab_value, in both languages")
	case f.RetentionDays <= 0:
		return errors.New("retention_days")
	case f.Dimensions == nil:
		return errors.New("dimensions")
	}
	last := -1
	for _, d := range f.Dimensions {
		at := slices.Index(dimensions, d)
		if at <= last {
			return errors.New("dimensions are unknown, repeated or out of order")
		}
		last = at
	}
	if err := f.baseBlind(); err != nil {
		return err
	}
	switch f.Type {
	case Number, Count:
		return f.soundNumber()
	case Enum, Pattern:
		return f.soundText()
	default:
		return fmt.Errorf("type %q", f.Type)
	}
}

// baseBlind refuses a resolution at which numbers can spell a sequence: by cycle and
// tile at once, or text along the cycles.
func (f Field) baseBlind() error {
	if !slices.Contains(f.Dimensions, Cycle) {
		return nil
	}
	switch {
	case slices.Contains(f.Dimensions, Tile):
		return errors.New("resolved by tile and cycle")
	case !slices.Contains(f.Dimensions, Read):
		return errors.New("resolved by cycle without read: index reads could not be told apart")
	case f.Type != Number && f.Type != Count:
		return errors.New("text along the cycles")
	}
	return nil
}

func (f Field) soundNumber() error {
	switch {
	case f.Min == nil || f.Max == nil || !(*f.Min < *f.Max):
		return errors.New("min and max")
	case f.Unit == "":
		return errors.New("unit")
	case f.Type == Count && *f.Min != math.Trunc(*f.Min):
		return errors.New("min of a count is not whole")
	case f.Step != 0 && (f.Type != Count || f.Step < 2 || f.Step != math.Trunc(f.Step)):
		return errors.New("step")
	case len(f.Values) > 0 || f.Pattern != "" || f.MaxLength != 0:
		return errors.New("a number has no text")
	}
	return nil
}

func (f Field) soundText() error {
	if f.Min != nil || f.Max != nil || f.Step != 0 || f.Unit != "" {
		return errors.New("a text has no bounds and no unit")
	}
	if f.Type == Enum {
		if len(f.Values) == 0 || f.Pattern != "" || f.MaxLength != 0 {
			return errors.New("values")
		}
		for i, v := range f.Values {
			if v == "" || len(v) > maxText || slices.Index(f.Values, v) != i {
				return errors.New("values")
			}
		}
		return nil
	}
	if len(f.Values) > 0 || f.MaxLength <= 0 || f.MaxLength > maxText {
		return errors.New("max_length")
	}
	if !strings.HasPrefix(f.Pattern, "^") || !strings.HasSuffix(f.Pattern, "$") || strings.Contains(f.Pattern, "|") {
		return errors.New("pattern is not anchored, or has alternatives")
	}
	if _, err := regexp.Compile(f.Pattern); err != nil {
		return errors.New("pattern does not compile")
	}
	return nil
}

func (t Text) sound() bool { return t.En != "" && t.Es != "" }

// sound tells whether a source says where, in the way of its file.
func (s Source) sound() bool {
	if !slices.Contains(FileKinds(), s.File) || s.File == OtherFile {
		return false
	}
	if (s.Path == "") != (len(s.Places) > 0) || len(s.Places) > 0 != (s.File == RunParameters) {
		return false
	}
	for _, paths := range s.Places {
		if len(paths) == 0 || slices.Contains(paths, "") {
			return false
		}
	}
	if s.File == Telemetry {
		component, metric, _ := strings.Cut(s.Path, ".")
		return component != "" && metric != "" && (s.Reduce == "mean" || s.Reduce == "sum")
	}
	return s.Reduce == ""
}

// never are parts of names of files that hold sequences, samples or base calls. No
// allow-list may name one, whatever a review lets pass.
var never = []string{"indexmetrics", "controlmetrics", "samplesheet", "runstatistics", "completedjobinfo", "correctedint", ".bcl", ".cbcl", ".fastq", ".filter", ".locs"}

// soundFiles refuses an allow-list that names a kind twice, or a file that no list may.
func soundFiles(files []File) error {
	seen := map[FileKind]bool{}
	for _, f := range files {
		if seen[f.Kind] || f.Kind == OtherFile || !slices.Contains(FileKinds(), f.Kind) || len(f.Names) == 0 || !f.What.sound() {
			return fmt.Errorf("file kind %q", f.Kind)
		}
		seen[f.Kind] = true
		for _, n := range f.Names {
			if n == "" || n != strings.ToLower(n) || strings.ContainsAny(n, `*\`) || slices.ContainsFunc(never, func(s string) bool { return strings.Contains(n, s) }) {
				return fmt.Errorf("file kind %q: a name that no list may have", f.Kind)
			}
		}
	}
	return nil
}

var leftID = regexp.MustCompile(`^left\.[a-z_]+\.[a-z_]+$`)

func (l Left) sound() error {
	switch {
	case !leftID.MatchString(l.ID):
		return errors.New("id")
	case l.File != RunInfo && l.File != RunParameters:
		return errors.New("file")
	case !l.What.sound() || !l.Why.sound():
		return errors.New("what or why, in both languages")
	case len(l.Names) == 0 || slices.ContainsFunc(l.Names, func(n string) bool { return n == "" || n != strings.ToLower(n) }):
		return errors.New("names")
	}
	return nil
}
