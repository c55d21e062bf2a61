package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"proactive/shared/settings"
)

// newErase makes the function that erases instruments: the only one that deletes what is kept. It
// may list and delete, and may not read an object.
func (a *appStack) newErase() {
	d := a.data
	work := []awssqs.Queue{a.queues.validate.queue, a.queues.scrub.queue, a.queues.score.queue, a.queues.export.queue}
	dead := []awssqs.Queue{a.queues.validate.dead, a.queues.scrub.dead, a.queues.score.dead, a.queues.erase.dead, a.queues.export.dead, a.queues.undelivered}
	fn := a.function("erase", size{memoryMB: 256, timeout: stageTimeout}, settings.Erase{
		Deployment: a.deployment(), InstrumentsTable: *d.tables.instruments.TableName(), LedgerTable: *d.tables.ledger.TableName(),
		HealthTable: *d.tables.health.TableName(), FindingsTable: *d.tables.findings.TableName(), CasesTable: *d.tables.cases.TableName(),
		InboxBucket: *d.buckets.inbox.BucketName(), CleanBucket: *d.buckets.clean.BucketName(),
		QuarantineBucket: *d.buckets.quarantine.BucketName(), NoticesBucket: *d.buckets.notices.BucketName(), DossiersBucket: *d.buckets.dossiers.BucketName(),
		StateMachine: a.machineARN(), ScheduleGroup: a.deployment() + "-reminders",
		EraseQueue: *a.queues.erase.queue.QueueUrl(), WorkQueues: urls(work), DeadLetters: urls(dead), ReceiptKeys: arns(d.keys.receipt),
		Pace: a.env.Pace,
	}, all(
		on(d.tables.instruments, "the tombstone, the turn, the key set; deletes codes and the instrument's own row", "GetItem", "PutItem", "Scan", "BatchWriteItem", "DeleteItem"),
		on(d.tables.ledger, "deletes an instrument's rows", "Query", "BatchWriteItem"),
		on(d.tables.health, "deletes an instrument's rows, and its shares in cohorts", "Query", "BatchWriteItem", "GetItem", "PutItem"),
		on(d.tables.findings, "deletes an instrument's rows", "Query", "BatchWriteItem"),
		on(d.tables.cases, "finds and deletes the rows of an instrument's cases", "Scan", "BatchWriteItem"),
		a.writeRows(d.keys.tables),
		a.deletes(d.buckets.inbox, "inbox/", "deletes an instrument's uploads"),
		a.deletes(d.buckets.clean, "clean/", "deletes an instrument's clean data"),
		a.deletes(d.buckets.quarantine, "quarantine/", "deletes an instrument's quarantined uploads"),
		a.deletes(d.buckets.notices, "notices/", "deletes the notices of an instrument's cases"),
		a.deletes(d.buckets.dossiers, "dossiers/", "deletes what was prepared for an instrument's lab"),
		a.search("looks for an instrument's messages and deletes them", append(work, dead...)...),
		a.send(a.queues.erase.queue, "calls for the next round"),
		grant{"stops the executions of an instrument's cases", []string{"states:DescribeExecution", "states:StopExecution"},
			[]*string{a.executions()}, nil},
		a.executionData("stops the executions of an instrument's cases: their key"),
		grant{"ends the reminders of an instrument's cases", []string{"scheduler:GetSchedule", "scheduler:DeleteSchedule"}, []*string{a.schedules()}, nil},
		useEach(d.keys.receipt, "signs the certificate", "Sign", "GetPublicKey"),
	)...)
	a.consume(fn, a.queues.erase, 1) // each takes its time, and must not take another's
}

// deletes allows deleting versions under a prefix, by names that are listed: no byte of
// an object is read, and none is hidden behind a marker.
func (a *appStack) deletes(b awss3.Bucket, prefix, reason string) []grant {
	return []grant{
		a.names(b, prefix, reason+": their names"),
		a.removes(b, prefix, reason),
	}
}

// search allows receiving messages, deleting some and letting the others go.
func (a *appStack) search(reason string, queues ...awssqs.Queue) []grant {
	var arns []*string
	for _, q := range queues {
		arns = append(arns, q.QueueArn())
	}
	return []grant{
		{reason, []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"}, arns, nil},
		{reason + ": their key", []string{"kms:Decrypt"}, []*string{a.data.keys.messages.KeyArn()}, a.via("sqs")},
	}
}

func urls(queues []awssqs.Queue) (all []string) {
	for _, q := range queues {
		all = append(all, *q.QueueUrl())
	}
	return all
}

// executions are those of the case machine; an execution's name is known at run time only.
func (a *appStack) executions() *string {
	return jsii.String(fmt.Sprintf("arn:%s:states:%s:%s:execution:%s-case:*", *a.Partition(), *a.Region(), *a.Account(), a.deployment()))
}

// schedules are the reminders; a schedule's name is known at run time only.
func (a *appStack) schedules() *string {
	return jsii.String(fmt.Sprintf("arn:%s:scheduler:%s:%s:schedule/%s-reminders/*", *a.Partition(), *a.Region(), *a.Account(), a.deployment()))
}
