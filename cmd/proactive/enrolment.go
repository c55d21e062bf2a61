package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/tables"
	"proactive/shared/enrol"
	"proactive/shared/enrolment"
	"proactive/shared/fault"
	"proactive/shared/keyset"
)

// Reasons of the operator's command line.
const (
	badSerial   = "bad-serial"
	badURL      = "bad-url"
	badDays     = "bad-days"
	unknownSite = "unknown-site" // nobody entered that site of that customer
)

type issueCmd struct {
	peopleTable
	InstrumentsTable string `required:"" hidden:"" help:"Name of the instruments table."`
	APIURL           string `name:"api-url" hidden:"" help:"Address of the API, from the stack's outputs."`

	Tenant     string `required:"" help:"The customer, t-…"`
	Site       string `required:"" help:"The site, s-…"`
	Serial     string `required:"" help:"The instrument's serial number, as in its RunInfo.xml."`
	URL        string `help:"Address of the API; the stack's own if not given."`
	Days       int    `default:"14" help:"Days until the code expires."`
	DailyBytes int64  `help:"What the instrument may upload a day; 0 for the usual 2 GiB."`
}

// issued is the answer. The code is shown here and stored nowhere.
type issued struct {
	Code       string    `json:"code"`
	Instrument string    `json:"instrument"`
	Serial     string    `json:"serial"`
	Expires    time.Time `json:"expires"`
}

// serialNumber is as the instruments write it; it ends up in mails and terminals.
var serialNumber = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{1,31}$`)

// Run issues a code. An instrument of that serial number that the customer has already
// keeps its opaque id, and with it its history; its old key stops counting when the
// code is used.
func (c *issueCmd) Run(a *app) error {
	if !serialNumber.MatchString(c.Serial) {
		return fmt.Errorf("a serial number is 2 to 32 letters, digits, _ and -, as in RunInfo.xml: %w", fault.New(fault.Malformed, badSerial, nil))
	}
	if c.Days < 1 || c.Days > 90 {
		return fmt.Errorf("a code is good for 1 to 90 days, not %d: %w", c.Days, fault.New(fault.Malformed, badDays, nil))
	}
	cfg, err := awsconfig.Load(a.ctx)
	if err != nil {
		return err
	}
	db := tables.Client(cfg)
	circle, err := tables.NewPeople(db, c.PeopleTable).Circle(a.ctx, c.Tenant, c.Site)
	if err != nil {
		return err
	}
	if circle.Tenant.Name == "" || circle.Site.Name == "" {
		return fmt.Errorf("nobody entered site %s of tenant %s (`tenant add`, `site add`): %w", c.Site, c.Tenant, fault.New(fault.Malformed, unknownSite, nil))
	}
	table := tables.NewInstruments(db, c.InstrumentsTable)
	signed, err := table.Signed(a.ctx)
	if err != nil {
		return fmt.Errorf("finding the root key (has `keys publish` been run?): %w", err)
	}
	code := enrolment.Code{Fingerprint: keyset.Fingerprint(signed.Root), URL: strings.TrimSuffix(cmp.Or(c.URL, c.APIURL), "/")}
	if _, err := rand.Read(code.Secret[:]); err != nil {
		return fmt.Errorf("drawing a secret: %w", err)
	}
	if _, err := enrolment.Parse(code.String()); err != nil {
		return fmt.Errorf("an instrument could not use the address %q: %w", code.URL, fault.New(fault.Malformed, badURL, err))
	}
	id, err := c.instrument(a.ctx, table)
	if err != nil {
		return err
	}
	expires := time.Now().UTC().AddDate(0, 0, c.Days).Truncate(time.Second)
	err = table.Issue(a.ctx, enrolment.Digest(code.Secret[:]), enrol.Code{
		Instrument: id, Tenant: c.Tenant, Site: c.Site, Serial: c.Serial, DailyBytes: c.DailyBytes, Expires: expires,
	})
	if err != nil {
		return err
	}
	return a.print(issued{code.String(), id, c.Serial, expires}, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n\nFor %s (%s), until %s, once. It is stored nowhere: give it to the lab now.\n",
			code, c.Serial, id, expires.Format(time.DateOnly))
	})
}

// instrument is the opaque id: the one the customer's instrument has, or a new one.
func (c *issueCmd) instrument(ctx context.Context, table *tables.Instruments) (string, error) {
	all, err := table.List(ctx)
	if err != nil {
		return "", err
	}
	for _, i := range all {
		if i.Tenant == c.Tenant && i.Serial == c.Serial {
			return i.ID, nil
		}
	}
	id, err := ulid.New(ulid.Now(), rand.Reader)
	if err != nil {
		return "", fmt.Errorf("making an instrument id: %w", err)
	}
	return "i-" + strings.ToLower(id.String()), nil
}
