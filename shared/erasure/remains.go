package erasure

import "time"

// How long copies remain that nobody can take out of their stores, in days. infra deploys
// by the same numbers, or its tests fail.
const (
	RecoveryDays = 35  // point-in-time recovery of a DynamoDB table, the longest there is
	StreamDays   = 1   // records of a DynamoDB stream
	HistoryDays  = 90  // closed executions of Step Functions
	LogDays      = 90  // log groups
	AccessDays   = 366 // access logs of the buckets, and the audit trail
	VersionDays  = 7   // older versions in the buckets of logs
	QueueDays    = 28  // a message in a queue, and then in its dead-letter queue
	InboxDays    = 35  // an object in the inbox
	AnswerDays   = 1   // what Athena answered, in its own store
)

// KeptDays is how long certificate and key are kept, so that the lab can fetch one.
const KeptDays = 366

// models are the models that were trained on customers' data: none is today. A model that
// is trained one day has its place here, with whose data it saw.
var models = []string{}

// residual are the copies that remain at the time of erasing.
func residual(at time.Time) []Residual {
	until := func(days int) string { return at.UTC().AddDate(0, 0, days+1).Format(DateFormat) }
	return []Residual{
		{"recovery of tables", "rows as they were, for the restoration of a whole table only; a restored table is erased again before it serves", until(RecoveryDays)},
		{"stream of findings", "findings under the opaque id, for one day", until(StreamDays)},
		{"history of closed cases' executions", "opaque ids, component and step results of cases, encrypted", until(HistoryDays)},
		{"logs of functions, interface and cases", "opaque ids, counts and reasons; no content", until(LogDays)},
		{"access logs of buckets and audit trail", "names of objects with opaque ids, who touched them and from which network address", until(AccessDays + VersionDays)},
		{"queues", "a message that came up after the last search, or that its stage had in hand then: opaque ids; dropped when it is delivered", until(QueueDays)},
		{"answers of Athena", "runs under opaque ids, of a question asked before the erasure, encrypted", until(AnswerDays)},
		{"inbox", "an upload that was still under way when the last search began: sealed, and opened by nobody", until(InboxDays + VersionDays)},
	}
}

// kept is what is kept on purpose.
func kept(at time.Time) []Kept {
	return []Kept{
		{"this certificate, the opaque id and the instrument's public key", "so that the lab can fetch the certificate by a signed request, and late messages find that the instrument was erased",
			at.UTC().AddDate(0, 0, KeptDays+1).Format(DateFormat)},
		{"contacts, sites and contracts of the customer", "they are the customer's, not the instrument's, and serve its other instruments", "the customer's own request"},
		{"mails, events and notifications that were delivered", "they are with those who received them", "what each recipient keeps"},
		{"receipts at the lab", "they are the lab's own proof of what was sent", "the lab deletes them"},
	}
}
