#!/usr/bin/env bash
# The HTML report in a real browser: over the sample share, and over files whose names are markup and formulas.
#
#   tests/page/run.sh [SPORHUND]      needs Debian's chromium, and node with the packages of tests/page/package.json
set -euo pipefail
cd "$(dirname "$0")/../.."
program=${1:-${CARGO_TARGET_DIR:-target}/debug/sporhund}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

if ! command -v chromium > /dev/null || ! command -v npm > /dev/null; then
    echo "SKIPPED: tests/page needs Debian's chromium, and npm" >&2
    exit 0
fi
cp tests/page/package.json tests/page/check.mjs "$folder"
npm install --prefix "$folder" --no-audit --no-fund --silent

mkdir -p "$folder/names/sub"
for name in '<img src=x onerror=alert(1)>.txt' "=cmd|' .txt" 'sub/</script><script>alert(1)</script>'; do
    mkdir -p "$(dirname "$folder/names/$name")"
    echo 'CPR-nr. 010190-1235: Anna Jensen har diabetes' > "$folder/names/$name"
done
"$program" scan "$folder/names" --now 2026-11-20 --fail-on never -o "$folder/names.html"
"$program" scan tests/share --policy ikano-bolig --now 2026-11-20 --fail-on never -o "$folder/share.html" || [ $? -eq 3 ]
CHROMIUM=$(command -v chromium) node "$folder/check.mjs" "$folder/names.html" "$folder/share.html"
