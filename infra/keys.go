package main

import (
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"
)

// newKeys makes one key per purpose, so that a grant on a key says what it is for.
func (d *dataStack) newKeys() {
	d.keys = keys{
		inbox:      d.symmetric("InboxKey", "sealed batches on arrival"),
		clean:      d.symmetric("CleanKey", "scrubbed batches"),
		quarantine: d.symmetric("QuarantineKey", "ciphertext that the detector stopped"),
		notices:    d.symmetric("NoticesKey", "the archive of notices, which name people"),
		dossiers:   d.symmetric("DossiersKey", "what is held of an instrument, prepared for its lab"),
		tables:     d.symmetric("TablesKey", "tables without people"),
		people:     d.symmetric("PeopleKey", "the table of people"),
		messages:   d.symmetric("MessagesKey", "queues and topics"),
		logs:       d.symmetric("LogsKey", "log groups"),
		cases:      d.symmetric("CasesKey", "the state machine's execution data"),
		answers:    d.symmetric("AnswersKey", "what Athena answers, for a day"),

		unwrap:    d.generations(d.env.UnwrapKey, "UnwrapKey", "unwraps content keys; only scrub may ask", awskms.KeySpec_RSA_4096, awskms.KeyUsage_ENCRYPT_DECRYPT),
		receipt:   d.generations(d.env.ReceiptKey, "ReceiptKey", "signs receipts", awskms.KeySpec_ECC_NIST_P256, awskms.KeyUsage_SIGN_VERIFY),
		root:      d.special("RootKey", "signs key sets; only the operator, never a function", awskms.KeySpec_ECC_NIST_P256, awskms.KeyUsage_SIGN_VERIFY),
		challenge: d.special("ChallengeKey", "makes and checks the nonces of requests", awskms.KeySpec_HMAC_256, awskms.KeyUsage_GENERATE_VERIFY_MAC),
		link:      d.special("LinkKey", "makes the secrets of slot links", awskms.KeySpec_HMAC_256, awskms.KeyUsage_GENERATE_VERIFY_MAC),
	}
	// EventBridge delivers to encrypted queues and keeps the bus under the key, CloudWatch
	// alarms publish to an encrypted topic: each needs the key itself. The account
	// condition keeps other accounts' events out (confused deputy). SNS is not among them:
	// a publisher's permission covers a topic, and no queue of ours subscribes to one.
	d.keys.messages.AddToResourcePolicy(d.service("EventBridgeDelivers", "events.amazonaws.com", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"), nil)
	d.keys.messages.AddToResourcePolicy(d.service("AlarmsPublish", "cloudwatch.amazonaws.com", "kms:Decrypt", "kms:GenerateDataKey"), nil)

	// Athena keeps answers under it, of our work group only (Athena user guide, "Set up an AWS
	// KMS key policy for managed query results", 2026-11).
	d.keys.answers.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("AthenaAnswers"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("encryption.athena.amazonaws.com"), nil)},
		Actions:    jsii.Strings("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"),
		Resources:  jsii.Strings("*"), // in a key policy: this key
		Conditions: &map[string]any{
			"ArnLike":      map[string]any{"kms:EncryptionContext:aws:athena:arn": d.workGroupARN(), "aws:SourceArn": d.workGroupARN()},
			"StringEquals": map[string]any{"aws:SourceAccount": d.Account()},
		},
	}), nil)

	// A second lock, beside the grants of the roles: whatever a role of the application is
	// one day granted by mistake, it cannot sign key sets, and only scrub unwraps.
	d.keys.root.AddToResourcePolicy(d.never("NoFunctionSignsKeySets", nil, "kms:*"), nil)
	for _, k := range d.keys.unwrap {
		k.AddToResourcePolicy(d.never("OnlyScrubUnwraps", []string{"ScrubRole"}, "kms:CreateGrant", "kms:Decrypt", "kms:ReEncryptFrom"), nil)
	}
	for _, k := range d.keys.receipt {
		k.AddToResourcePolicy(d.never("OnlyWhoDecidesSigns", []string{"EraseRole", "ScrubRole", "ValidateRole"}, "kms:CreateGrant", "kms:Sign"), nil)
	}
	// CloudWatch Logs encrypts each group with it.
	d.keys.logs.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("LogGroups"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("logs."+*d.Region()+".amazonaws.com"), nil)},
		Actions:    jsii.Strings("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*", "kms:DescribeKey"),
		Resources:  jsii.Strings("*"), // in a key policy: this key
		Conditions: &map[string]any{"ArnLike": map[string]any{"kms:EncryptionContext:aws:logs:arn": "arn:" + *d.Partition() + ":logs:" + *d.Region() + ":" + *d.Account() + ":*"}},
	}), nil)
}

// never forbids roles of the application to use a key, but for those whose names begin
// so. Role names are CloudFormation's, <stack>-<id>…; they do not have to exist yet.
func (d *dataStack) never(sid string, but []string, actions ...string) awsiam.PolicyStatement {
	roles := "arn:" + *d.Partition() + ":iam::" + *d.Account() + ":role/proactive-" + d.env.Name + "-app-"
	conditions := map[string]any{"ArnLike": map[string]any{"aws:PrincipalArn": roles + "*"}}
	if len(but) > 0 {
		var allowed []string
		for _, id := range but {
			allowed = append(allowed, roles+id+"*")
		}
		conditions["ArnNotLike"] = map[string]any{"aws:PrincipalArn": allowed}
	}
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String(sid), Effect: awsiam.Effect_DENY, Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()},
		Actions: jsii.Strings(actions...), Resources: jsii.Strings("*"), Conditions: &conditions,
	})
}

func (d *dataStack) service(sid, principal string, actions ...string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String(sid),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String(principal), nil)},
		Actions:    jsii.Strings(actions...),
		Resources:  jsii.Strings("*"), // in a key policy: this key
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": d.Account()}},
	})
}

func (d *dataStack) symmetric(id, purpose string) awskms.Key {
	return awskms.NewKey(d.Stack, jsii.String(id), &awskms.KeyProps{
		Description: jsii.String("Proactive: " + purpose), EnableKeyRotation: jsii.Bool(true),
		PendingWindow: awscdk.Duration_Days(jsii.Number(30)), RemovalPolicy: d.env.removal(),
	})
}

// generations are all generations of a key, newest first. The first has no number, so
// that what was deployed before rotations stays what it is. None leaves the stack, used
// or not: CloudFormation refuses to drop what the other stack still imports, and an old
// key is what opens an old backup.
func (d *dataStack) generations(newest int, id, purpose string, spec awskms.KeySpec, usage awskms.KeyUsage) (all []awskms.Key) {
	for n := newest; n >= 1; n-- {
		name := id
		if n > 1 {
			name += strconv.Itoa(n)
		}
		k := d.special(name, purpose, spec, usage)
		d.ExportValue(k.KeyArn(), nil)
		all = append(all, k)
	}
	return all
}

func (d *dataStack) special(id, purpose string, spec awskms.KeySpec, usage awskms.KeyUsage) awskms.Key {
	return awskms.NewKey(d.Stack, jsii.String(id), &awskms.KeyProps{
		Description: jsii.String("Proactive: " + purpose), KeySpec: spec, KeyUsage: usage,
		PendingWindow: awscdk.Duration_Days(jsii.Number(30)), RemovalPolicy: d.env.removal(),
	})
}
