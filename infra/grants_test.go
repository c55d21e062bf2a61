package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

// statement is a statement of a policy, wherever the policy hangs.
type statement struct {
	holder     string // the role it belongs to, or the resource it protects
	deny       bool
	principals []string // of a policy on a resource
	actions    []string
	resources  []string
	condition  string // compact JSON, "" if none
}

// statements are those of a policy resource: of IAM, of a key, bucket, queue, topic or
// log group, and a function's permission.
func statements(r resource) []statement {
	var document any
	holder := r.ref()
	switch r.Type {
	case "AWS::KMS::Key":
		document = r.Props["KeyPolicy"]
	case "AWS::IAM::Role":
		document = r.Props["AssumeRolePolicyDocument"]
	case "AWS::IAM::Policy":
		document, holder = r.Props["PolicyDocument"], strings.Join(list(r.Props["Roles"]), " ")
	case "AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy":
		document = r.Props["PolicyDocument"]
	case "AWS::Logs::ResourcePolicy":
		text, _ := r.Props["PolicyDocument"].(string)
		if err := json.Unmarshal([]byte(text), &document); err != nil {
			panic(fmt.Sprintf("%s: %v", r, err))
		}
	case "AWS::Lambda::Permission":
		condition, _ := json.Marshal(map[string]any{"ArnLike": map[string]any{"aws:SourceArn": r.Props["SourceArn"]}})
		return []statement{{
			holder: fmt.Sprint(r.Props["FunctionName"]), principals: list(r.Props["Principal"]), actions: list(r.Props["Action"]),
			resources: list(r.Props["FunctionName"]), condition: string(condition),
		}}
	default:
		return nil
	}
	var out []statement
	for _, s := range document.(map[string]any)["Statement"].([]any) {
		st := statement{
			holder: holder, deny: at(s, "Effect") == "Deny", actions: list(at(s, "Action")), resources: list(at(s, "Resource")),
		}
		switch who := at(s, "Principal").(type) {
		case string:
			st.principals = []string{who}
		case map[string]any:
			for _, v := range who {
				st.principals = append(st.principals, list(v)...)
			}
		}
		if c := at(s, "Condition"); c != nil {
			text, err := json.Marshal(c)
			if err != nil {
				panic(err)
			}
			st.condition = string(text)
		}
		out = append(out, st)
	}
	return out
}

