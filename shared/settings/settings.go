// Package settings holds one struct per function: everything a function is told
// by its environment, read once and checked at start. infra fills the same struct
// to write the environment, so a name cannot be spelt two ways. No secret is ever
// a setting.
package settings

import (
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
)

// Enrol is for functions/enrol: enrolment and consent.
type Enrol struct {
	Deployment       string `env:"DEPLOYMENT"`        // name in every envelope, "proactive-prod"
	InstrumentsTable string `env:"INSTRUMENTS_TABLE"` // instruments, enrolment codes, key set
	RequestsTable    string `env:"REQUESTS_TABLE"`    // nonces already used
	ChallengeKey     string `env:"CHALLENGE_KEY"`     // ARN, HMAC_256
	EraseQueue       string `env:"ERASE_QUEUE"`       // URL
	ExportQueue      string `env:"EXPORT_QUEUE"`      // URL
	DossiersBucket   string `env:"DOSSIERS_BUCKET"`
	DossiersKey      string `env:"DOSSIERS_KEY"` // ARN
}

// Authorize is for functions/authorize: challenge, keys, grants, receipts.
type Authorize struct {
	Deployment       string `env:"DEPLOYMENT"`
	InstrumentsTable string `env:"INSTRUMENTS_TABLE"`
	RequestsTable    string `env:"REQUESTS_TABLE"`
	LedgerTable      string `env:"LEDGER_TABLE"`
	ChallengeKey     string `env:"CHALLENGE_KEY"`
	InboxBucket      string `env:"INBOX_BUCKET"`
	InboxKey         string `env:"INBOX_KEY"` // ARN of the inbox bucket's CMK
}

// Validate is for functions/validate.
type Validate struct {
	Deployment       string   `env:"DEPLOYMENT"`
	InstrumentsTable string   `env:"INSTRUMENTS_TABLE"`
	LedgerTable      string   `env:"LEDGER_TABLE"`
	InboxBucket      string   `env:"INBOX_BUCKET"`
	ScrubQueue       string   `env:"SCRUB_QUEUE"`  // URL
	ReceiptKeys      []string `env:"RECEIPT_KEYS"` // ARNs, ECC_NIST_P256, newest first
}

// Scrub is for functions/scrub, the only opener.
type Scrub struct {
	Deployment       string   `env:"DEPLOYMENT"`
	LedgerTable      string   `env:"LEDGER_TABLE"`
	InstrumentsTable string   `env:"INSTRUMENTS_TABLE"` // the key set: which unwrap key is meant
	InboxBucket      string   `env:"INBOX_BUCKET"`
	CleanBucket      string   `env:"CLEAN_BUCKET"`
	CleanKey         string   `env:"CLEAN_KEY"` // ARN
	QuarantineBucket string   `env:"QUARANTINE_BUCKET"`
	QuarantineKey    string   `env:"QUARANTINE_KEY"` // ARN
	ScoreQueue       string   `env:"SCORE_QUEUE"`    // URL
	UnwrapKeys       []string `env:"UNWRAP_KEYS"`    // ARNs, RSA_4096, newest first
	ReceiptKeys      []string `env:"RECEIPT_KEYS"`   // ARNs, ECC_NIST_P256, newest first
}

// Score is for functions/score.
type Score struct {
	CleanBucket      string `env:"CLEAN_BUCKET"`
	HealthTable      string `env:"HEALTH_TABLE"`
	FindingsTable    string `env:"FINDINGS_TABLE"`
	InstrumentsTable string `env:"INSTRUMENTS_TABLE"` // which instruments were erased
	// Models are those that foretell: predict.InUse says what it may be.
	Models string `env:"MODELS"`
}

// Starter is for functions/starter, on the findings table's stream.
type Starter struct {
	InstrumentsTable string `env:"INSTRUMENTS_TABLE"` // tenant and site of the instrument
	CasesTable       string `env:"CASES_TABLE"`
	StateMachine     string `env:"STATE_MACHINE"` // ARN
	// Pace divides every duration of a case: 1 in production, 17280 lives a day in
	// five seconds.
	Pace int `env:"PACE"`
	// Predictions is what becomes of a finding that models made: "cases" opens a case as
	// any other, "record" keeps it and opens none.
	Predictions string `env:"PREDICTIONS"`
}

// Casework is for functions/casework: the steps of a case but for its notices.
type Casework struct {
	CasesTable    string `env:"CASES_TABLE"`
	FindingsTable string `env:"FINDINGS_TABLE"`
	HealthTable   string `env:"HEALTH_TABLE"`
	EventBus      string `env:"EVENT_BUS"` // name
}

// Notify is for functions/notify: the only one that reads people and sends mail.
type Notify struct {
	CasesTable       string `env:"CASES_TABLE"`
	FindingsTable    string `env:"FINDINGS_TABLE"`
	InstrumentsTable string `env:"INSTRUMENTS_TABLE"` // the serial number, for the mail
	PeopleTable      string `env:"PEOPLE_TABLE"`
	NoticesBucket    string `env:"NOTICES_BUCKET"`
	NoticesKey       string `env:"NOTICES_KEY"` // ARN
	SupportTopic     string `env:"SUPPORT_TOPIC"`
	LinkKey          string `env:"LINK_KEY"` // ARN, HMAC_256: makes the slot link
	Sender           string `env:"SENDER"`   // verified SES identity
	BaseURL          string `env:"BASE_URL"` // where the slot page is served
	ScheduleGroup    string `env:"SCHEDULE_GROUP"`
	ReminderRole     string `env:"REMINDER_ROLE"`     // ARN, assumed by EventBridge Scheduler
	ReminderFunction string `env:"REMINDER_FUNCTION"` // ARN of functions/remind
}

