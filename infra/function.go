package main

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"proactive/shared/settings"
)

// size is what a function is given. The work of a batch is bounded, so these are too.
type size struct {
	memoryMB float64
	timeout  float64 // seconds
	// concurrency is reserved, which is a cap too; 0 shares the account's pool. See
	// docs/decisions/0007-concurrency.md.
	concurrency float64
}

// grant is one permission: what it is for, then what it allows. The reason is not
// decoration: infra's tests refuse a grant without one.
type grant struct {
	reason     string
	actions    []string
	resources  []*string
	conditions map[string]any
}

// function is the house constructor: every function has its own role with these grants
// and no others, its own log group with retention and our key, tracing, and an
// environment that settings.Load will accept.
func (a *appStack) function(name string, s size, environ any, grants ...grant) awslambda.Function {
	id := strings.ToUpper(name[:1]) + name[1:]
	logs := awslogs.NewLogGroup(a.Stack, jsii.String(id+"Logs"), &awslogs.LogGroupProps{
		Retention: awslogs.RetentionDays_THREE_MONTHS, EncryptionKey: a.data.keys.logs, RemovalPolicy: a.env.removal(),
	})
	role := awsiam.NewRole(a.Stack, jsii.String(id+"Role"), &awsiam.RoleProps{
		AssumedBy:   awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
		Description: jsii.String("functions/" + name + " and nothing else"),
	})
	arch := awslambda.Architecture_ARM_64()
	if a.env.Arch == "amd64" {
		arch = awslambda.Architecture_X86_64()
	}
	vars := map[string]*string{}
	for k, v := range settings.Environ(environ) {
		vars[k] = jsii.String(v)
	}
	props := &awslambda.FunctionProps{
		Description: jsii.String("functions/" + name),
		Runtime:     awslambda.Runtime_PROVIDED_AL2023(), Architecture: arch, Handler: jsii.String("bootstrap"),
		Code:       awslambda.Code_FromAsset(jsii.String(a.env.Assets+"/"+a.env.Arch+"/"+name), nil),
		MemorySize: jsii.Number(s.memoryMB), Timeout: awscdk.Duration_Seconds(jsii.Number(s.timeout)),
		Role: role, LogGroup: logs, Tracing: awslambda.Tracing_ACTIVE, Environment: &vars,
	}
	if s.concurrency > 0 {
		props.ReservedConcurrentExecutions = jsii.Number(s.concurrency)
	}
	fn := awslambda.NewFunction(a.Stack, jsii.String(id), props)
	a.allow(role, grant{"its own log lines", []string{"logs:CreateLogStream", "logs:PutLogEvents"}, []*string{logs.LogGroupArn()}, nil})
	for _, g := range grants {
		a.allow(role, g)
	}
	a.functions = append(a.functions, fn)
	return fn
}

// allow adds a grant to a role.
func (a *appStack) allow(role awsiam.IRole, g grant) {
	if g.reason == "" {
		panic("a grant without a reason: " + strings.Join(g.actions, " "))
	}
	props := &awsiam.PolicyStatementProps{Actions: jsii.Strings(g.actions...), Resources: &g.resources}
	if g.conditions != nil {
		props.Conditions = &g.conditions
	}
	role.AddToPrincipalPolicy(awsiam.NewPolicyStatement(props))
}

// The usual grants. Each store needs two: the store, and its key through the store's
// service, for an object or row under a customer's key is refused without it.

func on(t awsdynamodb.Table, reason string, actions ...string) grant {
	for i, action := range actions {
		actions[i] = "dynamodb:" + action
	}
	return grant{reason, actions, []*string{t.TableArn()}, nil}
}

// rows is the key of tables, for use through DynamoDB only: readRows to read, writeRows
// to read and write. DynamoDB asks with the caller's permissions (DynamoDB developer
// guide, "Encryption at rest: usage notes", 2026-11).
func (a *appStack) readRows(key awskms.IKey) grant {
	return grant{"rows are under this key", []string{"kms:Decrypt", "kms:DescribeKey"}, []*string{key.KeyArn()}, a.via("dynamodb")}
}

func (a *appStack) writeRows(key awskms.IKey) grant {
	return grant{"rows are under this key", []string{"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"},
		[]*string{key.KeyArn()}, a.via("dynamodb")}
}

func (a *appStack) via(service string) map[string]any {
	return map[string]any{"StringEquals": map[string]any{"kms:ViaService": service + "." + *a.Region() + ".amazonaws.com"}}
}

// read allows reading versions that are named: what one stage hands to the next.
func (a *appStack) read(b awss3.Bucket, key awskms.IKey, prefix, reason string) []grant {
	return a.get("s3:GetObjectVersion", b, key, prefix, reason)
}

// look allows looking at the newest version, whichever that is: HEAD, and a PUT on the
// condition that the object is still the same (S3 user guide, "Conditional writes").
func (a *appStack) look(b awss3.Bucket, key awskms.IKey, prefix, reason string) []grant {
	return a.get("s3:GetObject", b, key, prefix, reason)
}

func (a *appStack) get(action string, b awss3.Bucket, key awskms.IKey, prefix, reason string) []grant {
	return []grant{
		{reason, []string{action}, []*string{b.ArnForObjects(jsii.String(prefix + "*"))}, nil},
		{reason + ": its key", []string{"kms:Decrypt"}, []*string{key.KeyArn()}, a.via("s3")},
	}
}

func (a *appStack) write(b awss3.Bucket, key awskms.IKey, prefix, reason string) []grant {
	return []grant{
		{reason, []string{"s3:PutObject"}, []*string{b.ArnForObjects(jsii.String(prefix + "*"))}, nil},
		{reason + ": its key", []string{"kms:GenerateDataKey"}, []*string{key.KeyArn()}, a.via("s3")},
	}
}

// removes allows deleting versions that are named. Who may refuse an upload, so that its
// instrument forgets it, may remove it as well.
func (a *appStack) removes(b awss3.Bucket, prefix, reason string) grant {
	return grant{reason, []string{"s3:DeleteObjectVersion"}, []*string{b.ArnForObjects(jsii.String(prefix + "*"))}, nil}
}

func (a *appStack) send(q awssqs.Queue, reason string) []grant {
	return []grant{
		{reason, []string{"sqs:SendMessage"}, []*string{q.QueueArn()}, nil},
		{reason + ": its key", []string{"kms:GenerateDataKey", "kms:Decrypt"}, []*string{a.data.keys.messages.KeyArn()}, a.via("sqs")},
	}
}

func use(key awskms.IKey, reason string, actions ...string) grant {
	for i, action := range actions {
		actions[i] = "kms:" + action
	}
	return grant{reason, actions, []*string{key.KeyArn()}, nil}
}

// live are the generations in use, newest first: one takes over, one is on its way out.
func live(keys []awskms.Key) []awskms.Key { return keys[:min(2, len(keys))] }

// useEach is use of every generation of a key that is in use.
func useEach(keys []awskms.Key, reason string, actions ...string) (grants []grant) {
	for _, k := range live(keys) {
		grants = append(grants, use(k, reason, slices.Clone(actions)...))
	}
	return grants
}

func arns(keys []awskms.Key) (all []string) {
	for _, k := range live(keys) {
		all = append(all, *k.KeyArn())
	}
	return all
}

// all flattens grants.
func all(parts ...any) []grant {
	var out []grant
	for _, p := range parts {
		switch g := p.(type) {
		case grant:
			out = append(out, g)
		case []grant:
			out = append(out, g...)
		default:
			panic("not a grant")
		}
	}
	return out
}
