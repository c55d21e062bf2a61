package slot

import (
	"reflect"
	"strings"
	"testing"

	"proactive/shared/language"
)

func TestEveryWordIsSaidInEveryLanguage(t *testing.T) {
	for _, l := range language.All {
		v := reflect.ValueOf(said[l])
		for i := range v.NumField() {
			name, word := v.Type().Field(i).Name, v.Field(i).String()
			if word == "" {
				t.Errorf("%s: nothing is said for %s", l, name)
			}
			if want := strings.Count(reflect.ValueOf(said[language.English]).Field(i).String(), "%s"); strings.Count(word, "%s") != want {
				t.Errorf("%s: %s has not the %d places that English has", l, name, want)
			}
		}
	}
}

func TestEveryReasonHasAStatus(t *testing.T) {
	for _, r := range []Reason{Shown, Picked, PickedLate, OtherTaken, NotOffered, Nothing, Over, NoLink, CrossSite, BadMethod, BadForm, Failed} {
		if statuses[r] == 0 {
			t.Errorf("%s has no status", r)
		}
	}
}
