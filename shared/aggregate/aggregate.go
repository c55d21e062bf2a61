// Package aggregate is what may be shown of several customers at once: to a lab that is
// compared with others, to a service scientist who asks which software version or lot
// contributes. A [Figure] made of fewer than [Least] customers does not hold its value, so
// no page, log or JSON can give it away; it has a [Reason] in its place.
//
// # How to use it
//
// Whoever compares across customers (a factor's levels: software versions, reagent lots,
// instrument types) makes one [Group] of each level, with the tenants whose measurements
// are in it and the value that was computed, of whatever type. [Parts] judges the groups;
// [Whole] does the same where a figure of all of them together is shown too, and then
// withholds enough groups that no subtraction reveals what another withheld:
//
//	table := aggregate.Whole(all, groups)
//	if effect, ok := table.Groups[0].Value(); ok { … } else { … table.Groups[0].Why() … }
//
// Groups of one table have no measurement in common. What is not done here: the same
// measurements cut in two ways are two tables, and together may tell more than each; and
// a customer who owns nearly all of a group's measurements nearly is its value. A lab's
// own figures, and what support sees of one lab that it serves, are no aggregates.
package aggregate

import (
	"cmp"
	"encoding/json"
	"slices"
)

// Least is the fewest customers of which something is shown together.
const Least = 5

// Reason is why a figure is not shown.
type Reason string

// The reasons.
const (
	// NotEnoughData: fewer than Least customers are in it.
	NotEnoughData Reason = "not-enough-data"
	// Complement: enough customers are in it, and too few in what is left of the whole
	// without it.
	Complement Reason = "complement"
)

// Group is a value and whose measurements it is made of.
type Group[V any] struct {
	Name string
	// Tenants are the customers' opaque ids, in any order and as often as there are
	// measurements. An empty id is nobody's and does not count.
	Tenants []string
	Value   V
}

// Figure is a value that may be shown, or the reason why not. The zero value is one that
// may not.
type Figure[V any] struct {
	name      string
	customers int // 0 where it is not shown
	value     V   // its zero where it is not shown
	reason    Reason
}

// Name is the group's.
func (f Figure[V]) Name() string { return f.name }

// Value is the group's, if it may be shown.
func (f Figure[V]) Value() (v V, ok bool) { return f.value, f.Why() == "" }

// Customers is how many are in it; 0 if it is not shown.
func (f Figure[V]) Customers() int { return f.customers }

// Why is the reason why it is not shown; "" if it is.
func (f Figure[V]) Why() Reason {
	if f.customers < Least && f.reason == "" {
		return NotEnoughData
	}
	return f.reason
}

// MarshalJSON gives {"name", "customers", "value"} or {"name", "withheld"}.
func (f Figure[V]) MarshalJSON() ([]byte, error) {
	if f.Why() != "" {
		return json.Marshal(struct {
			Name     string `json:"name"`
			Withheld Reason `json:"withheld"`
		}{f.name, f.Why()})
	}
	return json.Marshal(struct {
		Name      string `json:"name"`
		Customers int    `json:"customers"`
		Value     V      `json:"value"`
	}{f.name, f.customers, f.value})
}

// Table is a whole and its parts.
type Table[V any] struct {
	All    Figure[V]   `json:"all"`
	Groups []Figure[V] `json:"groups"`
}

// Parts judges groups each by itself, in their order. It is for figures that cannot be
// added up to a whole that is known.
func Parts[V any](groups []Group[V]) []Figure[V] {
	out := make([]Figure[V], len(groups))
	for i, g := range groups {
		out[i] = figure(g, "")
	}
	return out
}

// Whole judges groups beside a figure of all of them. Where the groups that must be
// withheld have fewer than Least customers together, the whole less the others would tell
// of them: further groups are withheld, those with the fewest customers first, until what
// cannot be told apart is of Least customers.
func Whole[V any](all V, groups []Group[V]) Table[V] {
	everybody, hidden := map[string]bool{}, map[string]bool{}
	reasons := make([]Reason, len(groups))
	var shown []int
	for i, g := range groups {
		of := customers(g.Tenants)
		for _, t := range of {
			everybody[t] = true
		}
		if len(of) >= Least {
			shown = append(shown, i)
			continue
		}
		for _, t := range of {
			hidden[t] = true
		}
	}
	slices.SortStableFunc(shown, func(a, b int) int {
		return cmp.Compare(len(customers(groups[a].Tenants)), len(customers(groups[b].Tenants)))
	})
	for _, i := range shown {
		if len(hidden) == 0 || len(hidden) >= Least {
			break
		}
		reasons[i] = Complement
		for _, t := range customers(groups[i].Tenants) {
			hidden[t] = true
		}
	}
	table := Table[V]{Groups: make([]Figure[V], len(groups))}
	for i, g := range groups {
		table.Groups[i] = figure(g, reasons[i])
	}
	whole := Group[V]{Name: "all", Value: all}
	for t := range everybody {
		whole.Tenants = append(whole.Tenants, t)
	}
	table.All = figure(whole, "")
	return table
}

func figure[V any](g Group[V], reason Reason) Figure[V] {
	n := len(customers(g.Tenants))
	if n < Least {
		reason = NotEnoughData
	}
	if reason != "" {
		return Figure[V]{name: g.Name, reason: reason}
	}
	return Figure[V]{name: g.Name, customers: n, value: g.Value}
}

// customers are the tenants, each once.
func customers(tenants []string) []string {
	of := slices.Clone(tenants)
	slices.Sort(of)
	return slices.DeleteFunc(slices.Compact(of), func(t string) bool { return t == "" })
}
