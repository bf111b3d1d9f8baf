#!/usr/bin/env python3
"""What the way over Spark costs: CPU of a scan on a cluster of one machine, as a ratio to the local scan of the same
files in the same run. Needs root (for a control group), Java, pyspark and a release build.

    benches/spark.py SPORHUND TREE [ROUNDS]

The cluster is Spark's local-cluster: a master, two workers and their executors, each in a process of its own. What Spark
costs without us is the same job over one file, and taken off.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import pyspark

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Spark's Python lets its children end unnoticed: only a control group has counted all of them.
GROUP = next(path for path in ("/sys/fs/cgroup/cpuacct", "/sys/fs/cgroup") if os.path.isdir(path)) + "/sporhund-cost"


def used():
    """CPU seconds of the group, by version 1 of control groups or version 2."""
    if os.path.exists(GROUP + "/cpuacct.usage"):
        return int(open(GROUP + "/cpuacct.usage").read()) / 1e9
    return int(open(GROUP + "/cpu.stat").readline().split()[1]) / 1e6


def cost(*command):
    """CPU and wall seconds of a command and of all that it leaves behind."""
    before, begun = used(), time.monotonic()
    join = f'echo $$ > {GROUP}/cgroup.procs; exec "$@"'
    code = subprocess.run(["sh", "-c", join, "sh", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
    wall = time.monotonic() - begun
    while open(GROUP + "/cgroup.procs").read():
        time.sleep(0.1)
    assert code in (0, 3), (code, command)
    return used() - before, wall


def main():
    os.makedirs(GROUP, exist_ok=True)
    sporhund, tree = map(os.path.abspath, sys.argv[1:3])
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["SPARK_HOME"] = os.path.dirname(pyspark.__file__)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    work = tempfile.mkdtemp()
    os.chdir(work)
    one = os.path.join(work, "one")
    os.makedirs(one)
    open(os.path.join(one, "a.txt"), "w").close()

    def spark(paths, *more):
        shutil.rmtree("out", ignore_errors=True)
        return cost(os.environ["SPARK_HOME"] + "/bin/spark-submit", "--master", "local-cluster[2,1,1024]",
                    "--conf", "spark.ui.enabled=false", HERE + "/spark/sporhund_scan.py", "--sporhund", sporhund,
                    "--output", work + "/out", *more, paths)

    ratios = []
    for _ in range(int(sys.argv[3]) if len(sys.argv) > 3 else 3):
        local, local_wall = cost(sporhund, "scan", "--fail-on=never", "-o", "local.jsonl", tree)
        start, start_wall = spark(one)
        whole, whole_wall = spark(tree)
        ratios.append((whole - start) / local)
        print(f"CPU s: local {local:.2f}, Spark {whole:.2f} of which its start {start:.2f}; "
              f"wall s: {local_wall:.1f}, {whole_wall:.1f}, {start_wall:.1f}; ratio {ratios[-1]:.2f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.2f}")
    shutil.rmtree(work)
    os.rmdir(GROUP)


if __name__ == "__main__":
    main()