// matches says whether a pattern of a policy covers an action or a resource. Actions
// are compared without regard to case. A bracket in an ARN is none of ours.
func matches(pattern, s string) bool {
	flat := strings.NewReplacer("/", "|", "[", "(", "]", ")", `\`, "")
	ok, err := path.Match(flat.Replace(strings.ToLower(pattern)), flat.Replace(strings.ToLower(s)))
	return err == nil && ok
}

func matchesAny(patterns []string, s string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, s) })
}

// grants are all that roles are allowed by the policies of IAM.
func (d deployment) grants(t *testing.T) []statement {
	t.Helper()
	var out []statement
	for _, p := range d.of(t, "AWS::IAM::Policy") {
		for _, s := range statements(p) {
			if s.deny {
				t.Fatalf("%s: a denial, which this test does not weigh", p)
			}
			if len(s.actions) == 0 || len(s.resources) == 0 {
				t.Fatalf("%s: NotAction or NotResource", p)
			}
			out = append(out, s)
		}
	}
	return out
}

// who is the roles that are allowed an action on a resource, by the names of what they
// are for: "scrub" for ${app/ScrubRole}.
func (d deployment) who(t *testing.T, action, resource string) []string {
	t.Helper()
	var out []string
	for _, s := range d.grants(t) {
		for _, r := range s.resources {
			// A grant on a part of a bucket is one on the bucket.
			if matchesAny(s.actions, action) && (matches(r, resource) || strings.HasPrefix(r, resource+"/")) {
				out = append(out, roleName(s.holder))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func roleName(ref string) string {
	return strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(ref, "${app/"), "Role}"))
}

// TestRolesHaveOnlyTheirOwnPolicies: what TestGrants reads is all there is.
func TestRolesHaveOnlyTheirOwnPolicies(t *testing.T) {
	known := []string{"AWS::IAM::Role", "AWS::IAM::Policy"}
	flavours(t, func(t *testing.T, d deployment) {
		for _, r := range d.resources {
			if strings.HasPrefix(r.Type, "AWS::IAM::") && !slices.Contains(known, r.Type) {
				t.Errorf("%s: another way to grant", r)
			}
		}
		for _, p := range d.of(t, "AWS::IAM::Policy") {
			if len(list(p.Props["Roles"])) != 1 || p.Props["Users"] != nil || p.Props["Groups"] != nil {
				t.Errorf("%s: belongs to %v %v %v", p, p.Props["Roles"], p.Props["Users"], p.Props["Groups"])
			}
		}
		for _, r := range d.of(t, "AWS::IAM::Role") {
			if r.Props["ManagedPolicyArns"] != nil || r.Props["Policies"] != nil {
				t.Errorf("%s: has a policy beside its own", r)
			}
			for _, s := range statements(r) {
				for _, who := range s.principals {
					if r.ref() == "${app/QuestionsRole}" {
						continue // a person's: TestWhoMayAsk
					}
					if !slices.Contains([]string{"lambda.amazonaws.com", "states.amazonaws.com", "scheduler.amazonaws.com"}, who) {
						t.Errorf("%s: %s may assume it", r, who)
					}
				}
			}
		}
		for _, table := range d.of(t, "AWS::DynamoDB::Table") {
			if table.Props["ResourcePolicy"] != nil {
				t.Errorf("%s: another way to grant", table)
			}
		}
	})
}

// TestWhoMayDoWhat is least privilege where it matters most: for each of these, exactly
// these roles.
func TestWhoMayDoWhat(t *testing.T) {
	cases := []struct {
		promise, action, resource string
		roles                     []string
	}{
		{"only scrub opens a batch", "kms:Decrypt", "${data/UnwrapKey.Arn}", []string{"scrub"}},
		{"the unwrap key is re-encrypted by nobody", "kms:ReEncryptFrom", "${data/UnwrapKey.Arn}", nil},
		{"nobody hands out the unwrap key", "kms:CreateGrant", "${data/UnwrapKey.Arn}", nil},
		{"no function signs key sets", "kms:Sign", "${data/RootKey.Arn}", nil},
		{"no function so much as reads the root key", "kms:GetPublicKey", "${data/RootKey.Arn}", nil},
		{"receipts and certificates are signed by those who decide", "kms:Sign", "${data/ReceiptKey.Arn}", []string{"erase", "scrub", "validate"}},
		{"nonces are made where they are asked for", "kms:GenerateMac", "${data/ChallengeKey.Arn}", []string{"authorize"}},
		{"nonces are checked at the door", "kms:VerifyMac", "${data/ChallengeKey.Arn}", []string{"authorize", "enrol"}},
		{"slot links are made by who mails them", "kms:GenerateMac", "${data/LinkKey.Arn}", []string{"notify"}},
		{"authorize cannot read what it lets in", "s3:GetObject", "${data/Inbox.Arn}", []string{"validate"}},
		{"a version in the inbox is read by the two that judge it", "s3:GetObjectVersion", "${data/Inbox.Arn}", []string{"scrub", "validate"}},
		{"only a presigned PUT of authorize's fills the inbox", "s3:PutObject", "${data/Inbox.Arn}", []string{"authorize"}},
		{"the inbox key is for those who read the inbox", "kms:Decrypt", "${data/InboxKey.Arn}", []string{"scrub", "validate"}},
		{"nobody deletes from the inbox", "s3:DeleteObject", "${data/Inbox.Arn}", nil},
		{"a version in the inbox is deleted by an erasure and by those who refuse it", "s3:DeleteObjectVersion", "${data/Inbox.Arn}", []string{"erase", "scrub", "validate"}},
		{"only an erasure deletes clean data", "s3:DeleteObjectVersion", "${data/Clean.Arn}", []string{"erase"}},
		{"only an erasure deletes what is quarantined", "s3:DeleteObjectVersion", "${data/Quarantine.Arn}", []string{"erase"}},
		{"only an erasure deletes notices", "s3:DeleteObjectVersion", "${data/Notices.Arn}", []string{"erase"}},
		{"nobody deletes access logs", "s3:DeleteObjectVersion", "${data/AccessLogs.Arn}", nil},
		{"only an erasure deletes rows of the ledger", "dynamodb:BatchWriteItem", "${data/Ledger.Arn}", []string{"erase"}},
		{"no row of people is deleted", "dynamodb:BatchWriteItem", "${data/People.Arn}", nil},
		{"only an erasure ends an instrument's row", "dynamodb:DeleteItem", "${data/Instruments.Arn}", []string{"erase"}},
		{"only an erasure stops a case", "states:StopExecution", executionARN, []string{"erase"}},
		{"only scrub writes clean data", "s3:PutObject", "${data/Clean.Arn}", []string{"scrub"}},
		{"clean data is read for scoring, and for its lab", "s3:GetObjectVersion", "${data/Clean.Arn}", []string{"export", "score"}},
		{"scrub looks for its own result, a person asks", "s3:GetObject", "${data/Clean.Arn}", []string{"questions", "scrub"}},
		{"files of clean data are listed by who asks", "s3:ListBucket", "${data/Clean.Arn}", []string{"questions"}},
		{"answers are read by who asks", "kms:Decrypt", "${data/AnswersKey.Arn}", []string{"questions"}},
		{"quarantine is written by scrub", "s3:PutObject", "${data/Quarantine.Arn}", []string{"scrub"}},
		{"quarantine is read by nobody", "s3:GetObject", "${data/Quarantine.Arn}", nil},
		{"no version of quarantine is read", "s3:GetObjectVersion", "${data/Quarantine.Arn}", nil},
		{"the quarantine key decrypts for nobody", "kms:Decrypt", "${data/QuarantineKey.Arn}", nil},
		{"people are read by who mails them", "dynamodb:Query", "${data/People.Arn}", []string{"factor", "notify"}},
		{"people are fetched by nobody else", "dynamodb:GetItem", "${data/People.Arn}", nil},
		{"people are not scanned", "dynamodb:Scan", "${data/People.Arn}", nil},
		{"people are changed by the operator only", "dynamodb:PutItem", "${data/People.Arn}", nil},
		{"the people key", "kms:Decrypt", "${data/PeopleKey.Arn}", []string{"factor", "notify"}},
		{"notices are read by who sends them, and for their lab", "s3:GetObject", "${data/Notices.Arn}", []string{"export", "factor", "notify"}},
		{"exports are written by who takes the request and who prepares them", "s3:PutObject", "${data/Dossiers.Arn}", []string{"enrol", "export"}},
		{"only a presigned GET of enrol's fetches an export", "s3:GetObjectVersion", "${data/Dossiers.Arn}", []string{"enrol"}},
		{"how far an export is, is read by the two that write it", "s3:GetObject", "${data/Dossiers.Arn}", []string{"enrol", "export"}},
		{"only an erasure deletes exports", "s3:DeleteObjectVersion", "${data/Dossiers.Arn}", []string{"erase"}},
		{"who prepares an export changes no row", "dynamodb:PutItem", "${data/Cases.Arn}", []string{"casework", "notify", "slot", "starter"}},
		{"consents are read by who prepares an export", "dynamodb:Query", "${data/Instruments.Arn}", []string{"export"}},
		{"instruments are written at enrolment, tombstones at erasure", "dynamodb:PutItem", "${data/Instruments.Arn}", []string{"enrol", "erase"}},
		{"instruments are changed at enrolment", "dynamodb:UpdateItem", "${data/Instruments.Arn}", []string{"enrol"}},
		{"the ledger is written by who grants and who judges", "dynamodb:PutItem", "${data/Ledger.Arn}", []string{"authorize", "scrub", "validate"}},
		{"names in the inbox are listed by who keeps the account and who erases", "s3:ListBucketVersions", "${data/Inbox.Arn}", []string{"erase", "reconcile"}},
		{"names of clean data are listed by who keeps the account and who erases", "s3:ListBucketVersions", "${data/Clean.Arn}", []string{"erase", "reconcile"}},
		{"instruments are listed by who keeps the account and who erases", "dynamodb:Scan", "${data/Instruments.Arn}", []string{"erase", "reconcile"}},
		{"findings are score's", "dynamodb:PutItem", "${data/Findings.Arn}", []string{"score"}},
		{"past cases are read by who tells support of them", "dynamodb:Query", "${data/Cases.Arn}", []string{"notify"}},
		{"cases are started by the starter", "states:StartExecution", caseARN, []string{"starter"}},
		{"a waiting case is answered by these", "states:SendTaskSuccess", caseARN, []string{"notify", "remind", "slot"}},
		{"mail is sent by notify, and by factor to our own", "ses:SendEmail", mailARN, []string{"factor", "notify"}},
		{"raw mail is sent by notify, and by factor to our own", "ses:SendRawEmail", mailARN, []string{"factor", "notify"}},
	}
	flavours(t, func(t *testing.T, d deployment) {
		for _, c := range cases {
			resource := strings.ReplaceAll(c.resource, "{env}", d.Name)
			if resource == c.resource && strings.HasPrefix(c.resource, "${data/") {
				d.find(t, resource) // a name that is no longer there would prove nothing
			}
			if got := d.who(t, c.action, resource); !slices.Equal(got, c.roles) {
				t.Errorf("%s: %s on %s is allowed to %v, want %v", c.promise, c.action, resource, got, c.roles)
			}
		}
	})
}

const (
	arnOf        = "arn:${AWS::Partition}:%s:${AWS::Region}:${AWS::AccountId}:"
	caseARN      = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:proactive-{env}-case"
	executionARN = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:proactive-{env}-case:c-x"
	mailARN      = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/service@proactive.example"
)

// TestWhoTouchesAServiceAtAll: a role without any action of a service cannot be turned
// against it, whatever the resource.
func TestWhoTouchesAServiceAtAll(t *testing.T) {
	want := map[string][]string{
		"ses": {"factor", "notify"}, "sns": {"factor", "notify"}, "scheduler": {"erase", "notify"}, "iam": {"notify"}, "events": {"casework"},
		"athena": {"questions"}, "glue": {"questions"},
		"s3": {"authorize", "enrol", "erase", "export", "factor", "notify", "questions", "reconcile", "score", "scrub", "validate"}, "lambda": {"case", "reminder"},
		"states": {"erase", "notify", "remind", "slot", "starter"}, "sqs": {"enrol", "erase", "export", "factor", "reconcile", "remind", "score", "scrub", "starter", "validate"},
		"dynamodb": {"authorize", "casework", "enrol", "erase", "export", "factor", "notify", "reconcile", "remind", "score", "scrub", "slot", "starter", "validate"},
		"kms":      {"authorize", "case", "casework", "enrol", "erase", "export", "factor", "notify", "questions", "reconcile", "remind", "score", "scrub", "slot", "starter", "validate"},
		"logs":     {"authorize", "case", "casework", "enrol", "erase", "export", "factor", "notify", "reconcile", "remind", "score", "scrub", "slot", "starter", "validate"},
		"xray":     {"authorize", "case", "casework", "enrol", "erase", "export", "factor", "notify", "reconcile", "remind", "score", "scrub", "slot", "starter", "validate"},
	}
	flavours(t, func(t *testing.T, d deployment) {
		got := map[string][]string{}
		for _, s := range d.grants(t) {
			for _, a := range s.actions {
				service, _, _ := strings.Cut(a, ":")
				got[service] = append(got[service], roleName(s.holder))
			}
		}
		for service := range got {
			slices.Sort(got[service])
			if roles := slices.Compact(got[service]); !slices.Equal(roles, want[service]) {
				t.Errorf("%s is touched by %v, want %v", service, roles, want[service])
			}
		}
		for service := range want {
			if got[service] == nil {
				t.Errorf("nobody touches %s any more", service)
			}
		}
	})
}

// TestEveryWildcardIsNeeded: a wildcard stands where AWS offers nothing narrower, and
// says so here. The words in front are the role, or * for each; then action and resource.
func TestEveryWildcardIsNeeded(t *testing.T) {
	reasons := map[string]string{
		"* xray:PutTraceSegments on *":                 "X-Ray has no resources to name (service authorization reference)",
		"* xray:PutTelemetryRecords on *":              "X-Ray has no resources to name (service authorization reference)",
		"case xray:GetSamplingRules on *":              "X-Ray has no resources to name (service authorization reference)",
		"case xray:GetSamplingTargets on *":            "X-Ray has no resources to name (service authorization reference)",
		"case logs:CreateLogDelivery on *":             "log delivery is set up for the account, not for a group (Step Functions developer guide)",
		"case logs:GetLogDelivery on *":                "as CreateLogDelivery",
		"case logs:UpdateLogDelivery on *":             "as CreateLogDelivery",
		"case logs:DeleteLogDelivery on *":             "as CreateLogDelivery",
		"case logs:ListLogDeliveries on *":             "as CreateLogDelivery",
		"case logs:PutResourcePolicy on *":             "as CreateLogDelivery",
		"case logs:DescribeResourcePolicies on *":      "as CreateLogDelivery",
		"case logs:DescribeLogGroups on *":             "as CreateLogDelivery",
		"starter dynamodb:ListStreams on *":            "ListStreams takes no resource (service authorization reference)",
		"factor dynamodb:ListStreams on *":             "as starter's",
		"case lambda:InvokeFunction on a version":      "CDK's task grants the function and its versions; there is none but $LATEST",
		"objects of one prefix":                        "an object's key is known at run time only; bucket and prefix are named",
		"notify scheduler:CreateSchedule on reminders": "a schedule's name is known at run time only; the group is named",
		"notify scheduler:DeleteSchedule on reminders": "a schedule's name is known at run time only; the group is named",
		"erase scheduler:GetSchedule on reminders":     "as notify's",
		"erase scheduler:DeleteSchedule on reminders":  "as notify's",
		"erase an execution of the case machine":       "an execution's name is known at run time only; the machine is named",
	}
	flavours(t, func(t *testing.T, d deployment) {
		used := map[string]bool{}
		for _, s := range d.grants(t) {
			for _, a := range s.actions {
				for _, r := range s.resources {
					if !strings.Contains(a, "*") && !strings.Contains(r, "*") {
						continue
					}
					exact := fmt.Sprintf("%s %s on %s", roleName(s.holder), a, r)
					everyone := fmt.Sprintf("* %s on %s", a, r)
					switch {
					case reasons[exact] != "":
						used[exact] = true
					case reasons[everyone] != "":
						used[everyone] = true
					case roleName(s.holder) == "case" && a == "lambda:InvokeFunction" && strings.HasPrefix(r, "${app/") && strings.HasSuffix(r, ".Arn}:*"):
						used["case lambda:InvokeFunction on a version"] = true
					case strings.HasPrefix(a, "s3:") && onePrefix(r):
						used["objects of one prefix"] = true
					case strings.HasPrefix(a, "scheduler:") && r == fmt.Sprintf(arnOf, "scheduler")+"schedule/proactive-"+d.Name+"-reminders/*" && reasons[roleName(s.holder)+" "+a+" on reminders"] != "":
						used[roleName(s.holder)+" "+a+" on reminders"] = true
					case roleName(s.holder) == "erase" && strings.HasPrefix(a, "states:") && r == fmt.Sprintf(arnOf, "states")+"execution:proactive-"+d.Name+"-case:*":
						used["erase an execution of the case machine"] = true
					default:
						t.Errorf("%s: a wildcard without a reason", exact)
					}
				}
			}
		}
		for reason := range reasons {
			if !used[reason] {
				t.Errorf("%q is no longer used: take it off the list", reason)
			}
		}
	})
}

// onePrefix says whether a resource is the objects of one prefix of one bucket:
// ${data/Inbox.Arn}/inbox/*. Notices has two: those of cases, and those of factors, which
// are no customer's.
func onePrefix(r string) bool {
	bucket, prefix, ok := strings.Cut(r, ".Arn}/")
	folder := strings.TrimSuffix(prefix, "/*")
	return ok && strings.HasPrefix(bucket, "${data/") && folder != prefix && !strings.ContainsAny(folder, "*/") &&
		(strings.EqualFold(folder, strings.TrimPrefix(bucket, "${data/")) || bucket == "${data/Notices" && folder == "factors")
}

// TestWhoIsAllowedAStoreIsAllowedItsKey: an object, row or message under a customer's
// key is refused to who may not use the key, at run time, in an account.
func TestWhoIsAllowedAStoreIsAllowedItsKey(t *testing.T) {
	needs := []struct {
		kind, action string
		key          []string
	}{
		{"AWS::S3::Bucket", "s3:GetObject", []string{"kms:Decrypt"}},
		{"AWS::S3::Bucket", "s3:GetObjectVersion", []string{"kms:Decrypt"}},
		{"AWS::S3::Bucket", "s3:PutObject", []string{"kms:GenerateDataKey"}},
		{"AWS::DynamoDB::Table", "dynamodb:GetItem", []string{"kms:Decrypt"}},
		{"AWS::DynamoDB::Table", "dynamodb:Query", []string{"kms:Decrypt"}},
		{"AWS::DynamoDB::Table", "dynamodb:PutItem", []string{"kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt"}},
		{"AWS::DynamoDB::Table", "dynamodb:UpdateItem", []string{"kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt"}},
		{"AWS::SQS::Queue", "sqs:SendMessage", []string{"kms:Decrypt", "kms:GenerateDataKey"}},
		{"AWS::SQS::Queue", "sqs:ReceiveMessage", []string{"kms:Decrypt"}},
		{"AWS::SNS::Topic", "sns:Publish", []string{"kms:Decrypt", "kms:GenerateDataKey"}},
	}
	flavours(t, func(t *testing.T, d deployment) {
		for _, n := range needs {
			found := 0
			for _, r := range d.of(t, n.kind) {
				name := r.arn()
				if n.kind == "AWS::SNS::Topic" {
					name = r.ref()
				}
				key := cmp.Or(at(r.Props, "BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "KMSMasterKeyID"),
					at(r.Props, "SSESpecification", "KMSMasterKeyId"), r.Props["KmsMasterKeyId"])
				for _, role := range d.who(t, n.action, name) {
					found++
					for _, action := range n.key {
						if !slices.Contains(d.who(t, action, fmt.Sprint(key)), role) {
							t.Errorf("%s may %s on %s, but not %s on %v", role, n.action, r, action, key)
						}
					}
				}
			}
			if found == 0 {
				t.Errorf("nobody may %s: nothing was tested", n.action)
			}
		}
	})
}

// TestKeysAreUsedThroughTheirStoresService: a data key of a store is worth nothing
// outside the store. The exceptions say why.
func TestKeysAreUsedThroughTheirStoresService(t *testing.T) {
	exceptions := map[string]string{
		"erase kms:Decrypt on ${data/MessagesKey.Arn}":     "CDK's event source: Lambda polls the queue with the function's role",
		"export kms:Decrypt on ${data/MessagesKey.Arn}":    "CDK's event source: Lambda polls the queue with the function's role",
		"score kms:Decrypt on ${data/MessagesKey.Arn}":     "CDK's event source: Lambda polls the queue with the function's role",
		"scrub kms:Decrypt on ${data/MessagesKey.Arn}":     "CDK's event source: Lambda polls the queue with the function's role",
		"validate kms:Decrypt on ${data/MessagesKey.Arn}":  "CDK's event source: Lambda polls the queue with the function's role",
		"factor kms:Decrypt on ${data/TablesKey.Arn}":      "as starter's",
		"factor kms:DescribeKey on ${data/TablesKey.Arn}":  "as starter's",
		"starter kms:Decrypt on ${data/TablesKey.Arn}":     "CDK's event source: Lambda polls the stream with the function's role",
		"starter kms:DescribeKey on ${data/TablesKey.Arn}": "CDK's event source: Lambda polls the stream with the function's role",
		"case kms:Decrypt on ${data/CasesKey.Arn}":         "CDK's state machine: narrowed to it by the encryption context",
		"case kms:GenerateDataKey on ${data/CasesKey.Arn}": "CDK's state machine: narrowed to it by the encryption context",

		"questions kms:Decrypt on ${data/AnswersKey.Arn}":         "Athena uses the key in the name of who asks: narrowed to the work group by the encryption context",
		"questions kms:GenerateDataKey on ${data/AnswersKey.Arn}": "Athena uses the key in the name of who asks: narrowed to the work group by the encryption context",
		"questions kms:DescribeKey on ${data/AnswersKey.Arn}":     "it tells what the key is, and opens nothing",
	}
	flavours(t, func(t *testing.T, d deployment) {
		used := map[string]bool{}
		for _, s := range d.grants(t) {
			for _, r := range s.resources {
				if !d.symmetricKey(r) || strings.Contains(s.condition, "kms:ViaService") {
					continue
				}
				for _, a := range s.actions {
					name := fmt.Sprintf("%s %s on %s", roleName(s.holder), a, r)
					used[name] = true
					if reason := exceptions[name]; reason == "" || strings.Contains(reason, "context") && !strings.Contains(s.condition, "EncryptionContext") {
						t.Errorf("%s: by itself, condition %q", name, s.condition)
					}
				}
			}
		}
		for name := range exceptions {
			if !used[name] {
				t.Errorf("%q is no longer used: take it off the list", name)
			}
		}
	})
}

// TestKeyPoliciesNameNobodyElse: a key belongs to the account, whose roles the other
// tests judge, and to the services below; no role or account is let in beside them.
func TestKeyPoliciesNameNobodyElse(t *testing.T) {
	root := "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"
	services := map[string][]string{
		"${data/MessagesKey}": {"events.amazonaws.com", "cloudwatch.amazonaws.com"},
		"${data/LogsKey}":     {"logs.${AWS::Region}.amazonaws.com"},
		"${data/CasesKey}":    {"delivery.logs.amazonaws.com"},
		"${data/AnswersKey}":  {"encryption.athena.amazonaws.com"},
		"${guard/TrailKey}":   {"cloudtrail.amazonaws.com"},
	}
	// Allowed for any account's sake, and why that is not ours to narrow.
	unconditional := map[string]string{
		"${data/CasesKey} delivery.logs.amazonaws.com [kms:Decrypt*]": "CDK's, for a machine with a key and logs, as the Step Functions developer guide has it",
	}
	flavours(t, func(t *testing.T, d deployment) {
		for _, k := range d.of(t, "AWS::KMS::Key") {
			for _, s := range statements(k) {
				for _, p := range s.principals {
					switch {
					case s.deny || p == root:
					case !slices.Contains(services[k.ref()], p):
						t.Errorf("%s: lets %s in", k, p)
					case s.condition == "" && unconditional[fmt.Sprintf("%s %s %v", k.ref(), p, s.actions)] == "":
						t.Errorf("%s: lets %s in for anyone's sake (confused deputy)", k, p)
					}
				}
			}
		}
	})
}

// TestTheKeysOfTrustHaveASecondLock: the key policy itself refuses what no grant allows.
func TestTheKeysOfTrustHaveASecondLock(t *testing.T) {
	flavours(t, func(t *testing.T, d deployment) {
		roles := "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/proactive-" + d.Name + "-app-"
		for _, lock := range []struct {
			key, action string
			but         []string
		}{
			{"${data/RootKey}", "kms:Sign", nil},
			{"${data/RootKey}", "kms:CreateGrant", nil},
			{"${data/UnwrapKey}", "kms:Decrypt", []string{"ScrubRole"}},
			{"${data/UnwrapKey}", "kms:ReEncryptFrom", []string{"ScrubRole"}},
			{"${data/UnwrapKey}", "kms:CreateGrant", []string{"ScrubRole"}},
			{"${data/ReceiptKey}", "kms:Sign", []string{"EraseRole", "ScrubRole", "ValidateRole"}},
			{"${data/ReceiptKey}", "kms:CreateGrant", []string{"EraseRole", "ScrubRole", "ValidateRole"}},
		} {
			condition := map[string]any{"ArnLike": map[string]any{"aws:PrincipalArn": roles + "*"}}
			if lock.but != nil {
				var spared []string
				for _, role := range lock.but {
					// The name that CloudFormation will make begins so: the role's logical id.
					d.find(t, "${app/"+role+"}")
					spared = append(spared, roles+role+"*")
				}
				condition["ArnNotLike"] = map[string]any{"aws:PrincipalArn": spared}
			}
			want, err := json.Marshal(condition)
			if err != nil {
				t.Fatal(err)
			}
			locked := slices.ContainsFunc(statements(d.find(t, lock.key)), func(s statement) bool {
				return s.deny && slices.Contains(s.principals, "*") && matchesAny(s.actions, lock.action) && s.condition == string(want)
			})
			if !locked {
				t.Errorf("%s: %s is not refused to roles of the application but %v", lock.key, lock.action, lock.but)
			}
		}
		for _, r := range d.of(t, "AWS::IAM::Role") {
			if r.Props["RoleName"] != nil {
				t.Errorf("%s: has a name of its own, by which the locks do not go", r)
			}
		}
	})
}

// TestResourcesLetInOnlyTheirServices: no bucket, queue, topic, log group or function is
// open to anyone but the service that must reach it, for our account's sake.
func TestResourcesLetInOnlyTheirServices(t *testing.T) {
	flavours(t, func(t *testing.T, d deployment) {
		n := 0
		for _, r := range d.resources {
			switch r.Type {
			case "AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::Logs::ResourcePolicy", "AWS::Lambda::Permission":
			default:
				continue
			}
			for _, s := range statements(r) {
				if s.deny {
					continue
				}
				n++
				for _, p := range s.principals {
					if !strings.HasSuffix(p, ".amazonaws.com") {
						t.Errorf("%s: lets %s in", r, p)
					}
				}
				narrowed := strings.Contains(s.condition, "aws:SourceArn") || strings.Contains(s.condition, "aws:SourceAccount")
				if !narrowed && r.Stack != "guard" { // CDK's trail writes to its own bucket only
					t.Errorf("%s: lets %v in for anyone's sake (confused deputy)", r, s.principals)
				}
			}
		}
		if n == 0 {
			t.Error("nothing lets anyone in: nothing was tested")
		}
	})
}

// TestGrantsAreAsReviewed pins who may do what, one permission a line: a change of
// rights is a line in a review.
func TestGrantsAreAsReviewed(t *testing.T) {
	var lines []string
	for _, s := range onAWS(t).grants(t) {
		for _, a := range s.actions {
			for _, r := range s.resources {
				line := fmt.Sprintf("%-9s %s on %s", roleName(s.holder), a, r)
				if s.condition != "" {
					line += " if " + s.condition
				}
				lines = append(lines, line)
			}
		}
	}
	slices.Sort(lines)
	golden(t, "grants.golden.txt", []byte(strings.Join(slices.Compact(lines), "\n")+"\n"))
}
