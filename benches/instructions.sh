#!/usr/bin/env bash
# Counts the instructions of scanning a small fixed corpus and compares them with those recorded in instructions.txt: a
# change that costs more than 5 % fails. Times differ from run to run and machine to machine; these hardly do.
#
#   benches/instructions.sh            compares; needs valgrind, python3 and `cargo build`
#   UPDATE=1 benches/instructions.sh   records
#
# It is the debug build that is counted, because CI has one anyway: what is done too often shows there too. Another
# compiler makes other instructions: with a version that is not the recorded one, nothing is decided.
set -euo pipefail
cd "$(dirname "$0")/.."
program=${SPORHUND:-${CARGO_TARGET_DIR:-target}/debug/sporhund}
recorded=benches/instructions.txt
command -v valgrind > /dev/null || { echo "SKIPPED: no valgrind, so instructions were not counted" >&2; exit 0; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 benches/texts.py 1 "$folder"
for file in prose.txt table.csv app.log; do
    head -c 65536 "$folder/$file" > "$folder/cut" && mv "$folder/cut" "$folder/$file"
done
: > "$folder/empty.txt"

count() { # instructions of one scan
    TZ=UTC valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" scan "$1" --format jsonl \
        --isolation none --jobs 1 --now 2026-11-20T12:00:00Z 2>&1 > /dev/null | sed -n 's/.*Collected : //p'
}

compiler=$(rustc --version)
counted="$compiler"
for file in empty.txt prose.txt table.csv app.log; do
    counted+=$'\n'"$file $(count "$folder/$file")"
done
echo "$counted"
if [ "${UPDATE:-}" = 1 ]; then
    echo "$counted" > "$recorded"
    exit 0
fi
if [ "$(head -n 1 "$recorded")" != "$compiler" ]; then
    echo "NOT COMPARED: recorded with $(head -n 1 "$recorded"), counted with $compiler" >&2
    exit 0
fi
echo "$counted" | tail -n +2 | while read -r file now; do
    before=$(sed -n "s/^$file //p" "$recorded")
    if [ "$now" -gt $((before + before / 20)) ]; then
        echo "$file: $now instructions, $before recorded: over 5 % more. If they are worth it: UPDATE=1 $0" >&2
        exit 1
    elif [ "$now" -lt $((before - before / 20)) ]; then
        echo "$file: $now instructions, $before recorded: over 5 % less. Record it: UPDATE=1 $0" >&2
    fi
done
