package factors

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"proactive/shared/catalog"
	"proactive/shared/fault"
)

// Table is the clean store's name in Athena.
const Table = "clean"

//go:embed exposures.sql
var exposuresSQL string

var exposuresTemplate = template.Must(template.New("exposures.sql").Parse(exposuresSQL))

// magnitudes are telemetry channels of whose readings the features take the magnitude: see
// shared/score, which cmd/proactive's tests compare.
var magnitudes = []string{"heater.error", "line.pressure", "stage.error"}

// Query is the SQL (Trino's, which Athena speaks, and DuckDB's) that answers which runs
// had a problem and what they were exposed to. A median cannot be asked: Athena's is an
// approximation.
func Query(p Problem) (string, error) {
	c, err := catalog.Load()
	if err != nil {
		return "", fmt.Errorf("loading the catalog: %w", err)
	}
	shows, err := p.expression(c)
	if err != nil {
		return "", fault.New(fault.Malformed, NotAsked, err)
	}
	var b strings.Builder
	if err := exposuresTemplate.Execute(&b, map[string]any{
		"Problem": p.String(), "Fields": slices.DeleteFunc(Fields(c), func(id string) bool { return id == p.Field }),
		"Shows": shows, "Table": Table,
	}); err != nil {
		return "", fmt.Errorf("writing the question: %w", err)
	}
	return b.String(), nil
}

// Fields are the catalog fields that are factors: what is configured or used, in words.
// Tokens name one run or one flow cell each, and an outcome is no cause.
func Fields(c *catalog.Catalog) []string {
	var all []string
	for _, f := range c.Fields() {
		configured := f.Category == catalog.InstrumentConfiguration || f.Category == catalog.RunConfiguration
		worded := f.Type == catalog.Enum || f.Type == catalog.Pattern
		if configured && worded && len(f.Dimensions) == 0 && !strings.HasSuffix(f.ID, "token") && !slices.Contains(outcomes, f.ID) {
			all = append(all, f.ID)
		}
	}
	return all
}

var perRead = regexp.MustCompile(`^q30\.r([1-9])$`)

// expression is 1 if a batch shows the problem, 0 if not and NULL if it does not say.
func (p Problem) expression(c *catalog.Catalog) (string, error) {
	if p.Field != "" {
		return p.among(c)
	}
	value, err := feature(c, p.Feature)
	if err != nil {
		return "", err
	}
	sign := "<"
	if p.Above {
		sign = ">"
	}
	limit := strconv.FormatFloat(p.Limit, 'e', -1, 64) // a double, not a decimal
	return fmt.Sprintf("CASE WHEN (%s) %s %s THEN 1 WHEN (%s) IS NOT NULL THEN 0 END", value, sign, limit, value), nil
}

// among tells whether a factor is at one of the levels.
func (p Problem) among(c *catalog.Catalog) (string, error) {
	if f, ok := c.Field(p.Field); !ok || f.Type != catalog.Enum && f.Type != catalog.Pattern || len(f.Dimensions) > 0 {
		return "", fmt.Errorf("%s is no factor of the catalog", p.Field)
	}
	var quoted []string
	for _, v := range p.Values {
		quoted = append(quoted, "'"+strings.ReplaceAll(v, "'", "''")+"'")
	}
	level := "max(CASE WHEN field = '" + p.Field + "' THEN text END)"
	return fmt.Sprintf("CASE WHEN %s IN (%s) THEN 1 WHEN %s IS NOT NULL THEN 0 END", level, strings.Join(quoted, ", "), level), nil
}

// feature is how a feature of shared/score is made of a batch's rows.
func feature(c *catalog.Catalog, name string) (string, error) {
	percent := func(part, whole, where string) string {
		sum := func(field string) string { return "sum(CASE WHEN field = '" + field + "'" + where + " THEN value END)" }
		return "100 * " + sum(part) + " / nullif(" + sum(whole) + ", 0)"
	}
	if m := perRead.FindStringSubmatch(name); m != nil {
		read := ` AND "read" = ` + m[1]
		return "CASE WHEN coalesce(max(CASE WHEN field = 'run.read_is_index'" + read + " THEN value END), 0) = 0 THEN " +
			percent("q.bases_q30", "q.bases", read) + " END", nil
	}
	switch name {
	case "q30":
		return percent("q.bases_q30", "q.bases", ""), nil
	case "clusters.pf":
		return percent("tile.clusters_pf", "tile.clusters", ""), nil
	}
	for ending, reduce := range map[string]string{".mean": "avg(%s)", ".max": "max(%s)", ".hourly": `sum(%s) / count(DISTINCT CASE WHEN field LIKE 'telemetry.%%' THEN "minute" END)`} {
		channel, ok := strings.CutSuffix(name, ending)
		f, known := c.Field("telemetry." + channel)
		if !ok || !known || (f.Source.Reduce == "sum") != (ending == ".hourly") {
			continue
		}
		value := "CASE WHEN field = '" + f.ID + "' THEN value END"
		if slices.Contains(magnitudes, channel) {
			value = "abs(" + value + ")"
		}
		return fmt.Sprintf(reduce, value), nil
	}
	return "", fmt.Errorf("athena is asked for q30, q30.r1, clusters.pf, or .mean, .max or .hourly of a telemetry channel, not for %q", name)
}
