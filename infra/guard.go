package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudtrail"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newGuardStack is what only AWS has, and the emulator lacks: a trail of who touched
// which object, read which person, and used which key.
func newGuardStack(scope constructs.Construct, name string, env environment, data *dataStack) awscdk.Stack {
	stack := awscdk.NewStack(scope, jsii.String(name), &awscdk.StackProps{
		Description:           jsii.String("Proactive: the audit trail. AWS only."),
		TerminationProtection: jsii.Bool(env.production()),
	})
	trailName := "proactive-" + env.Name
	key := newTrailKey(stack, env, "arn:"+*stack.Partition()+":cloudtrail:"+*stack.Region()+":"+*stack.Account()+":trail/"+trailName)
	files := awss3.NewBucket(stack, jsii.String("TrailLogs"), &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(), EnforceSSL: jsii.Bool(true), MinimumTLSVersion: jsii.Number(1.2),
		Encryption: awss3.BucketEncryption_KMS, EncryptionKey: key, BucketKeyEnabled: jsii.Bool(true),
		Versioned: jsii.Bool(true), RemovalPolicy: env.removal(), LifecycleRules: expiring(accessDays),
		ObjectOwnership: awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
	})
	raw, ok := files.Node().DefaultChild().(awss3.CfnBucket)
	if !ok {
		panic("the trail's bucket has no CfnBucket")
	}
	// Not by CDK's own property, which would name this stack's bucket in the data stack.
	raw.SetLoggingConfiguration(&awss3.CfnBucket_LoggingConfigurationProperty{
		DestinationBucketName: data.buckets.access.BucketName(), LogFilePrefix: jsii.String("TrailLogs/"),
	})
	trail := awscloudtrail.NewTrail(stack, jsii.String("Trail"), &awscloudtrail.TrailProps{
		TrailName: jsii.String(trailName), EncryptionKey: key,
		EnableFileValidation: jsii.Bool(true), IsMultiRegionTrail: jsii.Bool(true), IncludeGlobalServiceEvents: jsii.Bool(true),
		Bucket: files,
	})
	cfn, ok := trail.Node().DefaultChild().(awscloudtrail.CfnTrail)
	if !ok {
		panic("the trail has no CfnTrail")
	}
	equals := func(field string, values ...*string) map[string]any {
		return map[string]any{"Field": field, "Equals": values}
	}
	objects := []*string{}
	for _, b := range []awss3.Bucket{data.buckets.inbox, data.buckets.clean, data.buckets.quarantine, data.buckets.notices, data.buckets.dossiers} {
		objects = append(objects, b.ArnForObjects(jsii.String("")))
	}
	// Uses of KMS keys are management events.
	cfn.AddPropertyDeletionOverride(jsii.String("EventSelectors"))
	cfn.AddPropertyOverride(jsii.String("AdvancedEventSelectors"), []any{
		map[string]any{"Name": "management", "FieldSelectors": []any{equals("eventCategory", jsii.String("Management"))}},
		map[string]any{"Name": "objects", "FieldSelectors": []any{
			equals("eventCategory", jsii.String("Data")), equals("resources.type", jsii.String("AWS::S3::Object")),
			map[string]any{"Field": "resources.ARN", "StartsWith": objects},
		}},
		map[string]any{"Name": "people", "FieldSelectors": []any{
			equals("eventCategory", jsii.String("Data")), equals("resources.type", jsii.String("AWS::DynamoDB::Table")),
			equals("resources.ARN", data.tables.people.TableArn()),
		}},
	})
	return stack
}

// newTrailKey is the key of the trail's files: CloudTrail encrypts with it, for this
// trail only (CloudTrail user guide, "Configure AWS KMS key policies", 2026-11).
func newTrailKey(stack awscdk.Stack, env environment, trail string) awskms.Key {
	key := awskms.NewKey(stack, jsii.String("TrailKey"), &awskms.KeyProps{
		Description: jsii.String("Proactive: the audit trail"), EnableKeyRotation: jsii.Bool(true),
		PendingWindow: awscdk.Duration_Days(jsii.Number(30)), RemovalPolicy: env.removal(),
	})
	cloudtrail := &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudtrail.amazonaws.com"), nil)}
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String("TrailEncrypts"), Principals: cloudtrail, Actions: jsii.Strings("kms:GenerateDataKey"), Resources: jsii.Strings("*"),
		Conditions: &map[string]any{
			"StringEquals": map[string]any{"aws:SourceArn": trail},
			"StringLike":   map[string]any{"kms:EncryptionContext:aws:cloudtrail:arn": "arn:" + *stack.Partition() + ":cloudtrail:*:" + *stack.Account() + ":trail/*"},
		},
	}), nil)
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String("TrailLooks"), Principals: cloudtrail, Actions: jsii.Strings("kms:DescribeKey"), Resources: jsii.Strings("*"),
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceArn": trail}},
	}), nil)
	return key
}
