-- Which runs had the problem {{.Problem}}, and what each was exposed to: one line a run,
-- over the clean store (shared/clean), as 'proactive factors --data' reads it.
-- A field that a batch does not have is '', a run of which no batch says is left out, and
-- the levels of a run are those of its last batch.
WITH batches AS (
  SELECT
    instrument,
    max(sequence) AS sequence,
    coalesce(max(CASE WHEN field = 'run.token' THEN text END), 'batch ' || batch) AS run,
    DATE '1970-01-01' + CAST(max(CASE WHEN field = 'run.week' THEN value END) AS integer) * INTERVAL '1' DAY AS week,
{{- range .Fields}}
    coalesce(max(CASE WHEN field = '{{.}}' THEN text END), '') AS "{{.}}",
{{- end}}
    {{.Shows}} AS shows
  FROM {{.Table}}
  GROUP BY instrument, batch
), seasons AS (
  SELECT *, coalesce(CAST(year(week) AS varchar) || 'Q' || CAST(quarter(week) AS varchar), '') AS period
  FROM batches
)
SELECT
  instrument,
  run,
  max(shows) AS problem,
{{- range .Fields}}
  max_by("{{.}}", sequence) AS "{{.}}",
{{- end}}
  max_by(period, sequence) AS period
FROM seasons
GROUP BY instrument, run
HAVING max(shows) IS NOT NULL
ORDER BY instrument, run
