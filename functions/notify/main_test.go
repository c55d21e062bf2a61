package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"proactive/infra/local"
	"proactive/shared/aws/objects"
	"proactive/shared/aws/tables"
	"proactive/shared/casework"
	"proactive/shared/health"
	"proactive/shared/layout"
	"proactive/shared/people"
	"proactive/shared/pipelinetest/emulated"
	"proactive/shared/settings"
)

// must is v; what a test needs and does not get ends it.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// deployed makes by hand, on an emulator, what infra deploys for this function.
func deployed(t *testing.T) (aws.Config, settings.Notify) {
	t.Helper()
	e, ctx := emulated.Start(t), t.Context()
	t.Setenv("AWS_ENDPOINT_URL", e.Endpoint())
	cfg := aws.Config{Region: local.Region, BaseEndpoint: aws.String(e.Endpoint()), Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
	s := settings.Notify{
		CasesTable: "cases", FindingsTable: "findings", InstrumentsTable: "instruments", PeopleTable: "people", NoticesBucket: "notices",
		Sender: "service@proactive.example", BaseURL: "https://service.proactive.example", ScheduleGroup: "reminders",
		ReminderRole: "arn:aws:iam::000000000000:role/reminder", ReminderFunction: "arn:aws:lambda:" + local.Region + ":000000000000:function:remind",
	}
	for _, name := range []string{s.CasesTable, s.FindingsTable, s.InstrumentsTable, s.PeopleTable} {
		_, err := tables.Client(cfg).CreateTable(ctx, &dynamodb.CreateTableInput{
			TableName: aws.String(name), BillingMode: types.BillingModePayPerRequest,
			AttributeDefinitions: []types.AttributeDefinition{
				{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS},
				{AttributeName: aws.String("sk"), AttributeType: types.ScalarAttributeTypeS},
			},
			KeySchema: []types.KeySchemaElement{
				{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}, {AttributeName: aws.String("sk"), KeyType: types.KeyTypeRange},
			},
		})
		ok(t, err)
	}
	key := must(kms.NewFromConfig(cfg).CreateKey(ctx, &kms.CreateKeyInput{}))
	link := must(kms.NewFromConfig(cfg).CreateKey(ctx, &kms.CreateKeyInput{KeySpec: kmstypes.KeySpecHmac256, KeyUsage: kmstypes.KeyUsageTypeGenerateVerifyMac}))
	s.NoticesKey, s.LinkKey = aws.ToString(key.KeyMetadata.Arn), aws.ToString(link.KeyMetadata.Arn)
	_, err := objects.Client(cfg).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(s.NoticesBucket)})
	ok(t, err)
	topic := must(sns.NewFromConfig(cfg).CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("support")}))
	s.SupportTopic = aws.ToString(topic.TopicArn)
	_, err = sesv2.NewFromConfig(cfg).CreateEmailIdentity(ctx, &sesv2.CreateEmailIdentityInput{EmailIdentity: aws.String(s.Sender)})
	ok(t, err)
	_, err = scheduler.NewFromConfig(cfg).CreateScheduleGroup(ctx, &scheduler.CreateScheduleGroupInput{Name: aws.String(s.ScheduleGroup)})
	ok(t, err)
	return cfg, s
}

func TestStepsOnTheEmulator(t *testing.T) {
	cfg, s := deployed(t)
	ctx, db := t.Context(), tables.Client(cfg)
	const id = "i-0123456789abcdefghjkmnpqrs"
	staff := tables.NewPeople(db, s.PeopleTable)
	for _, err := range []error{
		staff.AddTenant(ctx, people.Tenant{ID: "t-1", Name: "Biolab"}),
		staff.AddSite(ctx, people.Site{ID: "s-1", Tenant: "t-1", Name: "Core", Zone: "Europe/Madrid", Language: "es"}),
		staff.AddContact(ctx, people.Contact{ID: "p-1", Tenant: "t-1", Name: "Ana", Mail: "ana@biolab.example", Language: "es", Roles: []people.Role{people.Lab}}),
		staff.AddContact(ctx, people.Contact{ID: "p-2", Name: "Remote", Mail: "support@proactive.example", Language: "en", Roles: []people.Role{people.Support}}),
	} {
		ok(t, err)
	}
	f := health.Finding{ID: "f-1", Instrument: id, Component: "chiller", Subsystem: health.Thermal, Kind: "limit", Reason: "chiller-warm", State: health.Active}
	f.Evidence = health.Evidence{Feature: "chiller.temperature.mean", Unit: "Cel", Limit: 8, Above: true, Points: []health.Point{{Sequence: 1, Value: 9, Violates: true}, {Sequence: 2, Value: 9, Violates: true}}}
	ok(t, tables.NewFindings(db, s.FindingsTable).Commit(ctx, id, 0, []health.Finding{f}))
	diagnosis := casework.DiagnosisOf([]health.Finding{f})
	c := casework.Case{
		ID: casework.ID(id, "chiller", 1), Ordinal: 1, Instrument: id, Component: "chiller", Subsystem: health.Thermal, Finding: f.ID,
		Findings: []string{f.ID}, Tenant: "t-1", Site: "s-1", Pace: 1, State: casework.Diagnosed, Diagnosis: &diagnosis, OpenedAt: time.Now().UTC(),
	}
	cases := tables.NewCases(db, s.CasesTable)
	ok(t, cases.Create(ctx, casework.Standing{}, c))

	notify := steps(cfg, s)
	for range 2 { // a step that is repeated sends nothing again
		for _, step := range []casework.Step{casework.StepSupport, casework.StepOffer} {
			_, err := notify.Run(ctx, casework.Call{Step: step, Token: "token", Input: casework.Progress{Input: c.Input()}})
			ok(t, err)
		}
	}
	c = must(cases.Get(ctx, c.ID))
	if c.State != casework.Offered || len(c.Notices) != 3 {
		t.Fatalf("the case is %s with notices %+v", c.State, c.Notices)
	}
	for _, n := range c.Notices {
		there := must(objects.Client(cfg).GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(s.NoticesBucket), Key: aws.String(n.Key)}))
		if body := must(io.ReadAll(there.Body)); len(body) == 0 || n.MessageID == "" {
			t.Errorf("notice %s: %d bytes archived, sent as %q", n.Name, len(body), n.MessageID)
		}
	}
	schedule := must(scheduler.NewFromConfig(cfg).GetSchedule(ctx, &scheduler.GetScheduleInput{
		Name: aws.String(casework.ReminderName(c.ID, 1)), GroupName: aws.String(s.ScheduleGroup),
	}))
	var reminder casework.Reminder
	ok(t, json.Unmarshal([]byte(aws.ToString(schedule.Target.Input)), &reminder))
	if reminder != (casework.Reminder{Case: c.ID, Round: 1}) {
		t.Errorf("the reminder is %+v", reminder)
	}
	offer := must(objects.Client(cfg).GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(s.NoticesBucket), Key: aws.String(layout.NoticeKey(c.ID, "offer-1", "eml"))}))
	if body := string(must(io.ReadAll(offer.Body))); !strings.Contains(body, "/slot/") {
		t.Error("the offer carries no link")
	}
	outbox := must(http.Get(aws.ToString(cfg.BaseEndpoint) + "/_ministack/ses/messages")) //nolint:bodyclose // closed on the next line
	defer func() { _ = outbox.Body.Close() }()
	sent := string(must(io.ReadAll(outbox.Body)))
	for _, to := range []string{"support@proactive.example", "ana@biolab.example"} {
		if !strings.Contains(sent, to) {
			t.Errorf("SES has no mail to %s: %.600s", to, sent)
		}
	}
}
