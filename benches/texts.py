"""Makes prose.txt, table.csv, app.log and cases.txt of so many MiB in a folder; the same in every run."""
import glob
import json
import os
import random
import sys

size, folder = int(sys.argv[1]) << 20, sys.argv[2]
random.seed(7)
STEMS = "kommune møde sag hus lejemål vand varme regning betaling brev aftale kontrakt ejendom bygning vindue dør vej område projekt plan budget regnskab rapport notat referat bestyrelse formand medlem beboer forening afdeling udvalg".split()
ENDS = ["", "e", "en", "et", "er", "erne", "s", "ens", "ning", "hed", "lig", "skab", "sag", "plan", "rum", "tal"]
WORDS = "og i at det er en til på for med af den har som ikke vi der kan fra skal".split() + [s + e for s in STEMS for e in ENDS]
WEIGHTS = [1 / (n + 1) for n in range(len(WORDS))]
GIVEN, FAMILY = "Anna Mette Søren Lars Åse Peter Kirsten Jens".split(), "Hansen Jensen Nielsen Sørensen Lindqvist Virtanen".split()


def cpr():
    return "%02d%02d%02d-%04d" % (random.randint(1, 28), random.randint(1, 12), random.randint(0, 99), random.randint(0, 9999))


def prose():
    words = random.choices(WORDS, WEIGHTS, k=2000)
    for i in range(0, 2000, 160):
        words[i] = random.choice(GIVEN) + " " + random.choice(FAMILY)
    words[1000], words[1500] = cpr(), random.choice(GIVEN).lower() + "@example.dk"
    return "".join(w + ("\n" if i % 14 == 13 else " ") for i, w in enumerate(words)) + "\n"


def table():
    given, family, number = random.choice(GIVEN), random.choice(FAMILY), random.randint(1, 9999999)
    return f"{number};{cpr()};{given} {family};{given.lower()}{number}@example.dk;{random.randint(20000000, 99999999)};Odense\n"


def logs():
    return '{"ts":%d.%03d,"level":"info","msg":"request done","id":"%016x","path":"/api/v1/items/%d","ms":%d,"host":"srv%02d.internal"}\n' % (
        random.randint(1600000000, 1700000000), random.randint(0, 999), random.getrandbits(64), random.randint(1, 99999), random.randint(1, 900), random.randint(1, 40))


def case():
    return random.choice(CASES) + "\n\n"


# Whole documents by other hands, each full of what is looked for: as dense as texts are.
LABELLED = sorted(glob.glob(os.path.join(os.path.dirname(__file__), "../tests/labelled/*.jsonl")))
CASES = [json.loads(line)["text"] for path in LABELLED for line in open(path, encoding="utf-8")]
TIMES = {prose: 200, case: 10000}

for name, make, head in [("prose.txt", prose, ""), ("table.csv", table, "id;cpr;navn;email;telefon;by\n"), ("app.log", logs, ""), ("cases.txt", case, "")]:
    # A part is made and repeated: numbers differ enough, and making them takes longer than scanning.
    part = "".join(make() for _ in range(TIMES.get(make, 20000))).encode()
    with open(f"{folder}/{name}", "wb") as file:
        file.write(head.encode())
        while file.tell() < size:
            file.write(part)