// Factor is for functions/factor: tells support of what many instruments share.
type Factor struct {
	FindingsTable string `env:"FINDINGS_TABLE"`
	PeopleTable   string `env:"PEOPLE_TABLE"`
	NoticesBucket string `env:"NOTICES_BUCKET"`
	NoticesKey    string `env:"NOTICES_KEY"`   // ARN
	SupportTopic  string `env:"SUPPORT_TOPIC"` // ARN
	Sender        string `env:"SENDER"`        // verified SES identity
}

// Remind is for functions/remind: wakes a waiting case by its stored task token.
type Remind struct {
	CasesTable string `env:"CASES_TABLE"`
}

// Slot is for functions/slot: the page on which a lab picks a visit.
type Slot struct {
	CasesTable string `env:"CASES_TABLE"`
}

// Reconcile is for functions/reconcile: the account of every batch, by schedule.
type Reconcile struct {
	InstrumentsTable string `env:"INSTRUMENTS_TABLE"` // who is enrolled
	LedgerTable      string `env:"LEDGER_TABLE"`
	HealthTable      string `env:"HEALTH_TABLE"`
	InboxBucket      string `env:"INBOX_BUCKET"`   // names only
	CleanBucket      string `env:"CLEAN_BUCKET"`   // names only
	ValidateQueue    string `env:"VALIDATE_QUEUE"` // URL
	ScoreQueue       string `env:"SCORE_QUEUE"`    // URL
}

// Erase is for functions/erase: the only one that deletes.
type Erase struct {
	Deployment       string   `env:"DEPLOYMENT"`
	InstrumentsTable string   `env:"INSTRUMENTS_TABLE"` // tombstones, codes, the instrument itself, the key set
	LedgerTable      string   `env:"LEDGER_TABLE"`
	HealthTable      string   `env:"HEALTH_TABLE"`
	FindingsTable    string   `env:"FINDINGS_TABLE"`
	CasesTable       string   `env:"CASES_TABLE"`
	InboxBucket      string   `env:"INBOX_BUCKET"`
	CleanBucket      string   `env:"CLEAN_BUCKET"`
	QuarantineBucket string   `env:"QUARANTINE_BUCKET"`
	NoticesBucket    string   `env:"NOTICES_BUCKET"`
	DossiersBucket   string   `env:"DOSSIERS_BUCKET"`
	StateMachine     string   `env:"STATE_MACHINE"` // ARN
	ScheduleGroup    string   `env:"SCHEDULE_GROUP"`
	EraseQueue       string   `env:"ERASE_QUEUE"`  // URL, its own: calls for the next round
	WorkQueues       []string `env:"WORK_QUEUES"`  // URLs
	DeadLetters      []string `env:"DEAD_LETTERS"` // URLs
	ReceiptKeys      []string `env:"RECEIPT_KEYS"` // ARNs, ECC_NIST_P256, newest first
	Pace             int      `env:"PACE"`         // divides the pause between two rounds, as it does a case's days
}

// Export is for functions/export: what is held of an instrument, for its lab.
type Export struct {
	Deployment       string `env:"DEPLOYMENT"`
	InstrumentsTable string `env:"INSTRUMENTS_TABLE"` // the instrument, its consents, which are erased
	LedgerTable      string `env:"LEDGER_TABLE"`
	HealthTable      string `env:"HEALTH_TABLE"`
	FindingsTable    string `env:"FINDINGS_TABLE"`
	CasesTable       string `env:"CASES_TABLE"`
	NoticesBucket    string `env:"NOTICES_BUCKET"`
	DossiersBucket   string `env:"DOSSIERS_BUCKET"`
	DossiersKey      string `env:"DOSSIERS_KEY"` // ARN
	ExportQueue      string `env:"EXPORT_QUEUE"` // URL, its own: calls for the next part
}

// listSeparator stands between the members of a list; no ARN has one.
const listSeparator = ","

// Load reads a settings struct from the environment. Every field must be there:
// a function that is told less than it needs must not start.
func Load[T any]() (T, error) {
	var s T
	v := reflect.ValueOf(&s).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("env")
		raw := os.Getenv(name)
		if raw == "" {
			return s, fmt.Errorf("reading settings: %s is not set", name)
		}
		switch v.Field(i).Kind() {
		case reflect.Slice:
			v.Field(i).Set(reflect.ValueOf(strings.Split(raw, listSeparator)))
			continue
		case reflect.Int:
			n, err := strconv.Atoi(raw)
			if err != nil || n <= 0 {
				return s, fmt.Errorf("reading settings: %s is not a positive number", name)
			}
			v.Field(i).SetInt(int64(n))
			continue
		}
		v.Field(i).SetString(raw)
	}
	return s, nil
}

// Environ is the inverse of Load: the environment that holds s.
func Environ(s any) map[string]string {
	env := map[string]string{}
	v := reflect.ValueOf(s)
	for i := range v.NumField() {
		value := v.Field(i).Interface()
		if list, ok := value.([]string); ok {
			value = strings.Join(list, listSeparator)
		}
		env[v.Type().Field(i).Tag.Get("env")] = fmt.Sprint(value)
	}
	return env
}
