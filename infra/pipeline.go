package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"proactive/shared/layout"
	"proactive/shared/settings"
)

// work is a queue of work and where messages go that fail too often.
type work struct{ queue, dead awssqs.Queue }

const (
	// A message is tried this often before it goes to the dead-letter queue.
	maxReceives = 5
	// SQS's longest retention (quota, 2026-11).
	queueDays = 14
)

// newQueues makes a queue before each stage. A queue is hidden for six times its
// function's timeout (Lambda developer guide, "Using Lambda with Amazon SQS", 2026-11).
func (a *appStack) newQueues() {
	a.queues.undelivered = a.deadLetters("Undelivered")
	a.queues.validate = a.newWork("Validate")
	a.queues.scrub = a.newWork("Scrub")
	a.queues.score = a.newWork("Score")
	a.queues.erase = a.newWork("Erase")
	a.queues.export = a.newWork("Export")
}

func (a *appStack) newWork(name string) work {
	dead := a.deadLetters(name + "Dead")
	return work{dead: dead, queue: awssqs.NewQueue(a.Stack, jsii.String(name+"Queue"), &awssqs.QueueProps{
		Encryption: awssqs.QueueEncryption_KMS, EncryptionMasterKey: a.data.keys.messages, EnforceSSL: jsii.Bool(true),
		RetentionPeriod:   awscdk.Duration_Days(jsii.Number(queueDays)),
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(6 * stageTimeout)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: dead, MaxReceiveCount: jsii.Number(maxReceives)},
	})}
}

// bare is a queue for constructs that would otherwise grant of their own accord: to all
// of EventBridge instead of one rule, and the queue's key with wildcards. Whoever uses
// it grants what is needed, with the reason.
func (a *appStack) bare(id string, q awssqs.Queue) awssqs.IQueue {
	return awssqs.Queue_FromQueueArn(a.Stack, jsii.String(id), q.QueueArn())
}

func (a *appStack) deadLetters(id string) awssqs.Queue {
	return awssqs.NewQueue(a.Stack, jsii.String(id+"Letters"), &awssqs.QueueProps{
		Encryption: awssqs.QueueEncryption_KMS, EncryptionMasterKey: a.data.keys.messages, EnforceSSL: jsii.Bool(true),
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(queueDays)),
	})
}

const (
	// stageTimeout is the longest a stage may take for its messages, in seconds.
	stageTimeout = 60
	// stageConcurrency is how many of a stage run at once. The queue holds back, not a
	// reserve of the function's: a throttled delivery counts as a receive, and five of
	// them would make a dead letter of a sound batch.
	stageConcurrency = 20
	// stageBatch is how many messages a call of a stage is given.
	stageBatch = 5
)

