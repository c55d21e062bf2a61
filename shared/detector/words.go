package detector

import (
	"math/bits"
	"strings"
)

// table is words and what they say, by a hash of their letters. There is one slot a word, or
// the next free one; its size is a power of two.
type table[V any] struct {
	slots  []slot[V]
	words  int
	filter filter
}

type slot[V any] struct {
	key  uint64
	what V
}

// filter has a bit for three letters and the length of each word that it lets pass.
type filter [1 << 16 / 64]uint64

func bitOf(first, middle, last byte, n int) uint32 {
	return (uint32(first&31) | uint32(middle&31)<<5 | uint32(last&31)<<10 | uint32(n)<<15) * 0x9e3779b1 >> 16 //nolint:gosec // G115: of a longer word, its lowest bits
}

// passes tells that a word, of letters only, may be one of those that were added.
func (f *filter) passes(w []byte) bool {
	b := bitOf(w[0], w[len(w)/2], w[len(w)-1], len(w))
	return f[b/64]>>(b%64)&1 != 0
}

// keyOf is a word by its letters, in any case, whatever joins them; 0 of what is no word.
func keyOf(word []byte) (key uint64) {
	n := 0
	for _, b := range word {
		switch {
		case b|0x20 >= 'a' && b|0x20 <= 'z':
			key = bits.RotateLeft64(key, 5) ^ uint64(b&31)
			n++
		case b != '_' && b != '-' && b != '.':
			return 0
		}
	}
	return key ^ uint64(n)<<58
}

// lookup finds a word.
func lookup[V any](in *table[V], word []byte) (v V, ok bool) {
	key := keyOf(word)
	if key == 0 {
		return v, false
	}
	mask := uint64(len(in.slots) - 1) //nolint:gosec // G115: there are slots
	for i := key * 0x9e3779b97f4a7c15 >> 32; ; i++ {
		switch s := &in.slots[i&mask]; s.key {
		case key:
			return s.what, true
		case 0:
			return v, false
		}
	}
}

// add adds words, in small letters; what one says last stands.
func (t *table[V]) add(words string, v V) {
	for _, w := range strings.Fields(words) {
		if t.words++; 4*t.words > len(t.slots) {
			t.grow()
		}
		t.put(keyOf([]byte(w)), v)
		b := bitOf(w[0], w[len(w)/2], w[len(w)-1], len(w))
		t.filter[b/64] |= 1 << (b % 64)
	}
}

func (t *table[V]) put(key uint64, v V) {
	mask := uint64(len(t.slots) - 1) //nolint:gosec // G115: there are slots
	i := key * 0x9e3779b97f4a7c15 >> 32
	for t.slots[i&mask].key != 0 && t.slots[i&mask].key != key {
		i++
	}
	t.slots[i&mask] = slot[V]{key, v}
}

