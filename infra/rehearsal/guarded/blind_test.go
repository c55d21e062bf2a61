package guarded_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"proactive/infra/rehearsal"
	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/objects"
)

// unknown are condition keys that this emulator does not fill in. IAM takes a key that is
// not there for different from everything, so a refusal by one of them would refuse all.
// S3 fills them in (service authorization reference, 2026-11); what they are for is
// asserted on the template, by the tests of infra.
var unknown = []string{"s3:if-none-match", "s3:x-amz-server-side-encryption-aws-kms-key-id"}

// setAside takes the refusals that the emulator cannot weigh off the buckets' policies,
// and says which. The rest of the policies stays and is enforced.
func setAside(ctx context.Context, r *rehearsal.Rehearsal) error {
	cfg, err := awsconfig.Load(ctx)
	if err != nil {
		return err
	}
	store, n := objects.Client(cfg), 0
	for name, bucket := range r.Outputs {
		if !strings.HasSuffix(name, "Bucket") {
			continue
		}
		got, err := store.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String(bucket)})
		if err != nil {
			return fmt.Errorf("reading the policy of %s: %w", name, err)
		}
		var policy map[string]any
		if err := json.Unmarshal([]byte(aws.ToString(got.Policy)), &policy); err != nil {
			return fmt.Errorf("reading the policy of %s: %w", name, err)
		}
		statements, _ := policy["Statement"].([]any)
		policy["Statement"] = slices.DeleteFunc(statements, func(s any) bool {
			condition, _ := json.Marshal(s.(map[string]any)["Condition"])
			for _, key := range unknown {
				if strings.Contains(string(condition), `"`+key+`"`) {
					fmt.Printf("guarded: NOT ENFORCED HERE: %s of %s, for the emulator does not know %s; infra's tests read it from the template\n", s.(map[string]any)["Sid"], name, key)
					n++
					return true
				}
			}
			return false
		})
		raw, err := json.Marshal(policy)
		if err != nil {
			return err
		}
		if _, err := store.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: aws.String(bucket), Policy: aws.String(string(raw))}); err != nil {
			return fmt.Errorf("narrowing the policy of %s: %w", name, err)
		}
	}
	if n != 6 { // the key on five buckets, no overwriting on one
		return fmt.Errorf("%d refusals set aside, want 6: the buckets' policies have changed, or what the emulator knows", n)
	}
	return nil
}

// nameless are calls for which the emulator asks IAM about every resource instead of the
// one that the call names, so that the stack's narrow grant does not match. In this stage
// the role gets the action on everything; who may call it at all stays as the stack has
// it, and the resource is asserted on the template, by the tests of infra.
var nameless = map[string][]string{
	"notify": {"ses:SendEmail", "ses:SendRawEmail", "scheduler:CreateSchedule", "scheduler:DeleteSchedule", "states:SendTaskSuccess"},
	"slot":   {"states:SendTaskSuccess"},
	"remind": {"states:SendTaskSuccess"},
}

// widen grants what stands in nameless, and says so.
func widen(ctx context.Context, r *rehearsal.Rehearsal) error {
	fmt.Println("guarded: NOT ENFORCED HERE: the second lock of the unwrap, receipt and root key, for the emulator takes aws:PrincipalArn for the session's and not the role's; infra's tests read it from the template")
	for function, actions := range nameless {
		fmt.Printf("guarded: NOT ENFORCED HERE: for which resources %s may use %v, for the emulator asks about all of them; infra's tests read it from the template\n", function, actions)
		policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Action": actions, "Resource": "*"}}})
		if err != nil {
			return err
		}
		role, err := roleOf(ctx, r, function)
		if err != nil {
			return err
		}
		if err := query(ctx, r, "iam", url.Values{
			"Action": {"PutRolePolicy"}, "Version": {"2010-05-08"}, "RoleName": {role[strings.LastIndex(role, "/")+1:]},
			"PolicyName": {"emulator"}, "PolicyDocument": {string(policy)},
		}, nil); err != nil {
			return fmt.Errorf("widening %s: %w", function, err)
		}
	}
	return nil
}
