package main

import (
	"fmt"
	"io"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/tables"
	"proactive/shared/language"
	"proactive/shared/people"
)

// peopleTable is embedded by every command that writes it.
type peopleTable struct {
	PeopleTable string `required:"" hidden:"" help:"Name of the people table."`
}

func (p peopleTable) open(a *app) (*tables.People, error) {
	cfg, err := awsconfig.Load(a.ctx)
	if err != nil {
		return nil, err
	}
	return tables.NewPeople(tables.Client(cfg), p.PeopleTable), nil
}

// enter writes one row through add and says so.
func enter[T any](a *app, p peopleTable, v T, id string, add func(*tables.People) error) error {
	table, err := p.open(a)
	if err != nil {
		return err
	}
	if err := add(table); err != nil {
		return fmt.Errorf("entering %s: %w", id, err)
	}
	return a.print(v, func(w io.Writer) { fmt.Fprintf(w, "entered %s\n", id) })
}

type tenantCmd struct {
	peopleTable
	Tenant string `required:"" help:"Opaque id, t-…"`
	Name   string `required:"" help:"Name, as in a mail."`
}

// Run enters a customer.
func (c *tenantCmd) Run(a *app) error {
	v := people.Tenant{ID: c.Tenant, Name: c.Name}
	return enter(a, c.peopleTable, v, v.ID, func(t *tables.People) error { return t.AddTenant(a.ctx, v) })
}

type siteCmd struct {
	peopleTable
	Tenant   string `required:"" help:"The customer, t-…"`
	Site     string `required:"" help:"Opaque id, s-…"`
	Name     string `required:"" help:"Name, as in a mail."`
	Address  string `help:"One line, for the visit."`
	TimeZone string `required:"" help:"IANA name: Europe/Madrid."`
	Language string `required:"" enum:"en,es" help:"Language of its notices: en or es."`
}

// Run enters a site.
func (c *siteCmd) Run(a *app) error {
	v := people.Site{ID: c.Site, Tenant: c.Tenant, Name: c.Name, Address: c.Address, Zone: c.TimeZone, Language: language.Language(c.Language)}
	return enter(a, c.peopleTable, v, v.ID, func(t *tables.People) error { return t.AddSite(a.ctx, v) })
}

type contractCmd struct {
	peopleTable
	Tenant       string `required:"" help:"The customer, t-…"`
	Site         string `required:"" help:"The site, s-…"`
	Plan         string `required:"" help:"The plan's name."`
	ResponseDays int    `help:"Working days within which the lab is answered; 0 if not agreed."`
}

// Run enters a contract.
func (c *contractCmd) Run(a *app) error {
	v := people.Contract{Site: c.Site, Tenant: c.Tenant, Plan: c.Plan, ResponseDays: c.ResponseDays}
	return enter(a, c.peopleTable, v, "the contract of "+v.Site, func(t *tables.People) error { return t.AddContract(a.ctx, v) })
}

type contactCmd struct {
	peopleTable
	Tenant   string   `help:"The customer, t-…; without it the person is ours."`
	Contact  string   `required:"" help:"Opaque id, p-…"`
	Name     string   `required:"" help:"Name, as in a mail."`
	Mail     string   `required:"" help:"Mail address."`
	Language string   `required:"" enum:"en,es" help:"en or es."`
	Role     []string `required:"" enum:"support,field-engineer,lab" help:"support, field-engineer or lab; may be repeated."`
	Site     []string `help:"Only for these sites; may be repeated."`
}

// Run enters a person.
func (c *contactCmd) Run(a *app) error {
	v := people.Contact{ID: c.Contact, Tenant: c.Tenant, Name: c.Name, Mail: c.Mail, Language: language.Language(c.Language), Sites: c.Site}
	for _, r := range c.Role {
		v.Roles = append(v.Roles, people.Role(r))
	}
	return enter(a, c.peopleTable, v, v.ID, func(t *tables.People) error { return t.AddContact(a.ctx, v) })
}
