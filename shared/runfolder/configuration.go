package runfolder

import (
	"io"
	"strconv"
	"strings"
	"time"
)

// Configuration is what RunParameters.xml says of the instrument and of the run, in one
// form for every family. Values are as the file has them, at most 256 bytes each; what it
// does not say is empty. Serial numbers and the application's name stay on this machine:
// only [Configuration.Fields] is for others, and the catalog decides what of it may leave.
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

// Fields are the facts of a configuration that the catalog has an id for.
func (c Configuration) Fields() map[string]string {
	all := map[string]string{}
	for id, v := range map[string]string{
		"config.control_software": c.ControlSoftware, "config.rta": c.RTA, "config.fpga": c.FPGA, "config.firmware": c.Firmware,
		"run.chemistry": c.Chemistry, "run.flowcell_lot": c.FlowCell.Lot, "run.flowcell_part": c.FlowCell.Part,
		"run.reagent_lot": c.Reagent.Lot, "run.reagent_part": c.Reagent.Part, "run.buffer_lot": c.Buffer.Lot,
	} {
		if v != "" {
			all[id] = v
		}
	}
	return all
}

// ParseConfiguration reads RunParameters.xml of any family; serial is the instrument's,
// from RunInfo.xml, or empty.
func ParseConfiguration(r io.Reader, serial string) (Configuration, error) {
	found, group := map[string]string{}, map[string]string{}
	err := walk(r, "RunParameters", func(path string, attr func(string) string, value string) {
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
	return configure(found, serial), nil
}

func cutLast(path string) (parent, name string) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path
	}
	return path[:i], path[i+1:]
}

// configure applies the tables that go with what was found.
func configure(found map[string]string, serial string) Configuration {
	c := Configuration{Serial: serial, Hardware: map[string]string{}}
	use := layoutOf(&c, found)
	for _, l := range layouts {
		if use != "" && l.name != use {
			continue
		}
		for f, paths := range l.paths {
			for _, path := range paths {
				if v, ok := found[path]; ok {
					c.set(f, v)
					break
				}
			}
		}
	}
	c.Layout = use
	if use == "" {
		c.Layout = "any"
	}
	return c
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
	case controlSoftware:
		put(&c.ControlSoftware)
	case rta:
		put(&c.RTA)
	case fpga:
		put(&c.FPGA)
	case firmware:
		put(&c.Firmware)
	case chemistry:
		put(&c.Chemistry)
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
	case part == "lot" && of.Lot == "":
		of.Lot = v
	case part == "serial" && of.Serial == "":
		of.Serial = v
	case part == "expires" && of.Expires.IsZero():
		of.Expires = dayOf(v)
	}
}
