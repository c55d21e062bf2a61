package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"proactive/shared/journal"
)

// newAlarms watches what must never fill: dead-letter queues; what must not wait: work
// queues and the stream; and what nobody else would notice: executions that fail, an API
// that answers with errors, mail that comes back. docs/operations.md has a line for each.
func (a *appStack) newAlarms(api uploadAPI, starter, factor awslambda.Function) {
	for _, dead := range []struct {
		id    string
		queue awssqs.Queue
	}{
		{"ValidateDead", a.queues.validate.dead}, {"ScrubDead", a.queues.scrub.dead}, {"ScoreDead", a.queues.score.dead}, {"EraseDead", a.queues.erase.dead},
		{"ExportDead", a.queues.export.dead},
		{"Undelivered", a.queues.undelivered},
	} {
		a.alarm(dead.id+"NotEmpty", "messages that could not be processed are waiting for a person",
			dead.queue.MetricApproximateNumberOfMessagesVisible(period(1, "Maximum")), 1)
	}
	for _, waiting := range []struct {
		id    string
		queue awssqs.Queue
	}{
		{"Validate", a.queues.validate.queue}, {"Scrub", a.queues.scrub.queue}, {"Score", a.queues.score.queue}, {"Erase", a.queues.erase.queue},
		{"Export", a.queues.export.queue},
	} {
		a.alarm(waiting.id+"Waiting", "the oldest message waits for 15 minutes: the function fails, or is throttled",
			waiting.queue.MetricApproximateAgeOfOldestMessage(period(5, "Maximum")), 15*60)
	}
	a.alarm("StarterBehind", "findings wait for 15 minutes to become cases: the stream keeps them for 24 hours",
		starter.Metric(jsii.String("IteratorAge"), period(5, "Maximum")), 15*60*1000) // ms
	a.alarm("FactorBehind", "a lot or release that is off waits for 15 minutes to be told: the stream keeps it for 24 hours",
		factor.Metric(jsii.String("IteratorAge"), period(5, "Maximum")), 15*60*1000) // ms
	a.alarm("CaseFailed", "a case's execution failed: the case is open and nobody is told of its next step",
		a.machine.MetricFailed(period(5, "Sum")), 1)
	a.alarm("ApiFailing", "the API answered ten requests in five minutes with an error of ours",
		api.http.MetricServerError(period(5, "Sum")), 10)
	a.alarm("Privacy", "the detector stopped a batch: something that looks like an identifier got past the catalog, on the instrument and here",
		counted("scrub", "batches_quarantined"), 1)
	a.alarm("EraseLate", "an erasure does not end: something writes by its id, or somebody has dead letters in hand",
		counted("erase", journal.ErasuresLate), 1)
	a.alarm("MailBounces", "one mail in twenty comes back: somebody is not told, and SES may stop sending",
		bounces(), 0.05)
}

// bounces is the share of the account's mail that came back.
func bounces() awscloudwatch.IMetric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: jsii.String("AWS/SES"), MetricName: jsii.String("Reputation.BounceRate"),
		Period: awscdk.Duration_Hours(jsii.Number(1)), Statistic: jsii.String("Maximum"),
	})
}

func period(minutes float64, statistic string) *awscloudwatch.MetricOptions {
	return &awscloudwatch.MetricOptions{Period: awscdk.Duration_Minutes(jsii.Number(minutes)), Statistic: jsii.String(statistic)}
}

func (a *appStack) alarm(id, meaning string, metric awscloudwatch.IMetric, threshold float64) {
	alarm := awscloudwatch.NewAlarm(a.Stack, jsii.String(id+"Alarm"), &awscloudwatch.AlarmProps{
		// Named, so that the mail of an alarm leads to its line in docs/operations.md.
		AlarmName:        jsii.String(a.deployment() + "-" + id),
		AlarmDescription: jsii.String(meaning + ". docs/operations.md#" + strings.ToLower(id)), Metric: metric, Threshold: jsii.Number(threshold), EvaluationPeriods: jsii.Number(1),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
	})
	alarm.AddAlarmAction(awscloudwatchactions.NewSnsAction(a.ops))
	a.alarms = append(a.alarms, alarm)
}
