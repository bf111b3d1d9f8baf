#!/usr/bin/env bash
# What takes too long for `cargo test`: tests/soak.sh [KILLS [ROUNDS]], with the program that $SPORHUND names (or
# `sporhund`). Needs Python, which makes what is hostile.
#  1. A scan with --state that is killed KILLS times (100) at random moments and resumed tells what an undisturbed one
#     tells; and a second scan of what did not change costs little of the processor's time of the first.
#  2. A scan whose workers are killed at random moments tells the same, but for the items that they were reading.
#  3. ROUNDS (20) damaged copies of every sample: one record for each file, and no worker beyond its memory.
#  4. 100,000 files in one folder, 1,000 levels of folders, paths of more than 4,096 bytes, names in every encoding,
#     folders that may not be read; bombs; a full disk (a small tmpfs, for root).
set -euo pipefail
kills=${1:-100}
rounds=${2:-20}
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
# Milliseconds of processor time, of it and of whoever worked for it.
cost() { local TIMEFORMAT='%U %S'; { time "$@" > /dev/null 2>&1; } 2>&1 | awk '{ printf "%d", ($1 + $2) * 1000 }'; }
# Each file has one record, and no record comes twice.
complete() { # FOLDER RECORDS
  python3 - "$1" "$2" << 'END' || fail "records of $1"
import collections, json, os, sys
items = collections.Counter()
for line in open(sys.argv[2], "rb"):
    record = json.loads(line)
    if record["record"] == "item":
        items[record["location"]] += 1
def spelt(name):
    return name.decode("utf-8", "surrogateescape")
files, missing = 0, []
walk = [os.fsencode(sys.argv[1])]
for folder, _, names in os.walk(walk[0]):
    for name in names:
        files += 1
        at = os.path.join(folder, name)
        location = "".join(c if not 0xDC80 <= ord(c) <= 0xDCFF else "\\x%02x" % (ord(c) - 0xDC00) for c in spelt(at))
        if items[location] != 1:
            missing.append((location, items[location]))
twice = [at for at, n in items.items() if n > 1]
print(f"{files} files, {len(items)} items")
for what in missing[:5] + twice[:5]:
    print("wrong:", what)
sys.exit(bool(missing or twice))
END
}
# Runs a scan and watches its workers: the most that one of them had in memory, in MiB, goes to the file `most`.
watched() { # RECORDS ARGUMENTS...
  local records=$1 pid
  shift
  "$program" scan $now "$@" > "$records" &
  pid=$!
  while kill -0 $pid 2> /dev/null; do
    for worker in $(ps -o pid= --ppid $pid || true); do
      sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$worker/status" 2> /dev/null || true
    done
    sleep 0.05
  done | sort -n | tail -n 1 | awk '{ print int($1 / 1024) }' > most
  wait $pid || [ $? -ne 2 ] || fail "scan $*"
}
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
  [ $((n % 10)) -ne 0 ] && [ "$n" -ne "$kills" ] || { scan --state st s > resumed.jsonl; cmp <(told whole.jsonl) <(told resumed.jsonl) ||
    fail "resumed after $n kills"; rm -f st*; }
done

echo "== a second scan"
rm -f st*
first=$(cost scan --state st s)
second=$(cost scan --state st s)
echo "first $first ms, second $second ms of processor time"
# These files are tiny and full of findings: to read them costs little more than to tell of them. Documents are a fiftieth.
[ $((second * 4)) -le "$first" ] || fail "the second scan took more than a quarter of the first"

echo "== workers killed"
"$program" scan $now s > shot.jsonl &
pid=$!
shots=0
while kill -0 $pid 2> /dev/null; do
  worker=$(ps -o pid= --ppid $pid | shuf -n 1 || true)
  [ -z "$worker" ] || { kill -9 "$worker" 2> /dev/null && shots=$((shots + 1)); } || true
  # Longer than a worker takes to start.
  sleep 0.3
done
wait $pid || true
locations() { grep -o '^{"record":"item","location":"[^"]*"' "$1"; }
cmp <(locations whole.jsonl) <(locations shot.jsonl) || fail "items after $shots shots"
hit=$(grep -c '"reason":"\(memory\|crashed\)"' shot.jsonl || true)
echo "$shots shots, $hit items given up"
[ "$hit" -gt 0 ] || cmp <(told whole.jsonl) <(told shot.jsonl) || fail "records after $shots shots"

echo "== damaged samples"
mkdir damaged
python3 - "$share" "$(dirname "$share")/extract" "$rounds" << 'END'
import os, random, sys
random.seed(7)
samples = []
for root in sys.argv[1:3]:
    for folder, _, names in os.walk(root):
        samples += [os.path.join(folder, n) for n in names if not n.startswith("bomb")]
