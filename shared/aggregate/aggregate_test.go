package aggregate_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"proactive/shared/aggregate"
)

// of makes a group of the customers first to last.
func of(name string, first, last int) aggregate.Group[float64] {
	g := aggregate.Group[float64]{Name: name, Value: 0.12345678}
	for i := first; i <= last; i++ {
		g.Tenants = append(g.Tenants, fmt.Sprintf("t-%d", i))
	}
	return g
}

func TestFewerThanFiveCustomersShowNothing(t *testing.T) {
	twice := of("twice", 1, 4)
	twice.Tenants = append(twice.Tenants, twice.Tenants...)
	nobody := of("nobody", 1, 4)
	nobody.Tenants = append(nobody.Tenants, "", "")
	for _, c := range []struct {
		group aggregate.Group[float64]
		shown int
	}{
		{of("five", 1, 5), 5}, {of("nine", 1, 9), 9},
		{of("four", 1, 4), 0}, {of("one", 1, 1), 0}, {of("none", 1, 0), 0}, {twice, 0}, {nobody, 0},
	} {
		f := aggregate.Parts([]aggregate.Group[float64]{c.group})[0]
		v, ok := f.Value()
		text, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		told := fmt.Sprintf("%+v %#v %s", f, f, text)
		switch {
		case ok != (c.shown > 0) || f.Customers() != c.shown || f.Name() != c.group.Name:
			t.Errorf("%s: shown %v, of %d customers", c.group.Name, ok, f.Customers())
		case ok && (v != c.group.Value || f.Why() != "" || !strings.Contains(string(text), "0.12345678")):
			t.Errorf("%s: %v because %q, %s", c.group.Name, v, f.Why(), text)
		case !ok && (v != 0 || f.Why() != aggregate.NotEnoughData || strings.Contains(told, "1234")):
			t.Errorf("%s: %v because %q: %s", c.group.Name, v, f.Why(), told)
		}
	}
	var zero aggregate.Figure[float64]
	if _, ok := zero.Value(); ok || zero.Why() != aggregate.NotEnoughData {
		t.Error("the zero figure is shown")
	}
}

func TestWholeLessTheOthersTellsNothing(t *testing.T) {
	const few, rest = aggregate.NotEnoughData, aggregate.Complement
	for _, c := range []struct {
		name   string
		groups []aggregate.Group[float64]
		all    aggregate.Reason
		why    []aggregate.Reason
	}{
		{"all large", []aggregate.Group[float64]{of("a", 1, 5), of("b", 6, 10)}, "", []aggregate.Reason{"", ""}},
		{"one small: the smallest of the others goes too", []aggregate.Group[float64]{of("a", 1, 9), of("b", 10, 15), of("c", 16, 18)}, "", []aggregate.Reason{"", rest, few}},
		{"two small that are enough together", []aggregate.Group[float64]{of("a", 1, 9), of("b", 10, 13), of("c", 14, 15)}, "", []aggregate.Reason{"", few, few}},
		{"two small of the same customers", []aggregate.Group[float64]{of("a", 1, 9), of("b", 10, 12), of("c", 10, 13)}, "", []aggregate.Reason{rest, few, few}},
		{"an empty one hides nothing", []aggregate.Group[float64]{of("a", 1, 9), of("b", 1, 0)}, "", []aggregate.Reason{"", few}},
		{"small together", []aggregate.Group[float64]{of("a", 1, 2), of("b", 3, 4)}, few, []aggregate.Reason{few, few}},
		{"nothing", nil, few, nil},
	} {
		table := aggregate.Whole(0.5, c.groups)
		var why []aggregate.Reason
		for _, f := range table.Groups {
			why = append(why, f.Why())
		}
		if table.All.Why() != c.all || !slices.Equal(why, c.why) {
			t.Errorf("%s: %q, %q; want %q, %q", c.name, table.All.Why(), why, c.all, c.why)
		}
	}
}

// Whatever is added up and subtracted of a table is of five customers at least, or of
// nobody; and nothing is withheld without need.
func TestNoArithmeticTellsOfFewerThanFive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 6).Draw(t, "groups")
		var groups []aggregate.Group[float64]
		small := false
		for range n {
			g := aggregate.Group[float64]{Value: 1}
			for _, tenant := range rapid.SliceOfN(rapid.IntRange(1, 14), 0, 9).Draw(t, "tenants") {
				g.Tenants = append(g.Tenants, fmt.Sprint(tenant))
			}
			groups = append(groups, g)
			d := distinct(g)
			small = small || d > 0 && d < aggregate.Least
		}
		table := aggregate.Whole(1, groups)
		var shown, hidden []aggregate.Group[float64]
		for i, f := range table.Groups {
			if _, ok := f.Value(); ok {
				shown = append(shown, groups[i])
			} else {
				hidden = append(hidden, groups[i])
			}
			if f.Why() == aggregate.Complement && !small {
				t.Fatalf("group %d is withheld for nothing", i)
			}
		}
		for some := range 1 << len(shown) {
			var in, out []aggregate.Group[float64]
			for i, g := range shown {
				if some>>i&1 == 1 {
					in = append(in, g)
				} else {
					out = append(out, g)
				}
			}
			if d := distinct(in...); d > 0 && d < aggregate.Least {
				t.Fatalf("the sum of %v is of %d customers", in, d)
			}
			if _, ok := table.All.Value(); !ok {
				continue
			}
			if d := distinct(append(out, hidden...)...); d > 0 && d < aggregate.Least {
				t.Fatalf("the whole less %v is of %d customers", in, d)
			}
		}
	})
}

func distinct(groups ...aggregate.Group[float64]) int {
	all := map[string]bool{}
	for _, g := range groups {
		for _, t := range g.Tenants {
			all[t] = true
		}
	}
	return len(all)
}

func ExampleWhole() {
	table := aggregate.Whole("2 of 100 runs", []aggregate.Group[string]{
		{Name: "4.0.0", Tenants: []string{"a", "b", "c", "d", "e", "f"}, Value: "1 of 70 runs"},
		{Name: "4.1.0", Tenants: []string{"a", "g"}, Value: "1 of 30 runs"},
	})
	for _, f := range table.Groups {
		v, ok := f.Value()
		fmt.Printf("%s: %q %v %s\n", f.Name(), v, ok, f.Why())
	}
	// Output:
	// 4.0.0: "" false complement
	// 4.1.0: "" false not-enough-data
}
