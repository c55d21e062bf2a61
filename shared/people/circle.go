package people

// Circle is everyone and everything that a case at a site concerns. A row that is not
// on file leaves its zero value but for the ids: a case is told about all the same.
type Circle struct {
	Tenant   Tenant
	Site     Site
	Contract Contract
	// Contacts are the tenant's and ours, of every role and site: Recipients chooses.
	Contacts []Contact
}

// Place is where an instrument stands, in words: "Sequencing core, Biolab Norte".
func (c Circle) Place() string {
	site, tenant := c.Site.Name, c.Tenant.Name
	if site == "" {
		site = "site " + c.Site.ID
	}
	if tenant == "" {
		tenant = "customer " + c.Tenant.ID
	}
	return site + ", " + tenant
}

// To are the recipients of a kind of mail.
func (c Circle) To(kind Kind) []Contact {
	return Recipients(kind, c.Tenant.ID, c.Site.ID, c.Contacts)
}