// newPipeline connects inbox, validate, scrub and score.
func (a *appStack) newPipeline() {
	d := a.data
	arrivals := awsevents.NewRule(a.Stack, jsii.String("Arrivals"), &awsevents.RuleProps{
		Description: jsii.String("a sealed batch arrived in the inbox"),
		EventPattern: &awsevents.EventPattern{
			Source: jsii.Strings("aws.s3"), DetailType: jsii.Strings("Object Created"),
			Detail: &map[string]any{
				"bucket": map[string]any{"name": []*string{d.buckets.inbox.BucketName()}},
				"object": map[string]any{"key": []any{map[string]any{"prefix": "inbox/"}}},
			},
		},
		Targets: &[]awsevents.IRuleTarget{awseventstargets.NewSqsQueue(a.bare("ArrivalsTarget", a.queues.validate.queue), &awseventstargets.SqsQueueProps{
			DeadLetterQueue: a.queues.undelivered,
			MaxEventAge:     awscdk.Duration_Hours(jsii.Number(24)), RetryAttempts: jsii.Number(185), // both the most EventBridge allows
		})},
	})
	a.queues.validate.queue.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("Arrivals"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sqs:SendMessage"), Resources: &[]*string{a.queues.validate.queue.QueueArn()},
		Conditions: &map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": arrivals.RuleArn()}},
	}))

	validate := a.function("validate", size{memoryMB: 512, timeout: stageTimeout}, settings.Validate{
		Deployment: a.deployment(), InstrumentsTable: *d.tables.instruments.TableName(), LedgerTable: *d.tables.ledger.TableName(),
		InboxBucket: *d.buckets.inbox.BucketName(), ScrubQueue: *a.queues.scrub.queue.QueueUrl(), ReceiptKeys: arns(d.keys.receipt),
	}, all(
		a.read(d.buckets.inbox, d.keys.inbox, "inbox/", "reads the envelope and hashes the ciphertext; it cannot open it"),
		a.look(d.buckets.inbox, d.keys.inbox, "inbox/", "which version arrived, if the event does not say"),
		a.removes(d.buckets.inbox, "inbox/", "removes what it refused: it may be no sealed batch, and anything may stand in it"),
		on(d.tables.instruments, "enrolment, consent now, public key, key set", "GetItem"),
		on(d.tables.ledger, "the grant, the claim, a rejection's receipt", "GetItem", "PutItem", "UpdateItem"),
		a.writeRows(d.keys.tables),
		useEach(d.keys.receipt, "a refused batch is owed a signed receipt", "Sign", "GetPublicKey"),
		a.send(a.queues.scrub.queue, "hands sound batches on"),
	)...)
	a.consume(validate, a.queues.validate, stageBatch)

	scrub := a.function("scrub", size{memoryMB: 1024, timeout: stageTimeout}, settings.Scrub{
		Deployment: a.deployment(), LedgerTable: *d.tables.ledger.TableName(), InstrumentsTable: *d.tables.instruments.TableName(),
		InboxBucket: *d.buckets.inbox.BucketName(),
		CleanBucket: *d.buckets.clean.BucketName(), CleanKey: *d.keys.clean.KeyArn(),
		QuarantineBucket: *d.buckets.quarantine.BucketName(), QuarantineKey: *d.keys.quarantine.KeyArn(),
		ScoreQueue: *a.queues.score.queue.QueueUrl(), UnwrapKeys: arns(d.keys.unwrap), ReceiptKeys: arns(d.keys.receipt),
	}, all(
		a.read(d.buckets.inbox, d.keys.inbox, "inbox/", "reads the sealed batch"),
		a.removes(d.buckets.inbox, "inbox/", "removes what it refused, or set aside"),
		useEach(d.keys.unwrap, "unwraps the content key: the only role that may; finds its id by its public half", "Decrypt", "GetPublicKey"),
		a.look(d.buckets.clean, d.keys.clean, "clean/", "finds its own earlier result when delivered again"),
		a.write(d.buckets.clean, d.keys.clean, "clean/", "writes the clean batch"),
		a.write(d.buckets.quarantine, d.keys.quarantine, "quarantine/", "sets aside ciphertext that the detector stopped; it cannot read it back"),
		on(d.tables.instruments, "the key set: which unwrap key is meant; whether the instrument was erased", "GetItem"),
		on(d.tables.ledger, "state, receipt and chain head, in one transaction", "GetItem", "PutItem", "UpdateItem"),
		a.writeRows(d.keys.tables),
		useEach(d.keys.receipt, "signs the receipt", "Sign", "GetPublicKey"),
		a.send(a.queues.score.queue, "hands clean batches on"),
	)...)
	a.consume(scrub, a.queues.scrub, stageBatch)

	score := a.function("score", size{memoryMB: 512, timeout: stageTimeout}, settings.Score{
		CleanBucket: *d.buckets.clean.BucketName(), HealthTable: *d.tables.health.TableName(), FindingsTable: *d.tables.findings.TableName(),
		InstrumentsTable: *d.tables.instruments.TableName(), Models: a.env.Models,
	}, all(
		on(d.tables.instruments, "whether the instrument was erased", "GetItem"),
		a.read(d.buckets.clean, d.keys.clean, "clean/", "reads the clean batch"),
		on(d.tables.health, "a run's features, those of the last runs, the condition, the status, what cohorts share", "GetItem", "PutItem", "UpdateItem", "Query"),
		on(d.tables.findings, "findings as they change", "PutItem", "Query"),
		partition(d.tables.findings, layout.FactorsRow, "a lot or release that is off, where it is not noticed yet", "UpdateItem"),
		a.writeRows(d.keys.tables),
	)...)
	a.consume(score, a.queues.score, stageBatch)
}

// consume feeds a function from its queue. A message that fails does not take the
// others of its delivery with it.
func (a *appStack) consume(fn awslambda.Function, w work, batch float64) {
	fn.AddEventSource(awslambdaeventsources.NewSqsEventSource(w.queue, &awslambdaeventsources.SqsEventSourceProps{
		BatchSize: jsii.Number(batch), ReportBatchItemFailures: jsii.Bool(true), MaxConcurrency: jsii.Number(stageConcurrency),
	}))
}
