package main

import (
	"path"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

// accepted is a finding of cdk-nag that stays, and why. On are resources as
// <stack>/<path>, a star being any part of a name; Applies narrows rules that find
// several things on one resource.
type accepted struct {
	rule    string
	on      []string
	applies []string
	reason  string
}

// acceptances are all findings that stay. Anything else that AwsSolutions or
// HIPAA.Security finds ends the synthesis; an entry that no longer finds anything fails
// TestNag.
var acceptances = []accepted{
	{"AwsSolutions-APIG4", []string{"app/Api/POST--v1--*/Resource", "app/Api/GET--v1--*/Resource"}, nil,
		"The instruments have keys, not accounts: each request is signed with the instrument's key over a fresh server nonce, method, path and body, and is verified in the function before anything is read or written for it. Challenge and key set are public by intent."},
	{"AwsSolutions-APIG4", []string{"app/Api/*--slot--{secret}/Resource"}, nil,
		"The person who follows a slot link has no account with us. The link's 256-bit secret is the authorisation: for one case, one purpose, expiring, kept only as a digest; GET shows and POST acts."},

	{"AwsSolutions-IAM5", []string{"app/*Role/DefaultPolicy/Resource"}, []string{"Resource::*"},
		"X-Ray's PutTraceSegments and PutTelemetryRecords, and for starter and factor DynamoDB's ListStreams, take no resource. TestEveryWildcardIsNeeded holds the list of exactly these actions."},
	{"AwsSolutions-IAM5", []string{"app/Case/Role/DefaultPolicy/Resource"}, []string{"Resource::*"},
		"The delivery of a state machine's log is set up for the account and X-Ray takes no resource (Step Functions developer guide). TestEveryWildcardIsNeeded holds the list of exactly these actions."},
	{"AwsSolutions-IAM5", []string{"app/Case/Role/DefaultPolicy/Resource"}, []string{"/^Resource::<(Casework|Notify)[0-9A-F]{8}\\.Arn>:\\*$/"},
		"The machine may call two functions and, as CDK writes it, their versions; no version is ever published."},
	{"AwsSolutions-IAM5", []string{"app/AuthorizeRole/DefaultPolicy/Resource", "app/ValidateRole/DefaultPolicy/Resource", "app/ScrubRole/DefaultPolicy/Resource"},
		[]string{"/^Resource::<Inbox[0-9A-F]{8}\\.Arn>/inbox/\\*$/"},
		"The object's key is known at run time only; action, bucket and prefix are named."},
	{"AwsSolutions-IAM5", []string{"app/ScrubRole/DefaultPolicy/Resource", "app/ScoreRole/DefaultPolicy/Resource", "app/QuestionsRole/DefaultPolicy/Resource"},
		[]string{"/^Resource::<Clean[0-9A-F]{8}\\.Arn>/clean/\\*$/"},
		"The clean object's key is known at run time only; action, bucket and prefix are named."},
	{"AwsSolutions-IAM5", []string{"app/ScrubRole/DefaultPolicy/Resource"}, []string{"/^Resource::<Quarantine[0-9A-F]{8}\\.Arn>/quarantine/\\*$/"},
		"The quarantined object's key is known at run time only; it may be written there and never read."},
	{"AwsSolutions-IAM5", []string{"app/NotifyRole/DefaultPolicy/Resource"}, []string{"/^Resource::<Notices[0-9A-F]{8}\\.Arn>/notices/\\*$/"},
		"The notice's key is known at run time only; action, bucket and prefix are named."},
	{"AwsSolutions-IAM5", []string{"app/FactorRole/DefaultPolicy/Resource"}, []string{"/^Resource::<Notices[0-9A-F]{8}\\.Arn>/factors/\\*$/"},
		"The notice's key is known at run time only; action, bucket and prefix are named: notices of lots and releases, none of a customer's case."},
	{"AwsSolutions-IAM5", []string{"app/NotifyRole/DefaultPolicy/Resource"}, []string{"/^Resource::arn:<AWS::Partition>:scheduler:.*:schedule/proactive-[a-z0-9]+-reminders/\\*$/"},
		"The reminder's name is known at run time only; its group, which holds nothing else, is named."},

	{"AwsSolutions-IAM5", []string{"app/EraseRole/DefaultPolicy/Resource"},
		[]string{"/^Resource::<(Inbox|Clean|Quarantine|Notices|Dossiers)[0-9A-F]{8}\\.Arn>/(inbox|clean|quarantine|notices|dossiers)/\\*$/"},
		"The erased object's key is known at run time only; it may be deleted by its name and never read."},
	{"AwsSolutions-IAM5", []string{"app/EraseRole/DefaultPolicy/Resource"}, []string{
		"/^Resource::arn:<AWS::Partition>:scheduler:.*:schedule/proactive-[a-z0-9]+-reminders/\\*$/",
		"/^Resource::arn:<AWS::Partition>:states:.*:execution:proactive-[a-z0-9]+-case:\\*$/"},
		"The name of a reminder or an execution is known at run time only; the group and the machine are named."},

	{"AwsSolutions-IAM5", []string{"app/EnrolRole/DefaultPolicy/Resource", "app/ExportRole/DefaultPolicy/Resource"}, []string{"/^Resource::<Dossiers[0-9A-F]{8}\\.Arn>/dossiers/\\*$/"},
		"The export's key is known at run time only; action, bucket and prefix are named."},
	{"AwsSolutions-IAM5", []string{"app/ExportRole/DefaultPolicy/Resource"}, []string{"/^Resource::<(Clean|Notices)[0-9A-F]{8}\\.Arn>/(clean|notices)/\\*$/"},
		"Which instrument's lab asks is known at run time only; action, bucket and prefix are named, and what is read is checked to be that instrument's."},

	{"AwsSolutions-SQS3", []string{"app/UndeliveredLetters/Resource"}, nil,
		"This is a dead-letter queue: of the arrivals rule, the findings' stream and asynchronous calls, which refer to it by ARN. An alarm sounds at its first message."},

	{"HIPAA.Security-IAMNoInlinePolicy", []string{"app/*Role/DefaultPolicy/Resource", "app/Case/Role/DefaultPolicy/Resource"}, nil,
		"One role per function with one policy of its own, made and deleted with it: a shared managed policy would give one function's change of rights to another. Every permission is pinned in infra/testdata/grants.golden.txt."},

	{"HIPAA.Security-LambdaConcurrency", []string{"app/Validate/Resource", "app/Scrub/Resource", "app/Score/Resource", "app/Erase/Resource", "app/Export/Resource"}, nil,
		"Capped by the event source at 20. A cap on the function would count throttled deliveries as failures and make dead letters of sound batches: docs/decisions/0007-concurrency.md."},
	{"HIPAA.Security-LambdaConcurrency", []string{"app/Casework/Resource", "app/Notify/Resource", "app/Remind/Resource", "app/Starter/Resource", "app/Factor/Resource", "app/Reconcile/Resource"}, nil,
		"Called at the rate of cases or by a schedule, not of the internet; the caps on the three public functions protect their share of the account: docs/decisions/0007-concurrency.md."},

	{"HIPAA.Security-LambdaDLQ", []string{"app/Enrol/Resource", "app/Authorize/Resource", "app/Slot/Resource"}, nil,
		"Called synchronously by the API: the caller gets the error and asks again; there is no event to keep."},
	{"HIPAA.Security-LambdaDLQ", []string{"app/Validate/Resource", "app/Scrub/Resource", "app/Score/Resource", "app/Erase/Resource", "app/Export/Resource"}, nil,
		"Fed by a queue: what fails five times goes to that queue's dead-letter queue, which a function's own never sees."},
	{"HIPAA.Security-LambdaDLQ", []string{"app/Casework/Resource", "app/Notify/Resource"}, nil,
		"Called synchronously by Step Functions, which retries and keeps the failed execution for a redrive; the alarm is CaseFailed."},
	{"HIPAA.Security-LambdaDLQ", []string{"app/Starter/Resource", "app/Factor/Resource"}, nil,
		"Fed by a stream, whose event source has an on-failure queue: UndeliveredLetters."},
	{"HIPAA.Security-LambdaDLQ", []string{"app/Remind/Resource"}, nil,
		"Called asynchronously, with an on-failure destination in the place of the older dead-letter setting: UndeliveredLetters."},

	{"HIPAA.Security-LambdaDLQ", []string{"app/Reconcile/Resource"}, nil,
		"Called by a schedule with nothing but the time: what one call did not look at, the same call an hour later does; the alarm is ReconcileFailing."},

	{"HIPAA.Security-LambdaInsideVPC", []string{
		"app/Enrol/Resource", "app/Authorize/Resource", "app/Validate/Resource", "app/Scrub/Resource", "app/Score/Resource",
		"app/Starter/Resource", "app/Factor/Resource", "app/Casework/Resource", "app/Notify/Resource", "app/Remind/Resource", "app/Slot/Resource", "app/Reconcile/Resource", "app/Erase/Resource", "app/Export/Resource",
	}, nil,
		"The functions use AWS services only, each authorised by IAM over TLS; there is no address of ours to be near to. They accept no connection. A VPC would add routes and endpoints to keep, and take no right away from them."},

	{"HIPAA.Security-DynamoDBInBackupPlan", []string{
		"data/Instruments/Resource", "data/Requests/Resource", "data/Ledger/Resource", "data/Health/Resource",
		"data/Findings/Resource", "data/Cases/Resource", "data/People/Resource",
	}, nil,
		"Point-in-time recovery to any second of 35 days on each table, with deletion protection in production. A longer archive would keep what the retention promises to delete. Loss of a whole region is a named residual risk in docs/threats.md."},
	{"HIPAA.Security-S3BucketReplicationEnabled", []string{
		"data/Inbox/Resource", "data/Clean/Resource", "data/Quarantine/Resource", "data/Notices/Resource", "data/Dossiers/Resource",
		"data/AccessLogs/Resource", "guard/TrailLogs/Resource",
	}, nil,
		"Data stays in the one region that the customer was told. Versioned, S3 keeps each object in three zones, and an instrument keeps its batch until its receipt. Loss of a whole region is a named residual risk in docs/threats.md."},
	{"HIPAA.Security-S3DefaultEncryptionKMS", []string{"data/AccessLogs/Resource"}, nil,
		"S3 delivers access logs only to buckets under its own keys (AES-256), not under KMS (S3 user guide). The log holds opaque ids, no content."},
	{"HIPAA.Security-CloudTrailCloudWatchLogsEnabled", []string{"guard/Trail/Resource"}, nil,
		"The trail's files are encrypted, versioned and validated by digests in a bucket that no function can reach. A second copy in CloudWatch Logs would have neither digests nor versions. That nothing alarms on the trail is a named residual risk in docs/threats.md."},
}

// nag adds the checks of AwsSolutions and HIPAA.Security to a synthesis: what is not
// accepted above is an error of it, and `cdk` then neither synthesises nor deploys.
func nag(app awscdk.App) {
	for _, a := range acceptances {
		id := &cdknag.NagPackSuppression{Id: jsii.String(a.rule), Reason: jsii.String(a.reason)}
		if a.applies != nil {
			applies := make([]any, len(a.applies))
			for i, pattern := range a.applies {
				applies[i] = pattern
				if expression, ok := strings.CutPrefix(pattern, "/"); ok {
					applies[i] = &cdknag.RegexAppliesTo{Regex: jsii.String("/" + strings.TrimSuffix(expression, "/") + "/")}
				}
			}
			id.AppliesTo = &applies
		}
		for _, c := range *app.Node().FindAll(constructs.ConstructOrder_PREORDER) {
			if a.covers(*c.Node().Path()) {
				cdknag.NagSuppressions_AddResourceSuppressions(c, &[]*cdknag.NagPackSuppression{id}, nil)
			}
		}
	}
	for _, pack := range []awscdk.IAspect{
		cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{Verbose: jsii.Bool(true)}),
		cdknag.NewHIPAASecurityChecks(&cdknag.NagPackProps{Verbose: jsii.Bool(true)}),
	} {
		awscdk.Aspects_Of(app).Add(pack, nil)
	}
}

// covers says whether a construct, by its path, is one that the entry is on.
func (a accepted) covers(construct string) bool {
	_, inStack, ok := strings.Cut(strings.TrimPrefix(construct, "proactive-"), "-") // <env>-<stack>/…
	if !ok {
		return false
	}
	for _, pattern := range a.on {
		if matched, err := path.Match(pattern, inStack); err == nil && matched {
			return true
		}
	}
	return false
}
