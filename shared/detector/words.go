package detector

// announces tells whether a byte after a word makes it the name of what follows.
func announces(b byte) bool { return b == '=' || b == ':' || b == ' ' }

// names are words after which stands what identifies somebody or something, behind an equals
// sign or a space. With a space the word alone must be telling.
var names = map[string]bool{ // true: a space is enough
	"user": true, "username": true, "operator": true, "login": true, "patient": true, "name": false, "surname": true,
	"experimentname": false, "experiment": false, "sample": false, "samplename": false, "sampleid": false, "sampleproject": false, "project": false,
	"description": false, "library": false, "libraryid": false, "investigator": true, "investigatorname": false, "technician": true,
	"doctor": true, "dr": true, "mr": true, "mrs": true, "ms": true, "host": false, "hostname": false, "computername": false, "machine": false,
	"password": true, "passwd": true, "token": false, "secret": false, "apikey": false, "mrn": true, "nhc": true, "dob": true, "born": true,
	"email": false, "contact": false, "owner": false, "author": false, "paciente": true, "usuario": true, "operador": true, "nombre": false,
	"muestra": false, "experimento": false, "seq": false, "sequence": false, "index": false, "barcode": false, "samplesheet": false,
}

// mayAnnounce has, for each first letter, a bit for each length of a word in names: most words
// of a log are ruled out by it. mayAlone is the same of those that a space is enough for.
var mayAnnounce, mayAlone = func() (all, alone [256]uint32) {
	for w, enough := range names {
		for _, b := range []byte{w[0], w[0] - 'a' + 'A'} {
			if all[b] |= 1 << len(w); enough {
				alone[b] |= 1 << len(w)
			}
		}
	}
	return all, alone
}()

// ours are words that begin with a capital in an instrument's log and are nobody's name.
var ours = func() map[string]bool {
	all := map[string]bool{}
	for _, w := range []string{
		"Laser", "Camera", "Red", "Green", "Blue", "Fluidics", "Stage", "Chiller", "Flow", "Cell", "Flowcell", "Reagent", "Pump", "Syringe", "Valve",
		"Cycle", "Lane", "Tile", "Surface", "Swath", "Read", "Index", "Run", "Error", "Warning", "Info", "Debug", "Temperature", "Pressure", "Focus",
		"Operator", "Sample", "Sheet", "Control", "Software", "System", "Suite", "Version", "Firmware", "Board", "Interface", "Left", "Right", "Top", "Bottom",
		"Buffer", "Waste", "Door", "Lid", "Heater", "Fan", "Power", "Current", "Voltage", "Sensor", "Motor", "Axis", "Home", "Homing", "Position", "Step",
		"Cluster", "Clusters", "Density", "Passing", "Filter", "Quality", "Score", "Phasing", "Prephasing", "Intensity", "Image", "Imaging", "Scan", "Auto",
		"Rapid", "High", "Low", "Output", "Mode", "Kit", "Lot", "Part", "Serial", "Number", "Start", "Started", "Stop", "Stopped", "Completed", "Failed", "Retry",
		"Post", "Pre", "Wash", "Maintenance", "Check", "Test", "Service", "Base", "Calling", "Space", "Copy", "File", "Folder", "Data", "Analysis", "Network",
		"Standard", "Default", "Custom", "Unknown", "None", "True", "False", "Paired", "End", "Single", "Dual", "Illumina", "Bruno", "Controller", "Monday",
		"Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "January", "February", "March", "April", "June", "July", "August", "September",
		"October", "November", "December", "The", "This", "No", "Not", "And", "For", "With", "From", "To", "In", "On", "Of", "At", "Is", "Was", "Experiment", "Name",
		"Camera1", "Clinical", "Exome", "Adapter", "Plate", "Holder", "Rehyb", "Save", "All", "Thumbnails", "Serviced", "Planned", "User", "Early", "Ended",
	} {
		all[w] = true
	}
	return all
}()

// announced looks at what follows a word that could announce a name; after is where the
// token ends, beyond the dot of "Dr.".
func (s *Scanner) announced(start, end, after int) {
	if after >= len(s.line) || !announces(s.line[after]) && after == end {
		return
	}
	sep := s.line[after]
	if s.line[end] == ':' {
		sep = ':'
	}
	n := end - start
	may := &mayAnnounce
	if sep == ' ' {
		may = &mayAlone
	}
	if n > 16 || may[s.line[start]]&(1<<n) == 0 {
		return
	}
	var buf [16]byte
	for i, b := range s.line[start:end] {
		if classes[b]&upper != 0 {
			b += 'a' - 'A'
		}
		buf[i] = b
	}
	alone, known := names[string(buf[:n])]
	if !known || sep == ' ' && !alone {
		return
	}
	from := after
	for from < len(s.line) && (s.line[from] == ' ' || s.line[from] == '=' || s.line[from] == ':') {
		from++
	}
	to, quote := from, byte(0)
	if from < len(s.line) && (s.line[from] == '"' || s.line[from] == '\'') {
		quote = s.line[from]
		from++
		to = from
	}
	for to < len(s.line) && s.line[to] != quote && (quote != 0 || s.line[to] != ' ' && s.line[to] != ';' && s.line[to] != ',') {
		to++
	}
	if to > from {
		s.hit(Named, from, to)
	}
}

// mixed is a token of capital and small letters: half a name, bases, or a word of ours.
func (s *Scanner) mixed(start, end int, all uint16) (name bool) {
	if all&nuclear != 0 && end-start >= minNucleotides {
		s.hit(Nucleotide, start, end)
		return false
	}
	s.announced(start, end, end)
	if end-start >= 16 && encoded(s.line[start:end]) {
		s.hit(Encoded, start, end)
	}
	if classes[s.line[start]]&upper == 0 || end-start < 2 || classes[s.line[end-1]]&lower == 0 || ours[string(s.line[start:end])] {
		return false
	}
	if s.lastName && s.last.end+1 == start {
		s.hit(Person, s.last.start, end)
	}
	return true
}
