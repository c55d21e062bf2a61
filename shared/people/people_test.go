package people

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"proactive/shared/fault"
	"proactive/shared/language"
)

var everyone = []Contact{
	{ID: "p-3", Tenant: "t-a", Mail: "both@a.example", Roles: []Role{Lab}},
	{ID: "p-1", Tenant: "t-a", Mail: "one@a.example", Roles: []Role{Lab}, Sites: []string{"s-1"}},
	{ID: "p-2", Tenant: "t-b", Mail: "other@b.example", Roles: []Role{Lab}},
	{ID: "p-4", Mail: "remote@ours.example", Roles: []Role{Support}},
	{ID: "p-5", Mail: "north@ours.example", Roles: []Role{Support, FieldEngineer}, Sites: []string{"s-2"}},
	{ID: "p-6", Mail: "field@ours.example", Roles: []Role{FieldEngineer}},
	{ID: "p-7", Tenant: "t-a", Mail: "BOTH@a.example", Roles: []Role{Lab}},
	{ID: "p-8", Tenant: "t-a", Mail: "odd@a.example", Roles: []Role{Support}}, // refused by Check; a row may still say so
}

func TestRecipients(t *testing.T) {
	for _, c := range []struct {
		kind         Kind
		tenant, site string
		want         []string
	}{
		{Alert, "t-a", "s-1", []string{"p-4"}},
		{Alert, "t-a", "s-2", []string{"p-4", "p-5"}},
		{Offer, "t-a", "s-1", []string{"p-1", "p-3"}},
		{Offer, "t-a", "s-2", []string{"p-3"}},
		{Offer, "t-b", "s-9", []string{"p-2"}},
		{Offer, "t-none", "s-1", nil},
		{Assignment, "t-a", "s-1", []string{"p-6"}},
		{Assignment, "t-a", "s-2", []string{"p-5", "p-6"}},
		{ClosedLab, "t-a", "s-1", []string{"p-1", "p-3"}},
		{"newsletter", "t-a", "s-1", nil},
	} {
		var got []string
		for _, r := range Recipients(c.kind, c.tenant, c.site, everyone) {
			got = append(got, r.ID)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s at %s of %s (-want +got):\n%s", c.kind, c.site, c.tenant, diff)
		}
	}
}

// No mail crosses from one tenant to another, or from us to a tenant, whoever is on file.
func TestRecipientsNeverCross(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		contact := rapid.Custom(func(t *rapid.T) Contact {
			return Contact{
				ID: rapid.StringMatching(`p-[a-d]`).Draw(t, "id"), Tenant: rapid.SampledFrom([]string{"", "t-a", "t-b"}).Draw(t, "tenant"),
				Mail:  rapid.StringMatching(`[a-c]@x`).Draw(t, "mail"),
				Roles: rapid.SliceOfN(rapid.SampledFrom([]Role{Support, Lab, FieldEngineer}), 0, 3).Draw(t, "roles"),
				Sites: rapid.SliceOfN(rapid.SampledFrom([]string{"s-1", "s-2"}), 0, 2).Draw(t, "sites"),
			}
		})
		all := rapid.SliceOf(contact).Draw(t, "contacts")
		for kind, role := range audience {
			for _, r := range Recipients(kind, "t-a", "s-1", all) {
				if want := map[bool]string{true: "t-a", false: ""}[role == Lab]; r.Tenant != want {
					t.Fatalf("%s went to a contact of tenant %q", kind, r.Tenant)
				}
				if !r.Serves(role, "s-1") {
					t.Fatalf("%s went to a contact without the role at the site", kind)
				}
			}
		}
	})
}

func TestCheck(t *testing.T) {
	tenant := Tenant{ID: "t-a", Name: "Biolab"}
	site := Site{ID: "s-1", Tenant: "t-a", Name: "Core", Zone: "Europe/Madrid", Language: language.Spanish}
	contract := Contract{Site: "s-1", Tenant: "t-a", Plan: "gold", ResponseDays: 1}
	lab := Contact{ID: "p-1", Tenant: "t-a", Name: "Ana", Mail: "ana@a.example", Language: language.Spanish, Roles: []Role{Lab}}
	ours := Contact{ID: "p-2", Name: "Bo", Mail: "bo@ours.example", Language: language.English, Roles: []Role{Support}}
	for _, good := range []interface{ Check() error }{tenant, site, contract, lab, ours} {
		if err := good.Check(); err != nil {
			t.Errorf("%#v: %v", good, err)
		}
	}
	with := func(c Contact, change func(*Contact)) Contact { change(&c); return c }
	for reason, bad := range map[string]interface{ Check() error }{
		"bad-tenant-id":     Tenant{ID: "T/A", Name: "x"},
		"bad-tenant-name":   Tenant{ID: "t-a", Name: " "},
		"bad-time-zone":     Site{ID: "s-1", Tenant: "t-a", Name: "Core", Zone: "Mars/Olympus", Language: "en"},
		"bad-language":      Site{ID: "s-1", Tenant: "t-a", Name: "Core", Zone: "UTC", Language: "tlh"},
		"bad-site-name":     Site{ID: "s-1", Tenant: "t-a", Name: "Core\r\nBcc: x@y", Zone: "UTC", Language: "en"},
		"bad-response-days": Contract{Site: "s-1", Tenant: "t-a", Plan: "gold", ResponseDays: -1},
		"bad-mail-address":  with(lab, func(c *Contact) { c.Mail = "Ana <ana@a.example>" }),
		"bad-contact-name":  with(lab, func(c *Contact) { c.Name = "Ana\nBcc: x" }),
		"bad-role":          with(lab, func(c *Contact) { c.Roles = []Role{Support} }),
		"no-role":           with(lab, func(c *Contact) { c.Roles = nil }),
		"bad-contact-id":    with(lab, func(c *Contact) { c.ID = "ana@a.example" }),
		"bad-site-id":       with(lab, func(c *Contact) { c.Sites = []string{"#"} }),
	} {
		if _, got := fault.Public(bad.Check()); got != reason {
			t.Errorf("%s: refused as %q", reason, got)
		}
	}
	if _, got := fault.Public(with(ours, func(c *Contact) { c.Roles = []Role{Lab} }).Check()); got != "bad-role" {
		t.Errorf("one of ours as a lab's: refused as %q", got)
	}
}

func TestDueCountsTheSitesWorkingDays(t *testing.T) {
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	friday := time.Date(2026, 11, 27, 23, 30, 0, 0, time.UTC) // Saturday in Madrid
	for days, want := range map[int]string{0: "0001-01-01", 1: "2026-11-30", 2: "2026-12-01", 6: "2026-12-07"} {
		if got := (Contract{ResponseDays: days}).Due(friday, madrid).Format(time.DateOnly); got != want {
			t.Errorf("%d days after a Friday night: %s, want %s", days, got, want)
		}
	}
}
