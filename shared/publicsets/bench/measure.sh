#!/usr/bin/env bash
# Trains and measures on the public sets: make bench-predict. DATA holds the sets, ANCHORS the
# baseline's recipe, for the paired bootstrap; neither is part of this project.
set -euo pipefail
data=${DATA:-../shared/data} anchors=${ANCHORS:-$data/../anchors}
if [ ! -d "$data/cmapss" ] || [ ! -d "$data/azure_pdm/all100" ] || [ ! -d "$data/ai4i2020" ]; then
	echo "bench-predict: NOT RUN: needs DATA=DIR with cmapss/, azure_pdm/all100/ and ai4i2020/"
	exit 75
fi
go run ./infra/local/setup -train
dir=.cache/bench-predict baseline=
if [ -f "$anchors/cmapss.py" ] && [ -f "$anchors/azure.py" ] && [ -f "$anchors/ai4i.py" ]; then
	baseline=$dir/baseline
	if [ ! -f $baseline/FD003.txt ]; then # the last; some minutes, once
		[ -x $dir/v/bin/python ] || { python3 -m venv $dir/v && $dir/v/bin/pip -q install lightgbm==4.7.0 scikit-learn==1.9.1 numpy==2.4.6 pandas==3.1.1; }
		ANCHORS_OUT=$dir/anchors $dir/v/bin/python shared/publicsets/bench/baseline.py "$anchors" $baseline
	fi
else
	echo "bench-predict: without the paired bootstrap: no cmapss.py, azure.py and ai4i.py in $anchors (ANCHORS=DIR)"
fi
go run ./shared/publicsets/bench --data "$data" --test ${baseline:+--baseline $baseline} --page docs/benchmarks.md
