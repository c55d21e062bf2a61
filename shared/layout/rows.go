package layout

import (
	"fmt"
	"time"
)

// The tables. Every table has partition key "pk" and sort key "sk", both strings.
//
//	instruments  INSTRUMENT#<id> / PROFILE       the instrument, its consent with the statement that proves it
//	             INSTRUMENT#<id> / CONSENT#<enrolment>#<version>
//	                                             a consent statement; versions count from 1 in each enrolment
//	             CODE#<sha256 hex> / CODE        an enrolment code, by digest of its secret
//	             KEYSET / CURRENT                the signed key set, as bytes
//	             ERASED#<id> / ERASED            an erasure under way; then its certificate (TTL)
//	             ERASER / TURN                   there while somebody erases (TTL)
//	requests     NONCE#<nonce> / NONCE           a nonce that was used (TTL)
//	ledger       <id> / BATCH#<batch>            a batch: granted, claimed, stored, …
//	             <id> / SEQUENCE#<n>             which batch owns a sequence number
//	             <id> / DAY#<yyyy-mm-dd>         bytes granted that day
//	             <id> / HEAD                     the head of the receipt chain
//	             <id> / RECEIPT#<ordinal>        a signed receipt
//	health       <id> / RUN#<sequence>           one run's features
//	             <id> / SERVICE#<component>      epoch of a component: when it was last serviced
//	             <id> / CONDITION                its condition, as far as it is settled
//	             <id> / STATUS                   how its components stand, and what is foretold
//	             <id> / COHORTS                  the cohorts that it is in
//	             COHORT#<sha256 hex> / COHORT    what instruments share that have one level of a factor in common
//	findings     <id> / FINDING#<finding>        a finding; the stream starts cases
//	             <id> / HEAD                     the revision that every decision raises
//	             FACTORS / FACTOR#<factor>       what many instruments share and is off; the stream tells support
//	cases        OPEN#<id>#<component> / OPEN    which case is open, and the last ordinal
//	             CASE#<case> / CASE              the case
//	             CASE#<case> / TOKEN             the task token it waits on
//	             SLOT#<sha256 hex> / SLOT        a slot link, by digest of its secret
//	             PAST#<component> / <closed>#<case>
//	                                             a closed case that models foretold, and why
//	people       TENANT#<id> / TENANT            a customer organisation
//	             TENANT#<id> / SITE#<site>       a site, its address, language, time zone
//	             TENANT#<id> / CONTRACT#<site>   what service is owed
//	             TENANT#<id> / CONTACT#<contact> a person: name, mail, language, roles, sites
//	             SUPPORT / CONTACT#<contact>     a person of ours

// Sort keys with one value.
const (
	Profile   = "PROFILE"
	Code      = "CODE"
	Current   = "CURRENT"
	Nonce     = "NONCE"
	Head      = "HEAD"
	Open      = "OPEN"
	Case      = "CASE"
	Token     = "TOKEN"
	Slot      = "SLOT"
	Tenant    = "TENANT"
	Condition = "CONDITION"
	Status    = "STATUS"
	Cohorts   = "COHORTS"
	Cohort    = "COHORT"
	Erased    = "ERASED"
	Turn      = "TURN"
)

// KeySetRow is the partition of the signed key set.
const KeySetRow = "KEYSET"

// EraserRow is the partition of the turn to erase.
const EraserRow = "ERASER"

// SupportRow is the partition of our own contacts.
const SupportRow = "SUPPORT"

// FactorsRow is the partition of all factors that were noticed.
const FactorsRow = "FACTORS"

// Partition keys.

// InstrumentRow is the partition of one instrument.
func InstrumentRow(id string) string { return "INSTRUMENT#" + id }

// ErasedRow is the partition of an instrument's tombstone.
func ErasedRow(id string) string { return "ERASED#" + id }

// CodeRow is the partition of an enrolment code, by the hex SHA-256 of its secret.
func CodeRow(digest string) string { return "CODE#" + digest }

// NonceRow is the partition of a used nonce.
func NonceRow(nonce string) string { return "NONCE#" + nonce }

// OpenRow is the partition that allows one open case per instrument and component.
func OpenRow(instrument, component string) string { return "OPEN#" + instrument + "#" + component }

// CaseRow is the partition of a case; id is the opaque case id with its ordinal.
func CaseRow(id string) string { return "CASE#" + id }

// SlotRow is the partition of a slot link, by the hex SHA-256 of its secret.
func SlotRow(digest string) string { return "SLOT#" + digest }

// PastRow is the partition of the closed cases on a component that models foretold.
func PastRow(component string) string { return "PAST#" + component }

// TenantRow is the partition of a tenant.
func TenantRow(id string) string { return "TENANT#" + id }

// Sort keys.

// ConsentRows begins the sort keys of an instrument's consent statements.
const ConsentRows = "CONSENT#"

// ConsentRow is a consent statement. Each enrolment has a chain of its own: one that
// begins anew overwrites nothing that was said before.
func ConsentRow(enrolment string, version int64) string {
	return fmt.Sprintf("%s%s#%012d", ConsentRows, enrolment, version)
}

// PastCase is a closed case among those on its component, sorted by when it was closed.
func PastCase(closed time.Time, id string) string {
	return closed.UTC().Format(time.RFC3339) + "#" + id
}

// BatchRow is a batch in the ledger.
func BatchRow(batch string) string { return "BATCH#" + batch }

// SequenceRow is the owner of a sequence number, padded so that rows sort by it.
func SequenceRow(n int64) string { return fmt.Sprintf("SEQUENCE#%012d", n) }

// DayRow counts what was granted on a UTC day, "2006-01-02".
func DayRow(day string) string { return "DAY#" + day }

// ReceiptRow is a receipt, by its ordinal in the instrument's chain.
func ReceiptRow(ordinal int64) string { return fmt.Sprintf("RECEIPT#%012d", ordinal) }

// RunRow is one run's features.
func RunRow(sequence int64) string { return fmt.Sprintf("RUN#%012d", sequence) }

// ServiceRow is the last service of a component.
func ServiceRow(component string) string { return "SERVICE#" + component }

// CohortRow is the partition of a cohort, by the digest that names its level.
func CohortRow(level string) string { return "COHORT#" + level }

// FindingRow is a finding.
func FindingRow(id string) string { return "FINDING#" + id }

// FactorRow is a factor that was noticed.
func FactorRow(id string) string { return "FACTOR#" + id }

// SiteRow is a site of a tenant.
func SiteRow(site string) string { return "SITE#" + site }

// ContractRow is what service is owed at a site.
func ContractRow(site string) string { return "CONTRACT#" + site }

// ContactRow is a person.
func ContactRow(contact string) string { return "CONTACT#" + contact }
