#!/bin/sh
# Looks at the HTML report as people do: in headless Chromium, at three widths, light and dark, clicking; axe-core says
# whether it is accessible. Not part of `cargo test`: it needs Chromium and Node.js.
#   tests/html.sh [REPORT.html [FOLDER]]     without a report, one of tests/share; screenshots go to FOLDER
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${2:-$(mktemp -d)}
report=${1:-}
skip() { echo "SKIPPED: $1. The HTML report was NOT looked at in a browser." >&2; exit 0; }
command -v node >/dev/null || skip "there is no node"
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || skip "there is no Chromium (apt-get install chromium, or set CHROMIUM)"
if [ -z "${NODE_PATH:-}" ]; then
    NODE_PATH="$folder/node_modules"
    npm install --silent --no-audit --no-fund --prefix "$folder" playwright-core axe-core || skip "playwright-core and axe-core cannot be installed"
fi
export NODE_PATH
if [ -z "$report" ]; then
    report="$folder/report.html"
    (cd "$here/.." && cargo run --quiet -- scan --now 2026-11-20 --explain --fail-on never -o "$report" tests/share) || [ $? -eq 3 ]
fi
node "$here/html.mjs" "$report" "$folder"
echo "Screenshots and a PDF: $folder"
