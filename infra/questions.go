package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsathena"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsglue"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
)

// questionBytes is what one question may scan, 100 GB: a fleet's year several times over,
// and half a dollar.
const questionBytes = 100 << 30

// cleanColumns are those of shared/clean.Row, which a test compares.
var cleanColumns = [][2]string{
	{"instrument", "string"}, {"batch", "string"}, {"sequence", "bigint"}, {"field", "string"},
	{"lane", "int"}, {"surface", "int"}, {"tile", "int"}, {"read", "int"}, {"cycle", "int"}, {"minute", "int"},
	{"value", "double"}, {"text", "string"},
}

// workGroup is the name of the work group of a deployment, which the key of answers names.
func (e environment) workGroup() string { return "proactive-" + e.Name }

func (d *dataStack) workGroupARN() string {
	return "arn:" + *d.Partition() + ":athena:" + *d.Region() + ":" + *d.Account() + ":workgroup/" + d.env.workGroup()
}

// answered narrows a use of the key of answers to the answers of the work group.
func (d *dataStack) answered() map[string]any {
	return map[string]any{"StringEquals": map[string]any{"kms:EncryptionContext:aws:athena:arn": d.workGroupARN()}}
}

// newQuestions makes what a service scientist asks the fleet by: the clean store as a table,
// a work group, and the one role that may use both. Nothing of it runs by itself.
//
// Athena keeps the answers itself, under our key, and deletes them after 24 hours (Athena
// user guide, "Managed query results", 2026-11): there is no bucket to forget.
func (a *appStack) newQuestions() awsiam.Role {
	d := a.data
	database := awsglue.NewCfnDatabase(a.Stack, jsii.String("Fleet"), &awsglue.CfnDatabaseProps{
		CatalogId: a.Account(), DatabaseInput: &awsglue.CfnDatabase_DatabaseInputProperty{
			Name: jsii.String(strings.ReplaceAll(a.deployment(), "-", "_")), Description: jsii.String("Proactive: the clean store"),
		},
	})
	var columns []any
	for _, c := range cleanColumns {
		columns = append(columns, &awsglue.CfnTable_ColumnProperty{Name: jsii.String(c[0]), Type: jsii.String(c[1])})
	}
	// Not partitioned: a question is of the whole fleet, and the files name their instrument.
	table := awsglue.NewCfnTable(a.Stack, jsii.String("CleanTable"), &awsglue.CfnTableProps{
		CatalogId: a.Account(), DatabaseName: database.Ref(),
		TableInput: &awsglue.CfnTable_TableInputProperty{
			Name: jsii.String("clean"), Description: jsii.String("One row an observation: shared/clean"), TableType: jsii.String("EXTERNAL_TABLE"),
			Parameters: map[string]any{"classification": "parquet", "EXTERNAL": "TRUE"},
			StorageDescriptor: &awsglue.CfnTable_StorageDescriptorProperty{
				Columns: &columns, Location: jsii.String("s3://" + *d.buckets.clean.BucketName() + "/clean/v1/"),
				InputFormat:  jsii.String("org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"),
				OutputFormat: jsii.String("org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"),
				SerdeInfo:    &awsglue.CfnTable_SerdeInfoProperty{SerializationLibrary: jsii.String("org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe")},
			},
		},
	})
	awsathena.NewCfnWorkGroup(a.Stack, jsii.String("Questions"), &awsathena.CfnWorkGroupProps{
		Name: jsii.String(a.env.workGroup()), Description: jsii.String("Proactive: questions over the fleet"), State: jsii.String("ENABLED"),
		RecursiveDeleteOption: jsii.Bool(!a.env.production()),
		WorkGroupConfiguration: &awsathena.CfnWorkGroup_WorkGroupConfigurationProperty{
			EnforceWorkGroupConfiguration: jsii.Bool(true), PublishCloudWatchMetricsEnabled: jsii.Bool(true),
			BytesScannedCutoffPerQuery: jsii.Number(questionBytes),
			EngineVersion:              &awsathena.CfnWorkGroup_EngineVersionProperty{SelectedEngineVersion: jsii.String("Athena engine version 3")},
			ManagedQueryResultsConfiguration: &awsathena.CfnWorkGroup_ManagedQueryResultsConfigurationProperty{
				Enabled:                 jsii.Bool(true),
				EncryptionConfiguration: &awsathena.CfnWorkGroup_ManagedStorageEncryptionConfigurationProperty{KmsKey: d.keys.answers.KeyArn()},
			},
		},
	})
	// Whoever asks is a person, with a second factor, whom the account lets take the role.
	role := awsiam.NewRole(a.Stack, jsii.String("QuestionsRole"), &awsiam.RoleProps{
		Description: jsii.String("asks the clean store through Athena and nothing else"), MaxSessionDuration: awscdk.Duration_Hours(jsii.Number(1)),
		AssumedBy: awsiam.NewPrincipalWithConditions(awsiam.NewAccountRootPrincipal(), &map[string]any{"Bool": map[string]any{"aws:MultiFactorAuthPresent": "true"}}),
	})
	catalog := "arn:" + *a.Partition() + ":glue:" + *a.Region() + ":" + *a.Account() + ":"
	for _, g := range all(
		grant{"asks, and reads the answer", []string{"athena:GetQueryExecution", "athena:GetQueryResults", "athena:GetQueryResultsStream", "athena:GetWorkGroup", "athena:StartQueryExecution", "athena:StopQueryExecution"},
			[]*string{jsii.String(d.workGroupARN())}, nil},
		grant{"what the table is", []string{"glue:GetDatabase", "glue:GetTable", "glue:GetPartitions"},
			[]*string{jsii.String(catalog + "catalog"), jsii.String(catalog + "database/" + *database.Ref()), jsii.String(catalog + "table/" + *database.Ref() + "/" + *table.Ref())}, nil},
		a.look(d.buckets.clean, d.keys.clean, "clean/", "Athena reads the table in the name of who asks"),
		grant{"which files the table has", []string{"s3:ListBucket"}, []*string{d.buckets.clean.BucketArn()},
			map[string]any{"StringLike": map[string]any{"s3:prefix": []string{"clean/v1", "clean/v1/*"}}}},
		grant{"where the table's bucket is", []string{"s3:GetBucketLocation"}, []*string{d.buckets.clean.BucketArn()}, nil},
		grant{"answers are under this key", []string{"kms:Decrypt", "kms:GenerateDataKey"}, []*string{d.keys.answers.KeyArn()}, d.answered()},
		grant{"answers are under this key", []string{"kms:DescribeKey"}, []*string{d.keys.answers.KeyArn()}, nil},
	) {
		a.allow(role, g)
	}
	return role
}
