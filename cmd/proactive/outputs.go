package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// outputs reads what `cdk deploy --outputs-file` wrote, {stack: {output: value}}, or
// the same without stacks, and answers flags by it: --people-table is PeopleTable.
// A flag on the command line or in the environment wins.
func outputs(r io.Reader) (kong.Resolver, error) {
	var tree map[string]any
	if err := json.NewDecoder(r).Decode(&tree); err != nil {
		return nil, fmt.Errorf("reading the outputs: %w", err)
	}
	values := map[string]string{}
	flatten(tree, values)
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if v, there := values[key(flag.Name)]; there {
			return v, nil
		}
		return nil, nil
	}), nil
}

// flatten collects the strings of a tree under their own names, in lower case.
func flatten(tree map[string]any, into map[string]string) {
	for name, v := range tree {
		switch v := v.(type) {
		case string:
			into[key(name)] = v
		case map[string]any:
			flatten(v, into)
		}
	}
}

// key makes --people-table and PeopleTable one word.
func key(name string) string { return strings.ToLower(strings.ReplaceAll(name, "-", "")) }
