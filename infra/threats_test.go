package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// uses says of each action whether it lets content out ("reads") or in ("writes"); ""
// is for what does neither. Of a key, using it to open or to judge is reading, using it
// to seal or to sign is writing.
var uses = map[string]string{
	"s3:GetObject": "reads", "s3:GetObjectVersion": "reads", "s3:PutObject": "writes", "s3:DeleteObjectVersion": "writes", "s3:ListBucketVersions": "", "s3:ListBucket": "", "s3:GetBucketLocation": "",
	"dynamodb:GetItem": "reads", "dynamodb:Query": "reads", "dynamodb:Scan": "reads", "dynamodb:GetRecords": "reads",
	"dynamodb:PutItem": "writes", "dynamodb:UpdateItem": "writes", "dynamodb:DeleteItem": "writes", "dynamodb:BatchWriteItem": "writes", "dynamodb:ConditionCheckItem": "",
	"dynamodb:DescribeStream": "", "dynamodb:GetShardIterator": "",
	"sqs:ReceiveMessage": "reads", "sqs:SendMessage": "writes",
	"sqs:ChangeMessageVisibility": "", "sqs:DeleteMessage": "", "sqs:GetQueueAttributes": "", "sqs:GetQueueUrl": "",
	"sns:Publish": "writes",
	"kms:Decrypt": "reads", "kms:VerifyMac": "reads", "kms:Sign": "writes", "kms:GenerateMac": "writes", "kms:GenerateDataKey": "writes",
	"kms:Encrypt": "writes", "kms:ReEncryptFrom": "", "kms:ReEncryptTo": "", "kms:DescribeKey": "", "kms:GetPublicKey": "",
}

var threatRow = regexp.MustCompile(`(?m)^\| (\w+) \| ([^|]+) \| ([^|]+) \|`)

// TestThreatsAreOfThisStack: docs/threats.md has every store and key, and whom it says to
// read and write is whom the templates let.
func TestThreatsAreOfThisStack(t *testing.T) {
	d := onAWS(t)
	type access struct{ reads, writes []string }
	all := map[string]*access{}
	refs := map[string]string{}
	for _, kind := range []string{"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::KMS::Key"} {
		for _, r := range d.of(t, kind) {
			all[r.Name], refs["${"+r.Stack+"/"+r.Name] = &access{}, r.Name
		}
	}
	for _, s := range d.grants(t) {
		for _, resource := range s.resources {
			name := refs[regexp.MustCompile(`^\$\{\w+/\w+`).FindString(resource)]
			if name == "" {
				continue
			}
			for _, action := range s.actions {
				use, known := uses[action]
				switch {
				case !known:
					t.Errorf("%s on %s: neither reading nor writing, says who?", action, name)
				case use == "reads":
					all[name].reads = append(all[name].reads, roleName(s.holder))
				case use == "writes":
					all[name].writes = append(all[name].writes, roleName(s.holder))
				}
			}
		}
	}
	say := func(roles []string) string {
		slices.Sort(roles)
		if roles = slices.Compact(roles); len(roles) == 0 {
			return "nobody"
		}
		return strings.Join(roles, ", ")
	}
	name := filepath.Join("..", "docs", "threats.md")
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	fresh := threatRow.ReplaceAllStringFunc(string(page), func(row string) string {
		m := threatRow.FindStringSubmatch(row)
		if all[m[1]] == nil {
			return row // a step, or a head
		}
		seen[m[1]]++
		want := fmt.Sprintf("| %s | %s | %s |", m[1], say(all[m[1]].reads), say(all[m[1]].writes))
		if row != want && !*update {
			t.Errorf("docs/threats.md says\n%s\nand the templates\n%s", row, want)
		}
		return want
	})
	for store := range all {
		if seen[store] != 1 {
			t.Errorf("docs/threats.md has %d lines of %s, want 1", seen[store], store)
		}
	}
	if *update {
		if err := os.WriteFile(name, []byte(fresh), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