for number, sample in enumerate(sorted(samples)):
    whole = open(sample, "rb").read()
    if len(whole) > 4 << 20:
        continue
    for time in range(int(sys.argv[3])):
        data = bytearray(whole)
        how = time % 4
        if how == 0:
            del data[random.randrange(len(data) + 1):]
        elif how == 1 and data:
            for _ in range(random.randrange(1, 30)):
                data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        elif how == 2 and len(data) > 8:
            for _ in range(random.randrange(1, 6)):
                at = random.randrange(len(data) - 4)
                data[at:at + 4] = random.choice([b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", bytes(4), b"\x00\x00\x00\x80"])
        elif data:
            a, b = sorted(random.randrange(len(data)) for _ in "ab")
            data[random.randrange(len(data)):0] = data[a:min(b, a + 65536)]
        folder = f"damaged/{number:04}"
        os.makedirs(folder, exist_ok=True)
        open(f"{folder}/{time}-{os.path.basename(sample)}", "wb").write(data)
END
watched damaged.jsonl --max-memory 256M --max-time 20 damaged
complete damaged damaged.jsonl
echo "at most $(cat most) MiB in a worker, of 256"
[ "$(cat most)" -le 264 ] || fail "a worker took $(cat most) MiB"
grep -o '"reason":"\(crashed\|timeout\|memory\)"' damaged.jsonl | sort | uniq -c || true
# What reads nothing at all must not crash either: a crash is a mistake of ours.
! grep -q '"reason":"\(crashed\|timeout\)"' damaged.jsonl || fail "a damaged sample crashed its reader, or hung it"

echo "== many files, names, levels"
mkdir many
(cd many && seq 1 100000 | xargs touch)
scan many > many.jsonl
complete many many.jsonl
python3 << 'END'
import os
os.mkdir("odd")
for n, name in enumerate([b"l\xf8n.txt", "l\u00f8n.txt".encode(), b"\xff\xfe", "\u202egnp.txt".encode(), b"a\nb.txt", b"\x1b[31m.txt",
        b"\x8b\xdf.txt", "\u65e5\u672c".encode("shift-jis"), "\u65e5\u672c".encode("utf-16-le").replace(b"\0", b"\1"), b" ", b"-o", b"--state",
        b"a!", b"..a", b"=1+1.csv", b"'", b'"', b"\\", b"a\\x41.txt", "\U0001f600.txt".encode(), b"x" * 255]):
    with open(os.path.join(b"odd", name), "wb") as file:
        file.write(b"CPR 010190-9992\n")
# Level after level, of which the last have no path that the system would take.
os.mkdir("deep")
top = os.getcwd()
os.chdir("deep")
for level in range(1000):
    open("a.txt", "w").write("CPR 010190-9992\n")
    os.mkdir("folder")
    os.chdir("folder")
os.chdir(top)
os.mkdir("bombs")
END
scan odd > odd.jsonl
complete odd odd.jsonl
scan deep > deep.jsonl
# What lies deeper than a path can say is told of by the folder where it begins.
levels=$(grep -c '"record":"item".*a.txt"' deep.jsonl || true)
echo "$levels levels read, $(grep -c '"record":"item".*"status":"\(failed\|skipped\)"' deep.jsonl || true) told of"
[ "$levels" -ge 500 ] || fail "levels of folders"

if [ "$(id -u)" -ne 0 ] || command -v setpriv > /dev/null; then
  echo "== folders that may not be read"
  mkdir -p closed/in closed/open
  echo "CPR 010190-9992" | tee closed/in/a.txt closed/open/b.txt > closed/c.txt
  chmod 0 closed/in closed/c.txt
  chmod 755 . closed closed/open
  as=() && [ "$(id -u)" -ne 0 ] || as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
  "${as[@]}" "$program" scan $now closed > closed.jsonl || [ $? -ne 2 ] || fail "scan closed"
  [ "$(grep -c '"reason":"permission"' closed.jsonl)" -eq 2 ] || fail "what may not be read"
  grep -q '"location":"closed/open/b.txt","kind":"document","format":"text","status":"scanned"' closed.jsonl || fail "what may"
  chmod 755 closed/in closed/c.txt
  chmod 700 .
else
  echo "SKIPPED: folders that may not be read need an account that is not root, or setpriv"
fi

echo "== bombs"
python3 << 'END'
import gzip, io, zipfile
zeros = gzip.compress(bytes(1 << 30), 9)
open("bombs/gigabyte.gz", "wb").write(zeros)
open("bombs/twice.gz", "wb").write(gzip.compress(gzip.compress(bytes(1 << 30), 9), 9))
def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in members:
            z.writestr(name, data)
    return out.getvalue()
inner = zipped([(f"{n}.txt", bytes(64 << 20)) for n in range(8)])
for _ in range(4):
    inner = zipped([(f"{n}.zip", inner) for n in range(16)])
open("bombs/tree.zip", "wb").write(inner)
deep = b"CPR 010190-9992"
for _ in range(200):
    deep = zipped([("a.zip", deep)])
open("bombs/deep.zip", "wb").write(deep)
many = zipped([(f"{n}", b"") for n in range(70000)])
open("bombs/many.zip", "wb").write(many)
open("bombs/laughs.xml", "w").write('<!DOCTYPE a [<!ENTITY l0 "ha">' + "".join(f'<!ENTITY l{n} "&l{n-1};&l{n-1};">' for n in range(1, 60)) + "]><a>&l59;</a>")
open("bombs/open.json", "w").write("[" * (60 << 20))
open("bombs/open.html", "w").write("<div>" * (4 << 20))
open("bombs/open.rtf", "w").write("{\\rtf1" + "{" * (30 << 20))
END
watched bombs.jsonl --max-memory 256M --max-time 20 bombs
echo "at most $(cat most) MiB in a worker, of 256"
[ "$(cat most)" -le 264 ] || fail "a worker took $(cat most) MiB over a bomb"
complete bombs bombs.jsonl
grep '"record":"item"' bombs.jsonl | grep -o '"reason":"[a-z_]*"' | sort | uniq -c

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
