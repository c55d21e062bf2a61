package people

import (
	"cmp"
	"slices"
	"strings"
)

// Kind is what a mail is for, as far as it decides who gets it.
type Kind string

// The kinds.
const (
	Alert      Kind = "alert"       // a case is open: evidence, diagnosis
	Offer      Kind = "offer"       // pick a visit; also the reminder
	Invite     Kind = "invite"      // the visit is booked, for the lab
	Assignment Kind = "assignment"  // the visit is booked, for who travels
	Escalation Kind = "escalation"  // a case needs a person
	ClosedOurs Kind = "closed-ours" // the outcome, for us
	ClosedLab  Kind = "closed-lab"  // the outcome, for the lab
)

// audience is which role gets which mail: the whole rule, as data.
var audience = map[Kind]Role{
	Alert:      Support,
	Offer:      Lab,
	Invite:     Lab,
	Assignment: FieldEngineer,
	Escalation: Support,
	ClosedOurs: Support,
	ClosedLab:  Lab,
}

// Recipients are those of the contacts who get a mail of that kind about a case at a
// site of a tenant: by role and site, each address once, in the order of their ids. A
// tenant's contact never gets another tenant's mail, nor ours. It may be nobody: the
// caller says so aloud. A pure function of its input.
func Recipients(kind Kind, tenant, site string, contacts []Contact) []Contact {
	role, ok := audience[kind]
	if !ok {
		return nil
	}
	var to []Contact
	seen := map[string]bool{}
	for _, c := range sorted(contacts) {
		own := role == Lab && c.Tenant == tenant || role != Lab && c.Tenant == ""
		address := strings.ToLower(c.Mail)
		if own && c.Serves(role, site) && !seen[address] {
			seen[address] = true
			to = append(to, c)
		}
	}
	return to
}

func sorted(contacts []Contact) []Contact {
	return slices.SortedStableFunc(slices.Values(contacts), func(a, b Contact) int { return cmp.Compare(a.ID, b.ID) })
}

// Everywhere are those of our own contacts who have a role at any site: who is told of what
// concerns no site more than another. Each address once, in the order of their ids.
func Everywhere(role Role, contacts []Contact) []Contact {
	var to []Contact
	seen := map[string]bool{}
	for _, c := range sorted(contacts) {
		address := strings.ToLower(c.Mail)
		if c.Tenant == "" && slices.Contains(c.Roles, role) && !seen[address] {
			seen[address] = true
			to = append(to, c)
		}
	}
	return to
}
