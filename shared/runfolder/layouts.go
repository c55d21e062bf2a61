package runfolder

import (
	"fmt"
	"sync"

	"proactive/shared/catalog"
)

// field is one fact of a [Configuration], as the tables name it.
type field string

// The fields that stay on this machine. Those of hardware are the prefix and the board's
// name. Where the fields are that may leave, the catalog says, by the names of the layouts.
const (
	serialNumber field = "serial"
	mode         field = "mode"
	read1        field = "read1"
	index1       field = "index1"
	index2       field = "index2"
	read2        field = "read2"

	hardware = "hardware."
)

// layout is how one family of control software writes RunParameters.xml: for each field
// the places where it may stand, the preferred one first. A place is a path below the root
// in lower case; of elements that repeat, the one whose child is told in brackets; after @
// an attribute.
type layout struct {
	name         string
	applications map[string]string // a part of the control software's name, in lower case: the family
	families     []string          // whose serial numbers tell the same
	paths        map[field][]string
}

// layouts are the mapping tables. Confirmed on real files: MiSeq, HiSeq, NextSeq 500,
// NextSeq 1000/2000, iSeq, NovaSeq 6000, NovaSeq X. Not confirmed, for no file is public:
// MiniSeq, which writes as NextSeq 500, and MiSeq i100, which writes as NovaSeq X.
var layouts = []layout{
	{
		name:         "MiSeq",
		applications: map[string]string{"miseq control software": "MiSeq"},
		families:     []string{"MiSeq"},
		paths: map[field][]string{
			serialNumber: {"scannerid"}, mode: {"chemistry"},
			"flowcell.serial": {"flowcellrfidtag/serialnumber", "barcode"}, "flowcell.expires": {"flowcellrfidtag/expirationdate"},
			"reagent.serial": {"reagentkitrfidtag/serialnumber", "reagentkitbarcode"}, "reagent.expires": {"reagentkitrfidtag/expirationdate"},
			"buffer.part": {"pr2bottlerfidtag/partnumber"}, "buffer.serial": {"pr2bottlerfidtag/serialnumber", "pr2bottlebarcode"}, "buffer.expires": {"pr2bottlerfidtag/expirationdate"},
		},
	},
	{
		name:         "HiSeq", // 1000 to 4000 and X; reagents are typed by hand and not read
		applications: map[string]string{"hiseq control software": "HiSeq 2500"},
		families:     []string{"HiSeq 2500", "HiSeq 3000", "HiSeq 4000", "HiSeq X"},
		paths: map[field][]string{
			hardware + "cpld": {"setup/cpldversion"}, hardware + "fluidics": {"setup/chemistryversion"}, hardware + "focus-camera": {"setup/focuscamerafirmware"},
			mode: {"setup/runmode"}, "flowcell.serial": {"setup/barcode"},
			read1: {"setup/read1"}, index1: {"setup/indexread1"}, index2: {"setup/indexread2"}, read2: {"setup/read2"},
		},
	},
	{
		name:         "NextSeq 500",
		applications: map[string]string{"nextseq control software": "NextSeq 500", "miniseq control software": "MiniSeq"},
		families:     []string{"NextSeq 500", "NextSeq 550", "MiniSeq"},
		paths: map[field][]string{
			serialNumber: {"instrumentid"}, hardware + "system-suite": {"systemsuiteversion"}, mode: {"chemistry"},
			"flowcell.serial": {"flowcellrfidtag/serialnumber", "flowcellserial"}, "flowcell.expires": {"flowcellrfidtag/expirationdate"},
			"reagent.serial": {"reagentkitrfidtag/serialnumber", "reagentkitserial"}, "reagent.expires": {"reagentkitrfidtag/expirationdate"},
			"buffer.part": {"pr2bottlerfidtag/partnumber"}, "buffer.serial": {"pr2bottlerfidtag/serialnumber", "pr2bottleserial"}, "buffer.expires": {"pr2bottlerfidtag/expirationdate"},
			read1: {"plannedread1cycles", "setup/read1"}, index1: {"plannedindex1readcycles", "setup/index1read"},
			index2: {"plannedindex2readcycles", "setup/index2read"}, read2: {"plannedread2cycles", "setup/read2"},
		},
	},
	{
		name:         "NovaSeq 6000",
		applications: map[string]string{"novaseq control software": "NovaSeq 6000"},
		families:     []string{"NovaSeq 6000"},
		paths: map[field][]string{
			hardware + "universal-copy": {"ucsversion"},
			mode:                        {"workflowtype"},
			"flowcell.serial":           {"rfidsinfo/flowcellserialbarcode"}, "flowcell.expires": {"rfidsinfo/flowcellexpirationdate"},
			"reagent.serial": {"rfidsinfo/sbsserialbarcode"}, "reagent.expires": {"rfidsinfo/sbsexpirationdate"},
			"buffer.part": {"rfidsinfo/bufferpartnumber"}, "buffer.serial": {"rfidsinfo/bufferserialbarcode"}, "buffer.expires": {"rfidsinfo/bufferexpirationdate"},
			read1: {"plannedread1cycles", "read1numberofcycles"}, index1: {"plannedindex1readcycles", "indexread1numberofcycles"},
			index2: {"plannedindex2readcycles", "indexread2numberofcycles"}, read2: {"plannedread2cycles", "read2numberofcycles"},
		},
	},
	{
		name:         "NextSeq 1000/2000",
		applications: map[string]string{"nextseq 1000/2000 control software": "NextSeq 2000"},
		families:     []string{"NextSeq 1000", "NextSeq 2000"},
		paths: map[field][]string{
			serialNumber: {"instrumentserialnumber"}, hardware + "cim": {"cimversion"}, hardware + "chm": {"chmversion"}, hardware + "imb": {"imbversion"},
			mode:              {"flowcellmode"},
			"flowcell.serial": {"flowcellserialnumber"}, "flowcell.expires": {"flowcellexpirationdate"},
			"reagent.serial": {"cartridgeserialnumber"}, "reagent.expires": {"cartridgeexpirationdate"},
			read1: {"plannedcycles/read1"}, index1: {"plannedcycles/index1"}, index2: {"plannedcycles/index2"}, read2: {"plannedcycles/read2"},
		},
	},
	{
		name:         "iSeq 100",
		applications: map[string]string{"iseq control software": "iSeq 100"},
		families:     []string{"iSeq 100"},
		paths: map[field][]string{
			serialNumber: {"instrumentid"}, hardware + "pdb1": {"pdb1firmwareversion"}, hardware + "pdb2": {"pdb2firmwareversion"}, hardware + "client": {"clientversion"},
			"flowcell.serial": {"flowcelleepromtag/serialnumber"}, "flowcell.expires": {"flowcelleepromtag/expirationdate"},
			"reagent.serial": {"reagentkitrfidtag/serialnumber"}, "reagent.expires": {"reagentkitrfidtag/expirationdate"},
			read1: {"plannedcycles/read1"}, index1: {"plannedcycles/index1"}, index2: {"plannedcycles/index2"}, read2: {"plannedcycles/read2"},
		},
	},
	{
		name:         "NovaSeq X", // MiSeq i100 too; its consumables tell what they are
		applications: map[string]string{"novaseqx": "NovaSeq X", "miseqi100": "MiSeq i100"},
		families:     []string{"NovaSeq X", "MiSeq i100"},
		paths: map[field][]string{
			serialNumber: {"instrumentserialnumber"}, mode: {"flowcelltype"},
			"flowcell.serial": consumable("flowcell", "serialnumber"), "flowcell.expires": consumable("flowcell", "expirationdate"),
			"reagent.serial": consumable("reagent", "serialnumber"), "reagent.expires": consumable("reagent", "expirationdate"),
			"buffer.part": consumable("buffer", "partnumber"), "buffer.serial": consumable("buffer", "serialnumber"), "buffer.expires": consumable("buffer", "expirationdate"),
			read1: planned("read1"), index1: planned("index1"), index2: planned("index2"), read2: planned("read2"),
		},
	},
}

