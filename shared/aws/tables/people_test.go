package tables_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/aws/tables"
	"proactive/shared/fault"
	"proactive/shared/people"
)

func TestPeopleOfACase(t *testing.T) {
	db := emulatedDB(t)
	ctx, table := t.Context(), tables.NewPeople(db, empty(t, db, "people"))

	nobody, err := table.Circle(ctx, "t-a", "s-1")
	if err != nil {
		t.Fatal(err)
	}
	want := people.Circle{Tenant: people.Tenant{ID: "t-a"}, Site: people.Site{ID: "s-1", Tenant: "t-a"}, Contract: people.Contract{Site: "s-1", Tenant: "t-a"}}
	if diff := cmp.Diff(want, nobody); diff != "" {
		t.Errorf("nobody on file (-want +got):\n%s", diff)
	}

	want.Tenant.Name = "Biolab"
	want.Site.Name, want.Site.Zone, want.Site.Language = "Core", "Europe/Madrid", "es"
	want.Contract.Plan, want.Contract.ResponseDays = "gold", 1
	lab := people.Contact{ID: "p-1", Tenant: "t-a", Name: "Ana", Mail: "ana@a.example", Language: "es", Roles: []people.Role{people.Lab}}
	ours := people.Contact{ID: "p-2", Name: "Bo", Mail: "bo@ours.example", Language: "en", Roles: []people.Role{people.Support}}
	want.Contacts = []people.Contact{lab, ours}
	elsewhere := people.Contact{ID: "p-3", Tenant: "t-b", Name: "Cy", Mail: "cy@b.example", Language: "en", Roles: []people.Role{people.Lab}}
	if _, reason := fault.Public(table.AddContact(ctx, elsewhere)); reason != "unknown-tenant" {
		t.Errorf("a person of nobody's: %s", reason)
	}
	for range 2 { // entering the same again changes nothing
		for _, err := range []error{
			table.AddTenant(ctx, want.Tenant), table.AddTenant(ctx, people.Tenant{ID: "t-b", Name: "Other"}), table.AddSite(ctx, want.Site), table.AddContract(ctx, want.Contract),
			table.AddContact(ctx, lab), table.AddContact(ctx, ours), table.AddContact(ctx, elsewhere),
			table.AddSite(ctx, people.Site{ID: "s-2", Tenant: "t-a", Name: "Annex", Zone: "UTC", Language: "en"}),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	got, err := table.Circle(ctx, "t-a", "s-1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the circle (-want +got):\n%s", diff)
	}

	moved := lab
	moved.Mail = "eve@a.example"
	if _, reason := fault.Public(table.AddContact(ctx, moved)); reason != "already-entered" {
		t.Errorf("another address under the same id: %s", reason)
	}
	moved.Mail = "Ana <ana@a.example>"
	if _, reason := fault.Public(table.AddContact(ctx, moved)); reason != "bad-mail-address" {
		t.Errorf("an address that is none: %s", reason)
	}
}
