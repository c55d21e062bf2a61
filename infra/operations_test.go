package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var heading = regexp.MustCompile(`(?m)^### (\w+)\n((?:[^#\n].*\n|\n)*)`)

// TestEveryAlarmIsExplained: an alarm's name leads to its lines in docs/operations.md,
// and there are no lines of an alarm that is gone.
func TestEveryAlarmIsExplained(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	explained := map[string]string{}
	for _, m := range heading.FindAllStringSubmatch(string(page), -1) {
		if explained[m[1]] != "" {
			t.Errorf("docs/operations.md: %s is explained twice", m[1])
		}
		explained[m[1]] = m[2]
	}
	flavours(t, func(t *testing.T, d deployment) {
		sounds := map[string]bool{}
		for _, a := range d.of(t, "AWS::CloudWatch::Alarm") {
			name := strings.TrimPrefix(fmt.Sprint(a.Props["AlarmName"]), "proactive-"+d.Name+"-")
			sounds[name] = true
			if name+"Alarm" != a.Name {
				t.Errorf("%s: is called %s: one name for one thing", a, name)
			}
			if !strings.HasSuffix(fmt.Sprint(a.Props["AlarmDescription"]), " docs/operations.md#"+strings.ToLower(name)) {
				t.Errorf("%s: its mail does not lead to its lines: %v", a, a.Props["AlarmDescription"])
			}
			for _, part := range []string{"**Means.**", "**Look.**", "**Do.**"} {
				if !strings.Contains(explained[name], part) {
					t.Errorf("docs/operations.md: %s has no %s", name, part)
				}
			}
		}
		for name := range explained {
			if !sounds[name] {
				t.Errorf("docs/operations.md explains %s, which no alarm is called", name)
			}
		}
	})
}

// TestSomebodyHearsTheAlarms: in production the topic of the alarms has a subscriber.
func TestSomebodyHearsTheAlarms(t *testing.T) {
	d := onAWS(t)
	for _, s := range d.of(t, "AWS::SNS::Subscription") {
		if s.Props["TopicArn"] == "${app/Ops}" && s.Props["Protocol"] == "email" && s.Props["Endpoint"] == production.Ops {
			return
		}
	}
	t.Error("nobody is subscribed to the alarms")
}