func (t *table[V]) grow() {
	old := t.slots
	t.slots = make([]slot[V], max(64, 2*len(old)))
	for _, s := range old {
		if s.key != 0 {
			t.put(s.key, s.what)
		}
	}
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

func set(words string) *table[bool] { return tableOf(saying(true, words)) }

// said are words that say the same.
type said[V any] struct {
	what  V
	words string
}

func saying[V any](v V, words string) said[V] { return said[V]{v, words} }

func tableOf[V any](all ...said[V]) *table[V] {
	t := &table[V]{}
	for _, s := range all {
		t.add(s.words, s.what)
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

// announcers are words after which stands what identifies somebody or something.
var announcers = tableOf(
	saying(uint8(alone), "user username operator patient technician investigator mrn nhc born paciente usuario operador login logon surname physician clinician proband donor"),
	saying(uint8(0), "password passwd passphrase pwd passcode privatekey clientsecret accountkey secretaccesskey awssecretaccesskey"),
	saying(uint8(alone|title), "dr prof mr mrs ms mme herr frau sra srta doctor doctora"),
	saying(uint8(alone|counted), "dob birthdate dateofbirth nacido nacida nacimiento ssn dni nie nif nuhsa nhsnumber phone telephone tel mobile fax telefono movil passport pasaporte reisepass passnr passeport bearer mac macaddress ip ipaddress hn urn fallnr patnr hospno orcid imei iccid imsi vin latitude longitude gps geo steuerid steuernummer svnr svnummer ausweisnr ahv avs nuss nss pesel bsn cpf cnp tfn ihi npi itin ohip nino ppsn personnummer tckn oib jmbg rut curp abha amka"),
	saying(uint8(alone), "accession"),
	saying(uint8(whole|loose), "experimentname experiment samplename sampleproject projectname project description rundescription investigatorname technicianname operatorname patientname fullname firstname lastname nombre apellidos comment comments notes subject hospital clinic institution department address street"),
	saying(uint8(0), "sampleid library libraryid libraryname patientid subjectid hostname computername machinename workstation email mail owner author muestra experimento barcode samplesheet specimen specimenid medicalrecord medicalrecordnumber insurance secret apikey accesskey accesstoken authtoken sessionid runid runname ward customer customername account accountname workgroup sharename share"),
	saying(uint8(loose), "sample name host machine contact token domain server site lab"),
	saying(uint8(spelled), "seq sequence index"),
	saying(uint8(dated), "january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre januar februar juni juli oktober dezember gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre janeiro fevereiro junho julho setembro outubro dezembro"), //nolint:misspell // of other languages
)

var months = set("jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august september october november december ene abr ago dic")

// connectors stand between an announcer and what it announces: user id 17, patient no. 4.
var connectors = set("id ids no nr nro num number name code is was ref identifier named called")

// services are words after which a day is the instrument's.
var services = set("expires expiry expiration expired exp calibrated calibration due built build release released version installed install service serviced maintenance manufactured mfg valid until since updated shipped")

// supplies are words before numbers of what an instrument uses up.
var supplies = set("part parts partnumber pn lot lots lotnumber kit reagent serial sn flowcellpartnumber flowcelllotnumber")

// parts are words that say that a UUID is of a device.
var parts = set("device guid sensor clsid interface component board module driver class usb camera com")

// units follow numbers that count.
var units = set("b kb mb gb byte bytes octets reads read clusters cluster bases bp cycles cycle ns us ms s sec secs second seconds min minutes hours h steps step ticks counts count events rows records record pulses hz khz mhz lines items frames pixels px images files packets um nm mm mw ma kpa pa")

// rows are words before numbers in a row.
var rows = set("rows row steps step values value tiles tile lanes lane counts count positions position hist histogram bins bin data adc rgb offsets offset coefficients matrix vector xyz xy")

var sampleWords = tableOf(
	saying(true, "sample samples sampleid specimen patient subject pat pt library"), // with a digit behind
	saying(false, "tumor tumour normal germline somatic blood plasma serum saliva biopsy ffpe cfdna ctdna proband mother father sibling relapse donor cohort tcga"),
)

// records announce a number within one token, and how long it has to be.
var records = tableOf(
	saying(uint8(4), "mrn nhc nhs hcn subj subject patient paciente ehr empi uhid pat nuhsa cipa"),
	saying(uint8(5), "pt"),
	saying(uint8(7), "pid mpi hc hist err"),
	saying(uint8(5), "srr drr srs ers drs srx erx drx samn samea samd prjna prjeb prjdb gsm egan egar phs"), // of archives of sequence
)

// flowcells are how ids of flow cells end, by product.
var flowcells = plainSet("NXX CXX DXX AXX BXX BXY LXX CXY MXX RXX SXX SXY FXX GXX RX2 RX3 RX5 SX2 SX3 SX5 SX7 MX3 MX5 GX2 GX3 GX5 GX7 GX9 GXY FX2 FX3 FX5 LT1 LT2 LT3 LT4 M5 HV")

var secrets = []string{"AKIA", "ASIA", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "eyJ", "sk_live_", "sk-", "rk_live_", "AIza", "ya29.", "AGE-SECRET-KEY-", "hvs.", "dckr_pat_", "npm_", "pypi-", "SG.", "AAAAB3NzaC1", "AAAAC3NzaC1", "AAAAE2VjZHNh", "MIIB", "MIIC", "MIIE", "MIIJ"}

var secretInitials = func() (initials [256]bool) {
	for _, prefix := range secrets {
		initials[prefix[0]] = true
	}
	return initials
}()

// archives are how what is compressed or a picture begins in base64.
var archives = []string{"H4sI", "UEsDB", "eJw", "eJx", "eJy", "eJz", "eNo", "eNp", "eNq", "eNr", "eAE", "KLUv/", "iVBORw0", "/9j/4", "JVBERi", "QlpoO", "/Td6WF"}

// iupacWords have no letters but codes of nucleotides.
var iupacWords = set("standard standards backward backwards thursday saturday abstract abstracts subtract subtracts stagnant cataract landward scratchy backdrawn mustangs background guardant watchband backtrack backtracks hardback haystack")

// domains end names of hosts, with how many labels there have to be.
var domains = tableOf(
	saying(uint8(2), "org com net edu gov mil int local lan internal example test corp health hospital clinic med bio cloud intra intranet home priv"),
	saying(uint8(2), "es de fr it uk ch nl se dk pt be ie ca au jp cn mx br ar cl us eu pe gr cz hu ro fi nz za kr tw sg il tr ru ua cat gal eus"),
	saying(uint8(3), "info biz pl no at io in me co hk ae sa my th id is"),
)

// computers are words in names of computers, with a number behind; those that say true also
// without one, at the front.
var computers = tableOf(
	saying(false, "nas srv fileserver dc ws"),
	saying(true, "desktop laptop win hwi pc lims server workstation host"),
)

const (
	given = 1 << iota
	family
	weak // also a word, or a thing
	particle
)

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

var endings = []string{"ing", "ings", "ed", "tion", "tions", "sion", "ment", "ments", "ness", "able", "ible", "ator", "ators", "izer", "meter", "meters", "scope", "ware", "ally", "ency", "ance", "ature", "cally", "tric", "tical", "ility", "ward", "ship", "less", "proof"}
