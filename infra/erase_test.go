package main

import (
	"testing"
	"time"

	"proactive/shared/erasure"
	"proactive/shared/export"
	"proactive/shared/settings"
)

// TestACertificateSaysHowLongCopiesRemain: what a certificate of erasure promises of the
// stores that nobody can delete from is how they are deployed.
func TestACertificateSaysHowLongCopiesRemain(t *testing.T) {
	d := onAWS(t)
	for _, group := range d.of(t, "AWS::Logs::LogGroup") {
		if days, _ := group.Props["RetentionInDays"].(float64); days < 1 || days > erasure.LogDays {
			t.Errorf("%s keeps lines for %v days, and certificates say %d", group, days, erasure.LogDays)
		}
	}
	for bucket, promised := range map[string]float64{
		"${data/AccessLogs}": erasure.AccessDays, "${guard/TrailLogs}": erasure.AccessDays, "${data/Inbox}": erasure.InboxDays,
	} {
		rule := at(d.find(t, bucket).Props, "LifecycleConfiguration", "Rules", 0)
		if days, _ := at(rule, "ExpirationInDays").(float64); days < 1 || days > promised {
			t.Errorf("%s keeps objects for %v days, and certificates say %v", bucket, days, promised)
		}
		if days, _ := at(rule, "NoncurrentVersionExpiration", "NoncurrentDays").(float64); days < 1 || days > erasure.VersionDays {
			t.Errorf("%s keeps old versions for %v days, and certificates say %d", bucket, days, erasure.VersionDays)
		}
	}
	for _, table := range d.of(t, "AWS::DynamoDB::Table") {
		// 35 days is the longest; a table that says fewer keeps what it says.
		if days := at(table.Props, "PointInTimeRecoverySpecification", "RecoveryPeriodInDays"); days != nil && days.(float64) > erasure.RecoveryDays {
			t.Errorf("%s can be recovered for %v days", table, days)
		}
	}
	for _, queue := range d.of(t, "AWS::SQS::Queue") {
		// A message may pass from a queue to its dead letters.
		if seconds, _ := queue.Props["MessageRetentionPeriod"].(float64); seconds < 1 || 2*seconds > erasure.QueueDays*86400 {
			t.Errorf("%s keeps messages for %v s", queue, seconds)
		}
	}
}

// TestAnExportKnowsWhenThingsEnd: what is not there any more has ended only after the time
// after which it is deployed to end; before that it is missing.
func TestAnExportKnowsWhenThingsEnd(t *testing.T) {
	d := onAWS(t)
	for bucket, life := range map[string]time.Duration{"${data/Clean}": export.CleanLife, "${data/Notices}": export.NoticeLife} {
		days, _ := at(d.find(t, bucket).Props, "LifecycleConfiguration", "Rules", 0, "ExpirationInDays").(float64)
		if time.Duration(days)*24*time.Hour != life {
			t.Errorf("%s keeps objects for %v days, and an export believes %s", bucket, days, life)
		}
	}
	// A copy of everything is gone a few days after it was made.
	rule := at(d.find(t, "${data/Dossiers}").Props, "LifecycleConfiguration", "Rules", 0)
	days, _ := at(rule, "ExpirationInDays").(float64)
	behind, _ := at(rule, "NoncurrentVersionExpiration", "NoncurrentDays").(float64)
	if days < 1 || behind < 1 || days+behind > 5 {
		t.Errorf("exports are kept for %v and %v days", days, behind)
	}
}

// TestTheEraserSearchesEveryStore: a bucket, table or queue that is deployed one day is
// one that it is told of, or that stands here with the reason why not.
func TestTheEraserSearchesEveryStore(t *testing.T) {
	spared := map[string]string{
		"${data/AccessLogs}": "opaque ids; ends by itself, as certificates say",
		"${guard/TrailLogs}": "as AccessLogs",
		"${data/Requests}":   "nonces, and no instrument",
		"${data/People}":     "the customer's, not the instrument's",
	}
	d := onAWS(t)
	told := map[string]bool{}
	for _, fn := range d.of(t, "AWS::Lambda::Function") {
		if folder(fn) == "erase" {
			for name, value := range variables(fn) {
				t.Setenv(name, value)
			}
		}
	}
	s, err := settings.Load[settings.Erase]()
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range append(append([]string{s.InstrumentsTable, s.LedgerTable, s.HealthTable, s.FindingsTable, s.CasesTable,
		s.InboxBucket, s.CleanBucket, s.QuarantineBucket, s.NoticesBucket, s.DossiersBucket, s.EraseQueue}, s.WorkQueues...), s.DeadLetters...) {
		told[one] = true
	}
	for _, kind := range []string{"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SQS::Queue"} {
		for _, r := range d.of(t, kind) {
			if told[r.ref()] == (spared[r.ref()] != "") {
				t.Errorf("%s: searched %v, spared because %q", r, told[r.ref()], spared[r.ref()])
			}
		}
	}
}
