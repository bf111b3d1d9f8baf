#!/usr/bin/env bash
# The scan on Apache Spark, for real: a standalone master and two workers on loopback, a poison file, an executor killed
# midway; and the records must be those of a local scan. Not part of `cargo test`: it needs Java and pyspark.
#   tests/spark.sh [TREE [KILLS]]     without a tree, one of a few thousand files; KILLS executors die (default 1)
# SPORHUND is the program (default: the newest of target/debug and target/release; needs to be built), PYTHON the Python
# that has pyspark (default python3). Installs nothing:
#   pip install pyspark; apt-get install --no-install-recommends openjdk-17-jre-headless
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
tree=${1:+$(realpath "$1")}
kills=${2:-1}
python=${PYTHON:-python3}
skip() { echo "SKIPPED: $1. The scan was NOT run on Spark." >&2; exit 0; }
command -v java >/dev/null || skip "there is no Java (apt-get install openjdk-17-jre-headless)"
spark=$("$python" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))' 2>/dev/null) || skip "there is no pyspark (pip install pyspark)"
target=${CARGO_TARGET_DIR:-$here/target}
sporhund=${SPORHUND:-$(ls -t "$target"/{debug,release}/sporhund 2>/dev/null | head -n 1)}
[ -x "$sporhund" ] || skip "there is no $target/debug/sporhund (cargo build)"

