package runfolder

import (
	"regexp"
	"strings"
)

// families tells a family by its serial numbers, more specific ones first. Sources:
// public lists of instrument-id patterns; docs/decisions names them.
var families = []struct {
	serial *regexp.Regexp
	family string
}{
	{regexp.MustCompile(`^MN[0-9]{5}$`), "MiniSeq"},
	{regexp.MustCompile(`^M[0-9]{5}$`), "MiSeq"},
	{regexp.MustCompile(`^FS[0-9]{8}$`), "iSeq 100"},
	{regexp.MustCompile(`^NS[0-9]{6}$`), "NextSeq 500"},
	{regexp.MustCompile(`^NB[0-9]{6}$`), "NextSeq 550"},
	{regexp.MustCompile(`^VL[0-9]{5}$`), "NextSeq 1000"},
	{regexp.MustCompile(`^VH[0-9]{5}$`), "NextSeq 2000"},
	{regexp.MustCompile(`^LH[0-9]{5}$`), "NovaSeq X"},
	{regexp.MustCompile(`^A[0-9]{5}$`), "NovaSeq 6000"},
	{regexp.MustCompile(`^(D[0-9]{5}|SN[0-9]{3,}|HWI-.*)$`), "HiSeq 2500"},
	{regexp.MustCompile(`^J[0-9]{5}$`), "HiSeq 3000"},
	{regexp.MustCompile(`^(ST-)?K[0-9]{5}$`), "HiSeq 4000"},
	{regexp.MustCompile(`^(ST-)?E[0-9]{5}$`), "HiSeq X"},
}

// Family is the instrument type behind a serial number, "unknown" if none fits.
func Family(serial string) string {
	serial = strings.ToUpper(serial)
	for _, f := range families {
		if f.serial.MatchString(serial) {
			return f.family
		}
	}
	return "unknown"
}
