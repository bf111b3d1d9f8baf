"""How much of photographs comes off the disk, and how long that takes beside exiftool: 240 JPEGs of 3000 × 2000 dots.

    python3 benches/pictures.py FOLDER [SPORHUND]     needs Pillow, and exiftool to compare with

The folder is filled with 0.5 GB if it is empty. Bytes are those that the process asked the system for (Linux).
"""
import os
import random
import shutil
import subprocess
import sys
import zipfile

from PIL import Image

folder = sys.argv[1]
sporhund = sys.argv[2] if len(sys.argv) > 2 else "target/release/sporhund"
os.makedirs(folder, exist_ok=True)
if not os.listdir(folder):
    random.seed(23)
    for n in range(12):
        picture = Image.frombytes("RGB", (400, 300), random.randbytes(360_000)).resize((3000, 2000))
        exif = picture.getexif()
        exif[0x010E] = f"Billede {n}, cpr 010190-0001"
        first = os.path.join(folder, f"{n:02}-00.jpg")
        picture.save(first, quality=92, exif=exif)
        for more in range(1, 20):
            shutil.copy(first, os.path.join(folder, f"{n:02}-{more:02}.jpg"))


def run(name, command, unit=1.0):
    """Runs it, and prints what it read and how much CPU it took, as a share of another's. Returns its CPU seconds."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    with open(f"/proc/{child.pid}/io") as file:
        read = int(file.readline().split()[1])
    _, _, used = os.wait4(child.pid, 0)
    cpu = used.ru_utime + used.ru_stime
    print(f"{name:26}{read / 1e6:8.0f} MB read{cpu:8.2f} s CPU{cpu / unit:8.3f}")
    return cpu


def scan(path):
    return [sporhund, "scan", path, "--format", "jsonl", "--isolation", "none", "--jobs", "1", "--fail-on", "never"]


files = sorted(os.path.join(folder, name) for name in os.listdir(folder))
print(f"{len(files)} photographs, {sum(os.path.getsize(file) for file in files) / 1e6:.0f} MB")
floor = run("exiftool", ["exiftool", "-r", folder])
run("sporhund", scan(folder), floor)
for name, method in [("stored in a ZIP", zipfile.ZIP_STORED), ("packed in a ZIP", zipfile.ZIP_DEFLATED)]:
    archive = folder.rstrip("/") + ".zip"
    with zipfile.ZipFile(archive, "w", method, compresslevel=1) as made:
        for file in files[:60]:
            made.write(file, os.path.basename(file))
    run(f"sporhund, 60 {name}", scan(archive), floor)
    os.remove(archive)
