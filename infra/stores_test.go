package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// flavours runs a test on every deployment that was synthesised.
func flavours(t *testing.T, check func(t *testing.T, d deployment)) {
	t.Helper()
	for _, env := range []environment{production, emulated} {
		t.Run(env.Name, func(t *testing.T) { check(t, deployed(t, env)) })
	}
}

// symmetricKey says whether a reference is the ARN of a customer-managed key of ours
// that rotates.
func (d deployment) symmetricKey(reference any) bool {
	for _, r := range d.resources {
		if r.Type == "AWS::KMS::Key" && r.arn() == reference {
			return r.Props["KeySpec"] == nil && r.Props["EnableKeyRotation"] == true
		}
	}
	return false
}

// ownKeyless are the stores that cannot have a customer-managed key, with the reason.
var ownKeyless = map[string]string{
	"${data/AccessLogs}": "S3's log delivery does not write under a customer's key (S3 user guide, 2026-11)",
}

func TestEveryBucketIsPrivateEncryptedVersionedAndForgets(t *testing.T) {
	flavours(t, func(t *testing.T, d deployment) {
		for _, b := range d.of(t, "AWS::S3::Bucket") {
			for _, block := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
				if at(b.Props, "PublicAccessBlockConfiguration", block) != true {
					t.Errorf("%s: %s is not set", b, block)
				}
			}
			if got := at(b.Props, "OwnershipControls", "Rules", 0, "ObjectOwnership"); got != "BucketOwnerEnforced" {
				t.Errorf("%s: object ownership is %v", b, got)
			}
			quarantine := strings.HasPrefix(b.Name, "Quarantine")
			// A version behind would be there for longer than the 72 hours that are promised.
			if got := at(b.Props, "VersioningConfiguration", "Status"); got != "Enabled" && !quarantine || got != nil && quarantine {
				t.Errorf("%s: versioning is %v", b, got)
			}
			if n := at(b.Props, "LifecycleConfiguration", "Rules", 0, "ExpirationInDays"); quarantine && n != 1. {
				t.Errorf("%s: ends what it holds after %v days: midnight comes on top, and S3's own hours, and 72 are promised", b, n)
			}
			encryption := at(b.Props, "BucketEncryption", "ServerSideEncryptionConfiguration", 0)
			key := at(encryption, "ServerSideEncryptionByDefault", "KMSMasterKeyID")
			if !d.symmetricKey(key) && ownKeyless[b.ref()] == "" {
				t.Errorf("%s: its key is %v, not one of ours", b, key)
			}
			rule := at(b.Props, "LifecycleConfiguration", "Rules", 0)
			for _, days := range []any{at(rule, "ExpirationInDays"), at(rule, "NoncurrentVersionExpiration", "NoncurrentDays"), at(rule, "AbortIncompleteMultipartUpload", "DaysAfterInitiation")} {
				if n, _ := days.(float64); n < 1 || at(rule, "Status") != "Enabled" {
					t.Errorf("%s: the lifecycle rule %v leaves something for ever", b, rule)
				}
			}
		}
	})
}

// TestNothingIsStoredOverOldTLS reads the policies of every bucket, queue and topic.
func TestNothingIsStoredOverOldTLS(t *testing.T) {
	flavours(t, func(t *testing.T, d deployment) {
		for _, store := range []struct{ kind, policy, holder, action string }{
			{"AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket", "s3:*"},
			{"AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues", "sqs:*"},
			{"AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics", "sns:Publish"},
		} {
			for _, r := range d.of(t, store.kind) {
				plain, old := false, false
				for _, p := range d.of(t, store.policy) {
					if !slices.Contains(list(p.Props[store.holder]), r.ref()) {
						continue
					}
					for _, s := range statements(p) {
						if !s.deny || !slices.Contains(s.actions, store.action) || !slices.Contains(s.principals, "*") || !coversAll(s, r) {
							continue
						}
						plain = plain || s.condition == `{"Bool":{"aws:SecureTransport":"false"}}`
						old = old || s.condition == `{"NumericLessThan":{"s3:TlsVersion":1.2}}`
					}
				}
				if !plain {
					t.Errorf("%s: plain HTTP is not refused", r)
				}
				// SQS and SNS have no condition key for the version; their endpoints take 1.2 and newer.
				if store.kind == "AWS::S3::Bucket" && !old {
					t.Errorf("%s: TLS older than 1.2 is not refused", r)
				}
			}
		}
	})
}

