package runfolder

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"proactive/shared/catalog"
)

// Configuration is what RunParameters.xml says of the instrument and of the run, in one
// form for every family. Values are as the file has them, at most 256 bytes each; what it
// does not say is empty. Serial numbers and the application's name stay on this machine:
// only Fields are for others, and the catalog decides what of them may leave.
type Configuration struct {
	// Family is the instrument type: by the serial number, else by what the file calls its
	// control software; "unknown" if neither tells.
	Family string
	// Layout is the mapping table that was used; "any" is all of them, for a family that
	// is not known.
	Layout string
	Serial string // of the instrument
	// Application is the control software's name; ControlSoftware, RTA and FPGA are versions.
	Application, ControlSoftware, RTA, FPGA string
	// Firmware is the version of the main or camera firmware, Hardware those of boards by
	// the board.
	Firmware string
	Hardware map[string]string
	// Chemistry is the kit or its version, Mode how the run is done: the flow cell's size,
	// rapid or high output.
	Chemistry, Mode string
	Planned         Planned
	FlowCell        Consumable
	Reagent         Consumable
	Buffer          Consumable
	// Fields are the values that the catalog has a place for, by its ids. Whether they are
	// as it allows is the projection's to say.
	Fields map[string]string
	// Elements are all that the file has, for counting what stays.
	Elements Elements
}

// Planned are the cycles of each read, 0 where there is no such read or nothing is said.
type Planned struct{ Read1, Index1, Index2, Read2 int }

// Consumable is what a tag or barcode says of it.
type Consumable struct {
	Part, Lot string
	Serial    string // from its RFID tag or EEPROM where it has one, else its barcode
	// Expires is the day as it is written, at midnight UTC; zero if the file does not say.
	Expires time.Time
}

// ParseConfiguration reads RunParameters.xml of any family; serial is the instrument's,
// from RunInfo.xml, or empty.
func ParseConfiguration(r io.Reader, serial string) (Configuration, error) {
	found, group := map[string]string{}, map[string]string{}
	wanted, err := wanted()
	if err != nil {
		return Configuration{}, err
	}
	var elements Elements
	err = walk(r, "RunParameters", &elements, func(path string, attr func(string) string, value string) {
		keep := func(at, v string) {
			if _, known := found[at]; !known && v != "" && len(v) <= maxValue && wanted[at] {
				found[at] = v
			}
		}
		keep(path, value)
		for _, a := range attributes[path] { // planned reads are attributes in some
			keep(path+"["+a.key+"="+strings.ToLower(attr(a.key))+"]@"+a.value, attr(a.value))
		}
		// Elements that repeat are told apart by one of their children.
		if parent, name := cutLast(path); groups[parent] != "" && len(group) < 64 {
			group[name] = value
		}
		if key := groups[path]; key != "" {
			for name, v := range group {
				keep(path+"["+key+"="+strings.ToLower(group[key])+"]/"+name, v)
			}
			clear(group)
		}
	})
	if err != nil {
		return Configuration{}, err
	}
	c, err := configure(found, serial)
	c.Elements = elements
	return c, err
}

func cutLast(path string) (parent, name string) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path
	}
	return path[:i], path[i+1:]
}

// configure applies the tables that go with what was found.
func configure(found map[string]string, serial string) (Configuration, error) {
	cat, err := catalog.Load()
	if err != nil {
		return Configuration{}, fmt.Errorf("loading the catalog: %w", err)
	}
	c := Configuration{Serial: serial, Hardware: map[string]string{}, Fields: map[string]string{}}
	use := layoutOf(&c, found)
	for _, l := range layouts {
		if use != "" && l.name != use {
			continue
		}
		for f, paths := range l.paths {
			if v, ok := first(found, paths); ok {
				c.set(f, v)
			}
		}
		for _, f := range cat.Fields() {
			if v, ok := first(found, f.Source.Places[l.name]); ok && c.Fields[f.ID] == "" {
				c.Fields[f.ID] = v
			}
		}
	}
	c.Layout = use
	if use == "" {
		c.Layout = "any"
	}
	c.name()
	return c, nil
}

// first is the value of the first place that has one.
func first(found map[string]string, paths []string) (v string, ok bool) {
	for _, path := range paths {
		if v, ok := found[path]; ok {
			return v, true
		}
	}
	return "", false
}

// name gives the catalog's fields the names that people here know them by.
func (c *Configuration) name() {
	f := c.Fields
	c.ControlSoftware, c.RTA, c.FPGA, c.Firmware = f["config.control_software"], f["config.rta"], f["config.fpga"], f["config.firmware"]
	if c.FPGA == "" {
		c.FPGA = f["config.fpga_code"]
	}
	c.Chemistry = f["run.chemistry"]
	c.FlowCell.Part, c.FlowCell.Lot = f["run.flowcell_part"], f["run.flowcell_lot"]
	c.Reagent.Part, c.Reagent.Lot = f["run.reagent_part"], f["run.reagent_lot"]
	c.Buffer.Lot = f["run.buffer_lot"]
	for id, v := range f {
		if board, ok := strings.CutPrefix(id, "config.board."); ok {
			c.Hardware[strings.ReplaceAll(board, "_", "-")] = v
		}
	}
}

// layoutOf finds family and table: the file's own word for its software first, then the
// serial number.
func layoutOf(c *Configuration, found map[string]string) (layout string) {
	c.Family = Family(c.Serial)
	for _, path := range applicationPaths {
		app := found[path]
		if c.Application == "" {
			c.Application = app
		}
		for _, l := range layouts {
			for name, family := range l.applications {
				if strings.Contains(strings.ToLower(app), name) {
					if c.Application = app; c.Family == "unknown" {
						c.Family = family
					}
					return l.name
				}
			}
		}
	}
	for _, l := range layouts {
		for _, f := range l.families {
			if f == c.Family {
				return l.name
			}
		}
	}
	return ""
}

// set sets a field that is not set yet: with all tables, the first that has it stands.
func (c *Configuration) set(f field, v string) {
	put := func(to *string) {
		if *to == "" {
			*to = v
		}
	}
	cycles := func(to *int) {
		if n, err := strconv.Atoi(v); err == nil && n > 0 && n <= 4096 && *to == 0 {
			*to = n
		}
	}
	if board, ok := strings.CutPrefix(string(f), hardware); ok {
		if c.Hardware[board] == "" {
			c.Hardware[board] = v
		}
		return
	}
	switch f {
	case serialNumber:
		put(&c.Serial)
	case mode:
		put(&c.Mode)
	case read1:
		cycles(&c.Planned.Read1)
	case index1:
		cycles(&c.Planned.Index1)
	case index2:
		cycles(&c.Planned.Index2)
	case read2:
		cycles(&c.Planned.Read2)
	default:
		c.setConsumable(f, v)
	}
}

func (c *Configuration) setConsumable(f field, v string) {
	kind, part, _ := strings.Cut(string(f), ".")
	of := map[string]*Consumable{"flowcell": &c.FlowCell, "reagent": &c.Reagent, "buffer": &c.Buffer}[kind]
	switch {
	case of == nil:
	case part == "part" && of.Part == "":
		of.Part = v
	case part == "serial" && of.Serial == "":
		of.Serial = v
	case part == "expires" && of.Expires.IsZero():
		of.Expires = dayOf(v)
	}
}
