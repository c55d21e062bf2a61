package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// dataStack is everything that must survive: keys, buckets, tables.
type dataStack struct {
	awscdk.Stack
	env     environment
	keys    keys
	buckets buckets
	tables  tables
}

type keys struct {
	// Symmetric, rotated every year by KMS.
	inbox, clean, quarantine, notices, dossiers, tables, people, messages, logs, cases, answers awskms.Key
	// Asymmetric and HMAC keys do not rotate by themselves: the signed key set lets two
	// overlap, newest first.
	unwrap, receipt       []awskms.Key
	root, challenge, link awskms.Key
}

type buckets struct{ inbox, clean, quarantine, notices, dossiers, access awss3.Bucket }

type tables struct {
	instruments, requests, ledger, health, findings, cases, people awsdynamodb.Table
}

func newDataStack(scope constructs.Construct, name string, env environment) *dataStack {
	d := &dataStack{env: env, Stack: awscdk.NewStack(scope, jsii.String(name), &awscdk.StackProps{
		Description:           jsii.String("Proactive: keys, buckets and tables. Outlives everything else."),
		TerminationProtection: jsii.Bool(env.production()),
	})}
	d.newKeys()
	d.newBuckets()
	d.newTables()
	return d
}

// removal is what becomes of a store when its stack is deleted: kept in production.
func (e environment) removal() awscdk.RemovalPolicy {
	if e.production() {
		return awscdk.RemovalPolicy_RETAIN
	}
	return awscdk.RemovalPolicy_DESTROY
}
