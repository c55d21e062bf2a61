#!/usr/bin/env bash
# Measures shared/trees beside LightGBM's own call for a single row, by turns in one run on
# one machine, one thread each, on rows that vary. Fails above 0.6 of its time, or if a score
# has other bits. Models and rows are made from seeds (once, a minute or two).
set -euo pipefail
dir=.cache/bench-trees
mkdir -p $dir
go run ./infra/local/setup -train
go build -o $dir/ours ./shared/trees/sidebyside
.cache/train-venv/bin/python shared/trees/sidebyside/measure.py $dir/ours $dir "${ROUNDS:-11}"
