// Package people is who a deployment serves and who serves them: tenants, their sites,
// contracts and contacts, and our own contacts. Names and addresses live in the people
// table under their own key and in the notices sent; never in a log, a metric, an
// object key or an execution's input, which know the opaque ids only.
package people

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"proactive/shared/fault"
	"proactive/shared/language"
)

// Tenant is a customer organisation.
type Tenant struct {
	ID   string `json:"tenant"` // opaque, "t-…"
	Name string `json:"name"`
}

// Site is a place of a tenant where instruments stand.
type Site struct {
	ID       string            `json:"site"` // opaque, "s-…"
	Tenant   string            `json:"tenant"`
	Name     string            `json:"name"`
	Address  string            `json:"address,omitempty"` // one line, for the visit
	Zone     string            `json:"time_zone"`         // IANA name, "Europe/Madrid"
	Language language.Language `json:"language"`
}

// Location is the site's clock; UTC where the zone is not known here.
func (s Site) Location() *time.Location {
	zone, err := time.LoadLocation(s.Zone)
	if err != nil || s.Zone == "" {
		return time.UTC
	}
	return zone
}

// Contract is what service is owed at a site. The zero value owes nothing in
// particular: the case is worked all the same.
type Contract struct {
	Site   string `json:"site"`
	Tenant string `json:"tenant"`
	Plan   string `json:"plan"` // the plan's name, "gold"
	// ResponseDays is within how many working days the lab is answered; 0 if not agreed.
	ResponseDays int `json:"response_days"`
}

// Due is the day by whose end a lab is owed an answer to what was known at the time
// opened: ResponseDays working days later, in the given zone. Zero time if not agreed.
func (c Contract) Due(opened time.Time, zone *time.Location) time.Time {
	if c.ResponseDays <= 0 {
		return time.Time{}
	}
	day := opened.In(zone)
	for left := c.ResponseDays; left > 0; {
		day = day.AddDate(0, 0, 1)
		if wd := day.Weekday(); wd != time.Saturday && wd != time.Sunday {
			left--
		}
	}
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone)
}

// Role is what a contact is to a case.
type Role string

// The roles.
const (
	Support       Role = "support"        // ours, remote: gets every case with its evidence
	FieldEngineer Role = "field-engineer" // ours, visits
	Lab           Role = "lab"            // the customer's: picks the visit
)

// Contact is a person.
type Contact struct {
	ID string `json:"contact"` // opaque, "p-…"
	// Tenant is empty for a person of ours.
	Tenant   string            `json:"tenant,omitempty"`
	Name     string            `json:"name"`
	Mail     string            `json:"mail"`
	Language language.Language `json:"language"`
	Roles    []Role            `json:"roles"`
	// Sites this contact is for; empty means every site (of the tenant, or of all).
	Sites []string `json:"sites,omitempty"`
}

// Serves tells whether the contact has a role at a site.
func (c Contact) Serves(role Role, site string) bool {
	return slices.Contains(c.Roles, role) && (len(c.Sites) == 0 || slices.Contains(c.Sites, site))
}

var ids = map[byte]*regexp.Regexp{
	't': regexp.MustCompile(`^t-[0-9a-z-]{1,40}$`),
	's': regexp.MustCompile(`^s-[0-9a-z-]{1,40}$`),
	'p': regexp.MustCompile(`^p-[0-9a-z-]{1,40}$`),
}

// Check tells what is wrong with a tenant before it is stored.
func (t Tenant) Check() error {
	return first(id('t', t.ID, "bad-tenant-id"), name(t.Name, "bad-tenant-name"))
}

// Check tells what is wrong with a site before it is stored.
func (s Site) Check() error {
	if _, err := time.LoadLocation(s.Zone); err != nil || s.Zone == "" || s.Zone == "Local" {
		return fault.New(fault.Malformed, "bad-time-zone", err)
	}
	if !language.Known(string(s.Language)) {
		return fault.New(fault.Malformed, "bad-language", nil)
	}
	if s.Address != "" {
		if err := name(s.Address, "bad-address"); err != nil {
			return err
		}
	}
	return first(id('t', s.Tenant, "bad-tenant-id"), id('s', s.ID, "bad-site-id"), name(s.Name, "bad-site-name"))
}

// Check tells what is wrong with a contract before it is stored.
func (c Contract) Check() error {
	if c.ResponseDays < 0 || c.ResponseDays > 60 {
		return fault.New(fault.Malformed, "bad-response-days", nil)
	}
	return first(id('t', c.Tenant, "bad-tenant-id"), id('s', c.Site, "bad-site-id"), name(c.Plan, "bad-plan"))
}

// Check tells what is wrong with a contact before it is stored.
func (c Contact) Check() error {
	// Bare address only: what stands in a To header must not bring a name, a comment
	// or a second address with it.
	if a, err := mail.ParseAddress(c.Mail); err != nil || a.Address != c.Mail || a.Name != "" {
		return fault.New(fault.Malformed, "bad-mail-address", nil)
	}
	if !language.Known(string(c.Language)) {
		return fault.New(fault.Malformed, "bad-language", nil)
	}
	if len(c.Roles) == 0 {
		return fault.New(fault.Malformed, "no-role", nil)
	}
	for _, r := range c.Roles {
		// A lab's person never gets what support gets, and the other way round.
		if r != Support && r != FieldEngineer && r != Lab || (r == Lab) == (c.Tenant == "") {
			return fault.New(fault.Malformed, "bad-role", nil)
		}
	}
	for _, s := range c.Sites {
		if err := id('s', s, "bad-site-id"); err != nil {
			return err
		}
	}
	if c.Tenant != "" {
		if err := id('t', c.Tenant, "bad-tenant-id"); err != nil {
			return err
		}
	}
	return first(id('p', c.ID, "bad-contact-id"), name(c.Name, "bad-contact-name"))
}

func id(kind byte, s, reason string) error {
	if !ids[kind].MatchString(s) {
		return fault.New(fault.Malformed, reason, nil)
	}
	return nil
}

// name refuses what could break out of a header or a line: control characters, and
// names that are empty or longer than a line.
func name(s, reason string) error {
	if strings.TrimSpace(s) == "" || len(s) > 200 || strings.ContainsFunc(s, unicode.IsControl) {
		return fault.New(fault.Malformed, reason, nil)
	}
	return nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("checking a row of people: %w", err)
		}
	}
	return nil
}
