package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudtrail"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newGuardStack is what only AWS has, and the emulator lacks: a trail of who touched
// which object and used which key.
func newGuardStack(scope constructs.Construct, name string, env environment, data *dataStack) awscdk.Stack {
	stack := awscdk.NewStack(scope, jsii.String(name), &awscdk.StackProps{
		Description: jsii.String("Proactive: the audit trail. AWS only."),
	})
	trail := awscloudtrail.NewTrail(stack, jsii.String("Trail"), &awscloudtrail.TrailProps{
		EnableFileValidation: jsii.Bool(true), IsMultiRegionTrail: jsii.Bool(true), IncludeGlobalServiceEvents: jsii.Bool(true),
		Bucket: awss3.NewBucket(stack, jsii.String("TrailLogs"), &awss3.BucketProps{
			BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(), EnforceSSL: jsii.Bool(true), MinimumTLSVersion: jsii.Number(1.2),
			Encryption: awss3.BucketEncryption_S3_MANAGED, Versioned: jsii.Bool(true), RemovalPolicy: env.removal(),
			LifecycleRules: expiring(accessDays),
		}),
	})
	trail.AddS3EventSelector(&[]*awscloudtrail.S3EventSelector{
		{Bucket: data.buckets.inbox}, {Bucket: data.buckets.clean}, {Bucket: data.buckets.quarantine}, {Bucket: data.buckets.notices},
	}, &awscloudtrail.AddEventSelectorOptions{IncludeManagementEvents: jsii.Bool(true)})
	return stack
}
