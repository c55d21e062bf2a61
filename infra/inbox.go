package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
)

// How long things rest, in days. The inbox keeps a batch longer than it can wait in a
// queue and then in a dead-letter queue (14 days each, the most SQS allows), so that a
// redrive always finds its object.
const (
	inboxDays      = 35
	quarantineDays = 3 // the promise: 72 hours at most
	cleanDays      = 3 * 366
	noticesDays    = 366
	accessDays     = 366
	oldVersionDays = 7
)

// newBuckets makes the buckets. Every one is private, versioned, encrypted with its own
// key, and refuses anything but TLS 1.2 or newer.
func (d *dataStack) newBuckets() {
	// S3 cannot write access logs to a bucket under a customer's key: SSE-S3 (S3 user
	// guide, "Enabling server access logging", 2026-11). They hold opaque keys only.
	d.buckets.access = awss3.NewBucket(d.Stack, jsii.String("AccessLogs"), &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(), EnforceSSL: jsii.Bool(true), MinimumTLSVersion: jsii.Number(1.2),
		Encryption: awss3.BucketEncryption_S3_MANAGED, Versioned: jsii.Bool(true), RemovalPolicy: d.env.removal(),
		LifecycleRules: expiring(accessDays), ObjectOwnership: awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
	})
	d.buckets.inbox = d.bucket("Inbox", d.keys.inbox, inboxDays)
	d.buckets.clean = d.bucket("Clean", d.keys.clean, cleanDays)
	d.buckets.quarantine = d.bucket("Quarantine", d.keys.quarantine, quarantineDays)
	d.buckets.notices = d.bucket("Notices", d.keys.notices, noticesDays)

	// On the bucket itself: CDK's own switch is a custom resource, and a custom resource
	// is one more function with rights over a bucket.
	inbox, ok := d.buckets.inbox.Node().DefaultChild().(awss3.CfnBucket)
	if !ok {
		panic("the inbox has no CfnBucket")
	}
	inbox.AddPropertyOverride(jsii.String("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled"), true)
}

func (d *dataStack) bucket(id string, key awskms.IKey, days float64) awss3.Bucket {
	return awss3.NewBucket(d.Stack, jsii.String(id), &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(), EnforceSSL: jsii.Bool(true), MinimumTLSVersion: jsii.Number(1.2),
		Encryption: awss3.BucketEncryption_KMS, EncryptionKey: key, BucketKeyEnabled: jsii.Bool(true),
		Versioned: jsii.Bool(true), RemovalPolicy: d.env.removal(), LifecycleRules: expiring(days),
		ObjectOwnership:        awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		ServerAccessLogsBucket: d.buckets.access, ServerAccessLogsPrefix: jsii.String(id + "/"),
	})
}

// expiring ends objects after days. In a versioned bucket that only hides them: the
// versions behind go a week later, and at once where the promise counts hours.
func expiring(days float64) *[]*awss3.LifecycleRule {
	behind := float64(oldVersionDays)
	if days <= quarantineDays {
		behind = 1
		days--
	}
	return &[]*awss3.LifecycleRule{{
		Id: jsii.String("expire"), Expiration: awscdk.Duration_Days(jsii.Number(days)),
		NoncurrentVersionExpiration:         awscdk.Duration_Days(jsii.Number(behind)),
		AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(1)),
	}}
}
