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
	case !slices.Contains(FileKinds(), f.Source.File) || f.Source.File == OtherFile || f.Source.Path == "":
		return errors.New("source")
	case f.Purpose == "" || f.LabValue == "":
		return errors.New("purpose or lab_value")
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
