package detector

import "strings"

// table is words in small letters, without signs of joining, and what they say. Its filter
// rules out most words by three letters.
type table[V any] struct {
	words  map[string]V
	filter filter
}

// filter has a bit for the first two letters and the last of each word that it lets pass.
type filter [1 << 15 / 64]uint64

func (f *filter) add(w string) {
	at := uint(w[0]&31)<<10 | uint(w[len(w)-1]&31)
	if len(w) > 1 {
		at |= uint(w[1]&31) << 5
	}
	f[at/64] |= 1 << (at % 64)
}

// passes tells that a word may be one of those that were added.
func (f *filter) passes(w []byte) bool {
	if len(w) == 0 {
		return false
	}
	at := uint(w[0]&31)<<10 | uint(w[len(w)-1]&31)
	if len(w) > 1 {
		at |= uint(w[1]&31) << 5
	}
	return f[at/64]&(1<<(at%64)) != 0
}

// lookup finds a word, in any case.
func lookup[V any](in *table[V], word []byte) (v V, ok bool) {
	if !in.filter.passes(word) {
		return v, false
	}
	var buf [24]byte
	n := 0
	for _, b := range word {
		switch c := classes[b]; {
		case c&upper != 0:
			b += 'a' - 'A'
		case c&(joiner|dot) != 0:
			continue
		}
		if n == len(buf) {
			return v, false
		}
		buf[n] = b
		n++
	}
	v, ok = in.words[string(buf[:n])]
	return v, ok
}

func union(filters ...*filter) (all filter) {
	for _, f := range filters {
		for i := range f {
			all[i] |= f[i]
		}
	}
	return all
}

// known passes what may be an announcer or a name.
var known = union(&announcers.filter, &people.filter)

func set(words string) *table[bool] { return each(words, true) }

func each[V any](words string, v V) *table[V] {
	t := &table[V]{words: map[string]V{}}
	for _, w := range strings.Fields(words) {
		t.words[w] = v
		t.filter.add(w)
	}
	return t
}

// plainSet is words as they are written.
func plainSet(words string) map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(words) {
		all[w] = true
	}
	return all
}

func merge[V any](tables ...*table[V]) *table[V] {
	all := &table[V]{words: map[string]V{}}
	for _, t := range tables {
		for w, v := range t.words {
			all.words[w] = v
			all.filter.add(w)
		}
	}
	return all
}

// announcers are words after which stands what identifies somebody or something.
var announcers = merge(
	each("user username operator patient technician investigator mrn nhc born paciente usuario operador login logon surname physician clinician proband donor", uint8(alone)),
	each("password passwd passphrase", uint8(0)),
	each("dr prof mr mrs ms mme herr frau sra srta doctor doctora", uint8(alone|title)),
	each("dob birthdate dateofbirth nacido nacida nacimiento ssn dni nie nif nuhsa nhsnumber phone telephone tel mobile fax telefono movil passport pasaporte", uint8(alone|counted)),
	each("experimentname experiment samplename sampleproject projectname project description rundescription investigatorname technicianname operatorname patientname fullname firstname lastname nombre apellidos comment comments notes subject hospital clinic institution department address street", uint8(whole|loose)),
	each("sampleid library libraryid libraryname patientid subjectid hostname computername machinename workstation email mail owner author muestra experimento barcode samplesheet accession specimen specimenid medicalrecord medicalrecordnumber insurance secret apikey accesskey accesstoken authtoken sessionid runid runname ward customer customername account accountname workgroup sharename share", uint8(0)),
	each("sample name host machine contact token domain server site lab", uint8(loose)),
	each("seq sequence index", uint8(spelled)),
	each("january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre", uint8(dated)),
)

var months = set("jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august september october november december ene abr ago dic")

// connectors stand between an announcer and what it announces: user id 17, patient no. 4.
var connectors = set("id ids no nr nro num number name code is was ref identifier named called")

// services are words after which a day is the instrument's.
var services = set("expires expiry expiration expired exp calibrated calibration due built build release released version installed install service serviced maintenance manufactured mfg valid until since updated shipped")

// parts are words that say that a UUID is of a device.
var parts = set("device guid sensor clsid interface component board module driver class usb camera com")

