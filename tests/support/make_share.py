#!/usr/bin/env python3
"""Makes tests/share/ (a fictional company's file share and mailboxes) and tests/support/share.tsv (what is planted in it).

Only needed to CHANGE the share: what it makes is checked in. Everything in it is synthetic, see "Numbers" below.

Needs (Debian 12 names), Python 3.11 of the system (/usr/bin/python3, because of python3-uno and python3-reportlab):
  apt-get install --no-install-recommends libreoffice-writer libreoffice-calc libreoffice-impress python3-uno \
      python3-reportlab weasyprint ghostscript enscript qpdf zip p7zip-full openssl tar faketime fonts-dejavu-core fonts-liberation2
Run:  /usr/bin/python3 tests/support/make_share.py            (all but the encrypted files, which it keeps)
      /usr/bin/python3 tests/support/make_share.py --encrypted (these too: their salts are random, so their bytes change)

Fixed seed, fixed clock (faketime); two runs give the same bytes (the encrypted files and a pptx with random GUIDs are kept
from the last run where nothing but the random part would change).

share.tsv: path <TAB> detector <TAB> value <TAB> note. Lines with # are comments.
  path      relative to tests/share; the way inside joined by !/ (archive members and attachments by name, mbox messages
            by number from 1). Messages of a Maildir are named by their real file.
  detector  what must be found there, value = the characters as written (a spreadsheet cell: as displayed)
  !detector must NOT be found there; value * = this detector finds nothing at all in this item; !keyword.* = no keyword
  @received the date (Europe/Copenhagen) that ages count from, or "unknown"; the note has the moment in UTC
  @role     inbox, sent, outbox, trash, drafts, junk, archive, user
  @since    first day on which a six-month rule for standard folders is broken (only where that is <= 2026-11-20,
            in inbox, sent, outbox, trash, junk)
  @protection  company-confidential, private (header Sensitivity) or smime
  @status   "skipped encrypted", "failed corrupt", ... where an item cannot be read; "not-failed" where it must be
Facts that are not named are not judged: role addresses (info@), addresses of documentation ranges in logs.

Numbers: CPR with the highest serials of a day (9xxx), some on 1 January of the published years without modulus 11;
Swedish ones from Skatteverket's published test list; Norwegian ones synthetic (month + 80); Finnish 900-999;
Icelandic ones published by Registers Iceland as tests; phones of the fiction ranges where a country has one
(SE 070-174 06 xx, NO 68 05 xx xx); IBANs are the SWIFT registry's examples; cards are published test numbers.
"""
import datetime as dt
import io
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from email.charset import Charset, QP, BASE64
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

HERE = Path(__file__).resolve().parent
SHARE = HERE.parent / 'share'
TSV = HERE / 'share.tsv'
CLOCK = '2026-10-05 08:00:00'
EPOCH = 1791187200  # the same in UTC
NOW = dt.date(2026, 11, 20)
CPH = ZoneInfo('Europe/Copenhagen')
R = random.Random(20261120)
os.environ.update(TZ='UTC', LC_ALL='C.UTF-8', SOURCE_DATE_EPOCH=str(EPOCH), FAKETIME_DONT_FAKE_MONOTONIC='1', SAL_RAND_REPEATABLE='1')
WORK = Path(tempfile.mkdtemp(prefix='share-'))
BUILD = WORK / 'b'
BUILD.mkdir()

# ------------------------------------------------------------------------------------------------ facts
FACTS = []          # (path, detector, value, note)
MARK = re.compile(r'\[\[([!a-z_.,*A-Z]+)(?:#([^|\]]*))?\|(.*?)\]\]', re.S)


def strip(text):
    """Markup [[detector|value]], [[a,b#note|value]], [[!detector|value]] -> plain text and its facts."""
    facts = []

    def one(m):
        for d in m[1].split(','):
            facts.append((d, m[3], m[2] or ''))
        return '' if m[3] == '*' else m[3]
    return MARK.sub(one, text), facts


def plant(path, facts):
    for d, v, n in facts:
        FACTS.append((str(path), d, v, n))


def fact(path, d, v='*', n=''):
    FACTS.append((str(path), d, v, n))


def put(rel, data):
    p = SHARE / rel
    p.parent.mkdir(parents=True, exist_ok=True)
    p.write_bytes(data)


def text(rel, s, enc='utf-8', eol='\n'):
    plain, f = strip(s)
    put(rel, plain.replace('\n', eol).encode(enc))
    plant(rel, f)


def run(*cmd, fake=True, **kw):
    cmd = [str(c) for c in cmd]
    if fake:
        cmd = ['faketime', '-f', CLOCK] + cmd
    r = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=180, **kw)
    if r.returncode:
        sys.exit(f'{cmd}: {r.stdout.decode(errors="replace")}')
    return r.stdout


# ------------------------------------------------------------------------------------------------ numbers
def wsum(s, w):
    return sum(int(c) * x for c, x in zip(s, w))