work=$(mktemp -d)
started=()
finish() {
    code=$?
    [ ${#started[@]} -eq 0 ] || kill "${started[@]}" 2>/dev/null || true
    wait
    [ $code -eq 0 ] && rm -rf "$work" || echo "tests/spark.sh: FAILED; what was written is in $work" >&2
}
trap finish EXIT
fail() { echo "tests/spark.sh: $1" >&2; exit 1; }

# --- What is scanned -------------------------------------------------------------------------------------------------
export TZ=Europe/Copenhagen SPORHUND_FAULTS=1
options="--now=2026-11-20 --policy=ikano-bolig --max-memory=96M --max-time=60"
[ -n "$tree" ] || { tree=$work/share; "$python" "$here/tests/support/make_tree.py" "$tree"; }
mkdir "$work/poison"
# A debug build obeys this and aborts. Any build dies of this document: it needs more memory than the worker has.
printf 'sporhund-fault: abort\nCPR 010190-9992\n' > "$work/poison/poison.txt"
"$python" - "$work/poison/bomb.docx" <<'PYTHON'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as docx:
    docx.writestr("[Content_Types].xml", "<Types/>")
    docx.writestr("word/document.xml", "<w:document><w:body><w:p><w:r><w:t>" + "a" * (200 << 20) + "</w:t></w:r></w:p></w:body></w:document>")
PYTHON
cd "$work"
"$sporhund" scan $options --fail-on never -o local.jsonl "$tree" poison || [ $? -eq 3 ]
"$sporhund" scan $options --list-only -o listing.jsonl "$tree" poison
jobs=$(wc -l < listing.jsonl)
poisoned=$(grep -c '"location":"poison/.*"reason":"\(crashed\|memory\)"' local.jsonl || true)
[ "$poisoned" -gt 0 ] || fail "the poison was none"

# --- A cluster -------------------------------------------------------------------------------------------------------
export SPARK_HOME=$spark SPARK_LOCAL_IP=127.0.0.1 SPARK_LOCAL_DIRS=$work/local PYSPARK_PYTHON=$python
ports=($("$python" -c '
import socket
sockets = [socket.socket() for _ in range(4)]
for s in sockets: s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'))
node() {
    "$spark/bin/spark-class" "org.apache.spark.deploy.$@" > "$work/${log:?}.log" 2>&1 &
    started+=($!)
}
export SPARK_DAEMON_MEMORY=256m
log=master node master.Master --host 127.0.0.1 --port "${ports[0]}" --webui-port "${ports[1]}"
for n in 0 1; do
    log=worker$n node worker.Worker --host 127.0.0.1 --cores 1 --memory 1g --webui-port "${ports[$((n + 2))]}" \
        --work-dir "$work/worker$n" "spark://127.0.0.1:${ports[0]}"
done
submit() {
    "$spark/bin/spark-submit" --master "spark://127.0.0.1:${ports[0]}" --driver-memory 512m --executor-memory 512m \
        --conf spark.ui.enabled=false --conf spark.executor.cores=1 "$here/spark/sporhund_scan.py" "$@"
}

# --- Executors die midway, and nothing is different ------------------------------------------------------------------
# Processes below one of ours.
below() { for child in $(pgrep -P "$1" || true); do echo "$child"; below "$child"; done; }
# An executor that is scanning and was not killed before.
scanning() {
    for node in "${started[@]:1}"; do
        for executor in $(pgrep -P "$node" -f CoarseGrainedExecutorBackend || true); do
            for process in $(below "$executor"); do
                if [ "$(readlink "/proc/$process/exe" || true)" = "$(realpath "$sporhund")" ]; then
                    echo "$executor"
                    return
                fi
            done
        done
    done
}
begun=$(date +%s)
submit --sporhund "$sporhund" --worker "$options" --partitions 12 --output "$work/out" "$tree" poison > job.log 2>&1 &
job=$!
started+=($job)
for n in $(seq "$kills"); do
    executor=
    while [ -z "$executor" ]; do
        kill -0 $job 2>/dev/null || fail "the job was over before $kills executors were killed; see job.log"
        sleep 0.05
        # Midway: some of the output is there, and some is not.
        compgen -G "out/_temporary/0/task_*" > /dev/null || continue
        executor=$(scanning)
    done
    kill -9 "$executor"
    echo "killed executor $executor while it was scanning ($n of $kills)"
    while [ -e "/proc/$executor" ]; do sleep 0.1; done
done
wait $job || fail "the job ended with $?; see job.log"
lost=$(grep -c 'Lost executor' job.log || true)
[ "$lost" -ge "$kills" ] || fail "$lost executors were lost, not $kills"

"$sporhund" report --now 2026-11-20 --policy ikano-bolig --source "$tree" --source poison -o spark.jsonl out/part-*
plain() { sed 's/"seconds":[0-9.]*/"seconds":0/' "$1" | LC_ALL=C sort; }
cmp <(plain local.jsonl) <(plain spark.jsonl) || fail "the records are not those of a local scan"
"$python" - listing.jsonl out <<'PYTHON'
import collections, glob, json, sys
listed = [json.loads(line)["location"] for line in open(sys.argv[1])]
told = collections.Counter()
for part in glob.glob(sys.argv[2] + "/part-*"):
    told.update(r["location"] for r in map(json.loads, open(part)) if r["record"] == "item")
wrong = [location for location in listed if told[location] != 1]
sys.exit(f"not exactly one report: {wrong[:5]}" if wrong else 0)
PYTHON
echo "$jobs jobs, $kills executors killed, $lost lost: the same $(wc -l < local.jsonl) records in $(($(date +%s) - begun)) s, $poisoned files cost their worker its life, and one record each"

# --- A listing that says things twice, and Parquet -------------------------------------------------------------------
sed -n '1,200{p;b};$p' listing.jsonl > some.jsonl
cat some.jsonl some.jsonl > twice.jsonl
submit --sporhund "$sporhund" --worker "$options" --listing "$work/twice.jsonl" --format parquet --partitions 2 \
    --output "$work/table" > parquet.log 2>&1 || fail "the job ended with $?; see parquet.log"
"$python" - table > lines.jsonl 2> read.log <<'PYTHON'
import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
table = spark.read.parquet(sys.argv[1])
assert table.where("record = 'finding' and masked is null").count() == 0
for row in table.select("line").collect():
    print(row.line)
PYTHON
"$sporhund" worker --isolation process $options < some.jsonl > some.out
cmp <(LC_ALL=C sort some.out) <(LC_ALL=C sort lines.jsonl) || fail "the records in Parquet are not the worker's"
echo "a listing of $(wc -l < twice.jsonl) jobs, each twice: $(grep -c '"record":"done"' lines.jsonl) done, as Parquet"

# --- What is missing is named ----------------------------------------------------------------------------------------
lost=$(head -n 1 some.jsonl | "$python" -c 'import json; print(json.loads(input())["location"])')
{ echo '#!/bin/sh'; printf '%q "$@" | grep -v -F %q\n' "$sporhund" "\"location\":\"$lost\""; } > forgetful
chmod +x forgetful
! submit --sporhund "$work/forgetful" --worker "$options" --listing "$work/some.jsonl" --partitions 2 --output "$work/less" > less.log 2>&1 \
    || fail "a job without a report was not noticed"
grep -q -F "$lost: no reports" less.log || fail "what is missing was not named; see less.log"
cmp <(head -n 1 some.jsonl) <(cat less-missing/part-*) || fail "the listing of what is missing is not that"
echo "a job without a report is named"
