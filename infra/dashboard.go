package main

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"

	"proactive/shared/journal"
	"proactive/shared/receipt"
	"proactive/shared/scrub"
)

// counters are what each stage counts in its log, in the order in which a batch meets
// them. Scrub counts a batch by its verdict.
var counters = []struct{ title, stage, name string }{
	{"Batches", "scrub", "batches_" + string(receipt.Stored)},
	{"Batches", "scrub", "batches_" + string(receipt.Quarantined)},
	{"Batches", "scrub", "batches_" + string(receipt.Rejected)},
	{"Batches", "validate", journal.BatchesRejected},
	{"Batches", "validate", journal.UploadsLeft},
	{"Requests refused", "authorize", journal.RequestsUnproven},
	{"Requests refused", "authorize", journal.RequestsRefused},
	{"Requests refused", "enrol", journal.RequestsUnproven},
	{"Requests refused", "enrol", journal.RequestsRefused},
	{"The account", "reconcile", journal.BatchesRedriven},
	{"The account", "reconcile", journal.BatchesStuck},
	{"The account", "reconcile", journal.BatchesNeverArrived},
	{"The account", "reconcile", journal.AccountsBroken},
	{"The account", "erase", journal.ErasuresLate},
}

// newDashboard draws what an operator looks at first: alarms, what became of batches and
// requests, what waits, what failed, how many cases there are, and which rules of the
// detector hit.
func (a *appStack) newDashboard(api uploadAPI) {
	board := awscloudwatch.NewDashboard(a.Stack, jsii.String("Dashboard"), &awscloudwatch.DashboardProps{
		DashboardName: jsii.String(a.deployment()), DefaultInterval: awscdk.Duration_Days(jsii.Number(7)),
	})
	row := func(widgets ...awscloudwatch.IWidget) { board.AddWidgets(widgets...) }

	row(awscloudwatch.NewAlarmStatusWidget(&awscloudwatch.AlarmStatusWidgetProps{
		Title: jsii.String("Alarms: docs/operations.md"), Width: jsii.Number(24), Height: jsii.Number(3), Alarms: &a.alarms,
	}))

	sum, most := period(5, "Sum"), period(5, "Maximum")
	var titles []string
	byTitle := map[string][]awscloudwatch.IMetric{}
	for _, c := range counters {
		if byTitle[c.title] == nil {
			titles = append(titles, c.title)
		}
		byTitle[c.title] = append(byTitle[c.title], counter(c.stage, c.name))
	}
	var counts []awscloudwatch.IWidget
	for _, title := range titles {
		counts = append(counts, graph(title, 24/float64(len(titles)), byTitle[title]...))
	}
	row(counts...)

	var dead, waiting, oldest []awscloudwatch.IMetric
	for _, w := range []work{a.queues.validate, a.queues.scrub, a.queues.score, a.queues.erase, a.queues.export} {
		dead = append(dead, w.dead.MetricApproximateNumberOfMessagesVisible(most))
		waiting = append(waiting, w.queue.MetricApproximateNumberOfMessagesVisible(most))
		oldest = append(oldest, w.queue.MetricApproximateAgeOfOldestMessage(most))
	}
	dead = append(dead, a.queues.undelivered.MetricApproximateNumberOfMessagesVisible(most))
	row(graph("Dead letters", 8, dead...), graph("Messages waiting", 8, waiting...), graph("Oldest message, s", 8, oldest...))

	var failed, throttled, slow []awscloudwatch.IMetric
	for _, fn := range a.functions {
		failed = append(failed, fn.MetricErrors(sum))
		throttled = append(throttled, fn.MetricThrottles(sum))
		slow = append(slow, fn.MetricDuration(period(5, "p95")))
	}
	row(graph("Functions: errors", 8, failed...), graph("Functions: throttled", 8, throttled...), graph("Functions: 95 % took less than, ms", 8, slow...))

	row(
		graph("Cases", 8, a.machine.MetricStarted(sum), a.machine.MetricSucceeded(sum), a.machine.MetricFailed(sum), a.machine.MetricTimedOut(sum)),
		graph("Upload API", 8, api.http.MetricCount(sum), api.http.MetricClientError(sum), api.http.MetricServerError(sum)),
		graph("Mail that came back, share", 8, bounces()),
	)

	var hits []awscloudwatch.IMetric
	for _, rule := range slices.Sorted(maps.Keys(scrub.Reasons())) {
		hits = append(hits, counter("scrub", scrub.Counter(rule)))
	}
	row(graph("Texts that the detector stopped, by rule: docs/errors.md", 24, hits...))
}

func graph(title string, width float64, metrics ...awscloudwatch.IMetric) awscloudwatch.IWidget {
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
		Title: jsii.String(title), Width: jsii.Number(width), Height: jsii.Number(6), Left: &metrics,
		LeftYAxis: &awscloudwatch.YAxisProps{Min: jsii.Number(0), ShowUnits: jsii.Bool(false)},
	})
}

// counter is a counter that a stage writes into its log: shared/journal.
func counter(stage, name string) awscloudwatch.IMetric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: jsii.String(journal.Namespace), MetricName: jsii.String(name), DimensionsMap: &map[string]*string{"stage": jsii.String(stage)},
		Label: jsii.String(stage + " " + name), Statistic: jsii.String("Sum"), Period: awscdk.Duration_Minutes(jsii.Number(5)),
	})
}