def cpr_mod11(s):
    return wsum(s, (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


USED = set()
LISTED = [1980, 1981, 1982, 1984, 1985, 1986, 1988, 1989, 1990, 1991, 1992, 1994, 1995]


def cpr(d, woman=None, mod11=True):
    """A number of the day with the highest free serial (9xxx for 1937-2036)."""
    assert 1937 <= d.year <= 2036
    pre = d.strftime('%d%m%y')
    for ser in range(9996, 9000, -1):
        n = f'{pre}{ser}'
        if n in USED or cpr_mod11(n) != mod11 or (woman is not None and (ser % 2 == 0) != woman):
            continue
        if not mod11:
            assert (d.month, d.day) == (1, 1) and d.year in LISTED
        USED.add(n)
        return n
    raise ValueError(d)


def rday(a=1945, b=2003):
    return dt.date(a, 1, 2) + dt.timedelta(days=R.randrange((b - a) * 365))


def h(n):
    return n[:6] + '-' + n[6:]


def C(d=None, **kw):
    """a marked CPR number with hyphen"""
    return f'[[dk.cpr|{h(cpr(d or rday(), **kw))}]]'


def nobody(pre):
    """CPR-shaped, but nobody's: no modulus 11 and not 1 January."""
    return next(f'{pre}{n}' for n in range(1234, 1300) if not cpr_mod11(f'{pre}{n}') and pre[:4] != '0101')


def clash(n):
    """Could these ten digits be a living person's Danish, Swedish or Icelandic number?"""
    def day(t, f):
        try:
            return bool(dt.datetime.strptime(t, f))
        except ValueError:
            return False
    dk, se = day(n[:6], '%d%m%y'), day(n[:6], '%y%m%d')
    return (dk and (cpr_mod11(n) or n[:4] == '0101')) or (se and luhn_digit(n[:9]) == n[9]) or (
        dk and n[9] in '90' and wsum(n[:9], (3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0)


def serial():
    while clash(n := str(R.randrange(5 * 10**9, 10**10))):
        pass
    return n


def fnr(d, woman=False):
    """Synthetic Norwegian (month + 80)."""
    base = d.strftime('%d') + f'{d.month + 80:02d}' + d.strftime('%y')
    inds = range(499, 100, -1) if d.year < 2000 else range(999, 500, -1)
    for i in inds:
        if (i % 2 == 0) != woman:
            continue
        s = f'{base}{i:03d}'
        k1 = -wsum(s, (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11
        if k1 == 10:
            continue
        k2 = -wsum(s + str(k1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
        if k2 == 10 or s + f'{k1}{k2}' in USED:
            continue
        USED.add(s + f'{k1}{k2}')
        return s + f'{k1}{k2}'


def hetu(d, n, mark='-'):
    return d.strftime('%d%m%y') + mark + f'{n}' + '0123456789ABCDEFHJKLMNPRSTUVWXY'[int(d.strftime('%d%m%y') + str(n)) % 31]


def luhn_digit(s):
    t = 0
    for i, c in enumerate(reversed(s)):
        n = int(c) * (2 if i % 2 == 0 else 1)
        t += n - 9 if n > 9 else n
    return str(-t % 10)


def ean_digit(s):
    return str(-sum(int(c) * (3 if i % 2 == 0 else 1) for i, c in enumerate(reversed(s))) % 10)


def cvr_like(start):
    n = start
    while wsum(str(n), (2, 7, 6, 5, 4, 3, 2, 1)) % 11:
        n += 1
    return str(n)


CVR = cvr_like(99887700)
EAN = '579800999999' + ean_digit('579800999999')
PNR = next(str(n) for n in range(1003919900, 1003919999) if cpr_mod11(str(n)))   # P-nummer that is CPR-shaped too
ORGNR_NO = next(str(n) for n in range(999999990, 999999000, -1) if wsum(str(n), (3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0)
ORGNR_SE = '559999-999' + luhn_digit('559999999')
IBAN_DK, IBAN_SE = 'DK50 0040 0440 1162 43', 'SE45 5000 0000 0583 9825 7466'
IBAN_NO, IBAN_FI = 'NO93 8601 1117 947', 'FI21 1234 5600 0007 85'
SE = ['199006022397', '199107172380', '199610202385', '199312172381', '195711212893', '196107293059', '197912309296',
      '200001022391', '199912282382', '200304302383', '200512312398', '194408139089', '200001052380']
SE10 = [s[2:8] + '-' + s[8:] for s in SE]
SE12 = [s[:8] + '-' + s[8:] for s in SE]
JONAS = '[[dk.cpr#listed date, no modulus 11|' + h(cpr(dt.date(1990, 1, 1), mod11=False)) + ']]'
SE_SAM = '701063-2391'   # Skatteverket's example of a samordningsnummer
NO1, NO2, NO3, NO4 = (fnr(dt.date(1984, 3, 14)), fnr(dt.date(1991, 11, 2), True), fnr(dt.date(2001, 7, 23)), fnr(dt.date(1967, 9, 9), True))
FI1, FI2, FI3 = hetu(dt.date(1979, 4, 12), 912), hetu(dt.date(1988, 10, 30), 945), hetu(dt.date(2004, 2, 29), 958, 'A')
IS1, IS2 = '281191-3049', '150485-1429'
_tel = iter(range(100, 200))


def tel():
    """Danish: no fiction range exists; 5555 01xx in the manner of the American one."""
    n = next(_tel)
    return f'55 55 0{n // 100} {n % 100:02d}'


F_DK = ['Mette', 'Lars', 'Kirsten', 'Søren', 'Inge', 'Jørgen', 'Hanne', 'Niels', 'Lone', 'Henrik', 'Bente', 'Thomas', 'Camilla',
        'Rasmus', 'Pernille', 'Anders', 'Gitte', 'Mikkel', 'Ulla', 'Kasper', 'Susanne', 'Frederik', 'Dorthe', 'Emil']
S_DK = ['Kjærgaard', 'Mortensen', 'Østergaard', 'Dahl', 'Lauridsen', 'Thomsen', 'Bjerregaard', 'Frandsen', 'Krogh', 'Nørgaard',
        'Villadsen', 'Simonsen', 'Bruun', 'Toft', 'Møller', 'Hedegaard', 'Jespersen', 'Overgaard']
_people = [(f, s) for f in F_DK for s in S_DK]
R.shuffle(_people)
_pi = iter(_people)


def person():
    f, s = next(_pi)
    return f, s, f'{f} {s}'


def mailname(f, s, dom='example.dk'):
    t = str.maketrans({'æ': 'ae', 'ø': 'oe', 'å': 'aa', 'ä': 'a', 'ö': 'o'})
    return f'{f}.{s}@{dom}'.lower().translate(t)


# ------------------------------------------------------------------------------------------------ flat ODF -> LibreOffice
NS = ('xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
      'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
      'xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
      'xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" '
      'xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0" xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" '
      'xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.3"')
JOBS = []           # (source, program format, name of the result in BUILD)
_n = iter(range(1000, 9999))


def meta(title, when='2026-09-14T09:12:00', who='Nordlys Ejendomme A/S'):
    return (f'<office:meta><dc:title>{escape(title)}</dc:title><meta:initial-creator>{who}</meta:initial-creator><dc:creator>{who}</dc:creator>'
            f'<meta:creation-date>{when}</meta:creation-date><dc:date>{when}</dc:date></office:meta>')


def writer(fmt, title, parts, header='', footer='', when='2026-09-14T09:12:00'):
    """parts: strings; ('h', text); ('t', rows). Inline: {{fn:..}} footnote, {{del:..}} / {{ins:..}} tracked change."""
    facts, regions, n = [], [], [0]

    def inline(s):
        s, f = strip(s)
        facts.extend(f)

        def one(m):
            n[0] += 1
            k, t, i = m[1], escape(m[2]), n[0]
            if k == 'fn':
                return (f'<text:note text:id="ftn{i}" text:note-class="footnote"><text:note-citation>{i}</text:note-citation>'
                        f'<text:note-body><text:p>{t}</text:p></text:note-body></text:note>')
            info = f'<office:change-info><dc:creator>Lone Toft</dc:creator><dc:date>{when}</dc:date></office:change-info>'
            if k == 'del':
                regions.append(f'<text:changed-region xml:id="ct{i}" text:id="ct{i}"><text:deletion>{info}<text:p>{t}</text:p></text:deletion></text:changed-region>')
                return f'<text:change text:change-id="ct{i}"/>'
            regions.append(f'<text:changed-region xml:id="ct{i}" text:id="ct{i}"><text:insertion>{info}</text:insertion></text:changed-region>')
            return f'<text:change-start text:change-id="ct{i}"/>{t}<text:change-end text:change-id="ct{i}"/>'
        out, at = '', 0
        for m in re.finditer(r'\{\{(fn|del|ins):(.*?)\}\}', s):
            out += escape(s[at:m.start()]) + one(m)
            at = m.end()
        return out + escape(s[at:])
    body = ''
    for p in parts:
        if isinstance(p, str):
            body += f'<text:p text:style-name="Standard">{inline(p)}</text:p>'
        elif p[0] == 'h':
            body += f'<text:h text:outline-level="1">{inline(p[1])}</text:h>'
        else:
            body += f'<table:table table:name="T{next(_n)}"><table:table-column table:number-columns-repeated="{len(p[1][0])}"/>'
            for row in p[1]:
                body += '<table:table-row>' + ''.join(
                    f'<table:table-cell office:value-type="string"><text:p>{inline(c)}</text:p></table:table-cell>' for c in row) + '</table:table-row>'
            body += '</table:table>'
    hd = f'<style:header><text:p>{inline(header)}</text:p></style:header>' if header else ''
    ft = f'<style:footer><text:p>{inline(footer)}</text:p></style:footer>' if footer else ''
    tc = f'<text:tracked-changes>{"".join(regions)}</text:tracked-changes>' if regions else ''
    xml = (f'<?xml version="1.0" encoding="UTF-8"?><office:document {NS} office:mimetype="application/vnd.oasis.opendocument.text">{meta(title, when)}'
           '<office:font-face-decls><style:font-face style:name="Liberation Serif" svg:font-family="\'Liberation Serif\'"/></office:font-face-decls>'
           '<office:styles><style:style style:name="Standard" style:family="paragraph"><style:text-properties style:font-name="Liberation Serif" fo:font-size="11pt" fo:language="da" fo:country="DK"/></style:style></office:styles>'
           '<office:automatic-styles><style:page-layout style:name="pm1"><style:page-layout-properties fo:page-width="21cm" fo:page-height="29.7cm" fo:margin="2cm"/>'
           '<style:header-style/><style:footer-style/></style:page-layout></office:automatic-styles>'
           f'<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="pm1">{hd}{ft}</style:master-page></office:master-styles>'
           f'<office:body><office:text>{tc}{body}</office:text></office:body></office:document>')
    return job('fodt', xml, fmt), facts


def calc(fmt, title, sheets, when='2026-09-14T09:12:00'):
    """sheets: [(name, rows)]; cell: str (marked), int/float, or ('cpr', int) = number shown as 000000-0000, ('id', int)."""
    facts, body = [], ''
    for name, rows in sheets:
        body += f'<table:table table:name="{escape(name)}"><table:table-column table:style-name="co1" table:number-columns-repeated="{max(map(len, rows))}"/>'
        for row in rows:
            body += '<table:table-row>'
            for c in row:
                if isinstance(c, str):
                    s, f = strip(c)
                    facts.extend(f)
                    body += f'<table:table-cell office:value-type="string"><text:p>{escape(s)}</text:p></table:table-cell>' if s else '<table:table-cell/>'
                elif isinstance(c, tuple):
                    body += f'<table:table-cell table:style-name="{c[0]}" office:value-type="float" office:value="{c[1]}"/>'
                else:
                    body += f'<table:table-cell office:value-type="float" office:value="{c}"/>'
            body += '</table:table-row>'
        body += '</table:table>'
    xml = (f'<?xml version="1.0" encoding="UTF-8"?><office:document {NS} office:mimetype="application/vnd.oasis.opendocument.spreadsheet">{meta(title, when)}'
           '<office:automatic-styles><style:style style:name="co1" style:family="table-column"><style:table-column-properties style:column-width="4.2cm"/></style:style>'
           '<number:number-style style:name="N1"><number:number number:decimal-places="0" number:min-decimal-places="0" number:min-integer-digits="10"><number:embedded-text number:position="4">-</number:embedded-text></number:number></number:number-style>'
           '<number:number-style style:name="N2"><number:number number:decimal-places="0" number:min-decimal-places="0" number:min-integer-digits="1"/></number:number-style>'
           '<style:style style:name="cpr" style:family="table-cell" style:data-style-name="N1"/><style:style style:name="id" style:family="table-cell" style:data-style-name="N2"/></office:automatic-styles>'
           f'<office:body><office:spreadsheet>{body}</office:spreadsheet></office:body></office:document>')
    return job('fods', xml, fmt), facts


def impress(fmt, title, slides, when='2026-09-14T09:12:00'):
    """slides: [(name, [lines], notes)]"""
    facts, body = [], ''

    def p(s):
        s, f = strip(s)
        facts.extend(f)
        return f'<text:p>{escape(s)}</text:p>'
    for i, (name, lines, notes) in enumerate(slides, 1):
        body += (f'<draw:page draw:name="page{i}" draw:master-page-name="Default">'
                 f'<draw:frame svg:x="2cm" svg:y="1cm" svg:width="20cm" svg:height="2.5cm"><draw:text-box>{p(name)}</draw:text-box></draw:frame>'
                 f'<draw:frame svg:x="2cm" svg:y="4cm" svg:width="20cm" svg:height="9cm"><draw:text-box>{"".join(map(p, lines))}</draw:text-box></draw:frame>'
                 + (f'<presentation:notes><draw:frame presentation:class="notes" svg:x="2cm" svg:y="14cm" svg:width="16cm" svg:height="10cm"><draw:text-box>{p(notes)}</draw:text-box></draw:frame></presentation:notes>' if notes else '')
                 + '</draw:page>')
    xml = (f'<?xml version="1.0" encoding="UTF-8"?><office:document {NS} office:mimetype="application/vnd.oasis.opendocument.presentation">{meta(title, when)}'
           '<office:automatic-styles><style:page-layout style:name="pm1"><style:page-layout-properties fo:page-width="25.4cm" fo:page-height="14.3cm"/></style:page-layout></office:automatic-styles>'
           '<office:master-styles><style:master-page style:name="Default" style:page-layout-name="pm1"/></office:master-styles>'
           f'<office:body><office:presentation>{body}</office:presentation></office:body></office:document>')
    return job('fodp', xml, fmt), facts


def job(ext, xml, fmt):
    name = f'd{next(_n)}'
    (BUILD / f'{name}.{ext}').write_text(xml, encoding='utf-8')
    JOBS.append((BUILD / f'{name}.{ext}', fmt))
    return BUILD / f'{name}.{fmt}'


LATER = []          # copies to make once LibreOffice has run: (built file, path in the share)


def office(rel, made):
    built, facts = made
    LATER.append((built, rel))
    plant(rel, facts)
    return built


FILTER = {'docx': 'docx:MS Word 2007 XML', 'xlsx': 'xlsx:Calc MS Excel 2007 XML', 'pptx': 'pptx:Impress MS PowerPoint 2007 XML',
          'odt': 'odt', 'ods': 'ods', 'odp': 'odp', 'rtf': 'rtf:Rich Text Format', 'doc': 'doc:MS Word 97', 'xls': 'xls:MS Excel 97'}


def same_but_guids(a, b):
    """LibreOffice gives the fields of a pptx new GUIDs in every run."""
    if a[:2] != b'PK':
        return a == b
    def parts(x):
        z = zipfile.ZipFile(io.BytesIO(x))
        return [(i.filename, re.sub(rb'\{[0-9A-F-]{36}\}', b'', z.read(i))) for i in z.infolist()]
    return parts(a) == parts(b)


def libreoffice():
    prof = f'-env:UserInstallation=file://{WORK}/prof'
    by = {}
    for src, fmt in JOBS:
        if fmt in ('fodt', 'fods'):
            continue
        by.setdefault((src.suffix, fmt), []).append(src)
    for (ext, fmt), srcs in by.items():
        f = FILTER.get(fmt) or {'.fodt': 'pdf:writer_pdf_Export', '.fods': 'pdf:calc_pdf_Export', '.fodp': 'pdf:impress_pdf_Export'}[ext]
        run('soffice', prof, '--headless', '--convert-to', f, '--outdir', BUILD, *srcs)
        for s in srcs:
            assert s.with_suffix('.' + fmt).exists(), (s, fmt)
    for built, rel in LATER:
        new = built.read_bytes()
        put(rel, KEEP[rel] if rel in KEEP and same_but_guids(KEEP[rel], new) else new)


def uno_encrypt(pairs):
    """pairs: (flat ODF source, target, filter, password); one LibreOffice over UNO."""
    code = '''
import sys, time, uno
from com.sun.star.beans import NamedValue, PropertyValue
def P(**k): return tuple(PropertyValue(Name=n, Value=v) for n, v in k.items())
ctx = uno.getComponentContext()
res = ctx.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", ctx)
for i in range(60):
    try:
        c = res.resolve("uno:pipe,name=%s;urp;StarOffice.ComponentContext" % sys.argv[1]); break
    except Exception: time.sleep(0.5)
d = c.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", c)
a = sys.argv[2:]
for src, dst, flt, pw in zip(a[0::4], a[1::4], a[2::4], a[3::4]):
    doc = d.loadComponentFromURL("file://" + src, "_blank", 0, P(Hidden=True))
    enc = (NamedValue("CryptoType", "StrongEncryptionDataSpace"), NamedValue("OOXPassword", pw))
    doc.storeToURL("file://" + dst, P(FilterName=flt, EncryptionData=uno.Any("[]com.sun.star.beans.NamedValue", enc)))
    doc.close(True)
try: d.terminate()
except Exception: pass
'''
    pipe = f'share{os.getpid()}'
    p = subprocess.Popen(['soffice', f'-env:UserInstallation=file://{WORK}/prof2', '--headless', '--norestore', f'--accept=pipe,name={pipe};urp;'],
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        run('/usr/bin/python3', '-c', code, pipe, *[x for pr in pairs for x in pr], fake=False)
        p.wait(timeout=30)
    finally:
        if p.poll() is None:
            p.terminate()


# ------------------------------------------------------------------------------------------------ Fællesdrev
D = 'Fællesdrev'
KEEP = {}           # files of the last run
RANDOM = set()      # the encrypted ones


def hr():
    f, s, full = 'Mette', 'Bruun', 'Mette Bruun'
    c, t = h(cpr(dt.date(1983, 6, 17), woman=True)), '+45 ' + tel()
    office(f'{D}/HR/Ansættelseskontrakt Mette Bruun.docx', writer('docx', 'Ansættelseskontrakt', [
        ('h', 'Ansættelseskontrakt'),
        f'Mellem Nordlys Ejendomme A/S, CVR-nr. [[!dk.cpr,!phone|{CVR}]], og medarbejderen [[name|{full}]], CPR-nr. [[dk.cpr#also in the header|{c}]], er der indgået aftale om ansættelse som udlejningskonsulent pr. 1. november 2026.',
        ('t', [['Felt', 'Oplysning'], ['Adresse', '[[address|Birkevænget 14, 2. tv, 8000 Aarhus C]]'], ['Privat e-mail', '[[email#table cell|mette.bruun@example.dk]]'],
               ['Mobil', f'[[phone#table cell|{t}]]'], ['NemKonto', 'Reg.nr. og kontonr. [[dk.konto#table cell|0040-0440116243]]']]),
        'Lønnen udgør 38.500,00 kr. pr. måned og udbetales bagud. Arbejdstiden er 37 timer om ugen.{{fn:Spørgsmål rettes til Pernille Dahl, [[email#footnote|pernille.dahl@nordlys.example]].}}',
        'Medarbejderen har fremvist ren [[keyword.crime|straffeattest]] den 12. september 2026.'],
        header=f'Fortroligt – personalesag {c}', footer='Nordlys Ejendomme A/S'))
    rows = [['Medarbejder', 'CPR-nr.', 'Stilling', 'Månedsløn', 'Kontonr.', 'Fagforeningskontingent', 'Bemærkning']]
    for i in range(12):
        a, b, n = person()
        rows.append([f'[[name|{n}]]' if i < 4 else n, C(woman=None), R.choice(['Vicevært', 'Udlejer', 'Bogholder', 'Projektleder', 'IT-supporter']),
                     R.randrange(28, 62) * 1000, '[[dk.konto|0040-0440116243]]' if i == 0 else '', R.choice([0, 465, 512]), ''])
    rows[3][6] = '[[keyword.health|sygemeldt]] siden 1. september'
    rows[5][6] = 'trækkes [[keyword.religion|kirkeskat]]'
    rows[7][6] = '[[keyword.union|medlem af Dansk Metal]]'
    rows[0][5] = '[[keyword.union#column header|Fagforeningskontingent]]'
    office(f'{D}/HR/Lønliste 2026-10.xlsx', calc('xlsx', 'Lønliste', [('Oktober 2026', rows), ('Noter', [['Udarbejdet af'], ['[[email#second sheet|loen.bruun@example.dk]]']])]))
    text(f'{D}/HR/Sygefravær 2026.csv', 'Navn;CPR;Fra;Til;Årsag;Løn under sygdom\r\n' + ''.join(
        f'{n};{c};{a};{b};{w};{k}\r\n' for n, c, a, b, w, k in [
            ('[[name|Jonas Krogh]]', JONAS, '2026-03-02', '2026-03-20', '[[keyword.health|Depression]], stress', 'ja'),
            ('Åse Sønderby', C(), '2026-04-01', '2026-04-03', 'Influenza', 'ja'),
            ('[[name|Søren Østergaard]]', C(), '2026-05-11', '', '[[keyword.health|Prostatakræft]], operation på Skejby', 'ja'),
            ('Bente Møller', C(), '2026-06-08', '2026-06-12', '[[keyword.health|gravid]], kvalme', 'nej')]), 'cp1252')
    text(f'{D}/HR/Sygemelding Jonas Krogh.txt', f'''Til: Pernille Dahl
Fra: Jonas Krogh
Dato: 2. marts 2026

Kære Pernille

Jeg har været hos lægen i dag og er [[keyword.health|sygemeldt]] i tre uger på grund af en [[keyword.health|depression]].
Lægeerklæringen kommer i e-Boks. Mit CPR-nummer er {JONAS}, og jeg kan træffes på
telefon [[phone|{tel()}]] om formiddagen.

Mvh
[[name|Jonas Krogh]]
''')
    text(f'{D}/HR/Sjukanmälan Lindqvist.txt', f'''Sjukanmälan

Anställd: [[name|Karin Lindqvist]]
Personnummer: [[se.personnummer|{SE10[0]}]]
Telefon: [[phone|070-174 06 21]]
E-post: [[email|karin.lindqvist@example.se]]

Karin är [[keyword.health|sjukskriven]] på heltid från den 14 april 2026 på grund av [[keyword.health|utmattningssyndrom]].
Hon är [[keyword.union|fackligt ansluten]] och vill ha med sig ett ombud på rehabiliteringsmötet.
''', 'cp1252', '\r\n')
    text(f'{D}/HR/Sykemelding Hansen.txt', f'''﻿Melding fra ansatt

Navn: [[name|Ingrid Hansen]]
Fødselsnummer: [[no.fodselsnummer#synthetic, month + 80|{NO2[:6]} {NO2[6:]}]]
Telefon: [[phone|+47 68 05 00 12]]
Lønnskonto: [[no.kontonummer|8601.11.17947]]

Ingrid er [[keyword.health|sykmeldt]] 50 % fra 3. mai 2026. Diagnosen er brystkreft, hun får behandling på Radiumhospitalet.
Trekk i lønn: [[keyword.union|fagforeningskontingent]] 412 kr.
'''.lstrip('﻿'), 'utf-16', '\r\n')
    text(f'{D}/HR/Sairauspoissaolo Virtanen.txt', f'''Sairauspoissaoloilmoitus

Työntekijä: [[name|Matti Virtanen]]
Henkilötunnus: [[fi.hetu#serial 900-999|{FI1}]]
Sähköposti: [[email|matti.virtanen@example.fi]]
Puhelin: [[phone|+358 40 555 0123]]
Tili: [[iban#SWIFT registry example|{IBAN_FI}]]

Matti on sairauslomalla 12.1.–30.1.2026. Syy: [[keyword.health|masennus]]. Hän on [[keyword.union|ammattiliiton jäsen]].
''')
    text(f'{D}/HR/Sick note Emily Carter.txt', '''From: Emily Carter, Facility Services (contractor)
Subject: Sick note

I have been on [[keyword.health|sick leave]] since Monday. My doctor says the chemotherapy will go on until July, so please
send papers to my home address or to [[email|emily.carter@example.com]]. I can be reached at [[phone|+44 20 7946 0123]].

[[name|Emily Carter]]
''', eol='\r\n')
    text(f'{D}/HR/Medarbejdere.json', '''{
  "eksporteret": "2026-09-30T06:00:00+02:00",
  "ts": [[!dk.cpr,!is.kennitala#unix seconds, date-shaped|''' + nobody('101090') + ''']],
  "medarbejdere": [
''' + ',\n'.join(f'''    {{"id": "{R.randrange(16**8):08x}-4c1e-4a7b-9d2e-{R.randrange(16**12):012x}", "navn": "{n}", "cpr": "{c}", "email": "{e}", "mobil": "{t}"}}'''
                 for n, c, e, t in [
        ('[[name|Pernille Dahl]]', f'[[dk.cpr#JSON string, compact|{cpr(rday())}]]', '[[email|pernille.dahl@nordlys.example]]', f'[[phone|{tel()}]]'),
        ('Rasmus Nørgaard', C(), '[[email|rasmus.noergaard@nordlys.example]]', f'[[phone|+45{tel().replace(" ", "")}]]'),
        ('J\\u00f8rgen Skou', C(), '[[email|joergen.skou@nordlys.example]]', f'[[phone|{tel()}]]'),
        ('Guðrún Ósk Jónsdóttir', f'', '[[email|gudrun.osk@example.is]]', '')]) + f'''
  ],
  "islandske": [{{"nafn": "Guðrún Ósk Jónsdóttir", "kennitala": "[[is.kennitala#mod 11 fails, published test number|{IS1}]]"}}]
}}
''')
    text(f'{D}/HR/Persondatahåndbog.txt', '''[[!keyword.*|*]][[!dk.cpr|*]][[!se.personnummer|*]][[!phone|*]][[!email|*]]PERSONDATAHÅNDBOG FOR NORDLYS EJENDOMME

1. Hvad er personoplysninger?
Personoplysninger er alt, der kan henføres til en bestemt person. Almindelige oplysninger er for eksempel navn, adresse og
fødselsdato. CPR-nummer er en fortrolig oplysning. Det skrives som DDMMÅÅ-XXXX (for eksempel [[!dk.cpr|000000-0000]] eller [[!dk.cpr|123456-7890]] i
vores skabeloner) og må ikke stå i emnefeltet.

2. Følsomme oplysninger
Følsomme oplysninger er oplysninger om race, religion, politik, fagforening, helbred og køn. De må kun behandles, når
loven giver lov til det. Vi spørger aldrig en ansøger om religion, helbred eller fagforening.

3. Opbevaring
Mail i indbakken slettes efter seks måneder. Regnskabsmateriale gemmes i fem år, jf. § 12, stk. 2, version 1.4.2 af 20.11.2026.

4. Sikkerhed
Oplysninger om helbred og religion sendes kun krypteret. Er du i tvivl, så spørg personaleafdelingen.
''')
    office(f'{D}/HR/MUS-skema Henrik Toft.odt', writer('odt', 'MUS-skema', [
        ('h', 'Udviklingssamtale'), 'Medarbejder: [[name|Henrik Toft]] Leder: Lone Bjerregaard', f'Personnummer: {C()}',
        'Henrik ønsker nedsat tid, fordi hans datter er [[keyword.health|diagnosticeret med]] diabetes. Han er [[keyword.politics|medlem af Konservative]] og stiller op til byrådet.',
        ('t', [['Mål', 'Frist'], ['Kursus i Landlord 2.0', '2027-01-15'], ['Ny titel', 'uge 12']])]))
    # PDF by WeasyPrint
    html, f = strip(f'''<html lang="sv"><head><meta charset="utf-8"><title>Anställningsintyg</title><style>body{{font-family:"DejaVu Serif"}}td{{padding:4px;border:1px solid #999}}</style></head><body>
<h1>Anställningsintyg</h1><p>Härmed intygas att [[name|Björn Sandström]], personnummer [[se.personnummer|{SE12[2]}]], har varit anställd hos Nordlys Fastigheter AB
(org.nr [[!se.personnummer,!dk.cpr|{ORGNR_SE}]]) från den 1 mars 2019 till den 31 augusti 2026.</p>
<table><tr><td>Befattning</td><td>Fastighetsförvaltare</td></tr><tr><td>Samordningsnummer (tidigare)</td><td>[[se.personnummer#samordningsnummer|{SE_SAM}]]</td></tr>
<tr><td>E-post</td><td>[[email|bjorn.sandstrom@example.se]]</td></tr><tr><td>Mobil</td><td>[[phone|070-174 06 33]]</td></tr><tr><td>IBAN</td><td>[[iban#SWIFT registry example|{IBAN_SE}]]</td></tr>
<tr><td>Bankgiro</td><td>[[se.bankgiro,!se.personnummer,!phone|5050-1055]]</td></tr></table><p>Malmö den 2 september 2026</p></body></html>''')
    (BUILD / 'intyg.html').write_text(html, encoding='utf-8')
    run('weasyprint', BUILD / 'intyg.html', BUILD / 'intyg.pdf')
    put(f'{D}/HR/Anställningsintyg Sandström.pdf', (BUILD / 'intyg.pdf').read_bytes())
    plant(f'{D}/HR/Anställningsintyg Sandström.pdf', f)


def salg():
    a, b = C(dt.date(1971, 8, 23)), C(dt.date(1974, 2, 5))
    office(f'{D}/Salg/Købsaftale Strandvejen 88.docx', writer('docx', 'Købsaftale', [
        ('h', 'Købsaftale'),
        f'Køber: [[name|Anders Villadsen]], CPR-nr. {a}, og {{{{del:[[name#tracked deletion|Lone Hedegaard]], CPR-nr. {C(dt.date(1969, 5, 30))}}}}}{{{{ins:[[name#tracked insertion|Camilla Frandsen]], CPR-nr. {b}}}}}.',
        'Sælger: Nordlys Ejendomme A/S. Ejendommen matr.nr. 12 ab, Skovshoved, med adressen [[address|Strandvejen 88, 2930 Klampenborg]].',
        'Købesummen udgør 7.450.000,00 kr. og deponeres.{{fn:Købers advokat: Emil Overgaard, [[email#footnote|emil.overgaard@advokat.example]], tlf. [[phone#footnote|' + tel() + ']].}}',
        f'Sagsnr. [[!dk.cpr#case number, date-shaped|{cpr(dt.date(1962, 7, 7))}]]']))
    orders, hard = [], []
    for i in range(4):
        n = cpr(rday())            # valid in every respect, but under "Ordrenr"
        hard.append(n)
    while len(orders) < 196:
        n = str(R.randrange(10**9, 10**10))
        if clash(n):
            continue
        try:
            dt.datetime.strptime(n[:6], '%d%m%y')
            hard.append(n)
        except ValueError:
            pass
        orders.append(n)
    for n in hard[:4]:
        orders.insert(R.randrange(len(orders)), n)
    rows = [['Ordrenr', 'Dato', 'Vare', 'Antal', 'Beløb']]
    for i, n in enumerate(orders):
        cell = n if i % 2 or n[0] == '0' else ('id', int(n))
        rows.append([cell, (dt.date(2026, 1, 5) + dt.timedelta(days=i)).isoformat(), R.choice(['Nøglesæt', 'Dørplade', 'Maling hvid 10 l', 'Postkasse', 'Lampe']), R.randrange(1, 40), R.randrange(50, 9000)])
    rel = f'{D}/Salg/Ordreliste 2026.xlsx'
    office(rel, calc('xlsx', 'Ordreliste', [('Ordrer', rows)]))
    for d in ('dk.cpr', 'se.personnummer', 'is.kennitala', 'phone', 'payment_card', 'iban'):
        fact(rel, '!' + d, '*', '200 ten-digit order numbers')
    for n in hard:
        fact(rel, '!dk.cpr', n, 'CPR-shaped order number' + (', valid modulus 11' if cpr_mod11(n) else ''))
    office(f'{D}/Salg/Kundepræsentation.pptx', impress('pptx', 'Kundepræsentation', [
        ('Nordlys Ejendomme', ['Boliger i hele Norden', 'Efteråret 2026'], ''),
        ('Din kontakt', ['[[name|Susanne Lauridsen]]', 'E-mail: [[email|susanne.lauridsen@nordlys.example]]', f'Telefon: [[phone|+45 {tel()}]]'],
         f'Husk: kunden [[name#speaker notes|Kasper Mortensen]] har CPR-nr. {C().replace("dk.cpr|", "dk.cpr#speaker notes|")}')]))
    text(f'{D}/Salg/kundeeksport.csv', 'kundenr,navn,e-mail,telefon,adresse,noter\n' + ''.join(
        f'{700100 + i},"{n[1]}, {n[0]}",[[email|{mailname(*n[:2])}]],[[phone|+45 {tel()}]],"{a}","{x}"\n' for i, (n, a, x) in enumerate([
            (person(), '[[address|Nørregade 7, 1. th, 5000 Odense C]]', 'Ønsker 3 værelser'), (person(), '[[address|Skolevej 22, 9000 Aalborg]]', 'Ring efter kl. 16, ""haster""'),
            (person(), 'Box 12', 'Tilbudt 12.345.678 kr'), (person(), '[[address|Åboulevarden 3A, 8000 Aarhus C]]', 'linje 1\nlinje 2')])))
    text(f'{D}/Salg/leads.jsonl', ''.join(
        '{"time": %d, "ordrenr": "%s", "lead": {"navn": "%s %s", "email": "[[email|%s]]", "tlf": "[[phone|+45 %s]]"}}\n' % (
            1790000000 + i * 7919, f'[[!dk.cpr#label ordrenr|{cpr(rday())}]]', *(p := person())[:2], mailname(*p[:2]), tel()) for i in range(5)))
    text(f'{D}/Salg/Tilbud Överby.html', f'''<!DOCTYPE html>
<html lang="sv"><head><meta charset="utf-8"><title>Offert</title><style>.a{{color:#010203}}</style><script>var build="20260914.1201";</script></head>
<body><h1>Offert nr. 2026&#8209;0117</h1>
<p>Till: [[name|Anna-Lena Överby]], personnummer <b>[[se.personnummer|{SE12[4]}]]</b>, e-post <a href="mailto:anna-lena.overby@example.se">[[email|anna-lena.overby@example.se]]</a></p>
<p>Bankgiro [[se.bankgiro#label, Luhn ok|5050-1055]], OCR [[!se.personnummer#OCR reference|{'81021498' + '7' + luhn_digit('810214987')}]]</p>
<p>Danmark: CPR-nr. {(x := cpr(rday()))[:6]}&#8209;{x[6:]}</p>
<!-- intern: ring [[phone#HTML comment|070-174 06 44]] --></body></html>
''')
    fact(f'{D}/Salg/Tilbud Överby.html', 'dk.cpr', x[:6] + '\u2011' + x[6:], 'non-breaking hyphen U+2011 written as &#8209;')


def contract(no, who, c, extra=()):
    return writer('docx', 'Lejekontrakt', [
        ('h', f'Lejekontrakt nr. {no}'), f'Lejer: [[name|{who}]]', f'CPR-nr.: {c}', 'Lejemålet: [[address|Havnegade 12, 3. tv, 8000 Aarhus C]]',
        'Huslejen er 9.850,00 kr. pr. måned og betales forud.', *extra], header=f'Kontrakt {no}')


def udlejning():
    c1, c2, c3 = (h(cpr(rday())) for _ in range(3))
    office(f'{D}/Udlejning/Lejekontrakt Havnegade 12.docx', writer('docx', 'Lejekontrakt', [
        ('h', 'Lejekontrakt (typeformular A)'),
        f'Lejer: [[name|Frederik Simonsen]], CPR-nr. [[dk.cpr#body|{c1}]]. Medlejer fremgår af skemaet.',
        ('t', [['Navn', 'CPR-nr.', 'Indflytning'], ['[[name#table|Dorthe Hedegaard]]', f'[[dk.cpr#table cell|{c2}]]', '01-11-2026']]),
        'Lejemålets adresse: [[address|Havnegade 12, 3. tv, 8000 Aarhus C]]. Depositum 29.550,00 kr.',
        f'Lejer kan kontaktes på [[email|frederik.simonsen@example.dk]] eller [[phone|{tel()}]].',
        'Nycklar till [[name|Lars Åkerström]], personnummer [[se.personnummer|' + SE10[5] + ']].'],
        header=f'Lejer i nabolejemål: CPR [[dk.cpr#header only|{c3}]]', footer='Side 1 af 1'))
    rows = [['Lejemålsnr.', 'Lejer', 'CPR-nr.', 'Adresse', 'E-mail', 'Mobil', 'Husleje']]
    for i in range(34):
        a, b, n = person()
        d = dt.date(R.choice(LISTED), 1, 1) if i % 11 == 5 else rday()
        num = cpr(d, mod11=d.day != 1 or d.month != 1)
        note = 'listed date, no modulus 11' if not cpr_mod11(num) else 'column'
        v = f'[[dk.cpr#{note}, compact|{num}]]' if i % 7 == 3 else f'[[dk.cpr#{note}|{h(num)}]]'
        rows.append([f'{1012 + i // 8}-{i % 8 + 1:03d}', n, v, f'Havnegade {12 + i}, 8000 Aarhus C', f'[[email|{mailname(a, b)}]]', f'[[phone|{tel()}]]' if i < 8 else '', 6500 + i * 125])
    office(f'{D}/Udlejning/Lejerliste.xlsx', calc('xlsx', 'Lejerliste', [('Lejere', rows), ('Forklaring', [['Lejemålsnr. består af ejendom og lejlighed'], ['1012-001 = Havnegade']])]))
    rel = f'{D}/Udlejning/Lejere import.xlsx'
    zero = [cpr(dt.date(R.randrange(1950, 1999), R.randrange(1, 13), R.randrange(2, 10))) for _ in range(10)]
    full = [cpr(dt.date(R.randrange(1950, 1999), R.randrange(1, 13), R.randrange(10, 28))) for _ in range(6)]
    office(rel, calc('xlsx', 'Import', [
        ('Formateret', [['Lejer', 'CPR-nr.']] + [[person()[2], ('cpr', int(n))] for n in zero[:5] + full[:3]]),
        ('Rå', [['Lejer', 'CPR-nr.']] + [[person()[2], ('id', int(n))] for n in zero[5:] + full[3:]])]))
    for n in zero[:5] + full[:3]:
        fact(rel, 'dk.cpr', h(n), f'number cell {int(n)} shown as 000000-0000')
    for n in zero[5:] + full[3:]:
        fact(rel, 'dk.cpr', str(int(n)), 'number cell, leading zero lost' if n[0] == '0' else 'number cell')
    office(f'{D}/Udlejning/Brev til lejer.pdf', writer('pdf', 'Brev til lejer', [
        'Nordlys Ejendomme A/S', '[[name|Inge Thomsen]]', '[[address|Østergade 41, st. th, 8900 Randers C]]', '', 'Vedr. fraflytning',
        f'Kære Inge. Vi har registreret din opsigelse. Dit CPR-nr. {C()} er brugt til at melde flytning. Depositum udbetales til reg.nr. og kontonr. [[dk.konto|0040-0440116243]].',
        'Din mand har [[keyword.health|kræftdiagnose]], og I har derfor fået kortere varsel.', 'Venlig hilsen', 'Gitte Jespersen, [[email|gitte.jespersen@nordlys.example]]']))
    text(f'{D}/Udlejning/Opsigelse 1997.txt', f'''OPSIGELSE AF LEJEMÅL

Undertegnede lejer [[name|Jørgen Kjærgaard]], personnr. {C(dt.date(1948, 12, 3))},
opsiger herved lejemålet [[address|Søndergade 5, 1. tv, 8700 Horsens]] til fraflytning.
Telefon {tel().replace(' ', '')[:2]} xx xx xx ønskes ikke oplyst.
''', 'cp865', '\r\n')
    text(f'{D}/Udlejning/lejere.xml', '''<?xml version="1.0" encoding="ISO-8859-1"?>
<ns1:LejerStruktur xmlns:ns1="http://rep.oio.example/nordlys/2026/01/01/" xmlns:cpr="http://rep.oio.example/cpr.dk/xml/schemas/core/2005/03/18/">
''' + ''.join(f'''  <ns1:Lejer id="{4711 + i}">
    <cpr:PersonCivilRegistrationIdentifier>[[dk.cpr#OIO element, compact|{cpr(rday())}]]</cpr:PersonCivilRegistrationIdentifier>
    <ns1:PersonGivenName>{p[0]}</ns1:PersonGivenName><ns1:PersonSurnameName>{p[1]}</ns1:PersonSurnameName>
    <ns1:EmailAddressIdentifier>[[email|{mailname(*p[:2])}]]</ns1:EmailAddressIdentifier>
    <ns1:Ordrenr>[[!dk.cpr#label Ordrenr|{cpr(rday())}]]</ns1:Ordrenr>
  </ns1:Lejer>
''' for i, p in enumerate(person() for _ in range(4))) + f'''  <ns1:ProductionUnitIdentifier label="P-nummer">[[!dk.cpr#P-nummer, CPR-shaped|{PNR}]]</ns1:ProductionUnitIdentifier>
</ns1:LejerStruktur>
''', 'iso-8859-1')
    office(f'{D}/Udlejning/Nøgleliste.odt', writer('odt', 'Nøgleliste', [
        ('h', 'Nøgler udleveret'), ('t', [['Navn', 'Telefon', 'Nøgle']] + [[f'[[name|{person()[2]}]]', f'[[phone|+45 {tel()}]]', f'{100 + i}'] for i in range(5)]),
        'Finsk kollega: [[name|Aino Korhonen]], henkilötunnus [[fi.hetu|' + FI2 + ']], puh. [[phone|+358 40 555 0177]].']))
    office(f'{D}/Udlejning/Lejlighed 1997.rtf', writer('rtf', 'Notat', [f'Notat om [[name|Ulla Nørgaard]], CPR-nr. {C(dt.date(1950, 3, 3))}. Flyttet til plejehjem på grund af [[keyword.health|demens]].'], when='2019-05-02T10:00:00'))
    # archives: zip (Info-ZIP) with a docx and a zip by 7-Zip inside; tar.gz
    made, facts = contract('2019-044', 'Niels Bjerregaard', C())
    inner, ifacts = strip(f'Gammel lejer: Kirsten Toft, CPR-nr. {C(dt.date(1952, 10, 10))}\nTlf. [[phone|{tel()}]]\n')
    deep, dfacts = strip(f'navn;cpr-nr\nLars Dahl;{C()}\nHanne Krogh;{C()}\n')

    def archive():
        z = WORK / 'zip'
        (z / '2019' / 'løse ark').mkdir(parents=True)
        shutil.copy(made, z / '2019' / 'Lejekontrakt 2019-044.docx')
        (z / 'ind').mkdir()
        (z / 'ind' / 'æble.txt').write_bytes(inner.encode())
        (z / 'ind' / 'lejere.csv').write_bytes(deep.encode('cp1252'))
        stamp(z)
        run('7z', 'a', '-tzip', '-mtc=off', '-bso0', '-bsp0', '../2019/indre.zip', 'æble.txt', 'lejere.csv', cwd=z / 'ind', fake=False)
        (z / '2019' / 'løse ark' / 'tom.txt').write_bytes(b'')
        stamp(z)
        run('zip', '-X', '-UN=UTF8', '-q', '-r', '../arkiv.zip', '2019', cwd=z)
        put(f'{D}/Udlejning/arkiv 2019.zip', (WORK / 'arkiv.zip').read_bytes())
        t = WORK / 'tar' / 'lejere-1998'
        t.mkdir(parents=True)
        s, f = strip(f'Lejer 1998: Thomas Østergaard, CPR-nr. {C()}\n')
        (t / 'kartotek.txt').write_bytes(s.encode())
        run('tar', '--sort=name', '--mtime=@1500000000', '--owner=0', '--group=0', '--numeric-owner', '-czf', WORK / 'l.tar.gz', 'lejere-1998',
            cwd=WORK / 'tar', fake=False, env={**os.environ, 'GZIP': '-n'})
        put(f'{D}/Udlejning/lejere-1998.tar.gz', (WORK / 'l.tar.gz').read_bytes())
        plant(f'{D}/Udlejning/lejere-1998.tar.gz!/lejere-1998/kartotek.txt', [(d, v, 'tar.gz: the way inside may have one more step') for d, v, n in f])
    plant(f'{D}/Udlejning/arkiv 2019.zip!/2019/Lejekontrakt 2019-044.docx', facts)
    plant(f'{D}/Udlejning/arkiv 2019.zip!/2019/indre.zip!/æble.txt', ifacts)
    plant(f'{D}/Udlejning/arkiv 2019.zip!/2019/indre.zip!/lejere.csv', dfacts)
    return archive


def stamp(top):
    for p in [top, *top.rglob('*')]:
        os.utime(p, (1560000000, 1560000000))


def regnskab():
    # PDF by ReportLab
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas
    rel = f'{D}/Regnskab/Faktura 10234.pdf'
    fik = '71' + '00001023400991'
    fik += luhn_digit(fik[2:])
    order = cpr(rday())
    lines = ['FAKTURA', '', 'Nordlys Ejendomme A/S', f'CVR-nr. [[!phone,!dk.cpr|{CVR}]]   P-nr. [[!dk.cpr#P-nummer, CPR-shaped|{PNR}]]', 'Att.: [[name|Bente Villadsen]], [[email|bente.villadsen@example.dk]]', '',
             'Fakturanr. [[!phone|20261023]]      Fakturadato 14-09-2026', f'Ordrenr. [[!dk.cpr#valid CPR under Ordrenr.|{order}]]      Kundenr. [[!phone|55123456]]',
             f'EAN-nr. [[!payment_card,!phone|{EAN}]]', '', 'Serviceaftale elevator, uge 12 til 24            12.345,00 kr.', 'Moms 25 %                                         3.086,25 kr.',
             'I alt                                            15.431,25 kr.', '', f'Betaling: FI-kreditor +{fik[:2]}<[[!no.fodselsnummer,!payment_card#payment id|{fik[2:]}]]+[[!phone#creditor number|87654321]]<',
             f'IBAN [[iban#SWIFT registry example|{IBAN_DK}]]   SWIFT DABADKKK', 'Reg. nr. og konto: [[dk.konto|0040-0440116243]]', '', 'Ved for sen betaling beregnes rente efter renteloven, jf. § 5, stk. 1.']
    b = BUILD / 'faktura.pdf'
    c = Canvas(str(b), pagesize=A4, invariant=1)
    c.setTitle('Faktura 10234')
    c.setAuthor('Nordlys Ejendomme A/S')
    y = 790
    for i, s in enumerate(lines):
        s, f = strip(s)
        plant(rel, f)
        c.setFont('Helvetica-Bold' if i == 0 else 'Helvetica', 18 if i == 0 else 10)
        c.drawString(60, y, s)
        y -= 22 if i == 0 else 15
    c.save()
    put(rel, b.read_bytes())
    # PDF by enscript + Ghostscript
    rel = f'{D}/Regnskab/Rykkerliste.pdf'
    s, f = strip(f'''RYKKERLISTE                                    14-09-2026

Navn                   CPR-nr.        Skyldig
---------------------------------------------------
Niels Møller           {C()}    14.250,00
Åse Frandsen           {C()}     9.850,00
Øjvind Dahl            {C()}       475,50

Sagsnr. 2026-000117, sagsbehandler [[name|Ulla Simonsen]]
Mail: [[email|ulla.simonsen@nordlys.example]]
''')
    (BUILD / 'rykker.txt').write_bytes(s.encode('latin-1'))
    run('enscript', '-q', '-B', '-X', '88591', '-f', 'Courier10', '-o', 'rykker.ps', 'rykker.txt', cwd=BUILD)
    run('ps2pdf', '-sDocumentUUID=7f0d2c4e-0000-4000-8000-000000000001', '-sInstanceUUID=7f0d2c4e-0000-4000-8000-000000000002', 'rykker.ps', 'rykker.pdf', cwd=BUILD)   # the name goes into the PDF's /ID
    put(rel, (BUILD / 'rykker.pdf').read_bytes())
    plant(rel, f)
    text(f'{D}/Regnskab/Debitorer.csv', 'Debitornr\tNavn\tCPR-nr\tE-mail\tSaldo\r\n' + ''.join(
        f'{88000 + i}\t{p[2]}\t{C()}\t[[email|{mailname(*p[:2])}]]\t{R.randrange(100, 9999)},00\r\n' for i, p in enumerate(person() for _ in range(8))), 'utf-16', '\n')
    rel = f'{D}/Regnskab/Budget 2027.ods'
    office(rel, calc('ods', 'Budget', [('Budget', [['Konto', 'Tekst', 'Beløb']] + [[f'{2000 + 10 * i}', t, 1000 * R.randrange(100, 99999)] for i, t in enumerate(
        ['Lejeindtægter', 'Ejendomsskat', 'Forsikring', 'Varme', 'El', 'Renholdelse', 'Vedligeholdelse', 'Administration'])])]))
    for d in ('!dk.cpr', '!phone', '!keyword.*', '!email'):
        fact(rel, d)
    return [('Regnskab/Kreditvurdering.docx', writer('fodt', 'Kreditvurdering', [f'Kreditvurdering af [[name|Emil Krogh]], CPR-nr. {C()}. Registreret i RKI.']), 'MS Word 2007 XML'),
            ('Regnskab/Bonus 2026.xlsx', calc('fods', 'Bonus', [('Bonus', [['Navn', 'CPR-nr.', 'Bonus'], ['Gitte Dahl', C(), 25000]])]), 'Calc MS Excel 2007 XML')]


def drift():
    start = dt.datetime(2026, 9, 14, 6, 0)
    log = ''
    for i in range(60):
        t = start + dt.timedelta(seconds=i * 431)
        log += f'{t.isoformat()}Z adgang[{3100 + i}]: kort={R.randrange(16**10):010x} doer=B{R.randrange(1, 9)} ip=10.12.{R.randrange(4)}.{R.randrange(2, 250)} ts={int(t.timestamp())} req={t.strftime("%d%m%y%H%M")}\n'
    rel = f'{D}/Drift/adgang.log'
    text(rel, log)
    for d in ('dk.cpr', 'se.personnummer', 'is.kennitala', 'no.fodselsnummer', 'phone', 'email', 'keyword.*', 'payment_card'):
        fact(rel, '!' + d, '*', 'log: private addresses, time stamps DDMMYYHHMM, unix seconds')
    rel = f'{D}/Drift/Varmemålere.csv'
    text(rel, 'Målernr.;Serienr.;Aflæst;MWh\r\n' + ''.join(f'{R.randrange(10**7, 10**8)};{R.choice([cpr(rday()), serial()])};2026-08-31;{R.randrange(10, 99)},{R.randrange(1000):03d}\r\n' for _ in range(20)), 'cp1252')
    for d in ('dk.cpr', 'phone', 'is.kennitala', 'se.personnummer'):
        fact(rel, '!' + d, '*', 'meter and serial numbers')
    text(f'{D}/Drift/Beboerklager.txt', f'''Klager 2026 - kun til internt brug

14/9: [[name|Kasper Lauridsen]], [[address|Lærkevej 9, 8240 Risskov]], klager over naboen [[name|Mikkel Overgaard]] (CPR-nr. {C()}), som har fået
en [[keyword.crime|betinget dom]] for vold og er [[keyword.crime|sigtet]] igen. Politiets j.nr. [[!dk.cpr,!phone|4200-84123-00117-26]].
15/9: Familien i 3. tv er [[keyword.ethnicity|asylansøgere]] fra Syrien og [[keyword.religion|Jehovas Vidner]], siger [[name|Dorthe Møller]], tlf. [[phone|{tel()}]].
16/9: Viceværten [[name|Søren Thomsen]] bor med en [[keyword.sexuality|partner af samme køn]] og er chikaneret af beboere.
17/9: Nyt dørsystem: [[name|Rasmus Dahl]] har [[keyword.biometric|afgivet fingeraftryk]] til låsen.
18/9: [[name|Hanne Villadsen]] fortæller, at hun har en [[keyword.genetic|genetisk disposition]] for sygdom og derfor ønsker stuelejlighed.
Bil: [[plate|AB 12 345]] holder ulovligt, registreringsnummer noteret.
Kort brugt til vask: Visa [[payment_card#published test number|4111 1111 1111 1111]].
''')
    text(f'{D}/Drift/Særlige ønsker – æøå.txt', f'Lejer [[name|Åge Sørensen]] i nr. 14 ønsker rampe, han er [[keyword.health|kørestolsbruger]]. CPR-nr. {C(dt.date(1947, 4, 4))}\n', 'utf-8-sig')
    put(f'{D}/Drift/kamera-gang.bin', b'NLCAM\x00\x02\xff' + bytes(R.randrange(256) for _ in range(4096)))
    fact(f'{D}/Drift/kamera-gang.bin', '@status', 'skipped unsupported')
    put(f'{D}/Drift/tom.txt', b'')
    fact(f'{D}/Drift/tom.txt', '@status', 'not-failed', 'empty file')
    return contract('2026-118', 'Pernille Hedegaard', C(), [f'Vilkår {i}: ' + ' '.join(R.choice(['lejer', 'udlejer', 'husorden', 'vedligehold', 'varsel', 'depositum', 'frist']) for _ in range(40)) for i in range(30)])


def it():
    text(f'{D}/IT/brugere.json', '[\n' + ',\n'.join(
        f'  {{"guid": "{R.randrange(16**8):08x}-1111-4222-8333-{R.randrange(10**12):012d}", "created": {1100000000 + R.randrange(6 * 10**8)}, "build": "10.0.19045.{i}", "sha": "{R.randrange(16**40):040x}", "mac": "02:00:5e:10:00:{i:02x}", "aktiv": true}}'
        for i in range(15)) + '\n]\n')
    for d in ('dk.cpr', 'se.personnummer', 'phone', 'is.kennitala', 'no.fodselsnummer', 'payment_card', 'email'):
        fact(f'{D}/IT/brugere.json', '!' + d, '*', 'GUIDs, hashes, unix seconds, versions')
    text(f'{D}/IT/.skjult.txt', f'Midlertidig note, slettes: {C()} = CPR-nr. på Lone Krogh, adgangskode sendt til [[email|lone.krogh@example.dk]]\n')
    text(f'{D}/.gitignore', '# a scanner of personal data must not obey this\n*.csv\n.skjult.txt\n')
    text(f'{D}/IT/LÆSMIG.md', '''[[!dk.cpr|*]][[!phone|*]][[!keyword.*|*]]# Fællesdrev

Version 2.14.3. Server `fil01` (10.12.0.4), backup kl. 02:30. Pakken `@types/node@20.11.5`, logo `logo@2x.png`.
Port 8080, sag 2026-004711, varenr. [[!dk.cpr|''' + nobody('311299') + ''']], ISBN 978-87-02-11111-9, UUID 0f8fad5b-d9cb-469f-a165-70867728950e.
''')
    a, fa = strip(f'host;ansvarlig\nfil01;[[email|it.ansvarlig.holm@example.dk]]\n')
    b, fb = strip(f'CPR-nr. {C()}\n')

    def backup():
        z = WORK / 'bk'
        z.mkdir()
        (z / 'servere.csv').write_text(a)
        (z / 'hemmeligt.txt').write_text(b)
        stamp(z)
        run('zip', '-X', '-q', '../backup.zip', 'servere.csv', cwd=z)
        run('zip', '-X', '-q', '-P', 'Nordlys2026', '../backup.zip', 'hemmeligt.txt', cwd=z)
        return (WORK / 'backup.zip').read_bytes()
    rel = f'{D}/IT/backup.zip'
    plant(rel + '!/servere.csv', fa)
    fact(rel + '!/hemmeligt.txt', '@status', 'skipped encrypted', 'zip -P Nordlys2026')
    fact(rel, '@status', 'partial', 'one member encrypted')
    return backup


def marketing():
    text(f'{D}/Marketing/Nyhedsbrev oktober.html', f'''<html><head><meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1"><title>Nyhedsbrev</title></head><body>
<h2>Månedens beboer</h2><p>Vi har besøgt [[name|Camilla Østergaard]] i hendes nye lejlighed. Skriv til hende på [[email|camilla.oestergaard@example.dk]].</p>
<p>Vidste du, at elevatorerne har kørt 1.234.567 gange? Se <img src="hus@2x.png"> eller <a href="https://nordlys.example/?id={nobody('140280')}&amp;t=1790000000">læs mere</a>.</p></body></html>
''', 'iso-8859-1')
    fact(f'{D}/Marketing/Nyhedsbrev oktober.html', '!email', 'hus@2x.png')
    office(f'{D}/Marketing/Kampagne.odp', impress('odp', 'Kampagne', [('Kampagne 2027', ['Målgruppe: 25-40 år', 'Ansvarlig: [[name|Thomas Bjerregaard]], [[email|thomas.bjerregaard@nordlys.example]]'], '')]))
    office(f'{D}/Marketing/Konkurrence.doc', writer('doc', 'Konkurrence', [f'Vinder: [[name|Lone Lauridsen]], [[address|Kirkegade 3, 6700 Esbjerg]], tlf. [[phone|{tel()}]]', f'Udbetaling kræver CPR-nr. {C()}.'], when='2018-02-01T09:00:00'))
    office(f'{D}/Marketing/Samtykker.xls', calc('xls', 'Samtykker', [('Samtykker', [['Navn', 'E-mail', 'Dato']] + [[p[2], f'[[email|{mailname(*p[:2])}]]', f'2025-0{i + 1}-10'] for i, p in enumerate(person() for _ in range(5))])], when='2025-06-01T09:00:00'))


def encrypted(sources):
    """Their bytes are random: kept from the last run unless --encrypted."""
    pdf = writer('pdf', 'Lønindberetning', [f'Lønindberetning for [[name|Lars Mortensen]], CPR-nr. {C()}.'])[0]
    for rel, (src, facts), flt in sources:
        fact(f'{D}/{rel}', '@status', 'skipped encrypted', 'password Nordlys2026')
    fact(f'{D}/Regnskab/Lønindberetning.pdf', '@status', 'skipped encrypted', 'user password Nordlys2026, AES-256')

    wanted = [f'{D}/{r}' for r, _, _ in sources] + [f'{D}/Regnskab/Lønindberetning.pdf', f'{D}/IT/backup.zip']
    RANDOM.update(wanted)

    def later(backup):
        if all(w in KEEP for w in wanted):
            for w in wanted:
                put(w, KEEP[w])
            return
        put(wanted[-1], backup())
        run('qpdf', '--encrypt', 'Nordlys2026', 'ejer-Nordlys2026', '256', '--', pdf, BUILD / 'enc.pdf')
        put(wanted[-2], (BUILD / 'enc.pdf').read_bytes())
        todo = []
        for i, (rel, (src, _), flt) in enumerate(sources):
            todo.append((str(src), str(BUILD / f'enc{i}'), flt, 'Nordlys2026'))
        uno_encrypt(todo)
        for i, (rel, _, _) in enumerate(sources):
            b = (BUILD / f'enc{i}').read_bytes()
            assert b[:4] == b'\xd0\xcf\x11\xe0', 'not encrypted'
            put(f'{D}/{rel}', b)
    return later


# ------------------------------------------------------------------------------------------------ Postkasser
P = 'Postkasser'
QP1 = Charset('iso-8859-1')
QP1.body_encoding = QP1.header_encoding = QP
QPU = Charset('utf-8')
QPU.body_encoding = QP
B64 = Charset('utf-8')
B64.body_encoding = B64.header_encoding = BASE64
_mid = iter(range(1, 999))


def at(s):
    """'2026-05-20 00:30 +0200' -> aware datetime"""
    return dt.datetime.strptime(s, '%Y-%m-%d %H:%M %z')


def rfc(d):
    day = ('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[d.weekday()]
    mon = ('Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec')[d.month - 1]
    return f'{day}, {d.day:02d} {mon} {d.year} {d:%H:%M:%S} {d:%z}'


def plus6(d):
    m, y = d.month + 6, d.year
    if m > 12:
        m, y = m - 12, y + 1
    while True:
        try:
            return dt.date(y, m, d.day)
        except ValueError:
            d -= dt.timedelta(days=1)


class Att:
    """An attachment: a name and a maker of its bytes (called when LibreOffice has run), its facts."""

    def __init__(self, name, get, facts, mime='octet-stream'):
        self.name, self.get, self.facts, self.mime = name, get, facts, mime


def att_office(name, made):
    built, facts = made
    return Att(name, built.read_bytes, facts, {'docx': 'vnd.openxmlformats-officedocument.wordprocessingml.document', 'pdf': 'pdf',
                                               'xlsx': 'vnd.openxmlformats-officedocument.spreadsheetml.sheet'}[name.rsplit('.')[-1]])


def att_text(name, s, enc='utf-8'):
    plain, f = strip(s)
    return Att(name, lambda: plain.encode(enc), f)


class Msg:
    """One message. date: Date header (None: none); rec: Received headers, topmost first; received: what counts (computed
    unless given; 'unknown'); cs: Charset, '8bit' (Latin-1 as it is) or 'ascii'; html: an HTML body too (or only)."""

    def __init__(self, subject, body, date=None, rec=(), frm='Lone Dahl <lone.dahl@example.dk>', to='Bent Holm <bent.holm@nordlys.example>',
                 cs=QPU, html=None, atts=(), nested=None, head=(), received=None, only_html=False, subject_raw=None):
        self.__dict__.update(locals())
        self.subject, self.fs = strip(subject)
        self.body, self.fb = strip(body)
        self.html, fh = strip(html) if html else (None, [])
        self.fb = list(dict.fromkeys(self.fs + self.fb + fh))
        self.id = next(_mid)
        if received is None:
            received = max(at(r) for r in rec) if rec else at(date) if date else None
        self.when = received

    def plant(self, path, role=None):
        plant(path, self.fb)
        w = self.when
        if w == 'unknown':
            fact(path, '@received', 'unknown', 'a date in the future')
        elif w is not None:
            local = w.astimezone(CPH).date()
            fact(path, '@received', local.isoformat(), w.astimezone(dt.timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ'))
            since = plus6(local) + dt.timedelta(days=1)
            if role in ('inbox', 'sent', 'outbox', 'trash', 'junk') and since <= NOW:
                fact(path, '@since', since.isoformat(), 'six-month rule')
        if role:
            fact(path, '@role', role)
        for k, v in self.head:
            if k == 'Sensitivity':
                fact(path, '@protection', v.lower())
        for d, addr in (('!email', re.search(r'<(.*?)>', self.frm)), ('!email', re.search(r'<(.*?)>', self.to))):
            if addr and addr[1] not in [v for _, v, _ in self.fb]:
                fact(path, d, addr[1], 'only in a header field')
        for a in self.atts:
            plant(f'{path}!/{a.name}', a.facts)
        if self.nested:
            name, m = self.nested
            m.plant(f'{path}!/{name}')

    def obj(self):
        def part(s, sub):
            if self.cs == '8bit':
                m = MIMEBase('text', sub, charset='iso-8859-1')
                m['Content-Transfer-Encoding'] = '8bit'
                m.set_payload(s.encode('latin-1').decode('ascii', 'surrogateescape'))
                return m
            return MIMEText(s, sub, 'us-ascii') if self.cs == 'ascii' else MIMEText(s, sub, self.cs)
        parts = ([] if self.only_html else [part(self.body, 'plain')]) + ([part(self.html, 'html')] if self.html else [])
        m, bound = parts[0], f'=_nordlys_{self.id:04d}'
        if len(parts) > 1:
            m = MIMEMultipart('alternative', bound + 'a', parts)
        if self.atts or self.nested:
            m = MIMEMultipart('mixed', bound, [m])
            for a in self.atts:
                x = MIMEApplication(a.get(), a.mime)
                if a.name.isascii():
                    x.add_header('Content-Disposition', 'attachment', filename=a.name)
                else:
                    x.add_header('Content-Disposition', 'attachment', filename=('utf-8', '', a.name))
                m.attach(x)
            if self.nested:
                x = MIMEMessage(self.nested[1].obj())
                x.add_header('Content-Disposition', 'attachment', filename=self.nested[0])
                m.attach(x)
        hs = []
        for i, r in enumerate(self.rec):
            n = len(self.rec) - i
            hs.append(('Received', f'from mx{n}.example.dk (mx{n}.example.dk [192.0.2.{20 + n}])\n by mail{n}.nordlys.example with ESMTPS id 4F{self.id:04d}{n}; {rfc(at(r))}'))
        if self.date:
            hs.append(('Date', rfc(at(self.date))))
        cs = self.cs if isinstance(self.cs, Charset) else Charset('iso-8859-1')

        def enc(v):
            m2 = re.match(r'(.*?) <(.*)>$', v)
            if m2 and not m2[1].isascii():
                return f'{Header(m2[1], cs).encode()} <{m2[2]}>'
            return v
        hs += [('From', enc(self.frm)), ('To', enc(self.to)),
               ('Subject', self.subject if self.subject.isascii() else Header(self.subject, cs).encode()),
               ('Message-ID', f'<2026{self.id:06d}.{self.id * 7919 % 10**10:010d}@mail.example.dk>'), *self.head]
        if m.is_multipart() and m.get_content_maintype() == 'multipart':
            for x in m.walk():
                if x is not m and x.get_content_type() != 'message/rfc822' and 'Message-ID' not in x:
                    del x['MIME-Version']
        old = m.items()
        for k in {k for k, _ in old}:
            del m[k]
        for k, v in hs + old:
            m[k] = v
        return m

    def bytes(self, eol='\n'):
        b = self.obj().as_bytes()
        return b.replace(b'\r\n', b'\n').replace(b'\n', eol.encode())


def mbox(rel, msgs, role=None, thunderbird=False):
    for i, m in enumerate(msgs, 1):
        if thunderbird:
            m.head = [('X-Mozilla-Status', '0001'), ('X-Mozilla-Status2', '00000000'), *m.head]
        m.plant(f'{rel}!/{i}', role)

    def later():
        out = b''
        for m in msgs:
            w = m.fromline if hasattr(m, 'fromline') else m.when.astimezone(dt.timezone.utc)
            b = re.sub(rb'(?m)^(>*From )', rb'>\1', m.bytes())
            out += b'From - ' + rfc(w)[:3].encode() + f' {rfc(w)[8:11]} {w.day:2d} {w:%H:%M:%S} {w.year}\n'.encode() + b + (b'' if b.endswith(b'\n') else b'\n') + b'\n'
        put(rel, out)
    return later


def maildir(rel, folder, msgs, role, plusplus=False, new=()):
    """Names without flags and colon (a checkout on Windows cannot hold them). Empty folders get .gitkeep for git's sake."""
    todo = []
    for i, m in enumerate(msgs, 1):
        sub = 'new' if i in new else 'cur'
        stamp = getattr(m, 'stamp', None) or int(m.when.timestamp())
        path = f'{rel}/{sub}/{stamp}.M{m.id}P{4000 + i}.post'
        m.plant(path, role)
        fact(path, '@folder', folder)
        todo.append((path, m))

    def later():
        for path, m in todo:
            put(path, m.bytes())
        for sub in ('cur', 'new', 'tmp'):
            if not (SHARE / rel / sub).exists():
                put(f'{rel}/{sub}/.gitkeep', b'')
        if plusplus:
            put(f'{rel}/maildirfolder', b'')
    return later


def mail():
    out = []
    anna = 'Anna Sørensen <anna.soerensen@nordlys.example>'
    cv = att_office('cv.pdf', writer('pdf', 'CV', [('h', 'Curriculum vitae'), '[[name|Emil Bjerregaard]], født 4. maj 1992', f'CPR-nr. {C(dt.date(1992, 5, 4))}', 'Mobil [[phone|+45 ' + tel() + ']], [[email|emil.bjerregaard@example.dk]]', 'Uddannelse: ejendomsmægler']))
    kon = att_office('Lejekontrakt udkast.docx', contract('2026-130', 'Camilla Mortensen', C()))
    old = att_office('Kontrakt 2020.docx', contract('2020-007', 'Mikkel Thomsen', C()))
    both = C(dt.date(1968, 2, 29))
    six = Msg('Linjer der begynder med From', f'''Hej Anna

From 1. maj 2026 er lejemålet ledigt.
>From nu af skriver jeg her.
From [[email|karla.toft@example.dk]] Fri May  1 10:00:00 2026
Det var stadig den samme mail. CPR-nr. {C().replace('dk.cpr|', 'dk.cpr#behind a line "From ", mboxrd quoting|')}
''', date='2026-05-02 10:00 +0200', to=anna)
    out.append(mbox(f'{P}/anna.mbox', [
        Msg('Viewing on Friday', 'Dear Anna,\n\nplease call me at [[phone|+44 20 7946 0456]] or write to [[email|grace.hughes@example.com]].\n\n[[name|Grace Hughes]]\n', date='2026-11-16 09:30 +0000', frm='Grace Hughes <grace.hughes@example.org>', to=anna, cs='ascii'),
        Msg('Sygemelding på grund af ryg', f'Kære Anna\n\nJeg er [[keyword.health|sygemeldt]] frem til påske på grund af en diskusprolaps. Mit CPR-nr. er {C()}, så kan du melde det til kommunen med det samme.\n\nKærlig hilsen\n[[name|Jørgen Østergaard]]\n',
            date='2026-03-16 08:05 +0100', frm='Jørgen Østergaard <joergen.oestergaard@example.dk>', to=anna, cs=QP1),
        Msg('Ansøgning', 'Se vedlagte.\n', date='2025-08-31 22:15 +0200', rec=['2025-08-31 22:15 +0200'], to=anna, atts=[cv, kon]),
        Msg('VS: Gammel kontrakt', 'Til orientering, se den videresendte mail.\n', date='2026-06-01 12:00 +0200', to=anna,
            nested=('Gammel kontrakt.eml', Msg('Gammel kontrakt', f'Hermed kontrakten for [[name|Mikkel Thomsen]], CPR-nr. {C()}.\n', date='2020-03-02 11:00 +0100', atts=[old], to=anna))),
        Msg('Fortroligt: børneattest', f'Vi har modtaget [[keyword.crime|børneattest]] på [[name|Hanne Dahl]], CPR-nr. {C()}.\n', date='2026-10-12 13:00 +0200', to=anna, head=[('Sensitivity', 'Company-Confidential')]),
        six,
        Msg('Upplýsingar', '', date='2026-09-01 10:00 +0000', to=anna, frm='Guðrún Ósk <gudrun.osk@example.is>', cs=B64, only_html=True,
            html='<html><body><p>Sæl Anna, kennitala mín er <b>[[is.kennitala#data set 14/15|' + IS2 + ']]</b>.<br>Kveðja, Guðrún</p></body></html>'),
        Msg('Begge dele', f'CPR-nr. {both}\n', date='2026-10-30 10:00 +0100', to=anna, html=f'<p>CPR-nr. {both}</p>'),
    ]))
    for i in (4,):      # the nested message's own date is not what counts for a rule
        FACTS[:] = [f for f in FACTS if not (f[0].startswith(f'{P}/anna.mbox!/4!/') and f[1].startswith('@'))]

    b = f'{P}/bent'
    undated = Msg('(uden dato)', f'Jeg har ikke fået svar. CPR-nr. {C()}\n', received=dt.datetime.fromtimestamp(1747730000, dt.timezone.utc))
    out.append(maildir(b, 'INBOX', [
        Msg('Spørgsmål om depositum', f'Mit CPR-nr. er {C()}.\n', date='2026-05-20 00:29 +0200', rec=['2026-05-20 00:30 +0200', '2026-05-20 00:29 +0200']),
        Msg('Vandskade i køkkenet', f'Ring på [[phone|{tel()}]].\n[[name|Inge Krogh]], [[address|Birkevej 11, 8220 Brabrand]]\n', date='2026-05-19 23:48 +0200', rec=['2026-05-19 23:50 +0200'], cs=QP1),
        Msg('Ny lejer', f'Kan træffes på [[phone|+45 {tel()}]] eller [[email|ny.lejer@example.dk]].\n', date='2026-11-18 09:00 +0100', rec=['2026-11-18 09:00 +0100']),
        Msg('Genfremsendt', f'[[name|Ulla Jespersen]] er [[keyword.health|indlagt]] på psykiatrisk afdeling. CPR-nr. {C()}\n', date='2026-11-01 12:00 +0100', rec=['2024-03-04 07:00 +0100', '2024-03-04 06:58 +0100']),
        undated], 'inbox', new=(3, 5)))
    out.append(maildir(f'{b}/.Sendt post', 'Sendt post', [
        Msg('Sv: Depositum', f'Vi har noteret CPR-nr. {C()}.\n', date='2026-05-31 15:00 +0200', frm='Bent Holm <bent.holm@nordlys.example>', to='Lone Dahl <lone.dahl@example.dk>'),
        Msg('Lønsedler', 'Vedhæftet.\n', date='2023-02-14 10:00 +0100', frm='Bent Holm <bent.holm@nordlys.example>', to='Revisor <kontor@revisor.example>',
            atts=[att_text('løn æøå.txt', f'[[name|Kasper Toft]];CPR-nr. {C()};kontingent: [[keyword.union|fagforeningskontingent]] 465,00\n', 'cp1252')])], 'sent', True))
    out.append(maildir(f'{b}/.Slettet post', 'Slettet post', [
        Msg('Skal slettes', f'CPR-nr. {C()}\n', date='2025-08-31 23:30 +0200', rec=['2025-08-31 23:30 +0200'])], 'trash', True))
    out.append(maildir(f'{b}/.Slettet post.Gamle sager', 'Slettet post/Gamle sager', [
        Msg('Sag fra 2021', f'[[name|Niels Frandsen]] var [[keyword.crime|sigtet]] for hærværk. CPR-nr. {C()}\n', date='2021-01-12 10:00 +0100')], 'trash', True))
    out.append(maildir(f'{b}/.Kladder', 'Kladder', [
        Msg('Kladde', f'Udkast til [[name|Bente Krogh]], [[email|bente.krogh@example.dk]]\n', date='2024-06-01 10:00 +0200', frm='Bent Holm <bent.holm@nordlys.example>')], 'drafts', True))
    out.append(maildir(f'{b}/.U&APg-nsket mail', 'Uønsket mail', [
        Msg('Din pakke venter', f'[[!keyword.*|*]]Pakkenr. [[!dk.cpr#label pakkenr|{cpr(rday())}]] - betal 19,00 kr. nu. Ordrenr. [[!dk.cpr|{nobody("230675")}]]\n', date='2026-01-15 03:00 +0000', frm='Post <no-reply@pakke.example>', cs='ascii')], 'junk', True))
    out.append(maildir(f'{b}/.Sager.Lejesag 12', 'Sager/Lejesag 12', [
        Msg('Lejesag 12', 'Kontrakten er vedhæftet.\n', date='2022-09-01 10:00 +0200', atts=[att_office('Lejekontrakt 12.docx', contract('2022-012', 'Susanne Toft', C()))])], 'user', True))

    c, cec = f'{P}/cecilia', 'Cecilia Ek <cecilia.ek@nordlys.example>'
    sv = dict(frm='Karin Lindqvist <karin.lindqvist@example.se>', to=cec)
    out.append(maildir(f'{c}/Inkorgen', 'Inkorgen', [
        Msg('Uppsägning av lägenhet', f'Hej!\n\nJag säger upp min lägenhet. Personnummer [[se.personnummer|{SE10[6]}]], samordningsnummer för min man [[se.personnummer#samordningsnummer|{SE_SAM}]].\n\n[[name|Karin Lindqvist]]\n',
            date='2026-05-19 08:00 +0200', rec=['2026-05-19 08:01 +0200'], cs='8bit', **sv),
        Msg('Sjukskrivning', f'Jag är [[keyword.health|sjukskriven]] till den 1 december. Personnummer [[se.personnummer|{SE12[7]}]]. Ring 070-174 06 52 om något är oklart.\n'.replace('070-174 06 52', '[[phone|070-174 06 52]]'), date='2026-11-02 07:30 +0100', rec=['2026-11-02 07:30 +0100'], cs=B64, **sv)], 'inbox'))
    out.append(maildir(f'{c}/Inkorgen/Hyresgäster', 'Inkorgen/Hyresgäster', [
        Msg('Kontraktet', f'Kontrakt för [[name|Oskar Forsberg]], personnummer [[se.personnummer#12 digits|{SE[8]}]].\n', date='2020-10-01 10:00 +0200', **sv)], 'user'))
    out.append(maildir(f'{c}/Skickat', 'Skickat', [
        Msg('Bekräftelse', f'Vi bekräftar. Personnummer [[se.personnummer|{SE10[9]}]], bankgiro [[se.bankgiro|5050-1055]].\n', date='2025-12-01 16:00 +0100', frm=cec, to='Oskar Forsberg <oskar.forsberg@example.se>')], 'sent'))
    out.append(maildir(f'{c}/Borttaget', 'Borttaget', [
        Msg('Nyhetsbrev', '[[!keyword.*|*]][[!se.personnummer|*]]Välkommen till höstens nyheter! Ordernr 8112189876.\n', date='2026-05-20 23:59 +0200', rec=['2026-05-20 23:59 +0200'], frm='Nyheter <nyheter@handel.example>', to=cec)], 'trash'))
    out.append(maildir(f'{c}/Utkorgen', 'Utkorgen', [
        Msg('Fastnade', f'Medarbetaren är [[keyword.union|fackligt ansluten]] och betalar [[keyword.religion|kyrkoavgift]]. [[name|Oskar Forsberg]], [[se.personnummer|{SE10[10]}]]\n'.replace('[[se.', 'personnummer [[se.'), date='2026-04-30 12:00 +0200', frm=cec, to='Lön <lon@nordlys.example>')], 'outbox'))

    d, dag = f'{P}/dagfinn', 'Dagfinn Moe <dagfinn.moe@nordlys.example>'
    nb = dict(frm='Ingrid Hansen <ingrid.hansen@example.no>', to=dag)
    out.append(maildir(f'{d}/Innboks', 'Innboks', [
        Msg('Klokka på PC-en min går feil', f'Fødselsnummer [[no.fodselsnummer#synthetic|{NO1}]].\n', date='2019-01-01 00:05 +0100', rec=['2026-11-10 09:00 +0100'], **nb),
        Msg('Leiekontrakt', f'Mitt fødselsnummer er [[no.fodselsnummer#synthetic|{NO3[:6]} {NO3[6:]}]], kontonummer [[no.kontonummer|8601.11.17947]], org.nr. [[!no.fodselsnummer,!phone|{ORGNR_NO[:3]} {ORGNR_NO[3:6]} {ORGNR_NO[6:]}]].\nTelefon [[phone|+47 68 05 00 44]]\n',
            date='2025-11-20 10:00 +0100', rec=['2025-11-20 10:00 +0100'], cs=QP1, **nb)], 'inbox'))
    out.append(maildir(f'{d}/Sendte elementer', 'Sendte elementer', [
        Msg('Privat: sykmelding', f'Ansatte [[name|Ingrid Hansen]] ([[no.fodselsnummer|{NO4}]]) er [[keyword.health|sykmeldt]].\n'.replace('([[no', '(fødselsnummer [[no'), date='2026-10-01 10:00 +0200', frm=dag, to='NAV <post@nav.example>', head=[('Sensitivity', 'Private')])], 'sent'))
    sm = Msg('Kryptert', '', date='2025-03-05 10:00 +0100', frm=dag, to='Ingrid Hansen <ingrid.hansen@example.no>')
    smrel = f'{d}/Sendte elementer/cur/{int(sm.when.timestamp())}.M{sm.id}P4002.post'
    sm.plant(smrel, 'sent')
    fact(smrel, '@folder', 'Sendte elementer')
    fact(smrel, '@protection', 'smime')
    fact(smrel, '@status', 'skipped encrypted', 'S/MIME, or its one attachment smime.p7m is; the key was thrown away')
    RANDOM.add(smrel)

    def smime():
        if smrel in KEEP:
            return put(smrel, KEEP[smrel])
        (BUILD / 'klar.txt').write_text('Content-Type: text/plain\n\nFødselsnummer ' + NO1 + '\n')
        run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', BUILD / 'k.pem', '-out', BUILD / 'c.pem', '-days', '365', '-subj', '/CN=ingrid.hansen@example.no')
        run('openssl', 'smime', '-encrypt', '-aes256', '-in', BUILD / 'klar.txt', '-out', BUILD / 'p7.txt', BUILD / 'c.pem')
        put(smrel, sm.bytes().split(b'Content-Type')[0] + (BUILD / 'p7.txt').read_bytes().replace(b'\r', b''))
    out.append(smime)
    out.append(maildir(f'{d}/Slettede elementer', 'Slettede elementer', [
        Msg('Vuokrasopimus', f'Hei, henkilötunnukseni on [[fi.hetu|{FI3}]] ja puhelinnumeroni [[phone|+358 40 555 0188]].\n', date='2026-05-20 00:10 +0300', rec=['2026-05-20 00:10 +0300'], frm='Aino Korhonen <aino.korhonen@example.fi>', to=dag)], 'trash'))
    out.append(maildir(f'{d}/Utboks', 'Utboks', [
        Msg('Ikke sendt', 'Ring meg på [[phone|68 05 00 77]].\n', date='2026-11-19 20:00 +0100', frm=dag, to='Ingrid Hansen <ingrid.hansen@example.no>')], 'outbox'))

    e, er = f'{P}/erik', 'Erik Juhl <erik.juhl@nordlys.example>'
    future = Msg('Fra fremtiden', f'CPR-nr. {C()}\n', date='2031-03-03 10:00 +0100', to=er, received='unknown')
    future.fromline = at('2031-03-03 09:00 +0000')
    nodate = Msg('Uden dato', f'CPR-nr. {C()}\n', to=er, received=at('2025-02-03 10:00 +0000'))
    out.append(mbox(f'{e}/Inbox', [future, nodate,
               Msg('Sidste dag i maj', f'CPR-nr. {C()}, tlf. [[phone|{tel()}]]\n', date='2026-05-31 12:00 +0200', rec=['2026-05-31 12:00 +0200'], to=er),
               Msg('31. august', f'[[name|Lars Villadsen]], CPR-nr. {C()}\n', date='2025-08-31 12:00 +0200', to=er, cs=QP1)], 'inbox', True))
    out.append(mbox(f'{e}/Inbox.sbd/Lejere', [Msg('Lejer i nr. 4', f'CPR-nr. {C()}\n', date='2023-01-31 12:00 +0100', to=er)], 'user', True))
    out.append(mbox(f'{e}/Sent', [Msg('Sv: 31. august', f'Tak. CPR-nr. {C()} er noteret.\n', date='2025-09-01 12:00 +0200', frm=er, to='Lars Villadsen <lars.villadsen@example.dk>')], 'sent', True))
    out.append(mbox(f'{e}/Trash', [Msg('Smid væk', f'Min søn er [[keyword.health|diagnosticeret med]] ADHD. [[name|Gitte Møller]], CPR-nr. {C()}\n', date='2026-02-28 12:00 +0100', to=er, cs=B64),
                                   Msg('Reklame', '[[!dk.cpr|*]][[!keyword.*|*]]Tilbud 12 34 56 kr. Varenr. ' + nobody('050671') + '\n', date='2026-10-01 12:00 +0200', frm='Butik <no-reply@butik.example>', to=er)], 'trash', True))
    out.append(mbox(f'{e}/Drafts', [Msg('Udkast', f'Kære [[name|Dorthe Frandsen]], dit CPR-nr. er {C()}.\n', date='2024-12-24 12:00 +0100', frm=er)], 'drafts', True))
    out.append(mbox(f'{e}/Archives.sbd/2024', [Msg('Arkiveret', f'CPR-nr. {C()}\n', date='2024-04-01 12:00 +0200', to=er),
                                               Msg('Arkiveret bilag', 'Se vedlagte.\n', date='2024-07-01 12:00 +0200', to=er, atts=[att_text('lejere.csv', f'navn;cpr-nr\nBente Toft;{C()}\n')])], 'archive', True))
    out.append(lambda: put(f'{e}/Archives', b''))

    single = [('Sv Lejemål.eml', Msg('SV: Lejemål Åhaven', f'Vi bor [[address|Åhaven 4, 8600 Silkeborg]]. CPR-nr. {C()} og tlf. [[phone|{tel()}]].\n', date='2026-07-01 10:00 +0200', cs=QP1, frm='Åse Løvgren <aase.loevgren@example.dk>')),
              ('Emnefelt.eml', Msg(f'CPR {C().replace("dk.cpr|", "dk.cpr#in the Subject|")}', 'Som aftalt.\n', date='2024-11-20 10:00 +0100', cs='ascii')),
              ('VS bilag.eml', Msg('VS: bilag', 'Bilag følger.\n', date='2026-08-08 10:00 +0200',
                                   atts=[att_office('lønliste.xlsx', calc('xlsx', 'Løn', [('Løn', [['Navn', 'CPR-nr.', 'Løn'], ['[[name|Thomas Møller]]', C(), 41000]])])), Att('logo.png', lambda: PNG, [], 'octet-stream')]))]

    def singles():
        for n, m in single:
            put(f'{P}/Enkelte breve/{n}', m.bytes('\r\n'))
    for n, m in single:
        m.plant(f'{P}/Enkelte breve/{n}')
    out.append(singles)
    return out


PNG = bytes.fromhex('89504e470d0a1a0a0000000d494844520000000100000001080200000090775 3de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082'.replace(' ', ''))


def main():
    if SHARE.exists():
        KEEP.update({p.relative_to(SHARE).as_posix(): p.read_bytes() for p in SHARE.rglob('*') if p.is_file()})
        for p in SHARE.iterdir():
            shutil.rmtree(p) if p.is_dir() else p.unlink()
    SHARE.mkdir(parents=True, exist_ok=True)
    hr()
    salg()
    archive = udlejning()
    enc = encrypted(regnskab())
    cut, _ = drift()
    backup = it()
    marketing()
    mails = mail()
    if '--encrypted' in sys.argv:
        for r in RANDOM:
            KEEP.pop(r, None)
    libreoffice()
    archive()
    enc(backup)
    b = cut.read_bytes()
    put(f'{D}/Drift/Kontrakt afbrudt.docx', b[:len(b) * 3 // 5])
    fact(f'{D}/Drift/Kontrakt afbrudt.docx', '@status', 'failed corrupt', 'a zip cut off at 60 %; partial is fine too')
    for m in mails:
        m()
    for p in sorted(SHARE.rglob('*')):
        if p.is_file():
            os.utime(p, (EPOCH, EPOCH))
    rows = sorted(set(FACTS), key=lambda r: (r[0], r[1].lstrip('!'), r[1], r[2], r[3]))
    seen, out = set(), []
    for r in rows:
        if r[:3] not in seen:
            seen.add(r[:3])
            assert not any(c in x for x in r for c in '\t\n'), r
            out.append('\t'.join(r))
    head = '# made by tests/support/make_share.py, which explains it; path, detector, value, note; --now 2026-11-20, TZ Europe/Copenhagen\n'
    TSV.write_text(head + '\n'.join(out) + '\n', encoding='utf-8')
    shutil.rmtree(WORK)
    files = [p for p in SHARE.rglob('*') if p.is_file()]
    print(f'{len(files)} files, {sum(p.stat().st_size for p in files)} bytes, {len(out)} rows')


if __name__ == '__main__':
    main()
