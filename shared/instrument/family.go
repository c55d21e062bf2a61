package instrument

import "regexp"

// families maps the form of a serial number to the family, as lists of instrument ids in
// open repositories have it [DOMAIN §A]. The first form that matches wins.
var families = []struct {
	form *regexp.Regexp
	name string
}{
	{regexp.MustCompile(`^MN[0-9]{5}$`), "MiniSeq"},
	{regexp.MustCompile(`^M[0-9]{5}$`), "MiSeq"},
	{regexp.MustCompile(`^N[SB][0-9]{6}$`), "NextSeq 500/550"},
	{regexp.MustCompile(`^V[HL][0-9]{5}$`), "NextSeq 1000/2000"},
	{regexp.MustCompile(`^LH[0-9]{5}$`), "NovaSeq X"},
	{regexp.MustCompile(`^A[0-9]{5}$`), "NovaSeq 6000"},
	{regexp.MustCompile(`^FS[0-9]{5,8}$`), "iSeq 100"},
	{regexp.MustCompile(`^(D[0-9]{5}|SN[0-9]{3,4}|HWI-ST[0-9]{3,4})$`), "HiSeq 2500"},
	{regexp.MustCompile(`^(J|K|ST-K)[0-9]{5}$`), "HiSeq 3000/4000"},
	{regexp.MustCompile(`^(E|ST-E)[0-9]{5}$`), "HiSeq X"},
}

// Family is the instrument family that a serial number speaks of, or "". It is for the
// eye, on a notice; what was measured of the type is config.instrument_type.
func Family(serial string) string {
	for _, f := range families {
		if f.form.MatchString(serial) {
			return f.name
		}
	}
	return ""
}

// Name is what a person calls the instrument: "NovaSeq 6000 A00834", "sequencer XY-12".
func Name(serial string) string {
	if f := Family(serial); f != "" {
		return f + " " + serial
	}
	return "sequencer " + serial
}
