package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"proactive/shared/journal"
	"proactive/shared/settings"
)

// reconcileMinutes is how often reconcile is called, each time for a twelfth of the
// instruments (shared/reconcile: Every and Shares).
const reconcileMinutes = 5

// newReconcile makes the function that checks the account of every batch, and what calls
// it. It may list names and may not read an object.
func (a *appStack) newReconcile() {
	d := a.data
	reconcile := a.function("reconcile", size{memoryMB: 256, timeout: stageTimeout}, settings.Reconcile{
		InstrumentsTable: *d.tables.instruments.TableName(), LedgerTable: *d.tables.ledger.TableName(), HealthTable: *d.tables.health.TableName(),
		InboxBucket: *d.buckets.inbox.BucketName(), CleanBucket: *d.buckets.clean.BucketName(),
		ValidateQueue: *a.queues.validate.queue.QueueUrl(), ScoreQueue: *a.queues.score.queue.QueueUrl(),
	}, all(
		on(d.tables.instruments, "who is enrolled", "Scan"),
		on(d.tables.ledger, "what was granted and what became of it", "Query"),
		on(d.tables.health, "which runs were scored", "Query"),
		a.readRows(d.keys.tables),
		a.names(d.buckets.inbox, "inbox/", "what arrived, by name"),
		a.names(d.buckets.clean, "clean/", "what is stored, by name"),
		a.send(a.queues.validate.queue, "an arrival that was lost is told again"),
		count(a.queues.validate.queue, "adds nothing to a queue that is behind"),
		a.send(a.queues.score.queue, "a stored batch without a run is handed on again"),
		count(a.queues.score.queue, "adds nothing to a queue that is behind"),
	)...)
	awsevents.NewRule(a.Stack, jsii.String("Reconciliation"), &awsevents.RuleProps{
		Description: jsii.String("a twelfth of the instruments is reconciled"),
		Schedule:    awsevents.Schedule_Rate(awscdk.Duration_Minutes(jsii.Number(reconcileMinutes))),
		Targets: &[]awsevents.IRuleTarget{awseventstargets.NewLambdaFunction(reconcile, &awseventstargets.LambdaFunctionProps{
			// An hour later it is the same instruments' turn again.
			MaxEventAge: awscdk.Duration_Hours(jsii.Number(1)), RetryAttempts: jsii.Number(2),
		})},
	})
	a.alarm("AccountBroken", "a batch, its receipt or its clean object is not where the ledger says: no message can mend that",
		counted("reconcile", journal.AccountsBroken), 1)
	a.alarm("BatchStuck", "a batch was set going again, hours ago, and is still not there",
		counted("reconcile", journal.BatchesStuck), 1)
	a.alarm("ReconcileFailing", "the account of every batch was not read three times in an hour",
		reconcile.MetricErrors(period(60, "Sum")), 3)
}

// names allows listing versions under a prefix: names, dates and sizes, and no byte of an
// object.
func (a *appStack) names(b awss3.Bucket, prefix, reason string) grant {
	return grant{reason, []string{"s3:ListBucketVersions"}, []*string{b.BucketArn()}, map[string]any{
		"StringLike": map[string]any{"s3:prefix": prefix + "*"},
	}}
}

func count(q awssqs.Queue, reason string) grant {
	return grant{reason, []string{"sqs:GetQueueAttributes"}, []*string{q.QueueArn()}, nil}
}

// counted is a counter of a stage's journal over an hour, in which reconcile sees every
// instrument. It has no label, with which an alarm on it would become an expression.
func counted(stage, name string) awscloudwatch.IMetric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: jsii.String(journal.Namespace), MetricName: jsii.String(name),
		DimensionsMap: &map[string]*string{"stage": jsii.String(stage)},
		Period:        awscdk.Duration_Hours(jsii.Number(1)), Statistic: jsii.String("Sum"),
	})
}
