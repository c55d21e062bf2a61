package validate_test

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"

	wire "proactive/events"
	"proactive/shared/validate"
)

func sample(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := fs.ReadFile(wire.Files, "aws/"+name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestParseArrivalAsAWSSendsIt(t *testing.T) {
	var delivery struct{ Records []struct{ Body string } }
	if err := json.Unmarshal(sample(t, "sqs-eventbridge-s3-object-created.json"), &delivery); err != nil || len(delivery.Records) != 2 {
		t.Fatalf("%v: %d records", err, len(delivery.Records))
	}
	versions := map[string]bool{}
	for _, r := range delivery.Records {
		a, err := validate.ParseArrival([]byte(r.Body))
		if err != nil || a.Bucket != "proactive-prod-data-inbox" || !strings.HasPrefix(a.Key, "inbox/v1/i-01jdc5pz9a7k3m5n8q2r4s6t0v/") {
			t.Errorf("%+v, %v", a, err)
		}
		versions[a.Version] = true
	}
	if len(versions) != 2 {
		t.Errorf("versions %v", versions)
	}
}

func TestParseArrivalRefuses(t *testing.T) {
	created := string(sample(t, "eventbridge-s3-object-created.json"))
	if _, err := validate.ParseArrival([]byte(created)); err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{
		"an object that is gone": string(sample(t, "eventbridge-s3-object-deleted.json")),
		"another source":         strings.Replace(created, `"aws.s3"`, `"com.example"`, 1),
		"no bucket":              strings.Replace(created, `"name": "proactive-prod-data-inbox"`, `"name": ""`, 1),
		"no key":                 strings.Replace(created, `"key":`, `"kay":`, 1),
		"not JSON":               "{",
		"nothing":                "",
	} {
		if a, err := validate.ParseArrival([]byte(body)); err == nil {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// An event that names no version, as the emulator sends it, is an arrival all the same:
// Receive asks the bucket.
func TestParseArrivalWithoutVersion(t *testing.T) {
	a, err := validate.ParseArrival(sample(t, "eventbridge-s3-object-created-unversioned.json"))
	if err != nil || a.Version != "" || a.Key == "" {
		t.Errorf("%+v, %v", a, err)
	}
}
