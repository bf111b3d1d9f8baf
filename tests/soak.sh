#!/usr/bin/env bash
# What takes too long for `cargo test`: tests/soak.sh [KILLS], with the program that $SPORHUND names (or `sporhund`).
#  1. A scan with --state that is killed KILLS times (100) at random moments and resumed tells what an undisturbed one
#     tells; and a second scan of what did not change costs a twentieth of the first.
#  2. A scan whose workers are killed at random moments tells the same, but for the items that they were reading.
#  3. 100,000 files in one folder; a full disk (a small tmpfs, for root); memory that a worker takes at its limit.
set -euo pipefail
kills=${1:-100}
program=$(realpath "$(command -v "${SPORHUND:-sporhund}")")
share=$(realpath "$(dirname "$0")/share")
work=$(mktemp -d)
trap 'umount "$work/small" 2> /dev/null || true; rm -rf "$work"' EXIT
cd "$work"
now="--now 2026-11-20"
failed=0
fail() { echo "FAILED: $*"; failed=1; }
# Exit codes 1 and 3 say what was found.
scan() { "$program" scan $now "$@" || [ $? -ne 2 ]; }
# Without the seconds that it took.
told() { sed 's/"seconds":[0-9.]*//' "$1"; }
milliseconds() { local begun; begun=$(date +%s%N); "$@" > /dev/null; echo $((($(date +%s%N) - begun) / 1000000)); }

mkdir s
for n in $(seq 1 12); do cp -r "$share" "s/$n"; done
for n in $(seq 1 8000); do
  [ $((n % 200)) -ne 1 ] || { folder=s/t/$n; mkdir -p "$folder"; }
  printf 'Referat %d\nMette Hansen, CPR 010190-9992, mette.hansen@example.dk\n%s\n' "$n" \
    "Der var enighed om at male trappen i foråret, og at varmen skal ses efter inden jul." > "$folder/$n.txt"
done
sleep 1

echo "== killed $kills times"
scan s > whole.jsonl
longest=$(milliseconds scan s)
for n in $(seq 1 "$kills"); do
  "$program" scan $now --state st s > /dev/null 2>&1 &
  pid=$!
  sleep "$(awk -v most="$longest" -v seed="$RANDOM" 'BEGIN { srand(seed); printf "%.3f", rand() * most / 1000 }')"
  kill -9 $pid 2> /dev/null || true
  wait $pid 2> /dev/null || true
  # What was done is not to be done again: else the later kills would find nothing to do.
  [ $((n % 10)) -ne 0 ] || { scan --state st s > resumed.jsonl; cmp <(told whole.jsonl) <(told resumed.jsonl) ||
    fail "resumed after $n kills"; rm -f st*; }
done

echo "== a second scan"
rm -f st*
first=$(milliseconds scan --state st s)
second=$(milliseconds scan --state st s)
echo "first $first ms, second $second ms"
[ $((second * 20)) -le "$first" ] || fail "the second scan took more than a twentieth of the first"

echo "== workers killed"
"$program" scan $now s > shot.jsonl &
pid=$!
shots=0
while kill -0 $pid 2> /dev/null; do
  worker=$(ps -o pid= --ppid $pid | shuf -n 1 || true)
  [ -z "$worker" ] || { kill -9 "$worker" 2> /dev/null && shots=$((shots + 1)); } || true
  sleep 0.05
done
wait $pid || true
locations() { grep -o '^{"record":"item","location":"[^"]*"' "$1"; }
cmp <(locations whole.jsonl) <(locations shot.jsonl) || fail "items after $shots shots"
hit=$(grep -c '"reason":"\(memory\|crashed\)"' shot.jsonl || true)
echo "$shots shots, $hit items given up"
[ "$hit" -gt 0 ] || cmp <(told whole.jsonl) <(told shot.jsonl) || fail "records after $shots shots"

echo "== many files in one folder"
mkdir many
(cd many && seq 1 100000 | xargs touch)
[ "$(scan many | grep -c '"record":"item"')" -eq 100000 ] || fail "100,000 files"

echo "== a full disk"
mkdir small
if mount -t tmpfs -o size=256k tmpfs small 2> /dev/null; then
  ! "$program" scan $now -o small/report.jsonl s 2> error || fail "a report that does not fit"
  grep -q "cannot be written" error && [ -z "$(ls -A small)" ] || fail "what a full disk leaves"
  ! "$program" scan $now --state small/st s > report.jsonl 2> error || fail "a state that does not fit"
  cmp <(told whole.jsonl | head -n -1) <(told report.jsonl | head -n -1) || fail "the report beside a full disk"
else
  echo "SKIPPED: a small tmpfs needs root"
fi

echo "== memory at its limit"
if [ -x /usr/bin/time ]; then
  mkdir memory
  echo "sporhund-fault: memory" > memory/a.txt
  head -c 60000000 /dev/zero | tr '\0' '[' > memory/b.json
  { printf '{"a":"'; head -c 300000000 /dev/zero | tr '\0' 'x'; printf '"}'; } > memory/c.json
  SPORHUND_FAULTS=1 /usr/bin/time -f %M -o most "$program" scan $now --max-memory 128M memory > /dev/null || true
  most=$(($(tail -n 1 most) / 1024))
  echo "at most $most MiB, of 128"
  [ "$most" -le 136 ] || fail "a worker took $most MiB"
else
  echo "SKIPPED: no /usr/bin/time"
fi
[ $failed -eq 0 ] && echo "all well"
exit $failed
