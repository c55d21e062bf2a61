package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsses"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
	"github.com/aws/jsii-runtime-go"

	"proactive/shared/settings"
)

// offerDays is how long a case waits for the lab's answer at the most. Reminders end
// the wait sooner; this is for when even the reminder was lost. Constant, for the
// emulator does not enforce a time-out that comes with the input.
const offerDays = 30

// newCasework makes what happens after a finding: the starter on the findings' stream,
// the state machine, and the functions of its steps.
func (a *appStack) newCasework(api uploadAPI) (starter, factor awslambda.Function) {
	casework := a.newCaseworkFunction()
	notify := a.newNotify(api)
	a.newMachine(casework, notify)
	a.newSlotPage(api)
	return a.newStarter(), a.newFactor()
}

func (a *appStack) newCaseworkFunction() awslambda.Function {
	d := a.data
	return a.function("casework", size{memoryMB: 256, timeout: 30}, settings.Casework{
		CasesTable: *d.tables.cases.TableName(), FindingsTable: *d.tables.findings.TableName(),
		HealthTable: *d.tables.health.TableName(), EventBus: *a.bus.EventBusName(),
	}, all(
		on(d.tables.cases, "the case, step by step", "GetItem", "PutItem"),
		on(d.tables.findings, "the evidence", "Query"),
		on(d.tables.health, "the runs after a visit; the visit itself; which models were asked", "GetItem", "PutItem", "Query"),
		a.writeRows(d.keys.tables),
		grant{"tells other systems what became of a case", []string{"events:PutEvents"}, []*string{a.bus.EventBusArn()}, nil},
	)...)
}

// newNotify makes the only function that knows people and sends mail, with the
// reminders it sets.
func (a *appStack) newNotify(api uploadAPI) awslambda.Function {
	d := a.data
	remind := a.function("remind", size{memoryMB: 128, timeout: 20}, settings.Remind{CasesTable: *d.tables.cases.TableName()}, all(
		on(d.tables.cases, "the task token of a waiting case", "GetItem"),
		a.readRows(d.keys.tables),
		a.wake(),
		a.send(a.queues.undelivered, "a reminder that failed for good is kept"),
	)...)
	// Scheduler calls remind asynchronously and is content once Lambda has taken the
	// call. What fails after that, twice more, is kept for a person.
	awslambda.NewCfnEventInvokeConfig(a.Stack, jsii.String("RemindRetries"), &awslambda.CfnEventInvokeConfigProps{
		FunctionName: remind.FunctionName(), Qualifier: jsii.String("$LATEST"), MaximumRetryAttempts: jsii.Number(2),
		MaximumEventAgeInSeconds: jsii.Number(6 * 3600),
		DestinationConfig: &awslambda.CfnEventInvokeConfig_DestinationConfigProperty{
			OnFailure: &awslambda.CfnEventInvokeConfig_OnFailureProperty{Destination: a.queues.undelivered.QueueArn()},
		},
	})
	group := awsscheduler.NewCfnScheduleGroup(a.Stack, jsii.String("Reminders"), &awsscheduler.CfnScheduleGroupProps{
		Name: jsii.String(a.deployment() + "-reminders"),
	})
	role := awsiam.NewRole(a.Stack, jsii.String("ReminderRole"), &awsiam.RoleProps{
		AssumedBy:   awsiam.NewServicePrincipal(jsii.String("scheduler.amazonaws.com"), nil),
		Description: jsii.String("EventBridge Scheduler, to wake a waiting case"),
	})
	a.allow(role, grant{"a reminder is a call of remind", []string{"lambda:InvokeFunction"}, []*string{remind.FunctionArn()}, nil})

	identity, set := a.newSender()

	return a.function("notify", size{memoryMB: 512, timeout: 60}, settings.Notify{
		CasesTable: *d.tables.cases.TableName(), FindingsTable: *d.tables.findings.TableName(),
		InstrumentsTable: *d.tables.instruments.TableName(), PeopleTable: *d.tables.people.TableName(),
		NoticesBucket: *d.buckets.notices.BucketName(), NoticesKey: *d.keys.notices.KeyArn(),
		SupportTopic: *a.support.TopicArn(), LinkKey: *d.keys.link.KeyArn(), Sender: a.env.Sender, BaseURL: a.baseURL(api),
		ScheduleGroup: *group.Name(), ReminderRole: *role.RoleArn(), ReminderFunction: *remind.FunctionArn(),
	}, all(
		on(d.tables.cases, "the case; its token and slot link; which notices were sent", "GetItem", "PutItem"),
		on(d.tables.cases, "past cases on the same component, whose end support is told", "Query"),
		on(d.tables.findings, "the evidence", "Query"),
		on(d.tables.instruments, "the serial number, which a person needs", "GetItem"),
		a.writeRows(d.keys.tables),
		on(d.tables.people, "who is told, in which language", "Query"),
		a.readRows(d.keys.people),
		a.look(d.buckets.notices, d.keys.notices, "notices/", "finds what is archived already"),
		a.read(d.buckets.notices, d.keys.notices, "notices/", "sends what is archived, also after a crash"),
		a.write(d.buckets.notices, d.keys.notices, "notices/", "archives a notice before it is sent"),
		use(d.keys.link, "makes the secret of a slot link", "GenerateMac"),
		// SendEmail with a raw message is checked as SendRawEmail too, and on the identity's
		// configuration set as well as on the identity.
		grant{"sends mail, as the sender only", []string{"ses:SendEmail", "ses:SendRawEmail"}, []*string{jsii.String(identity), jsii.String(set)}, nil},
		grant{"tells support's systems", []string{"sns:Publish"}, []*string{a.support.TopicArn()}, nil},
		grant{"tells support's systems: the topic's key", []string{"kms:GenerateDataKey", "kms:Decrypt"}, []*string{d.keys.messages.KeyArn()}, a.via("sns")},
		grant{"sets and clears reminders of its own group", []string{"scheduler:CreateSchedule", "scheduler:DeleteSchedule"}, []*string{a.schedules()}, nil},
		a.wake(), // a lab that picked while the offer was repeated: notify answers in its place
		grant{"lets Scheduler call remind", []string{"iam:PassRole"}, []*string{role.RoleArn()}, map[string]any{"StringEquals": map[string]any{"iam:PassedToService": "scheduler.amazonaws.com"}}},
	)...)
}

