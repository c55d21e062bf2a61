#!/usr/bin/env bash
# Measures our reading of run folders against Illumina's reader (PyPI interop), in one run
# on one machine: load and whole summary, one thread. ANCHORS holds side_by_side.py, RUNS
# the run folders; neither is part of this project.
set -euo pipefail
anchors=${ANCHORS:-../shared/anchors} runs=${RUNS:-../shared/data/runs} rounds=${ROUNDS:-5}
if [ ! -f "$anchors/side_by_side.py" ] || [ ! -d "$runs" ]; then
	echo "bench-read: NOT RUN: needs ANCHORS=DIR with side_by_side.py and RUNS=DIR with run folders"
	exit 75
fi
venv=.cache/bench-read
[ -x $venv/bin/python ] || { python3 -m venv $venv && $venv/bin/pip -q install interop==1.9.0 numpy==2.4.6; }
ours=.cache/sidebyside
go build -o $ours ./shared/summary/sidebyside

folders=()
for d in "$runs"/*/; do
	# The reference refuses a folder with one odd file; we name the file.
	case $d in *has_errors*) echo "left out, for the reference refuses it: $(basename "$d")" ;; *) folders+=("${d%/}") ;; esac
done
printf '%-46s %-8s %10s %9s %7s %13s %9s %9s\n' run mode 'theirs ms' 'ours ms' ratio 'of rounds' 'their MiB' 'our MiB'
for d in "${folders[@]}"; do # a process of the reference's for each, for its memory is counted too
	timeout 900 $venv/bin/python "$anchors/side_by_side.py" "$rounds" $ours "$d" | $venv/bin/python -c '
import json, sys
for line in sys.stdin:
    r = json.loads(line)
    if "error" in r: print("%-46s %-8s %s" % (r["run"], r["mode"], r["error"])); continue
    span = "%.1f-%.1f" % (r["ratio_min"], r["ratio_max"])
    print("%-46s %-8s %10.2f %9.2f %7.1f %13s %9.1f %9.1f" % (r["run"], r["mode"], r["reference_ms"], r["ours_ms"], r["ratio"], span, r["reference_peak_rss_mb"], r["ours_peak_rss_mb"]))'
done

largest=$(du -s "${folders[@]}" | sort -rn | head -1 | cut -f2)
echo
echo "What bounds it, on $(basename "$largest"): the same bytes only read from the page cache, then all done with them (median ms)"
for mode in bytes all; do
	printf '  %-6s' $mode
	$ours $mode 51 "$largest" | $venv/bin/python -c 'import json, statistics, sys; print(round(statistics.median(json.load(sys.stdin)["ms"]), 2))'
done
CPUPROFILE=.cache/sidebyside.prof $ours all 300 "$largest" >/dev/null
go tool pprof -top -nodecount=12 $ours .cache/sidebyside.prof 2>/dev/null | tail -13