// units follow numbers that count.
var units = set("b kb mb gb byte bytes octets reads read clusters cluster bases bp cycles cycle ns us ms s sec secs second seconds min minutes hours h steps step ticks counts count events rows records record pulses hz khz mhz lines items frames pixels px images files packets um nm mm mw ma kpa pa")

// rows are words before numbers in a row.
var rows = set("rows row steps step values value tiles tile lanes lane counts count positions position hist histogram bins bin data adc rgb offsets offset coefficients matrix vector xyz xy")

var sampleWords = merge(
	set("sample samples sampleid specimen patient subject pat pt lib library dna rna"), // with a digit behind
	each("tumor tumour normal germline somatic blood plasma serum saliva biopsy ffpe cfdna ctdna proband mother father sibling relapse donor cohort tcga", false),
)

// records announce a number within one token, and how long it has to be.
var records = merge(
	each("mrn nhc nhs hcn subj subject patient paciente ehr empi uhid pat nuhsa cipa", uint8(4)),
	each("pt", uint8(5)),
	each("pid mpi hc hist", uint8(7)),
)

// flowcells are how ids of flow cells end, by product.
var flowcells = plainSet("NXX CXX DXX AXX BXX BXY LXX CXY MXX RXX SXX SXY FXX GXX RX2 RX3 RX5 SX2 SX3 SX5 SX7 MX3 MX5 GX2 GX3 GX5 GX7 GX9 GXY FX2 FX3 FX5 LT1 LT2 LT3 LT4 M5 HV")

var secrets = []string{"AKIA", "ASIA", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "eyJ", "sk_live_", "sk-", "rk_live_", "AIza", "ya29.", "AGE-SECRET-KEY-", "hvs.", "dckr_pat_", "npm_"}

var secretInitials = func() (initials [256]bool) {
	for _, prefix := range secrets {
		initials[prefix[0]] = true
	}
	return initials
}()

// archives are how what is compressed or a picture begins in base64.
var archives = []string{"H4sI", "UEsDB", "eJx", "eJw", "eNp", "KLUv/", "iVBORw0", "/9j/4", "JVBERi", "QlpoO", "/Td6WF"}

// iupacWords have no letters but codes of nucleotides.
var iupacWords = set("standard standards backward backwards thursday saturday abstract abstracts subtract subtracts stagnant cataract landward scratchy backdrawn mustangs background guardant watchband backtrack backtracks hardback haystack")

// domains end names of hosts, with how many labels there have to be.
var domains = merge(
	each("org com net edu gov mil int local lan internal example test corp health hospital clinic med bio cloud intra intranet home priv", uint8(2)),
	each("es de fr it uk ch nl se dk pt be ie ca au jp cn mx br ar cl us eu pe gr cz hu ro fi nz za kr tw sg il tr ru ua cat gal eus", uint8(2)),
	each("info biz pl no at io in me co hk ae sa my th id is", uint8(3)),
)

// computers are words in names of computers; those of 1 with a number behind them, those of 2
// at the front.
var computers = merge(
	each("nas srv fileserver workstation", uint8(1)),
	each("desktop laptop win hwi pc lims server", uint8(2)),
	each("dc ws host", uint8(1)),
)

const (
	given = 1 << iota
	family
	weak // also a word, or a thing
	particle
)

// prefixes stand in names before another capital.
var prefixes = plainSet("Mc Mac De Di La Le Van Von Fitz Del Dos Da O")

// isOurs tells whether a word is one that instruments write, in any case, or by its ending
// no name.
func isOurs(w []byte) bool {
	if _, ok := lookup(ours, w); ok {
		return true
	}
	if len(w) < 7 {
		return false
	}
	for _, e := range endings {
		if len(w) > len(e)+2 && endsIn(w, e) {
			what, ok := lookup(people, w)
			return !ok || what&weak != 0
		}
	}
	return false
}

func endsIn(w []byte, ending string) bool {
	tail := w[len(w)-len(ending):]
	for i, b := range tail {
		if b|0x20 != ending[i] {
			return false
		}
	}
	return true
}

var endings = []string{"ing", "ings", "ed", "tion", "tions", "sion", "ment", "ments", "ness", "able", "ible", "ator", "ators", "izer", "meter", "meters", "scope", "ware", "ally", "ency", "ance", "ature", "cally", "tric", "tical"}
