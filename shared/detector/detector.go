// Package detector finds in lines of text what identifies a person, a sample or a place, or
// spells a sequence. It knows shapes, the words that stand before a name, and some hundreds
// of names; it does not know what the text is for. It is written for speed: one pass by a
// table of classes cuts a line into tokens, and only a token whose classes could be an
// identifier's is looked at.
//
// It is the second wall behind the catalog, and what a lab searches its own logs with. What
// it cannot see has no shape: a rare family name in lower case that no word announces, a
// number of a record that says nothing of being one, bases packed two bits each.
package detector

// Rule is a kind of identifier.
type Rule string

// The rules. Reasons says why each is there; TestRules has a line for each.
const (
	Email      Rule = "email"
	Path       Rule = "path"
	URL        Rule = "url"
	IP         Rule = "ip"
	MAC        Rule = "mac"
	UUID       Rule = "uuid"
	Host       Rule = "host"
	SSN        Rule = "ssn"
	DNI        Rule = "dni"
	NHS        Rule = "nhs"
	National   Rule = "national-id"
	Date       Rule = "date"
	Phone      Rule = "phone"
	Card       Rule = "card"
	IBAN       Rule = "iban"
	MRN        Rule = "mrn"
	Nucleotide Rule = "nucleotide"
	RunID      Rule = "run-id"
	Flowcell   Rule = "flowcell"
	Person     Rule = "person"
	Sample     Rule = "sample"
	Named      Rule = "named"
	Secret     Rule = "secret"
	Foreign    Rule = "foreign"
	Encoded    Rule = "encoded"
)

// Reasons are why each rule is there, for the pages that list them.
var Reasons = map[Rule]string{ //nolint:gosec // G101: it says what secrets are, and has none
	Email:      "an address of a person or an account",
	Path:       "a drive, a share or a home: paths name hosts and people",
	URL:        "an address in the web names a site, and often a sample or a token",
	IP:         "an address of a computer of the lab's; four numbers that begin below 10 are a version",
	MAC:        "an address of one network card",
	UUID:       "an id of a run, an account or an upload; one in braces, or that a word such as device announces, is of a part or a driver and stays",
	Host:       "a name of a computer: by its domain, its port, or the way computers are named",
	SSN:        "a Social Security Number, or an Individual Taxpayer Identification Number",
	DNI:        "a Spanish DNI or NIE",
	NHS:        "a number of the National Health Service, by its check digit",
	National:   "a number by which another country knows a person: a National Insurance number, a codice fiscale, a CPF, a personnummer, a Medicare number, an Aadhaar number, and those of a dozen more by their check digits",
	Date:       "a day, which may be somebody's birth; one with a time of day is the log's own, unless it is long past",
	Phone:      "a telephone number",
	Card:       "a number of a payment card, by its first digits",
	IBAN:       "a bank account, by its check digits",
	MRN:        "a number of a record or a patient that says it is one",
	Nucleotide: "eight bases or more, the length of the shortest index, in any case, with ambiguity codes, spaced or joined",
	RunID:      "a run folder's name, or the name of a read",
	Flowcell:   "an id of a flow cell stands in the name of every read that is published",
	Person:     "two words or more that stand and look like names, or one that is a common name",
	Sample:     "a code with a name in it, or that says it is a sample or a patient",
	Named:      "what follows a word such as user or patient, or stands in a field of that name",
	Secret:     "a key or token in one of the forms that services give out",
	Foreign:    "letters beyond ASCII: names in other scripts, or letters in disguise",
	Encoded:    "text in base64, base32, hex, percent signs or gzip",
}

// Hit is where a rule hit: bytes [Start, End) of the line. It does not hold what it hit.
type Hit struct {
	Rule       Rule
	Start, End int
}

// minNucleotides is the shortest index in use.
const minNucleotides = 8
