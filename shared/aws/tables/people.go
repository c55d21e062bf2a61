package tables

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"proactive/shared/fault"
	"proactive/shared/layout"
	"proactive/shared/people"
)

// People is the people table, notice.People: tenants, sites, contracts, contacts. It has its own key,
// two readers among the functions (notify, factor) and one writer (the operator). functions/notify
// pins it to its interface: a pin here would link the mails into every function.
type People struct {
	db    *dynamodb.Client
	table string
}

// NewPeople is the table of that name.
func NewPeople(db *dynamodb.Client, table string) *People { return &People{db: db, table: table} }

// Circle implements notice.People: two queries, strongly consistent.
func (t *People) Circle(ctx context.Context, tenant, site string) (people.Circle, error) {
	c := people.Circle{
		Tenant: people.Tenant{ID: tenant}, Site: people.Site{ID: site, Tenant: tenant},
		Contract: people.Contract{Site: site, Tenant: tenant},
	}
	rows, err := queryRows(ctx, t.db, t.table, layout.TenantRow(tenant), "")
	if err != nil {
		return c, fmt.Errorf("reading the people of tenant %s: %w", tenant, err)
	}
	if err := take(&c, site, rows); err != nil {
		return c, err
	}
	ours, err := t.Ours(ctx)
	c.Contacts = append(c.Contacts, ours...)
	return c, err
}

// Ours implements notice.Ours.
func (t *People) Ours(ctx context.Context) ([]people.Contact, error) {
	rows, err := queryRows(ctx, t.db, t.table, layout.SupportRow, layout.ContactRow(""))
	if err != nil {
		return nil, fmt.Errorf("reading our own contacts: %w", err)
	}
	var c people.Circle
	err = take(&c, "", rows)
	return c.Contacts, err
}

// take puts rows where they belong.
func take(c *people.Circle, site string, rows []row) error {
	for _, item := range rows {
		r := reader{row: item}
		sk, document := r.text("sk"), r.text("document")
		if r.err != nil {
			return fmt.Errorf("reading a row of people: %w", r.err)
		}
		if err := into(c, sk, site, document); err != nil {
			return err
		}
	}
	return nil
}

// into puts one row where it belongs; rows of other sites are passed over.
func into(c *people.Circle, sk, site, document string) error {
	var to any
	switch {
	case sk == layout.Tenant:
		to = &c.Tenant
	case sk == layout.SiteRow(site):
		to = &c.Site
	case sk == layout.ContractRow(site):
		to = &c.Contract
	case strings.HasPrefix(sk, layout.ContactRow("")):
		c.Contacts = append(c.Contacts, people.Contact{})
		to = &c.Contacts[len(c.Contacts)-1]
	default:
		return nil
	}
	if err := json.Unmarshal([]byte(document), to); err != nil {
		// The decoder's own words could quote a name or an address.
		return fmt.Errorf("decoding a row of people: the document does not fit")
	}
	return nil
}

// AddTenant enters a customer.
func (t *People) AddTenant(ctx context.Context, v people.Tenant) error {
	return add(ctx, t, layout.TenantRow(v.ID), layout.Tenant, v)
}

// AddSite enters a site of a tenant.
func (t *People) AddSite(ctx context.Context, v people.Site) error {
	if err := t.known(ctx, v.Tenant); err != nil {
		return err
	}
	return add(ctx, t, layout.TenantRow(v.Tenant), layout.SiteRow(v.ID), v)
}

// AddContract enters what is owed at a site.
func (t *People) AddContract(ctx context.Context, v people.Contract) error {
	if err := t.known(ctx, v.Tenant); err != nil {
		return err
	}
	return add(ctx, t, layout.TenantRow(v.Tenant), layout.ContractRow(v.Site), v)
}

// AddContact enters a person: a tenant's, or ours where Tenant is empty.
func (t *People) AddContact(ctx context.Context, v people.Contact) error {
	pk := layout.SupportRow
	if v.Tenant != "" {
		if err := t.known(ctx, v.Tenant); err != nil {
			return err
		}
		pk = layout.TenantRow(v.Tenant)
	}
	return add(ctx, t, pk, layout.ContactRow(v.ID), v)
}

// known is the fault "unknown-tenant" unless somebody entered the tenant: rows are never
// deleted, so what is there stays there.
func (t *People) known(ctx context.Context, tenant string) error {
	item, err := getRow(ctx, t.db, t.table, layout.TenantRow(tenant), layout.Tenant)
	if err != nil {
		return fmt.Errorf("looking up tenant %s: %w", tenant, err)
	}
	if item == nil {
		return fault.New(fault.Malformed, "unknown-tenant", nil)
	}
	return nil
}

// add writes a row that is not there yet. The same row again changes nothing; another
// under the same id is the fault "already-entered", so that a slip of the pen does not
// redirect someone's mail.
func add[T interface{ Check() error }](ctx context.Context, t *People, pk, sk string, v T) error {
	if err := v.Check(); err != nil {
		return err
	}
	document, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding a row of people: %w", err)
	}
	_, err = t.db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                 aws.String(t.table),
		Item:                      row{"pk": text(pk), "sk": text(sk), "document": text(string(document))},
		ConditionExpression:       aws.String("attribute_not_exists(pk) OR document = :same"),
		ExpressionAttributeValues: row{":same": text(string(document))},
	})
	if conditionFailed(err) {
		return fault.New(fault.Conflict, "already-entered", nil)
	}
	if err != nil {
		return fmt.Errorf("entering a row of people: %w", err)
	}
	return nil
}