// newSender makes the identity that mail comes from, with its configuration set: no mail
// without TLS, and nobody is mailed again who bounced or complained. It returns both ARNs.
func (a *appStack) newSender() (identity, set string) {
	name := a.deployment() + "-mail"
	configuration := awsses.NewCfnConfigurationSet(a.Stack, jsii.String("Mail"), &awsses.CfnConfigurationSetProps{
		Name:               jsii.String(name),
		DeliveryOptions:    &awsses.CfnConfigurationSet_DeliveryOptionsProperty{TlsPolicy: jsii.String("REQUIRE")},
		ReputationOptions:  &awsses.CfnConfigurationSet_ReputationOptionsProperty{ReputationMetricsEnabled: jsii.Bool(true)},
		SuppressionOptions: &awsses.CfnConfigurationSet_SuppressionOptionsProperty{SuppressedReasons: jsii.Strings("BOUNCE", "COMPLAINT")},
	})
	sender := awsses.NewCfnEmailIdentity(a.Stack, jsii.String("Sender"), &awsses.CfnEmailIdentityProps{
		EmailIdentity:              jsii.String(a.env.Sender),
		ConfigurationSetAttributes: &awsses.CfnEmailIdentity_ConfigurationSetAttributesProperty{ConfigurationSetName: jsii.String(name)},
	})
	sender.AddDependency(configuration)
	arn := fmt.Sprintf("arn:%s:ses:%s:%s:", *a.Partition(), *a.Region(), *a.Account())
	return arn + "identity/" + a.env.Sender, arn + "configuration-set/" + name
}

// baseURL is where the slot page is served. The emulator's own endpoint output names
// a host that does not exist.
func (a *appStack) baseURL(api uploadAPI) string {
	if a.env.Port == 0 {
		return *api.http.ApiEndpoint()
	}
	return fmt.Sprintf("http://127.0.0.1:%d/_aws/execute-api/%s/$default", a.env.Port, *api.http.ApiId())
}

// wake lets a function answer a waiting execution. The token is the capability, and it
// is kept in the cases table; the grant narrows it to executions of this machine.
func (a *appStack) wake() []grant {
	return []grant{
		{"answers the task token of a case", []string{"states:SendTaskSuccess"}, []*string{jsii.String(a.machineARN())}, nil},
		a.executionData("answers the task token of a case: the key of executions"),
	}
}

// executionData is the key of what executions carry, for this machine's data through
// Step Functions only. It asks with the caller's permissions where the caller brings
// data (API reference, KmsAccessDeniedException, 2026-11).
func (a *appStack) executionData(reason string) grant {
	return grant{reason, []string{"kms:Decrypt", "kms:GenerateDataKey"}, []*string{a.data.keys.cases.KeyArn()}, map[string]any{
		"StringEquals": map[string]any{
			"kms:ViaService": "states." + *a.Region() + ".amazonaws.com",
			"kms:EncryptionContext:aws:states:stateMachineArn": a.machineARN(),
		},
	}}
}

