#!/usr/bin/env bash
# Reading mailboxes against readpst and pffexport (Debian: pst-utils, pff-tools): CPU time on the same files in one run,
# as ratios. The others unpack; we also look for personal data. Usage: benches/pst.sh [FILE...]
# Without files: a mailbox of 20,000 messages made by the tests' own writer.
set -euo pipefail
cd "$(dirname "$0")/.."
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
sporhund=${SPORHUND:-}
if [ -z "$sporhund" ]; then
    cargo build --release --quiet
    sporhund=${CARGO_TARGET_DIR:-target}/release/sporhund
fi
if [ $# -eq 0 ]; then
    SPORHUND_LARGE="$here/large.pst" SPORHUND_MESSAGES=20000 cargo test --quiet --lib -- writes_a_large > /dev/null
    set -- "$here/large.pst"
fi

# Processor seconds, the better of three; what a run says is not looked at.
cpu() {
    local best=
    for _ in 1 2 3; do
        rm -rf "$here/out" "$here/out.export" "$here/out.orphans" "$here/out.recovered"
        mkdir "$here/out"
        local took
        took=$( { TIMEFORMAT='%U %S'; time "$@" > /dev/null 2> /dev/null || true; } 2>&1 | awk '{ print $1 + $2 }')
        best=$(awk -v a="${best:-$took}" -v b="$took" 'BEGIN { print (a < b) ? a : b }')
    done
    echo "$best"
}

readpst_all() { for file; do readpst -q -o "$here/out" "$file"; done; }
pffexport_all() { for file; do pffexport -q -t "$here/out/$(basename "$file")" "$file"; done; }

ours=$(cpu "$sporhund" scan --fail-on never -o /dev/null "$@")
for other in readpst pffexport; do
    if command -v "$other" > /dev/null; then
        theirs=$(cpu "${other}_all" "$@")
        awk -v other="$other" -v a="$theirs" -v b="$ours" \
            'BEGIN { printf "%-10s %6.2f s, sporhund %6.2f s: %.1f times as fast\n", other, a, b, a / b }'
    else
        echo "SKIPPED: no $other here"
    fi
done
