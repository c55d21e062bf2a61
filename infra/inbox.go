package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
)

// How long things rest, in days. The inbox keeps a batch longer than it can wait in a
// queue and then in a dead-letter queue (14 days each, the most SQS allows), so that a
// redrive always finds its object.
const (
	inboxDays      = 35
	quarantineDays = 1 // 24 to 48 hours, and S3 has another day before 72 are over: see expiring
	cleanDays      = 3 * 366
	noticesDays    = 366
	dossiersDays   = 3 // a copy of what is held: no longer than it takes to fetch it
	accessDays     = 366
	oldVersionDays = 7
)

// newBuckets makes the buckets. Every one is private, encrypted with its own key, and refuses
// anything but TLS 1.2 or newer. All but the quarantine are versioned.
func (d *dataStack) newBuckets() {
	// S3 cannot write access logs to a bucket under a customer's key: SSE-S3 (S3 user
	// guide, "Enabling server access logging", 2026-11). They hold opaque keys only.
	d.buckets.access = awss3.NewBucket(d.Stack, jsii.String("AccessLogs"), &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(), EnforceSSL: jsii.Bool(true), MinimumTLSVersion: jsii.Number(1.2),
		Encryption: awss3.BucketEncryption_S3_MANAGED, Versioned: jsii.Bool(true), RemovalPolicy: d.env.removal(),
		LifecycleRules: expiring(accessDays), ObjectOwnership: awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
	})
	d.ExportValue(d.buckets.access.BucketName(), nil) // also where there is no guard
	// Who touched the trail's files is logged here too. The guard stack comes after this
	// one, so its bucket is named by the beginning that CloudFormation will give it.
	d.buckets.access.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("TrailLogs"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("logging.s3.amazonaws.com"), nil)},
		Actions:    jsii.Strings("s3:PutObject"), Resources: &[]*string{d.buckets.access.ArnForObjects(jsii.String("TrailLogs/*"))},
		Conditions: &map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": d.Account()},
			"ArnLike":      map[string]any{"aws:SourceArn": "arn:" + *d.Partition() + ":s3:::proactive-" + d.env.Name + "-guard-*"},
		},
	}))
	d.buckets.inbox = d.bucket("Inbox", d.keys.inbox, inboxDays)
	d.buckets.clean = d.bucket("Clean", d.keys.clean, cleanDays)
	d.buckets.quarantine = d.bucket("Quarantine", d.keys.quarantine, quarantineDays)
	// A version behind what lifecycle has ended would lie there for another day or two, and
	// nobody ever reads or restores what is here.
	quarantine, ok := d.buckets.quarantine.Node().DefaultChild().(awss3.CfnBucket)
	if !ok {
		panic("the quarantine has no CfnBucket")
	}
	quarantine.AddPropertyDeletionOverride(jsii.String("VersioningConfiguration"))
	d.buckets.notices = d.bucket("Notices", d.keys.notices, noticesDays)
	d.buckets.dossiers = d.bucket("Dossiers", d.keys.dossiers, dossiersDays)

	// On the bucket itself: CDK's own switch is a custom resource, and a custom resource
	// is one more function with rights over a bucket.
	inbox, ok := d.buckets.inbox.Node().DefaultChild().(awss3.CfnBucket)
	if !ok {
		panic("the inbox has no CfnBucket")
	}
	d.uploadsOnly()
	inbox.AddPropertyOverride(jsii.String("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled"), true)
}

// uploadsOnly makes the bucket itself refuse what a grant of authorize cannot mean: a
// write that could overwrite, and one signed more than five minutes ago. It holds also
// for a request that authorize's role would sign by mistake.
func (d *dataStack) uploadsOnly() {
	d.buckets.inbox.AddToResourcePolicy(refuse(d.buckets.inbox, "NoOverwrite", map[string]any{"Null": map[string]any{"s3:if-none-match": "true"}}))
	d.buckets.inbox.AddToResourcePolicy(refuse(d.buckets.inbox, "FiveMinutes", map[string]any{"NumericGreaterThan": map[string]any{"s3:signatureAge": "300000"}})) // ms
}

func refuse(b awss3.Bucket, sid string, conditions map[string]any) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String(sid), Effect: awsiam.Effect_DENY, Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()},
		Actions: jsii.Strings("s3:PutObject"), Resources: &[]*string{b.ArnForObjects(jsii.String("*"))}, Conditions: &conditions,
	})
}

func (d *dataStack) bucket(id string, key awskms.IKey, days float64) awss3.Bucket {
	b := awss3.NewBucket(d.Stack, jsii.String(id), &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(), EnforceSSL: jsii.Bool(true), MinimumTLSVersion: jsii.Number(1.2),
		Encryption: awss3.BucketEncryption_KMS, EncryptionKey: key, BucketKeyEnabled: jsii.Bool(true),
		Versioned: jsii.Bool(true), RemovalPolicy: d.env.removal(), LifecycleRules: expiring(days),
		ObjectOwnership:        awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		ServerAccessLogsBucket: d.buckets.access, ServerAccessLogsPrefix: jsii.String(id + "/"),
	})
	// Every write names the bucket's own key; another's, S3's or none is refused.
	b.AddToResourcePolicy(refuse(b, "OurKeyOnly", map[string]any{"StringNotEquals": map[string]any{"s3:x-amz-server-side-encryption-aws-kms-key-id": key.KeyArn()}}))
	return b
}

// expiring ends objects after days. In a versioned bucket that only hides them; the
// versions behind go a week later, and a day later of dossiers.
//
// S3 counts whole days and rounds up to the next midnight UTC, twice in a versioned
// bucket, and then deletes within hours, not at once (S3 user guide, "Setting lifecycle
// configuration on a bucket", 2026-11). The quarantine, which is not versioned, so ends
// what it holds after 24 to 48 hours; the promise is 72.
func expiring(days float64) *[]*awss3.LifecycleRule {
	behind := float64(oldVersionDays)
	if days <= max(quarantineDays, dossiersDays) {
		behind = 1
	}
	return &[]*awss3.LifecycleRule{{
		Id: jsii.String("expire"), Expiration: awscdk.Duration_Days(jsii.Number(days)),
		NoncurrentVersionExpiration:         awscdk.Duration_Days(jsii.Number(behind)),
		AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(1)),
	}}
}
