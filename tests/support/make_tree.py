#!/usr/bin/env python3
"""Makes a tree of files for tests/spark.sh: text, CSV, mail, archives, mailboxes.

    make_tree.py FOLDER [FILES]     (default 3,000)
"""
import email.message
import io
import mailbox
import os
import random
import sys
import zipfile

random.seed(8)
folder, files = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3000
WORDS = "møde aftale lejemål varsel sygemelding nøgle faktura regnskab beboer opsigelse depression skade tak hilsen".split()
NAMES = ["Mette Hansen", "Åse Nilsson", "Søren Østergaard", "Pirjo Virtanen"]


def prose():
    text = " ".join(random.choices(WORDS, k=random.randint(20, 300)))
    return f"{text}\n{random.choice(NAMES)}, CPR 010190-9992, tlf. 70 11 22 33, {random.choice('abc')}@example.dk\n"


def mail(n):
    message = email.message.EmailMessage()
    message["From"], message["To"] = "anna@example.dk", "bo@example.org"
    message["Subject"], message["Message-ID"] = f"Sag {n}", f"<{n}@example.dk>"
    message["Date"] = f"Mon, {n % 28 + 1:02} Jan 2024 10:00:00 +0100"
    message.set_content(prose())
    message.add_attachment(prose().encode(), maintype="text", subtype="plain", filename="bilag.txt")
    message.set_boundary(f"part{n}")
    return message


def archive():
    bytes_ = io.BytesIO()
    with zipfile.ZipFile(bytes_, "w", zipfile.ZIP_DEFLATED) as members:
        for n in range(5):
            members.writestr(zipfile.ZipInfo(f"løn/{n}.txt", (2024, 1, 1, 0, 0, 0)), prose())
    return bytes_.getvalue()


for n in range(files):
    ending, content = [
        ("txt", prose().encode()),
        ("csv", ("navn;cpr\n" + "".join(f"{name};010190-9992\n" for name in NAMES)).encode("cp1252")),
        ("eml", mail(n).as_bytes()),
        ("zip", archive() if n % 20 == 3 else prose().encode()),
    ][n % 4]
    path = f"{folder}/{n % 37}/Postkasse {n % 3}/sag {n}.{ending}"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
    if n % 500 == 0:
        os.makedirs(f"{folder}/post", exist_ok=True)
        box = mailbox.Maildir(f"{folder}/post/{n}", create=True)
        for k in range(5):
            box.add(mail(n + k))
