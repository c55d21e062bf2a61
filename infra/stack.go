package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// appStack is everything that can be made again: functions, queues, the API, the
// state machine, alarms.
type appStack struct {
	awscdk.Stack
	env  environment
	data *dataStack

	ops     awssns.Topic // alarms, to whoever runs the deployment
	support awssns.Topic // cases, to support's systems
	bus     awsevents.EventBus
	queues  queues
	machine awsstepfunctions.StateMachine
	// For the dashboard, in the order in which they were made.
	functions []awslambda.Function
	alarms    []interfacesawscloudwatch.IAlarmRef
}

type queues struct {
	validate, scrub, score, erase, export work
	// undelivered takes what EventBridge, a stream or an asynchronous call could not
	// deliver at all.
	undelivered awssqs.Queue
}

// newAppStack names the parts in the order in which a batch meets them.
func newAppStack(scope constructs.Construct, name string, env environment, data *dataStack) *appStack {
	a := &appStack{env: env, data: data, Stack: awscdk.NewStack(scope, jsii.String(name), &awscdk.StackProps{
		Description: jsii.String("Proactive: the pipeline, from the upload API to the case."),
	})}
	a.newTopics()
	a.newQueues()
	api := a.newUploadAPI()
	a.newPipeline()
	starter, factor := a.newCasework(api)
	a.newReconcile()
	a.newErase()
	a.newExport()
	questions := a.newQuestions()
	a.newAlarms(api, starter, factor)
	a.newDashboard(api)
	a.newOutputs(api, questions)
	return a
}

// newTopics makes the topics and the bus for domain events.
func (a *appStack) newTopics() {
	topic := func(id, shown string) awssns.Topic {
		return awssns.NewTopic(a.Stack, jsii.String(id), &awssns.TopicProps{
			DisplayName: jsii.String(shown), MasterKey: a.data.keys.messages, EnforceSSL: jsii.Bool(true),
		})
	}
	a.ops = topic("Ops", "Proactive operations")
	a.support = topic("Support", "Proactive cases")
	if a.env.Ops != "" {
		a.ops.AddSubscription(awssnssubscriptions.NewEmailSubscription(jsii.String(a.env.Ops), nil))
	}
	// Alarms publish as the service, which a topic with a policy must name: the policy
	// above takes the place of the one that lets the owner's account in.
	a.ops.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("Alarms"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sns:Publish"), Resources: &[]*string{a.ops.TopicArn()},
		Conditions: &map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": a.Account()},
			"ArnLike":      map[string]any{"aws:SourceArn": "arn:" + *a.Partition() + ":cloudwatch:" + *a.Region() + ":" + *a.Account() + ":alarm:*"},
		},
	}))
	a.bus = awsevents.NewEventBus(a.Stack, jsii.String("Bus"), &awsevents.EventBusProps{
		Description: jsii.String("Proactive: domain events, events/case/v1"),
	})
	// Not by CDK's own property, which would name this stack's bus in the data stack's key.
	bus, ok := a.bus.Node().DefaultChild().(awsevents.CfnEventBus)
	if !ok {
		panic("the bus has no CfnEventBus")
	}
	bus.SetKmsKeyIdentifier(a.data.keys.messages.KeyArn())
}

// newOutputs says what the operator's command line needs. The emulator's API address
// is built from ApiId, see infra/local.
func (a *appStack) newOutputs(api uploadAPI, questions awsiam.Role) {
	d := a.data
	for name, value := range map[string]*string{
		"ApiId": api.http.ApiId(), "ApiUrl": api.http.ApiEndpoint(),
		"Deployment":       jsii.String(a.deployment()),
		"InstrumentsTable": d.tables.instruments.TableName(), "RequestsTable": d.tables.requests.TableName(),
		"LedgerTable": d.tables.ledger.TableName(), "HealthTable": d.tables.health.TableName(),
		"FindingsTable": d.tables.findings.TableName(), "CasesTable": d.tables.cases.TableName(),
		"PeopleTable": d.tables.people.TableName(),
		"InboxBucket": d.buckets.inbox.BucketName(), "CleanBucket": d.buckets.clean.BucketName(),
		"QuarantineBucket": d.buckets.quarantine.BucketName(), "NoticesBucket": d.buckets.notices.BucketName(), "DossiersBucket": d.buckets.dossiers.BucketName(),
		"RootKey": d.keys.root.KeyArn(), "UnwrapKey": jsii.String(strings.Join(arns(d.keys.unwrap), ",")), "ReceiptKey": jsii.String(strings.Join(arns(d.keys.receipt), ",")), // newest first
		"ValidateQueue": a.queues.validate.queue.QueueUrl(), "ScrubQueue": a.queues.scrub.queue.QueueUrl(),
		"ScoreQueue": a.queues.score.queue.QueueUrl(), "EraseQueue": a.queues.erase.queue.QueueUrl(), "ExportQueue": a.queues.export.queue.QueueUrl(), "UndeliveredLetters": a.queues.undelivered.QueueUrl(),
		"QuestionsRole": questions.RoleArn(), "WorkGroup": jsii.String(a.env.workGroup()),
		"StateMachine": a.machine.StateMachineArn(), "SupportTopic": a.support.TopicArn(), "OpsTopic": a.ops.TopicArn(), "EventBus": a.bus.EventBusName(),
	} {
		awscdk.NewCfnOutput(a.Stack, jsii.String("Out"+name), &awscdk.CfnOutputProps{Value: value}).OverrideLogicalId(jsii.String(name))
	}
}

// deployment is the name in every envelope: a batch sealed for one deployment is
// refused by another.
func (a *appStack) deployment() string { return "proactive-" + a.env.Name }
