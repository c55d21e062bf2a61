package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// newAlarms watches what must never fill: dead-letter queues; and what must not wait:
// work queues; and executions that fail. docs/operations.md says what to do for each.
func (a *appStack) newAlarms() {
	for id, q := range map[string]awssqs.Queue{
		"ValidateDead": a.queues.validate.dead, "ScrubDead": a.queues.scrub.dead, "ScoreDead": a.queues.score.dead, "Undelivered": a.queues.undelivered,
	} {
		a.alarm(id+"NotEmpty", "messages that could not be processed: nothing is lost, redrive them", q.MetricApproximateNumberOfMessagesVisible(period(1)), 1)
	}
	for id, q := range map[string]awssqs.Queue{
		"Validate": a.queues.validate.queue, "Scrub": a.queues.scrub.queue, "Score": a.queues.score.queue,
	} {
		a.alarm(id+"Waiting", "the oldest message waits for 15 minutes: is the function failing or throttled?", q.MetricApproximateAgeOfOldestMessage(period(5)), 15*60)
	}
	a.alarm("CaseFailed", "a case's execution failed: the case is open and nobody is told of its next step", a.machine.MetricFailed(period(5)), 1)
}

func period(minutes float64) *awscloudwatch.MetricOptions {
	return &awscloudwatch.MetricOptions{Period: awscdk.Duration_Minutes(jsii.Number(minutes)), Statistic: jsii.String("Maximum")}
}

func (a *appStack) alarm(id, meaning string, metric awscloudwatch.IMetric, threshold float64) {
	alarm := awscloudwatch.NewAlarm(a.Stack, jsii.String(id+"Alarm"), &awscloudwatch.AlarmProps{
		AlarmDescription: jsii.String(meaning), Metric: metric, Threshold: jsii.Number(threshold), EvaluationPeriods: jsii.Number(1),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
	})
	alarm.AddAlarmAction(awscloudwatchactions.NewSnsAction(a.ops))
}
