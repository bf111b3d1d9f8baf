"""Makes a tree of 20,000 office files in a folder, 1.1 GB, the same in every run: 4,500 texts, 3,500 mails of which
every seventh carries a document, 6,000 documents with a picture, 3,500 workbooks, 2,500 PDFs of two to five pages.

    python3 benches/office.py FOLDER [SHARE]     SHARE 0.1: a tenth of it

Words come from Debian's wdanish, wswedish and wnorwegian, as often as in language (Zipf); every second sentence names
somebody, every thirtieth has a CPR number, another an e-mail address.
"""
import base64
import io
import itertools
import os
import random
import sys
import zipfile
import zlib

folder, share = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
random.seed(11)
SMALL = "og i at det er en til på for med af den har som ikke vi der kan fra skal och att är ett om jag de av var inte till".split()
DICTIONARIES = ["danish", "swedish", "bokmål"]
GIVEN = "Anna Mette Søren Lars Åse Peter Kirsten Jens Erik Maria Karin Ole Ingrid Nils Johanna Mikko".split()
FAMILY = "Hansen Jensen Nielsen Sørensen Lindqvist Virtanen Johansson Andersson Olsen Larsen Korhonen".split()


def dictionary(name):
    with open(f"/usr/share/dict/{name}", "rb") as file:
        data = file.read()
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return random.sample([word for word in text.split() if word.isalpha()], 8000)


LARGE = [word for name in DICTIONARIES for word in dictionary(name)]
random.shuffle(LARGE)
WORDS = SMALL + LARGE
WEIGHTS = list(itertools.accumulate(1 / (n + 1) for n in range(len(WORDS))))


def some(count):
    return random.choices(WORDS, cum_weights=WEIGHTS, k=count)


def name():
    return random.choice(GIVEN) + " " + random.choice(FAMILY)


def sentences(size):
    while size > 0:
        words, chance = some(14), random.random()
        if chance < 0.5:
            words.insert(random.randrange(14), name())
        if chance < 0.03:
            date = random.randint(1, 28), random.randint(1, 12), random.randint(0, 99)
            words.insert(5, "%02d%02d%02d-%04d" % (*date, random.randint(0, 9999)))
        elif chance > 0.97:
            words.insert(5, random.choice(GIVEN).lower() + "@example.dk")
        sentence = " ".join(words).capitalize() + "."
        size -= len(sentence) + 1
        yield sentence


def package(parts, picture=0):
    """An Office Open XML file of these parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(zipfile.ZipInfo(part, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
        if picture:
            # Its bytes cannot be packed any further, as those of pictures.
            archive.writestr(zipfile.ZipInfo("word/media/image1.png"), b"\x89PNG\r\n\x1a\n" + random.randbytes(picture))
    return file.getvalue()


def relations(*targets):
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    one = '<Relationship Id="rId%d" Type="%s%s" Target="%s"/>'
    all = "".join(one % (number, kind, of, target) for number, (of, target) in enumerate(targets, 1))
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{all}</Relationships>'


def docx(size, picture):
    style = '<w:pPr><w:spacing w:after="120"/></w:pPr><w:r><w:rPr><w:sz w:val="22"/><w:lang w:val="da-DK"/></w:rPr>'
    paragraph = '<w:p w:rsidR="00%06X">' + style + '<w:t xml:space="preserve">%s</w:t></w:r></w:p>'
    body = "".join(paragraph % (random.getrandbits(24), sentence) for sentence in sentences(size))
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    parts = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": relations(("officeDocument", "word/document.xml")),
        "word/document.xml": f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>',
    }
    return package(parts, picture)


def xlsx(rows):
    strings, people = {}, random.random() < 0.3

    def text(words):
        return "s", strings.setdefault(words, len(strings))

    def row():
        what = text(name() if people else " ".join(some(2)))
        town, goods = text(random.choice(["Odense", "Aarhus", "Malmö", "Oslo"])), text(random.choice(WORDS))
        price, day = "%.2f" % (random.random() * 10000), random.randint(40000, 46000)
        return [("n", random.randint(1, 99999)), what, town, ("n", price), ("n", day), goods, text(" ".join(some(3)))]

    lines = [[text(head) for head in "id navn by beløb dato vare bemærkning".split()]] + [row() for _ in range(rows)]
    cell = '<c r="%s%d" t="%s"><v>%s</v></c>'
    data = "".join(
        f'<row r="{number}">' + "".join(cell % (chr(65 + i), number, *value) for i, value in enumerate(line)) + "</row>"
        for number, line in enumerate(lines, 1)
    )
    parts = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": '<workbook><sheets><sheet name="Ark1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(
            ("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")
        ),
        "xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{data}</sheetData></worksheet>",
        "xl/sharedStrings.xml": "<sst>" + "".join(f"<si><t>{string}</t></si>" for string in strings) + "</sst>",
    }
    return package(parts)


def pdf(pages):
    objects = ["", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"]
    objects = [text.encode() for text in objects]
    for _ in range(pages):
        lines = [line[i : i + 95] for line in sentences(2600) for i in range(0, len(line), 95)]
        shown = "BT /F1 10 Tf 14 TL 50 800 Td\n" + "".join("(%s) Tj T*\n" % line for line in lines) + "ET"
        stream = zlib.compress(shown.encode("cp1252", "replace"))
        head = "<< /Type /Page /Parent 2 0 R /Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>"
        objects.append((head % (len(objects) + 2)).encode())
        objects.append(b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    kids = " ".join(f"{4 + 2 * page} 0 R" for page in range(pages))
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = f"<< /Type /Pages /Count {pages} /Kids [{kids}] /MediaBox [0 0 595 842] >>".encode()
    file, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = "".join("%010d 00000 n \n" % place for place in places)
    end = f"trailer << /Size {len(places) + 1} /Root 1 0 R >>\nstartxref\n{len(file)}\n%%EOF\n"
    return file + f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n{table}{end}".encode()


def eml(number):
    head = f"From: {name()} <a{number}@example.dk>\nTo: b@example.se\nSubject: {' '.join(some(5))}\n"
    head += f"Date: Mon, 02 Mar 2026 10:00:00 +0100\nMessage-ID: <{number}@example.dk>\nMIME-Version: 1.0\n"
    text = "\n".join(sentences(random.randint(1000, 12000)))
    part = 'Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: 8bit\n\n' + text + "\n"
    if number % 7:
        return (head + part).encode()
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    attached = f'--x\nContent-Type: {kind}; name="a.docx"\nContent-Transfer-Encoding: base64\n\n'
    attached += base64.encodebytes(docx(random.randint(4000, 20000), 20000)).decode()
    return (head + f'Content-Type: multipart/mixed; boundary="x"\n\n--x\n{part}{attached}--x--\n').encode()


KINDS = {
    "txt": (4500, lambda _: "\n".join(sentences(random.randint(1000, 20000))).encode()),
    "eml": (3500, eml),
    "docx": (6000, lambda _: docx(random.randint(6000, 30000), random.randint(20000, 280000))),
    "xlsx": (3500, lambda _: xlsx(random.randint(50, 600))),
    "pdf": (2500, lambda _: pdf(random.randint(2, 5))),
}
for kind, (count, make) in KINDS.items():
    for number in range(int(count * share)):
        inside = f"{folder}/{number % 184:03d}/{kind}"
        os.makedirs(inside, exist_ok=True)
        with open(f"{inside}/{number}.{kind}", "wb") as file:
            file.write(make(number))
