package planted

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"proactive/shared/catalog"
)

// Family is a kind of instrument of which there is no simulator: its run folders are a
// simulated MiSeq's with the XML of its own control software.
type Family struct {
	Name        string
	Serial      string // for a number
	Layout      string // of RunParameters.xml, as the catalog names it
	Application string // the element that names the control software, and what it says
}

// Families are all that are not simulated.
var Families = []Family{
	{"HiSeq 2500", "D%05d", "HiSeq", "setup/applicationname=HiSeq Control Software"},
	{"HiSeq 3000", "J%05d", "HiSeq", "setup/applicationname=HiSeq Control Software"},
	{"HiSeq 4000", "K%05d", "HiSeq", "setup/applicationname=HiSeq Control Software"},
	{"HiSeq X", "E%05d", "HiSeq", "setup/applicationname=HiSeq Control Software"},
	{"NextSeq 550", "NB%06d", "NextSeq 500", "setup/applicationname=NextSeq Control Software"},
	{"MiniSeq", "MN%05d", "NextSeq 500", "setup/applicationname=MiniSeq Control Software"},
	{"NextSeq 1000", "VL%05d", "NextSeq 1000/2000", "applicationname=NextSeq 1000/2000 Control Software"},
	{"NextSeq 2000", "VH%05d", "NextSeq 1000/2000", "applicationname=NextSeq 1000/2000 Control Software"},
	{"iSeq 100", "FS%08d", "iSeq 100", "applicationname=iSeq Control Software"},
	{"NovaSeq X", "LH%05d", "NovaSeq X", "instrumenttype=NovaSeqX"},
	{"MiSeq i100", "SH%05d", "NovaSeq X", "instrumenttype=MiSeqi100"},
}

// values are what a good file says, by the end of a field's id.
var values = []struct{ suffix, value string }{
	{"_lot", "20412345"}, {"_part", "20015846"}, {".control_software", "1.3.0.39"}, {".rta", "3.4.4"}, {".fpga", "10.37.13"}, {".firmware", "2.12.5"},
	{".chemistry", "Default"}, {"config.board.", "novaseq_cib_2@NovaSeq_1.24.4"},
}

var anID = regexp.MustCompile(`Id="[^"]*"`)

// Reshape makes a simulated run folder one of another family and serial number, and returns
// where it is then: beside the old one, under its own name.
func Reshape(dir string, f Family, serial string, cat *catalog.Catalog) (string, error) {
	path := filepath.Join(dir, "RunInfo.xml")
	raw, err := os.ReadFile(path) //nolint:gosec // G304: a test's run folder
	if err != nil {
		return "", fmt.Errorf("reading a simulated run: %w", err)
	}
	old := strings.Split(filepath.Base(dir), "_")
	run := strings.Join([]string{old[0], serial, old[2], old[3]}, "_")
	text := anID.ReplaceAllString(string(raw), `Id="`+run+`"`)
	text = strings.Replace(text, "<Instrument>"+old[1], "<Instrument>"+serial, 1)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil { //nolint:gosec // G703: a test's run folder
		return "", fmt.Errorf("writing a run's description: %w", err)
	}
	for _, name := range []string{"runParameters.xml", "RunParameters.xml"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !os.IsNotExist(err) {
			return "", fmt.Errorf("removing the simulated settings: %w", err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "RunParameters.xml"), []byte(f.parameters(cat)), 0o600); err != nil {
		return "", fmt.Errorf("writing a run's settings: %w", err)
	}
	to := filepath.Join(filepath.Dir(dir), run)
	if err := os.Rename(dir, to); err != nil {
		return "", fmt.Errorf("renaming a run: %w", err)
	}
	return to, nil
}

// parameters are a good RunParameters.xml of the family: every field that the catalog reads
// of it.
func (f Family) parameters(cat *catalog.Catalog) string {
	path, says, _ := strings.Cut(f.Application, "=")
	doc := "<?xml version=\"1.0\"?>\n<RunParameters>\n" + element(path, says) + "\n"
	for _, field := range cat.Fields() {
		paths := field.Source.Places[f.Layout]
		for _, v := range values {
			if len(paths) > 0 && (strings.HasSuffix(field.ID, v.suffix) || strings.HasPrefix(field.ID, v.suffix)) {
				doc += element(paths[0], v.value) + "\n"
				break
			}
		}
	}
	return doc + "</RunParameters>\n"
}
