#!/usr/bin/env python3
"""Scans on Apache Spark: jobs in, records out, each job done once whatever dies meanwhile.

    spark-submit --master spark://… spark/sporhund_scan.py --output /srv/out/2026-11-20 \\
        --worker "--policy ikano-bolig --now 2026-11-20" /srv/share

In: paths, or a listing that `sporhund scan --list-only` wrote; executors must see the files, and `sporhund`, under the
same names. Out: what `sporhund worker` writes, as JSON Lines in part files or as Parquet; `sporhund report --source`
makes reports of it. Ends with 1 and leaves OUTPUT-missing, a listing to go on with, if anything listed has not exactly
one report. Needs pyspark 3.4 or newer, and nothing else; what to look for is `sporhund worker --help`.
"""
import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
from datetime import datetime, timezone
from operator import add

from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession
from pyspark.sql.functions import from_json

# A task costs two starts of sporhund (0.1 s) and some of Spark's time: few, large ones. One that dies is done again.
JOBS_PER_TASK = 20_000
# What a job ends with: the record of its item, or of its part of a large container.
CLOSING = ('{"record":"item"', '{"record":"part"')
LISTED = 1 << 40
COLUMNS = """record string, location string, kind string, format string, status string, reason string, size bigint,
    owner string, modified string, detector string, category string, sensitivity string, confidence double,
    masked string, count bigint, policy string, rule string, severity string, message string, since string"""


def identity(line):
    """What makes a job the same job: its location, and which part of a large container it is."""
    job = json.loads(line)
    return job.get("location", job.get("path")), str(job.get("range"))


def location(line):
    """Where a job's or an item's record belongs."""
    line = json.loads(line)
    return line.get("location", line.get("path"))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", metavar="PATH", nargs="*", help="what to scan, listed here, on the driver")
    parser.add_argument("--listing", help="a file of jobs that executors see, instead of paths")
    parser.add_argument("--output", required=True, help="a folder that is not there yet, seen by executors")
    parser.add_argument("--format", choices=["jsonl", "parquet"], default="jsonl")
    parser.add_argument("--sporhund", default="sporhund", help="the program, at the same path everywhere")
    parser.add_argument("--worker", default="", help="options of sporhund worker, as one argument")
    parser.add_argument("--partitions", type=int, help="tasks [default: one per 20,000 jobs, two per core at least]")
    given = parser.parse_args()
    if bool(given.paths) == bool(given.listing):
        parser.error("give either paths or --listing")
    return given


def listed(sc, given, program, options):
    """The jobs, a line each, and how many they are."""
    if given.listing:
        lines = sc.textFile(given.listing, sc.defaultParallelism)
        return lines, lines.count()
    listing = subprocess.run([program, "scan", "--list-only", *options, *given.paths], stdout=subprocess.PIPE)
    if listing.returncode:
        sys.exit("nothing was scanned: the paths could not be listed")
    lines = [line for line in listing.stdout.decode().split("\n") if line]
    return sc.parallelize(lines, sc.defaultParallelism), len(lines)


def main():
    given = arguments()
    program = shutil.which(given.sporhund) or given.sporhund
    options = shlex.split(given.worker)
    if not any(option.split("=")[0] == "--now" for option in options):
        # Every executor counts ages from the same moment; [local]: in days of its own time zone.
        options.append(f"--now={datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}[local]")
    conf = SparkConf().setIfMissing("spark.task.maxFailures", "8")  # tried again, on another executor if need be
    # Executors only pass lines on: compiling that well costs more than it saves.
    conf.setIfMissing("spark.executor.extraJavaOptions", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1")
    sc = SparkContext(conf=conf)
    lines, number = listed(sc, given, program, options)
    tasks = given.partitions or max(2 * sc.defaultParallelism, number // JOBS_PER_TASK)
    jobs = lines.map(lambda line: (identity(line), line)).reduceByKey(lambda line, _: line, tasks).values()
    # Read before the pipe begins: it would wait for ever for jobs that an executor took with it into its grave.
    jobs = jobs.mapPartitions(lambda some: iter(list(some)))

    worker = shlex.join([program, "worker", "--isolation=process", *options])
    here = {name: value for name, value in os.environ.items() if name == "TZ" or name.startswith("SPORHUND_")}
    records = jobs.pipe(worker, here, checkCode=True)
    if given.format == "parquet":
        spark = SparkSession(sc)
        table = spark.createDataFrame(records.map(lambda line: (line,)), "line string")
        table.select(from_json("line", COLUMNS).alias("record"), "line").select("record.*", "line").write.parquet(given.output)
        told = spark.read.parquet(given.output).where("record in ('item', 'part')").select("location").rdd.map(lambda row: row[0])
    else:
        records.saveAsTextFile(given.output)
        told = sc.textFile(given.output).filter(lambda line: line.startswith(CLOSING)).map(location)

    # What was listed, against what lies in the output: nothing is taken on trust. Items inside others were not listed.
    times = jobs.map(lambda line: (location(line), LISTED)).union(told.map(lambda where: (where, 1)))
    wrong = times.reduceByKey(add, tasks).filter(lambda told: told[1] >= LISTED and told[1] // LISTED != told[1] % LISTED)
    wrong = wrong.mapValues(lambda times: times % LISTED).cache()
    number = wrong.count()
    if number:
        lines.keyBy(location).join(wrong).map(lambda job: job[1][0]).saveAsTextFile(given.output.rstrip("/") + "-missing")
        for where, times in wrong.take(100):
            print(f"sporhund_scan: {where}: {times or 'no'} reports", file=sys.stderr)
        sys.exit(f"sporhund_scan: INCOMPLETE: {number} jobs have not exactly one report: {given.output}-missing")


if __name__ == "__main__":
    main()
