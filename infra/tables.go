package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"
)

// ttl is the attribute of rows that expire: used nonces, slot links.
const ttl = "expires"

// newTables makes the tables; their rows are in shared/layout. Each has "pk" and "sk",
// a customer-managed key and point-in-time recovery.
func (d *dataStack) newTables() {
	none := awsdynamodb.StreamViewType("")
	d.tables = tables{
		instruments: d.table("Instruments", d.keys.tables, none),
		requests:    d.table("Requests", d.keys.tables, none),
		ledger:      d.table("Ledger", d.keys.tables, none),
		health:      d.table("Health", d.keys.tables, none),
		// The stream wakes the starter.
		findings: d.table("Findings", d.keys.tables, awsdynamodb.StreamViewType_NEW_IMAGE),
		cases:    d.table("Cases", d.keys.tables, none),
		people:   d.table("People", d.keys.people, none),
	}
}

func (d *dataStack) table(id string, key awskms.IKey, stream awsdynamodb.StreamViewType) awsdynamodb.Table {
	return awsdynamodb.NewTable(d.Stack, jsii.String(id), &awsdynamodb.TableProps{
		PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("pk"), Type: awsdynamodb.AttributeType_STRING},
		SortKey:      &awsdynamodb.Attribute{Name: jsii.String("sk"), Type: awsdynamodb.AttributeType_STRING},
		BillingMode:  awsdynamodb.BillingMode_PAY_PER_REQUEST,
		Encryption:   awsdynamodb.TableEncryption_CUSTOMER_MANAGED, EncryptionKey: key,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: jsii.Bool(true)},
		DeletionProtection:               jsii.Bool(d.env.production()),
		TimeToLiveAttribute:              jsii.String(ttl),
		Stream:                           stream,
		RemovalPolicy:                    d.env.removal(),
	})
}
