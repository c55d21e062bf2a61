package runfolder

import (
	"io"
	"regexp"
	"strings"
)

// Config is what RunParameters.xml says that is worth knowing, by catalog field id.
// The values are as the file has them: the catalog decides whether they may leave.
type Config map[string]string

// parameters is the mapping table of every family: for each field, where it stands, the
// preferred place first; paths below the root, in lower case.
var parameters = []struct {
	field string
	paths []string
}{
	{"config.control_software", []string{"mcsversion", "setup/applicationversion", "applicationversion", "systemsuiteversion"}},
	{"config.rta", []string{"rtaversion", "setup/rtaversion"}},
	{"config.fpga", []string{"fpgaversion", "setup/fpgaversion"}},
	{"config.firmware", []string{"firmwareversion", "setup/camerafirmware", "camerafirmware"}},
	{"run.chemistry", []string{"rfidsinfo/flowcellmode", "reagentkitversion", "setup/sbs", "chemistry", "flowcelltype", "setup/chemistryversion"}},
	{"run.flowcell_lot", []string{"flowcellrfidtag/lotnumber", "rfidsinfo/flowcelllotnumber", "flowcelllotnumber", "flowcelleepromtag/lotnumber"}},
	{"run.flowcell_part", []string{"flowcellrfidtag/partnumber", "rfidsinfo/flowcellpartnumber", "flowcellpartnumber", "flowcelleepromtag/partnumber"}},
	{"run.reagent_lot", []string{"reagentkitrfidtag/lotnumber", "rfidsinfo/sbslotnumber", "cartridgelotnumber", "reagentcartridgelotnumber"}},
	{"run.reagent_part", []string{"reagentkitrfidtag/partnumber", "rfidsinfo/sbspartnumber", "cartridgepartnumber"}},
	{"run.buffer_lot", []string{"pr2bottlerfidtag/lotnumber", "rfidsinfo/bufferlotnumber"}},
}

// ParseParameters reads RunParameters.xml of any family.
func ParseParameters(r io.Reader) (Config, error) {
	found := map[string]string{}
	err := walk(r, "RunParameters", func(path string, _ func(string) string, value string) {
		if value != "" && wanted[path] {
			found[path] = value
		}
	})
	if err != nil {
		return nil, err
	}
	c := Config{}
	for _, p := range parameters {
		for _, path := range p.paths {
			if v, ok := found[path]; ok {
				c[p.field] = v
				break
			}
		}
	}
	return c, nil
}

// wanted are the paths of the table. Nothing else is held, not even for a moment.
var wanted = func() map[string]bool {
	all := map[string]bool{}
	for _, p := range parameters {
		for _, path := range p.paths {
			all[path] = true
		}
	}
	return all
}()

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
