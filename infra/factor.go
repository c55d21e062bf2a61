package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"proactive/shared/layout"
	"proactive/shared/settings"
)

// newFactor makes what tells support of a lot or a release that many instruments share: on
// the findings' stream, beside the starter.
func (a *appStack) newFactor() awslambda.Function {
	d := a.data
	arn := fmt.Sprintf("arn:%s:ses:%s:%s:", *a.Partition(), *a.Region(), *a.Account())
	factor := a.function("factor", size{memoryMB: 256, timeout: 60}, settings.Factor{
		FindingsTable: *d.tables.findings.TableName(), PeopleTable: *d.tables.people.TableName(),
		NoticesBucket: *d.buckets.notices.BucketName(), NoticesKey: *d.keys.notices.KeyArn(),
		SupportTopic: *a.support.TopicArn(), Sender: a.env.Sender,
	}, all(
		partition(d.tables.findings, layout.FactorsRow, "which notices of a factor were sent", "GetItem", "UpdateItem"),
		a.writeRows(d.keys.tables),
		partition(d.tables.people, layout.SupportRow, "our own people, and no customer's", "Query"),
		a.readRows(d.keys.people),
		a.look(d.buckets.notices, d.keys.notices, "factors/", "finds what is archived already"),
		a.read(d.buckets.notices, d.keys.notices, "factors/", "sends what is archived, also after a crash"),
		a.write(d.buckets.notices, d.keys.notices, "factors/", "archives a notice before it is sent"),
		grant{"sends mail, as the sender only", []string{"ses:SendEmail", "ses:SendRawEmail"},
			[]*string{jsii.String(arn + "identity/" + a.env.Sender), jsii.String(arn + "configuration-set/" + a.deployment() + "-mail")}, nil},
		grant{"tells support's systems", []string{"sns:Publish"}, []*string{a.support.TopicArn()}, nil},
		grant{"tells support's systems: the topic's key", []string{"kms:GenerateDataKey", "kms:Decrypt"}, []*string{d.keys.messages.KeyArn()}, a.via("sns")},
		a.send(a.queues.undelivered, "what the stream cannot deliver is kept"),
	)...)
	// A factor when it is noticed; that it was told is written into the same row.
	a.onFindings(factor, "FactorFailures", map[string]any{"eventName": awslambda.FilterRule_IsEqual("INSERT"), "dynamodb": newState("noticed")})
	return factor
}

// partition is on for rows of one partition only.
func partition(t awsdynamodb.Table, pk, reason string, actions ...string) grant {
	g := on(t, reason, actions...)
	g.conditions = map[string]any{"ForAllValues:StringEquals": map[string]any{"dynamodb:LeadingKeys": []string{pk}}}
	return g
}