// applicationPaths are where the control software is named; an instrument type says more.
var applicationPaths = []string{"instrumenttype", "setup/applicationname", "applicationname", "application"}

const (
	consumableInfo = "consumableinfo/consumableinfo"
	plannedRead    = "plannedreads/read"
	firmwareBoard  = "firmwareversions/firmwareversion"
)

func consumable(kind, child string) []string {
	return []string{consumableInfo + "[type=" + kind + "]/" + child}
}
func planned(name string) []string { return []string{plannedRead + "[readname=" + name + "]@cycles"} }

// groups are the elements that repeat, and the child that tells them apart.
var groups = map[string]string{consumableInfo: "type", firmwareBoard: "board"}

// attributes are those read of an element: of which value, told apart by which key.
var attributes = map[string][]struct{ key, value string }{plannedRead: {{"readname", "cycles"}}}

// wanted are the places of the tables. Nothing else is held, but for the children of the
// element that repeats, until it ends.
var wanted = sync.OnceValues(func() (map[string]bool, error) {
	cat, err := catalog.Load()
	if err != nil {
		return nil, fmt.Errorf("loading the catalog: %w", err)
	}
	all := map[string]bool{}
	for _, f := range cat.Fields() {
		for _, paths := range f.Source.Places {
			for _, path := range paths {
				all[path] = true
			}
		}
	}
	for _, path := range applicationPaths {
		all[path] = true
	}
	for _, l := range layouts {
		for _, paths := range l.paths {
			for _, path := range paths {
				all[path] = true
			}
		}
	}
	return all, nil
})

// Layouts are the names of the layouts, as the catalog uses them.
func Layouts() []string {
	var all []string
	for _, l := range layouts {
		all = append(all, l.name)
	}
	return all
}