// machineARN is spelt out because the machine's functions are made before it.
func (a *appStack) machineARN() string {
	return fmt.Sprintf("arn:%s:states:%s:%s:stateMachine:%s-case", *a.Partition(), *a.Region(), *a.Account(), a.deployment())
}

func (a *appStack) newStarter() awslambda.Function {
	d := a.data
	starter := a.function("starter", size{memoryMB: 256, timeout: 30}, settings.Starter{
		InstrumentsTable: *d.tables.instruments.TableName(), CasesTable: *d.tables.cases.TableName(),
		StateMachine: a.machineARN(), Pace: a.env.Pace, Predictions: a.env.Predictions,
	}, all(
		on(d.tables.instruments, "tenant and site of the instrument; whether it was erased", "GetItem"),
		on(d.tables.cases, "opens one case per instrument and component", "GetItem", "PutItem"),
		a.writeRows(d.keys.tables),
		grant{"starts a case's execution", []string{"states:StartExecution"}, []*string{jsii.String(a.machineARN())}, nil},
		a.executionData("starts a case's execution: the key of executions"),
		a.send(a.queues.undelivered, "what the stream cannot deliver is kept"),
	)...)
	// Only a finding that is active wakes the starter; neither one that was withdrawn nor
	// the row HEAD, which every decision on an instrument writes.
	a.onFindings(starter, "StreamFailures", map[string]any{"dynamodb": newState("active")})
	return starter
}

// onFindings feeds a function from the findings' stream, those records that a filter takes.
// failures is the id by which what fails for good is sent on.
func (a *appStack) onFindings(fn awslambda.Function, failures string, filter map[string]any) {
	fn.AddEventSource(awslambdaeventsources.NewDynamoEventSource(a.data.tables.findings, &awslambdaeventsources.DynamoEventSourceProps{
		StartingPosition: awslambda.StartingPosition_TRIM_HORIZON, BatchSize: jsii.Number(10),
		ReportBatchItemFailures: jsii.Bool(true), BisectBatchOnError: jsii.Bool(true), RetryAttempts: jsii.Number(20),
		OnFailure: awslambdaeventsources.NewSqsDlq(a.bare(failures, a.queues.undelivered)),
		Filters:   &[]*map[string]any{awslambda.FilterCriteria_Filter(&filter)},
	}))
}

// newState is the filter of rows that are written in a state.
func newState(state string) map[string]any {
	return map[string]any{"NewImage": map[string]any{"state": map[string]any{"S": awslambda.FilterRule_IsEqual(state)}}}
}

// newSlotPage makes the page behind the link in a lab's mail. GET shows, POST acts.
func (a *appStack) newSlotPage(api uploadAPI) {
	d := a.data
	slot := a.function("slot", size{memoryMB: 256, timeout: 20, concurrency: 10}, settings.Slot{CasesTable: *d.tables.cases.TableName()}, all(
		on(d.tables.cases, "the case behind the link; books a visit", "GetItem", "PutItem"),
		a.writeRows(d.keys.tables),
		a.wake(),
	)...)
	api.route(slot, "GET", "/slot/{secret}")
	api.route(slot, "POST", "/slot/{secret}")
}

