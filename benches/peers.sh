#!/usr/bin/env bash
# The whole program against ripgrep looking for one exact CPR expression: CPU seconds, same files, same run.
#
#   benches/peers.sh [MIB]     prints a Markdown table; needs ripgrep, python3 and `cargo build --release`
#   RG="rg /path/to/rg"        compares with the fastest of several
#
# The files are made here (seeded): prose, a dense table, logs, and documents that are all identifiers. Each command runs
# five times; the median counts.
set -euo pipefail
cd "$(dirname "$0")/.."
mib=${1:-128}
program=${SPORHUND:-${CARGO_TARGET_DIR:-target}/release/sporhund}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 benches/texts.py "$mib" "$folder"
# Day and month in range; without this rg has less to do than any detector.
echo '\b(0[1-9]|[12][0-9]|3[01])(0[1-9]|1[0-2])[0-9]{2}[- ]?[0-9]{4}\b' > "$folder/cpr"

cpu() { # median of five user + system times
    for _ in 1 2 3 4 5; do
        python3 - "$@" <<'PY'
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime)
PY
    done | sort -n | sed -n 3p
}

echo "| file | sporhund, s | ripgrep, s | ratio |"
echo "| --- | --- | --- | --- |"
for file in prose.txt table.csv app.log cases.txt; do
    cat "$folder/$file" > /dev/null
    ours=$(cpu "$program" scan "$folder/$file" --format jsonl)
    theirs=$(for rg in ${RG:-rg}; do cpu "$rg" --no-unicode --count-matches -f "$folder/cpr" "$folder/$file"; done | sort -n | head -n 1)
    echo "| $file, $mib MiB | $ours | $theirs | $(python3 -c "print(round($ours / $theirs, 2))") |"
done
