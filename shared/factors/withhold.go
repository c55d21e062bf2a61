package factors

import "slices"

// atLeastTenants is how many customers must stand behind a figure that is shown across
// customers.
const atLeastTenants = 5

// shown says which of a factor's levels may be shown across customers, given the customers
// of each: those with five customers or more. What is withheld could be had by taking what
// is shown from the total, so the withheld together must have five as well: else the
// smallest of the shown are withheld with them.
func shown(tenants []map[int32]bool) []bool {
	ok := make([]bool, len(tenants))
	hidden := map[int32]bool{}
	var order []int
	for i, of := range tenants {
		if ok[i] = len(of) >= atLeastTenants; ok[i] {
			order = append(order, i)
			continue
		}
		for id := range of {
			hidden[id] = true
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(tenants[a]) - len(tenants[b]) })
	for _, i := range order {
		if len(hidden) == 0 || len(hidden) >= atLeastTenants {
			break
		}
		ok[i] = false
		for id := range tenants[i] {
			hidden[id] = true
		}
	}
	return ok
}