// newMachine is a case as a chain that reads from top to bottom. The functions decide;
// the chain only carries their answers on. Its rendered form is in testdata.
func (a *appStack) newMachine(casework, notify awslambda.Function) {
	step := func(id string, fn awslambda.Function, name string) awsstepfunctionstasks.LambdaInvoke {
		task := awsstepfunctionstasks.NewLambdaInvoke(a.Stack, jsii.String(id), &awsstepfunctionstasks.LambdaInvokeProps{
			LambdaFunction: fn, PayloadResponseOnly: jsii.Bool(true), ResultPath: jsii.String("$." + name),
			Payload: awsstepfunctions.TaskInput_FromObject(&map[string]any{"step": name, "input": awsstepfunctions.JsonPath_EntirePayload()}),
		})
		// Beyond the retries CDK adds for the Lambda service: our own failures. A step
		// may be repeated at will, so patience costs nothing.
		task.AddRetry(&awsstepfunctions.RetryProps{
			Errors: jsii.Strings("States.TaskFailed"), Interval: awscdk.Duration_Seconds(jsii.Number(2)),
			MaxAttempts: jsii.Number(6), BackoffRate: jsii.Number(2), JitterStrategy: awsstepfunctions.JitterType_FULL,
		})
		return task
	}
	wait := func(id, path string) awsstepfunctions.Wait {
		return awsstepfunctions.NewWait(a.Stack, jsii.String(id), &awsstepfunctions.WaitProps{
			Time: awsstepfunctions.WaitTime_SecondsPath(jsii.String(path)),
		})
	}
	is := func(path, value string) awsstepfunctions.Condition {
		return awsstepfunctions.Condition_StringEquals(jsii.String(path), jsii.String(value))
	}

	closeCase := step("Close", casework, "close")
	closeCase.Next(step("TellClosed", notify, "closed")).Next(awsstepfunctions.NewSucceed(a.Stack, jsii.String("Closed"), nil))
	escalate := step("Escalate", notify, "escalate")
	escalate.Next(closeCase)

	offer := awsstepfunctionstasks.NewLambdaInvoke(a.Stack, jsii.String("OfferSlot"), &awsstepfunctionstasks.LambdaInvokeProps{
		LambdaFunction: notify, IntegrationPattern: awsstepfunctions.IntegrationPattern_WAIT_FOR_TASK_TOKEN,
		ResultPath:  jsii.String("$.offer"),
		TaskTimeout: awsstepfunctions.Timeout_Duration(awscdk.Duration_Days(jsii.Number(offerDays))),
		Payload: awsstepfunctions.TaskInput_FromObject(&map[string]any{
			"step": "offer", "input": awsstepfunctions.JsonPath_EntirePayload(), "token": awsstepfunctions.JsonPath_TaskToken(),
		}),
	})
	// States.TaskFailed is any failure but a time-out: the mail that did not go out is
	// tried again, the answer that did not come is not waited for twice.
	offer.AddRetry(&awsstepfunctions.RetryProps{
		Errors: jsii.Strings("States.TaskFailed"), Interval: awscdk.Duration_Seconds(jsii.Number(2)),
		MaxAttempts: jsii.Number(6), BackoffRate: jsii.Number(2), JitterStrategy: awsstepfunctions.JitterType_FULL,
	})
	offer.AddCatch(escalate, &awsstepfunctions.CatchProps{Errors: jsii.Strings("States.Timeout"), ResultPath: jsii.String("$.timeout")})

	verify := step("Verify", casework, "verify")
	verify.Next(awsstepfunctions.NewChoice(a.Stack, jsii.String("IsItFixed"), nil).
		When(is("$.verify.result", "waiting"), wait("WaitForRuns", "$.verify.wait_seconds").Next(verify), nil).
		When(is("$.verify.result", "failing"), escalate, nil).
		Otherwise(closeCase))

	invite := step("Invite", notify, "invite")
	invite.Next(wait("WaitForVisit", "$.invite.wait_seconds")).Next(verify)

	offer.Next(awsstepfunctions.NewChoice(a.Stack, jsii.String("WhatDidTheLabSay"), nil).
		When(is("$.offer.answer", "picked"), invite, nil).
		When(is("$.offer.answer", "remind"), offer, nil).
		Otherwise(escalate))

	diagnose := step("Diagnose", casework, "diagnose")
	diagnose.Next(step("TellSupport", notify, "support")).Next(offer)

	logs := awslogs.NewLogGroup(a.Stack, jsii.String("CaseLogs"), &awslogs.LogGroupProps{
		LogGroupName: jsii.String("/aws/vendedlogs/states/" + a.deployment() + "-case"),
		Retention:    awslogs.RetentionDays_THREE_MONTHS, EncryptionKey: a.data.keys.logs, RemovalPolicy: a.env.removal(),
	})
	a.machine = awsstepfunctions.NewStateMachine(a.Stack, jsii.String("Case"), &awsstepfunctions.StateMachineProps{
		StateMachineName: jsii.String(a.deployment() + "-case"), Comment: jsii.String("one execution per case, named by it"),
		StateMachineType: awsstepfunctions.StateMachineType_STANDARD,
		DefinitionBody:   awsstepfunctions.DefinitionBody_FromChainable(diagnose),
		TracingEnabled:   jsii.Bool(true),
		Logs:             &awsstepfunctions.LogOptions{Destination: logs, Level: awsstepfunctions.LogLevel_ALL, IncludeExecutionData: jsii.Bool(false)},
		EncryptionConfiguration: awsstepfunctions.NewCustomerManagedEncryptionConfiguration(a.data.keys.cases,
			awscdk.Duration_Minutes(jsii.Number(5))),
	})
}
