package trees

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// What is wrong with a file that Read refuses.
var (
	ErrMalformed   = errors.New("not a whole LightGBM text model")
	ErrUnsupported = errors.New("not supported")
)

// Bounds on a file, far above any model of ours. Memory is a small multiple of the bytes
// read: no count in the file is believed before its values are there.
const (
	maxBytes    = 32 << 20
	maxFeatures = 1 << 16
	maxOutputs  = 1 << 10
	maxTrees    = 1 << 16
	maxLeaves   = 1 << 16
	maxDepth    = 512
)

// Read reads a text model to its end. Errors are ErrMalformed and ErrUnsupported, which
// name what is wrong and, inside a tree, which tree; and those of r.
func Read(r io.Reader) (*Model, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("trees: reading: %w", err)
	case len(raw) > maxBytes:
		return nil, fmt.Errorf("trees: %w: more than %d bytes", ErrUnsupported, maxBytes)
	}
	m, err := (&file{rest: string(raw)}).model()
	if err != nil {
		return nil, fmt.Errorf("trees: %w", err)
	}
	m.wood = plant(m.trees)
	hash := sha256.Sum256(raw)
	m.hash = hex.EncodeToString(hash[:])
	return m, nil
}

// file is what is left of a model file.
type file struct{ rest string }

// line is the next one without its end; false after the last.
func (f *file) line() (string, bool) {
	if f.rest == "" {
		return "", false
	}
	var text string
	text, f.rest, _ = strings.Cut(f.rest, "\n")
	return strings.TrimSuffix(text, "\r"), true
}

// section reads lines of key=value up to the next blank one. A word alone is a key too.
func (f *file) section(known string) (map[string]string, error) {
	values := map[string]string{}
	for {
		text, ok := f.line()
		if !ok || text == "" {
			return values, nil
		}
		key, value, _ := strings.Cut(text, "=")
		if !strings.Contains(known, " "+key+" ") {
			return nil, fmt.Errorf("%w: field %.40q", ErrUnsupported, key)
		}
		if _, twice := values[key]; twice {
			return nil, fmt.Errorf("%w: field %s twice", ErrMalformed, key)
		}
		values[key] = value
	}
}

const headerFields = " version num_class num_tree_per_iteration label_index max_feature_idx objective average_output feature_names monotone_constraints feature_infos tree_sizes "

func (f *file) model() (*Model, error) {
	if first, _ := f.line(); first != "tree" {
		return nil, fmt.Errorf("%w: does not begin with \"tree\"", ErrMalformed)
	}
	header, err := f.section(headerFields)
	if err != nil {
		return nil, err
	}
	m, err := parseHeader(header)
	if err != nil {
		return nil, err
	}
	sizes := 0
	for range strings.FieldsSeq(header["tree_sizes"]) {
		sizes++
	}
	for {
		text, ok := f.line()
		switch {
		case !ok:
			return nil, fmt.Errorf("%w: ends before \"end of trees\"", ErrMalformed)
		case text == "":
		case text == "end of trees":
			if len(m.trees) == 0 || len(m.trees)%m.outputs != 0 || len(m.trees) != sizes {
				return nil, fmt.Errorf("%w: %d trees, %d sizes, %d a round", ErrMalformed, len(m.trees), sizes, m.outputs)
			}
			return m, f.tail()
		case text == "Tree="+strconv.Itoa(len(m.trees)):
			if len(m.trees) == maxTrees {
				return nil, fmt.Errorf("%w: more than %d trees", ErrUnsupported, maxTrees)
			}
			values, err := f.section(treeFields)
			if err != nil {
				return nil, fmt.Errorf("tree %d: %w", len(m.trees), err)
			}
			t, err := parseTree(values, len(m.features))
			if err != nil {
				return nil, fmt.Errorf("tree %d: %w", len(m.trees), err)
			}
			m.trees = append(m.trees, t)
			m.depth = max(m.depth, t.depth)
		default:
			return nil, fmt.Errorf("%w: %.40q where a tree was expected", ErrMalformed, text)
		}
	}
}

// tail reads what follows the trees: how the model was trained, which changes nothing,
// and the one line that would.
func (f *file) tail() error {
	for {
		text, ok := f.line()
		if !ok {
			return nil
		}
		if names, found := strings.CutPrefix(text, "pandas_categorical:"); found && names != "null" && names != "[]" {
			return fmt.Errorf("%w: categories of pandas: train on their numbers", ErrUnsupported)
		}
	}
}

func parseHeader(header map[string]string) (*Model, error) {
	if v := header["version"]; v != "v3" && v != "v4" {
		return nil, fmt.Errorf("%w: version %.40q", ErrUnsupported, v)
	}
	o, err := parseObjective(header["objective"])
	if err != nil {
		return nil, err
	}
	m := &Model{objective: o}
	_, m.average = header["average_output"]
	if m.outputs, err = count(header, "num_tree_per_iteration", 1, maxOutputs); err != nil {
		return nil, err
	}
	classes, err := count(header, "num_class", 1, maxOutputs)
	if err != nil {
		return nil, err
	}
	if classes != m.outputs || o.classes != classes {
		return nil, fmt.Errorf("%w: objective %s of %d classes, num_class %d, num_tree_per_iteration %d", ErrMalformed, o.name, o.classes, classes, m.outputs)
	}
	last, err := count(header, "max_feature_idx", 0, maxFeatures-1)
	if err != nil {
		return nil, err
	}
	names := header["feature_names"]
	if n := strings.Count(names, " ") + 1; n != last+1 {
		return nil, fmt.Errorf("%w: %d feature_names, max_feature_idx %d", ErrMalformed, n, last)
	}
	m.features = strings.Split(names, " ")
	sorted := slices.Sorted(slices.Values(m.features))
	if sorted[0] == "" || len(slices.Compact(sorted)) != len(m.features) {
		return nil, fmt.Errorf("%w: feature_names twice or empty", ErrMalformed)
	}
	return m, nil
}

// count is a whole number from least to most in a field.
func count(values map[string]string, field string, least, most int) (int, error) {
	n, err := strconv.Atoi(values[field])
	switch {
	case err != nil || n < least:
		return 0, fmt.Errorf("%w: %s is %.40q", ErrMalformed, field, values[field])
	case n > most:
		return 0, fmt.Errorf("%w: %s above %d", ErrUnsupported, field, most)
	}
	return n, nil
}

// number is a finite decimal number, to the nearest float64.
func number(text string) (float64, error) {
	if strings.Trim(text, "0123456789+-.e") != "" {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(text, 64)
}