// coversAll says whether a statement covers a store and all that is in it.
func coversAll(s statement, r resource) bool {
	switch r.Type {
	case "AWS::S3::Bucket":
		return slices.Contains(s.resources, r.arn()) && slices.Contains(s.resources, r.arn()+"/*")
	case "AWS::SNS::Topic":
		return slices.Contains(s.resources, r.ref())
	}
	return slices.Contains(s.resources, r.arn())
}

// TestEveryObjectIsWrittenUnderItsBucketsKey: a bucket's default key is only a default.
func TestEveryObjectIsWrittenUnderItsBucketsKey(t *testing.T) {
	flavours(t, func(t *testing.T, d deployment) {
		for _, b := range d.of(t, "AWS::S3::Bucket") {
			if b.Stack != "data" || ownKeyless[b.ref()] != "" {
				continue // the trail's bucket is written by CloudTrail alone, which is given the key
			}
			key := at(b.Props, "BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "KMSMasterKeyID")
			want := fmt.Sprintf(`{"StringNotEquals":{"s3:x-amz-server-side-encryption-aws-kms-key-id":%q}}`, key)
			if !d.refuses(t, b, want) {
				t.Errorf("%s: a write under another key than %v is not refused", b, key)
			}
		}
	})
}

func TestTheInboxRefusesOverwritesAndOldSignatures(t *testing.T) {
	flavours(t, func(t *testing.T, d deployment) {
		inbox := d.find(t, "${data/Inbox}")
		for _, condition := range []string{`{"Null":{"s3:if-none-match":"true"}}`, `{"NumericGreaterThan":{"s3:signatureAge":"300000"}}`} {
			if !d.refuses(t, inbox, condition) {
				t.Errorf("the inbox does not refuse a write on the condition %s", condition)
			}
		}
	})
}

// refuses says whether a bucket denies everyone to write an object on a condition.
func (d deployment) refuses(t *testing.T, b resource, condition string) bool {
	t.Helper()
	for _, p := range d.of(t, "AWS::S3::BucketPolicy") {
		for _, s := range statements(p) {
			if p.Props["Bucket"] == b.ref() && s.deny && slices.Contains(s.principals, "*") &&
				slices.Contains(s.actions, "s3:PutObject") && slices.Contains(s.resources, b.arn()+"/*") && s.condition == condition {
				return true
			}
		}
	}
	return false
}

// TestTheInboxOutlivesTheQueues: a redriven message finds its object. The object may be
// as old as the longest wait in a queue and then in its dead-letter queue.
func TestTheInboxOutlivesTheQueues(t *testing.T) {
	d := onAWS(t)
	longest := 0.0
	for _, q := range d.of(t, "AWS::SQS::Queue") {
		seconds, _ := q.Props["MessageRetentionPeriod"].(float64)
		longest = max(longest, seconds/86400)
	}
	rule := at(d.find(t, "${data/Inbox}").Props, "LifecycleConfiguration", "Rules", 0)
	days, _ := at(rule, "ExpirationInDays").(float64)
	if longest == 0 || days <= 2*longest {
		t.Errorf("the inbox keeps a batch %v days, a queue and its dead-letter queue %v", days, 2*longest)
	}
}

func TestEveryQueueIsEncryptedAndHasSomewhereToFail(t *testing.T) {
	flavours(t, func(t *testing.T, d deployment) {
		dead := map[string]bool{}
		for _, q := range d.of(t, "AWS::SQS::Queue") {
			if got := q.Props["KmsMasterKeyId"]; !d.symmetricKey(got) {
				t.Errorf("%s: its key is %v", q, got)
			}
			if seconds, _ := q.Props["MessageRetentionPeriod"].(float64); seconds != 14*86400 {
				t.Errorf("%s: keeps messages %v s, want 14 days", q, seconds)
			}
			if target, _ := at(q.Props, "RedrivePolicy", "deadLetterTargetArn").(string); target != "" {
				dead[target] = true
				if n, _ := at(q.Props, "RedrivePolicy", "maxReceiveCount").(float64); n < 2 || n > 10 {
					t.Errorf("%s: a message is tried %v times", q, n)
				}
			}
		}
		fed := map[string]bool{}
		for _, m := range d.of(t, "AWS::Lambda::EventSourceMapping") {
			fed[fmt.Sprint(m.Props["EventSourceArn"])] = true
		}
		for _, q := range d.of(t, "AWS::SQS::Queue") {
			switch works := fed[q.arn()]; {
			case works && at(q.Props, "RedrivePolicy", "deadLetterTargetArn") == nil:
				t.Errorf("%s: a message that always fails is tried for ever", q)
			case !works && at(q.Props, "RedrivePolicy") != nil:
				t.Errorf("%s: a dead-letter queue that nobody reads may not redrive", q)
			case works && dead[q.arn()]:
				t.Errorf("%s: work and dead letters in one queue", q)
			}
		}
	})
}

// deadLetterQueues are the queues that take what failed, found by their use: redrive,
// rule targets, event sources and asynchronous calls. A queue without a consumer that is
// none of them would be one where messages disappear.
func (d deployment) deadLetterQueues(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	add := func(arn any) {
		if arn != nil {
			out[fmt.Sprint(arn)] = true
		}
	}
	for _, r := range d.resources {
		switch r.Type {
		case "AWS::SQS::Queue":
			add(at(r.Props, "RedrivePolicy", "deadLetterTargetArn"))
		case "AWS::Events::Rule":
			targets, _ := r.Props["Targets"].([]any)
			for _, target := range targets {
				add(at(target, "DeadLetterConfig", "Arn"))
			}
		case "AWS::Lambda::EventSourceMapping", "AWS::Lambda::EventInvokeConfig":
			add(at(r.Props, "DestinationConfig", "OnFailure", "Destination"))
		}
	}
	if len(out) == 0 {
		t.Fatal("no dead-letter queue")
	}
	return out
}

func TestEveryDeadLetterCallsAPerson(t *testing.T) {
	flavours(t, func(t *testing.T, d deployment) {
		watched := map[string]bool{}
		for _, a := range d.of(t, "AWS::CloudWatch::Alarm") {
			if a.Props["MetricName"] == "ApproximateNumberOfMessagesVisible" && a.Props["Threshold"] == 1.0 {
				watched[fmt.Sprint(at(a.Props, "Dimensions", 0, "Value"))] = true
			}
		}
		for arn := range d.deadLetterQueues(t) {
			if q := d.find(t, arn); !watched[strings.Replace(q.arn(), ".Arn}", ".QueueName}", 1)] {
				t.Errorf("%s: no alarm when the first message arrives", q)
			}
		}
	})
}

func TestEveryAlarmHasAnAction(t *testing.T) {
	flavours(t, func(t *testing.T, d deployment) {
		for _, a := range d.of(t, "AWS::CloudWatch::Alarm") {
			actions := list(a.Props["AlarmActions"])
			if len(actions) == 0 {
				t.Errorf("%s: nobody hears it", a)
			}
			for _, action := range actions {
				topic := d.find(t, action)
				if topic.Type != "AWS::SNS::Topic" || !d.alarmsMayPublish(t, topic) {
					t.Errorf("%s: %s does not take messages from CloudWatch", a, topic)
				}
			}
		}
	})
}

// alarmsMayPublish: the topic's policy and its key's let CloudWatch in. Without the
// second, an alarm's action fails where nobody sees it.
func (d deployment) alarmsMayPublish(t *testing.T, topic resource) bool {
	t.Helper()
	names := func(p resource, action string) bool {
		for _, s := range statements(p) {
			if !s.deny && slices.Contains(s.principals, "cloudwatch.amazonaws.com") && matchesAny(s.actions, action) && s.condition != "" {
				return true
			}
		}
		return false
	}
	open := false
	for _, p := range d.of(t, "AWS::SNS::TopicPolicy") {
		open = open || slices.Contains(list(p.Props["Topics"]), topic.ref()) && names(p, "sns:Publish")
	}
	key := d.find(t, topic.Props["KmsMasterKeyId"])
	return open && names(key, "kms:GenerateDataKey") && names(key, "kms:Decrypt")
}

func TestEveryTopicAndBusIsEncrypted(t *testing.T) {
	flavours(t, func(t *testing.T, d deployment) {
		for _, r := range d.of(t, "AWS::SNS::Topic") {
			if !d.symmetricKey(r.Props["KmsMasterKeyId"]) {
				t.Errorf("%s: its key is %v", r, r.Props["KmsMasterKeyId"])
			}
		}
		for _, r := range d.of(t, "AWS::Events::EventBus") {
			if !d.symmetricKey(r.Props["KmsKeyIdentifier"]) {
				t.Errorf("%s: its key is %v", r, r.Props["KmsKeyIdentifier"])
			}
		}
		for _, r := range d.of(t, "AWS::StepFunctions::StateMachine") {
			if key := at(r.Props, "EncryptionConfiguration", "KmsKeyId"); !d.symmetricKey(key) {
				t.Errorf("%s: its key is %v", r, key)
			}
			if at(r.Props, "LoggingConfiguration", "IncludeExecutionData") != false {
				t.Errorf("%s: what a case carries is logged", r)
			}
		}
	})
}

func TestNoArrivalIsLostOnTheWay(t *testing.T) {
	flavours(t, func(t *testing.T, d deployment) {
		if at(d.find(t, "${data/Inbox}").Props, "NotificationConfiguration", "EventBridgeConfiguration", "EventBridgeEnabled") != true {
			t.Error("the inbox does not tell EventBridge of arrivals")
		}
		for _, r := range d.of(t, "AWS::Events::Rule") {
			if r.Props["State"] != "ENABLED" {
				t.Errorf("%s: is off", r)
			}
			if r.Props["ScheduleExpression"] != nil {
				continue // a clock, see TestTheAccountIsReadEveryHour
			}
			targets, _ := r.Props["Targets"].([]any)
			if len(targets) == 0 {
				t.Errorf("%s: has no target", r)
			}
			for _, target := range targets {
				dead := d.find(t, at(target, "DeadLetterConfig", "Arn"))
				if at(target, "RetryPolicy", "MaximumEventAgeInSeconds") != 86400.0 || at(target, "RetryPolicy", "MaximumRetryAttempts") != 185.0 {
					t.Errorf("%s: gives up early: %v", r, at(target, "RetryPolicy"))
				}
				// Without these the event is dropped, and so is its dead letter.
				for _, queue := range []resource{d.find(t, at(target, "Arn")), dead} {
					if !d.ruleMaySend(t, r, queue) {
						t.Errorf("%s: may not send to %s", r, queue)
					}
				}
			}
		}
	})
}

// ruleMaySend: the queue lets this rule in, no other, and the queue's key EventBridge.
func (d deployment) ruleMaySend(t *testing.T, rule, queue resource) bool {
	t.Helper()
	open := false
	for _, p := range d.of(t, "AWS::SQS::QueuePolicy") {
		for _, s := range statements(p) {
			open = open || slices.Contains(list(p.Props["Queues"]), queue.ref()) && !s.deny &&
				slices.Equal(s.principals, []string{"events.amazonaws.com"}) && slices.Equal(s.actions, []string{"sqs:SendMessage"}) &&
				s.condition == fmt.Sprintf(`{"ArnEquals":{"aws:SourceArn":%q}}`, rule.arn())
		}
	}
	for _, s := range statements(d.find(t, queue.Props["KmsMasterKeyId"])) {
		if open && !s.deny && slices.Contains(s.principals, "events.amazonaws.com") && matchesAny(s.actions, "kms:GenerateDataKey") && matchesAny(s.actions, "kms:Decrypt") {
			return true
		}
	}
	return false
}

func TestEveryTableIsEncryptedAndCanBeRestored(t *testing.T) {
	flavours(t, func(t *testing.T, d deployment) {
		for _, r := range d.of(t, "AWS::DynamoDB::Table") {
			if key := at(r.Props, "SSESpecification", "KMSMasterKeyId"); !d.symmetricKey(key) || at(r.Props, "SSESpecification", "SSEEnabled") != true {
				t.Errorf("%s: its key is %v", r, key)
			}
			if at(r.Props, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") != true {
				t.Errorf("%s: cannot be restored", r)
			}
			if at(r.Props, "DeletionProtectionEnabled") != d.production() {
				t.Errorf("%s: deletion protection is %v in %s", r, at(r.Props, "DeletionProtectionEnabled"), d.Name)
			}
			if at(r.Props, "TimeToLiveSpecification", "AttributeName") != ttl {
				t.Errorf("%s: expired rows stay", r)
			}
			wants := any(nil)
			if r.ref() == "${data/Findings}" {
				wants = "NEW_IMAGE"
			}
			if got := at(r.Props, "StreamSpecification", "StreamViewType"); got != wants {
				t.Errorf("%s: its stream is %v, want %v", r, got, wants)
			}
		}
	})
}

// TestStoresOutliveTheirStack: in production nothing that holds data goes with a stack
// that is deleted or a resource that is replaced.
func TestStoresOutliveTheirStack(t *testing.T) {
	d := onAWS(t)
	for _, stack := range []string{"data", "guard"} {
		if !d.protected[stack] || deployed(t, second).protected[stack] {
			t.Errorf("%s: protected from deletion in production: %v, elsewhere: %v", stack, d.protected[stack], deployed(t, second).protected[stack])
		}
	}
	for _, kind := range []string{"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::Logs::LogGroup"} {
		for _, r := range d.of(t, kind) {
			if r.Raw["DeletionPolicy"] != "Retain" || r.Raw["UpdateReplacePolicy"] != "Retain" {
				t.Errorf("%s: is deleted with its stack", r)
			}
		}
	}
}

func TestEveryLogGroupIsEncryptedAndForgets(t *testing.T) {
	flavours(t, func(t *testing.T, d deployment) {
		for _, r := range d.of(t, "AWS::Logs::LogGroup") {
			if days, _ := r.Props["RetentionInDays"].(float64); days < 30 || days > 400 {
				t.Errorf("%s: kept %v days", r, days)
			}
			if !d.symmetricKey(r.Props["KmsKeyId"]) {
				t.Errorf("%s: its key is %v", r, r.Props["KmsKeyId"])
			}
		}
	})
}

// TestEveryKeyHasOnePurpose: what a key may be used for is said once, in its
// description, and its uses in the templates agree with it.
func TestEveryKeyHasOnePurpose(t *testing.T) {
	flavours(t, func(t *testing.T, d deployment) {
		purposes := map[any]string{}
		for _, k := range d.of(t, "AWS::KMS::Key") {
			purpose := k.Props["Description"]
			if other := purposes[purpose]; other != "" || purpose == nil {
				t.Errorf("%s and %s are both for %v", k, other, purpose)
			}
			purposes[purpose] = k.String()
			symmetric := k.Props["KeySpec"] == nil
			if rotates := k.Props["EnableKeyRotation"] == true; rotates != symmetric {
				t.Errorf("%s: rotates: %v, symmetric: %v", k, rotates, symmetric)
			}
			if k.Props["PendingWindowInDays"] != 30.0 {
				t.Errorf("%s: can be deleted in %v days", k, k.Props["PendingWindowInDays"])
			}
		}
		// Kinds of stores by the key they are under; a key is for one kind.
		kinds := map[string][]string{}
		for _, r := range d.resources {
			for _, key := range []any{
				at(r.Props, "BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "KMSMasterKeyID"),
				at(r.Props, "KmsMasterKeyId"), at(r.Props, "KmsKeyId"), at(r.Props, "KmsKeyIdentifier"), at(r.Props, "KMSKeyId"),
				at(r.Props, "SSESpecification", "KMSMasterKeyId"), at(r.Props, "EncryptionConfiguration", "KmsKeyId"),
				at(r.Props, "WorkGroupConfiguration", "ManagedQueryResultsConfiguration", "EncryptionConfiguration", "KmsKey"),
			} {
				if key != nil && !slices.Contains(kinds[fmt.Sprint(key)], r.Type) {
					kinds[fmt.Sprint(key)] = append(kinds[fmt.Sprint(key)], r.Type)
				}
			}
		}
		shared := map[string]string{
			"${data/MessagesKey.Arn}": "queues, topics and the bus: messages on their way, nothing rests",
			"${guard/TrailKey.Arn}":   "the trail and the bucket of its files",
		}
		for _, k := range d.of(t, "AWS::KMS::Key") {
			used := kinds[k.arn()]
			slices.Sort(used)
			switch {
			case k.Props["KeySpec"] == nil && len(used) == 0:
				t.Errorf("%s: nothing is under it", k)
			case k.Props["KeySpec"] != nil && len(used) > 0:
				t.Errorf("%s: %v under an asymmetric or MAC key", k, used)
			case len(used) > 1 && shared[k.arn()] == "":
				t.Errorf("%s: is for %v", k, used)
			}
		}
		for _, b := range d.of(t, "AWS::S3::Bucket") {
			for _, other := range d.of(t, "AWS::S3::Bucket") {
				key := at(b.Props, "BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "KMSMasterKeyID")
				if key != nil && b.ref() < other.ref() && key == at(other.Props, "BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "KMSMasterKeyID") {
					t.Errorf("%s and %s share a key", b, other)
				}
			}
		}
		if people := at(d.find(t, "${data/People}").Props, "SSESpecification", "KMSMasterKeyId"); people != "${data/PeopleKey.Arn}" {
			t.Errorf("people are under %v", people)
		}
	})
}
