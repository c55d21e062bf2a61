package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"

	"proactive/shared/settings"
)

type uploadAPI struct{ http awsapigatewayv2.HttpApi }

// newUploadAPI makes the HTTP API and the two functions behind it that instruments
// talk to. Requests prove themselves in the functions; the API only throttles.
func (a *appStack) newUploadAPI() uploadAPI {
	d := a.data
	api := uploadAPI{http: awsapigatewayv2.NewHttpApi(a.Stack, jsii.String("Api"), &awsapigatewayv2.HttpApiProps{
		Description: jsii.String("Proactive: instruments, and the slot page"), CreateDefaultStage: jsii.Bool(false),
	})}
	logs := awslogs.NewLogGroup(a.Stack, jsii.String("ApiLogs"), &awslogs.LogGroupProps{
		// Access logs of HTTP APIs are vended: under this prefix the account's policy of
		// log delivery does not grow with every group (CloudWatch Logs user guide, 2026-11).
		LogGroupName: jsii.String("/aws/vendedlogs/apis/" + a.deployment()),
		Retention:    awslogs.RetentionDays_THREE_MONTHS, EncryptionKey: d.keys.logs, RemovalPolicy: a.env.removal(),
	})
	logs.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("delivery.logs.amazonaws.com"), nil)},
		Actions:    jsii.Strings("logs:CreateLogStream", "logs:PutLogEvents"),
		Resources:  &[]*string{logs.LogGroupArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": a.Account()}},
	}))
	stage := awsapigatewayv2.NewHttpStage(a.Stack, jsii.String("ApiStage"), &awsapigatewayv2.HttpStageProps{
		HttpApi: api.http, AutoDeploy: jsii.Bool(true),
		Throttle: &awsapigatewayv2.ThrottleSettings{RateLimit: jsii.Number(200), BurstLimit: jsii.Number(400)},
	})
	cfn, ok := stage.Node().DefaultChild().(awsapigatewayv2.CfnStage)
	if !ok {
		panic("the stage has no CfnStage")
	}
	// No path in the log, for a slot link's secret is in it; no header, no body, no
	// address. The route is enough.
	cfn.SetAccessLogSettings(&awsapigatewayv2.CfnStage_AccessLogSettingsProperty{
		DestinationArn: logs.LogGroupArn(),
		Format:         jsii.String(`{"request":"$context.requestId","route":"$context.routeKey","status":"$context.status","bytes":"$context.responseLength","ms":"$context.responseLatency"}`),
	})

	enrol := a.function("enrol", size{memoryMB: 256, timeout: 20, concurrency: 10}, settings.Enrol{
		Deployment: a.deployment(), InstrumentsTable: *d.tables.instruments.TableName(),
		RequestsTable: *d.tables.requests.TableName(), ChallengeKey: *d.keys.challenge.KeyArn(),
		EraseQueue: *a.queues.erase.queue.QueueUrl(), ExportQueue: *a.queues.export.queue.QueueUrl(),
		DossiersBucket: *d.buckets.dossiers.BucketName(), DossiersKey: *d.keys.dossiers.KeyArn(),
	}, all(
		on(d.tables.instruments, "uses up the code, writes instrument, consent and tombstone", "GetItem", "PutItem", "UpdateItem"),
		on(d.tables.instruments, "no code brings an erased instrument back", "ConditionCheckItem"),
		a.send(a.queues.erase.queue, "hands a request for erasure on"),
		a.send(a.queues.export.queue, "hands a request for an export on"),
		a.write(d.buckets.dossiers, d.keys.dossiers, "dossiers/", "writes down a request for an export"),
		a.look(d.buckets.dossiers, d.keys.dossiers, "dossiers/", "how far an export is"),
		a.read(d.buckets.dossiers, d.keys.dossiers, "dossiers/", "a presigned GET has the signer's rights and no more: one part, five minutes"),
		on(d.tables.requests, "a nonce is used once", "PutItem"),
		a.writeRows(d.keys.tables),
		use(d.keys.challenge, "checks that a nonce is ours", "VerifyMac"),
	)...)
	authorize := a.function("authorize", size{memoryMB: 256, timeout: 20, concurrency: 50}, settings.Authorize{
		Deployment: a.deployment(), InstrumentsTable: *d.tables.instruments.TableName(), RequestsTable: *d.tables.requests.TableName(),
		LedgerTable: *d.tables.ledger.TableName(), ChallengeKey: *d.keys.challenge.KeyArn(),
		InboxBucket: *d.buckets.inbox.BucketName(), InboxKey: *d.keys.inbox.KeyArn(),
	}, all(
		on(d.tables.instruments, "enrolment, consent, quota, public key, key set", "GetItem"),
		on(d.tables.requests, "a nonce is used once", "PutItem"),
		on(d.tables.ledger, "grants, and an instrument's own receipts", "GetItem", "PutItem", "UpdateItem", "Query"),
		a.writeRows(d.keys.tables),
		use(d.keys.challenge, "makes nonces and checks them", "GenerateMac", "VerifyMac"),
		a.write(d.buckets.inbox, d.keys.inbox, "inbox/", "a presigned PUT has the signer's rights and no more; it cannot read"),
	)...)
	api.route(enrol, "POST", "/v1/enrol")
	api.route(enrol, "POST", "/v1/consent")
	api.route(enrol, "POST", "/v1/erasure")
	api.route(enrol, "GET", "/v1/erasure")
	api.route(enrol, "POST", "/v1/export")
	api.route(enrol, "GET", "/v1/export")
	api.route(authorize, "GET", "/v1/challenge")
	api.route(authorize, "GET", "/v1/keys")
	api.route(authorize, "POST", "/v1/authorize")
	api.route(authorize, "GET", "/v1/receipts")
	return api
}

// route sends a path to a function. One integration per function serves its routes.
func (u uploadAPI) route(fn awslambda.Function, method, path string) {
	u.http.AddRoutes(&awsapigatewayv2.AddRoutesOptions{
		Path: jsii.String(path), Methods: &[]awsapigatewayv2.HttpMethod{awsapigatewayv2.HttpMethod(method)},
		Integration: awsapigatewayv2integrations.NewHttpLambdaIntegration(jsii.String(*fn.Node().Id()+"Integration"), fn, nil),
	})
}
