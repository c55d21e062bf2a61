// Package layout holds every S3 key and every DynamoDB key of the deployment,
// with their parsers, so that a name cannot be spelt two ways. Ids in keys are
// opaque: an instrument's serial number or a run's name never stands in one.
package layout

import (
	"fmt"
	"regexp"
)

// An instrument id is "i-" and 26 characters of Crockford base 32, given when its
// enrolment code is issued; a batch id is a ULID the agent makes.
var (
	instrumentID = regexp.MustCompile(`^i-[0-9a-hjkmnp-tv-z]{26}$`)
	batchID      = regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{26}$`)
	inboxKey     = regexp.MustCompile(`^inbox/v1/(i-[0-9a-hjkmnp-tv-z]{26})/([0-9A-HJKMNP-TV-Z]{26})$`)
	cleanKey     = regexp.MustCompile(`^clean/v1/instrument=(i-[0-9a-hjkmnp-tv-z]{26})/([0-9A-HJKMNP-TV-Z]{26})\.parquet$`)
)

// ValidInstrument tells whether id has the form of an instrument id.
func ValidInstrument(id string) bool { return instrumentID.MatchString(id) }

// ValidBatch tells whether id has the form of a batch id.
func ValidBatch(id string) bool { return batchID.MatchString(id) }

// InboxKey is where an instrument's batch is uploaded. Each key is written once.
func InboxKey(instrument, batch string) string {
	return "inbox/v1/" + instrument + "/" + batch
}

// ParseInboxKey is the inverse of InboxKey.
func ParseInboxKey(key string) (instrument, batch string, err error) {
	m := inboxKey.FindStringSubmatch(key)
	if m == nil {
		return "", "", fmt.Errorf("not an inbox key")
	}
	return m[1], m[2], nil
}

// CleanKey is where a scrubbed batch rests, partitioned by instrument for Athena.
func CleanKey(instrument, batch string) string {
	return "clean/v1/instrument=" + instrument + "/" + batch + ".parquet"
}

// ParseCleanKey is the inverse of CleanKey.
func ParseCleanKey(key string) (instrument, batch string, err error) {
	m := cleanKey.FindStringSubmatch(key)
	if m == nil {
		return "", "", fmt.Errorf("not a clean key")
	}
	return m[1], m[2], nil
}

// QuarantineKey is where the ciphertext of a quarantined batch rests until its lifecycle ends it: 72 hours at most.
func QuarantineKey(instrument, batch string) string {
	return "quarantine/v1/" + instrument + "/" + batch
}

// NoticeKey is the archive of one notice of a case: its mail as sent (eml) or its
// event (json). case is the opaque case id with its ordinal; name is the notice's
// kind, unique within the case, so a retry lands on the same object.
func NoticeKey(caseID, name, ext string) string {
	return "notices/v1/" + caseID + "/" + name + "." + ext
}

// FactorNoticeKey is the archive of one notice of a factor, apart from those of cases: who
// writes it reads no customer's.
func FactorNoticeKey(id, name, ext string) string { return "factors/v1/" + id + "/" + name + "." + ext }

// NoticePrefix is what the keys of all notices of a case begin with.
func NoticePrefix(caseID string) string { return "notices/v1/" + caseID + "/" }

// ValidRequest tells whether id has the form of a request for an export: a ULID the agent
// makes.
func ValidRequest(id string) bool { return batchID.MatchString(id) }

// DossierStateKey is how far an instrument's export is.
func DossierStateKey(instrument string) string { return DossierPrefix(instrument) + "state.json" }

// DossierPartKey is one part of what was prepared for a request, from 1.
func DossierPartKey(instrument, request string, part int) string {
	return fmt.Sprintf("%s%s/part-%04d.zip", DossierPrefix(instrument), request, part)
}

// Prefixes of all objects of an instrument, each in its own bucket.

// InboxPrefix is what the keys of an instrument's uploads begin with.
func InboxPrefix(instrument string) string { return "inbox/v1/" + instrument + "/" }

// CleanPrefix is what the keys of an instrument's clean batches begin with.
func CleanPrefix(instrument string) string { return "clean/v1/instrument=" + instrument + "/" }

// QuarantinePrefix is what the keys of an instrument's quarantined batches begin with.
func QuarantinePrefix(instrument string) string { return "quarantine/v1/" + instrument + "/" }

// DossierPrefix is what the keys of an instrument's exports begin with.
func DossierPrefix(instrument string) string { return "dossiers/v1/" + instrument + "/" }
