#!/usr/bin/env python3
"""Makes tests/labelled/{train,heldout}-*.jsonl: texts with the places of all identifiers in them, and the hard negatives.

One JSON object per line: {"text", "lang", "style", "spans": [{"start", "end", "detector"}]}; offsets count characters.
`"name"` is the file name that tells the format; `"optional": true` marks what may be found or not (company addresses, role addresses). Everything is synthetic (values.py says how).
Train and held-out share the value makers only: sentences, labels, styles, streets, and half of the names differ.

Needs Python 3.11, phonenumbers 9.0.43 and Faker 40.54.0 (names of the train part, half of those of the held-out part; `en` from en_GB).
Run: python3 tests/support/labelled/make.py     fixed seed: the same files every time
"""
import datetime as dt
import json
import random
import re
import string
from pathlib import Path

from faker import Faker

import heldout
import train
import values as v

OUT = Path(__file__).resolve().parents[2] / 'labelled'
LANGS = {'da': 'da_DK', 'sv': 'sv_SE', 'nb': 'no_NO', 'fi': 'fi_FI', 'en': 'en_GB', 'is': 'is_IS'}
OPEN, MID, CLOSE = '\ue000', '\ue001', '\ue002'
MARK = re.compile(f'{OPEN}([^{MID}]*){MID}([^{CLOSE}]*){CLOSE}')
KEYWORD = re.compile(r'\[\[([a-z]+\??)\|([^\]]*)\]\]')

STREETS = {
    'train': {'da': ['Strandvejen', 'Nørregade', 'Lærkevej', 'H.C. Andersens Boulevard', 'Gl. Kongevej', 'Rosenvænget', 'Torvet', 'Birkealle', 'Søndre Allé', 'Østerbrogade', 'Havnepladsen', 'Skovbakken'],
              'sv': ['Storgatan', 'Kungsgatan', 'Skolvägen', 'Norra Kyrkogatan', 'Björkstigen', 'Östra Hamngatan', 'Backgränd', 'Lindvägen'], 'nb': ['Storgata', 'Kirkeveien', 'Karl Johans gate', 'Bjerkebakken', 'Skolegata', 'Nedre Torggate', 'Fjordveien', 'Solbakken'],
              'fi': ['Mannerheimintie', 'Kauppakatu', 'Koulukuja', 'Rantatie', 'Itäinen Pitkäkatu', 'Mäntypolku'], 'is': ['Laugavegur', 'Bankastræti', 'Skólabraut'], 'en': ['Strandvejen', 'Storgatan', 'Kirkeveien']},
    'heldout': {'da': ['Bredgade', 'Amager Strandvej', 'Hyldehegnet', 'Sankt Hans Torv', 'Møllestien', 'Vester Voldgade', 'Kløverprisvej', 'Toftegårds Plads', 'Stationsvej', 'Jagtvej', 'Åboulevarden', 'Præstemarken', 'Ny Carlsberg Vej'],
                'sv': ['Drottninggatan', 'Sveavägen', 'Gamla Landsvägen', 'Ringvägen', 'Nygatan', 'Fågelsångsbacken', 'Prästgårdsgatan', 'Mossebergsstigen'], 'nb': ['Bygdøy allé', 'Trondheimsveien', 'Øvre Slottsgate', 'Granlia', 'Havnegata', 'Munkedamsveien', 'Åsliveien', 'Tordenskiolds gate'],
                'fi': ['Aleksanterinkatu', 'Hämeentie', 'Pohjoisranta', 'Satamakatu', 'Kivipellontie', 'Museokatu'], 'is': ['Hverfisgata', 'Skólavörðustígur', 'Suðurlandsbraut'], 'en': ['Bredgade', 'Sveavägen', 'Havnegata']},
}
TOWNS = {
    'train': {'da': ['2100 København Ø', '8000 Aarhus C', '5000 Odense C', '6000 Kolding', '4700 Næstved', '9800 Hjørring'], 'sv': ['111 22 Stockholm', '411 03 Göteborg', '753 20 Uppsala', '222 22 Lund'], 'nb': ['0154 Oslo', '5003 Bergen', '7010 Trondheim', '4006 Stavanger'],
              'fi': ['00100 Helsinki', '33200 Tampere', '20100 Turku'], 'is': ['101 Reykjavík', '600 Akureyri'], 'en': ['2100 Copenhagen', '111 22 Stockholm', '0154 Oslo']},
    'heldout': {'da': ['1620 København V', '2800 Kgs. Lyngby', '8600 Silkeborg', '7400 Herning', '3700 Rønne', '9000 Aalborg', '8240 Risskov', '4000 Roskilde'], 'sv': ['582 22 Linköping', '903 26 Umeå', '211 19 Malmö', '852 30 Sundsvall'], 'nb': ['9008 Tromsø', '1383 Asker', '8006 Bodø', '3015 Drammen'],
                'fi': ['90100 Oulu', '40100 Jyväskylä', '02100 Espoo'], 'is': ['200 Kópavogur', '108 Reykjavík'], 'en': ['1620 Copenhagen V', '211 19 Malmö', '9008 Tromsø']},
}
ENDINGS = {'table': '.csv', 'json': '.json', 'log': '.log', 'markdown': '.md'}
DOMAINS = ['example.dk', 'firma.example', 'post.example.se', 'mail.example.no', 'example.fi', 'example.com', 'sub.example.org']
ROLES = ['info', 'kontakt', 'support', 'faktura', 'noreply', 'hr', 'kundeservice', 'post', 'regnskab', 'ekonomi', 'asiakaspalvelu', 'udlejning']


class Writer:
    """Fills slots for one part and one language."""

    def __init__(self, part, lang, r):
        self.part, self.lang, self.r = part, lang, r
        self.texts = train if part == 'train' else heldout
        self.labels = self.texts.LABELS[lang]
        self.faker = Faker(LANGS[lang])
        self.faker.seed_instance(r.randrange(1 << 30))

    def mark(self, detector, value, optional=False):
        return f'{OPEN}{detector}{"?" if optional else ""}{MID}{value}{CLOSE}'

    def person(self):
        r = self.r
        if self.part == 'heldout' and r.random() < 0.5:
            given, family = r.choice(heldout.GIVEN[self.lang]), r.choice(heldout.FAMILY[self.lang])
        else:
            given = self.faker.first_name()
            family = self.faker.last_name()
        if r.random() < 0.12:
            given += r.choice((f' {r.choice(string.ascii_uppercase[:20])}.', f' {self.faker.first_name()}'))
        return given, family

    def label(self, kind):
        r = self.r
        label = self.header(kind)
        return label + r.choice((': ', ' ', ': ', ':', ' : ') if self.part == 'train' else (': ', ' ', ':  ', ' - ', ': '))

    def header(self, kind):
        return self.r.choice(self.labels['id ' + self.country if kind == 'id' and self.lang == 'en' else kind])

    def mail(self):
        given, family = self.person()
        clean = lambda s: re.sub(r"[^a-zæøåäöðþéíóúý.-]", '', s.lower().replace(' ', '.')).strip('.')
        fold = lambda s: s.translate(str.maketrans({'æ': 'ae', 'ø': 'oe', 'å': 'aa', 'ä': 'a', 'ö': 'o', 'ð': 'd', 'þ': 'th', 'é': 'e', 'í': 'i', 'ó': 'o', 'ú': 'u', 'ý': 'y'}))
        g, f = fold(clean(given)), fold(clean(family))
        local = self.r.choice((f'{g}.{f}', f'{g}_{f}', f'{g[:1]}{f}', f'{g}{self.r.randrange(10, 99)}', f'{g[:3]}{f[:2]}', f'{g}.{f}'))
        address = f'{local}@{self.r.choice(DOMAINS)}'
        if self.r.random() < 0.03:
            address = address.replace('@', self.r.choice((' (at) ', '[at]', '(at)')))
        return address

    def address(self):
        r, lang = self.r, self.lang
        street, number = r.choice(STREETS[self.part][lang]), str(r.randrange(1, 180))
        if r.random() < 0.2:
            number += r.choice((' B', 'A', 'C'))
        flat = {'da': (', 2. tv', ', st. th.', ', 1. sal', ', 3. mf'), 'sv': (' lgh 1102', ', 3 tr'), 'nb': (' H0203', ', leil. 4'), 'fi': (' A 12', ' B 3'), 'is': ('',), 'en': ('',)}[lang]
        line = f'{street} {number}' + (r.choice(flat) if r.random() < 0.35 else '')
        if r.random() < 0.8:
            line += r.choice((', ', ', ', ' ', '\n')) + r.choice(('', '', 'DK-' if lang == 'da' else '')) + r.choice(TOWNS[self.part][lang])
        return line

    def date(self, fmt=None):
        return f'{v.day(self.r, 2015, 2026):{fmt or self.labels["date"]}}'

    def slot(self, name):
        r, lang, mark = self.r, self.lang, self.mark
        given, family = self.person()
        if name.startswith('l') and name not in ('lastfirst',):
            kinds = {'lid': 'id', 'lphone': 'phone', 'lacct': 'acct', 'laddr': 'addr', 'lplate': 'plate', 'ldob': 'dob', 'lorder': 'order', 'linvoice': 'invoice', 'lcase': 'case',
                     'lcust': 'cust', 'lorg': 'org', 'locr': 'ocr', 'lserial': 'serial', 'liban': 'iban'}
            kind = kinds[name]
            return self.label(kind) + self.slot({'acct': 'acct', 'addr': 'addr', 'dob': 'dobv', 'liban': 'iban'}.get(kind, kind))
        match name:
            case 'name': return mark('name', f'{given} {family}')
            case 'NAME': return mark('name', f'{given} {family}'.upper())
            case 'lastfirst': return mark('name', f'{family}, {given}')
            case 'given': return given.split()[0]
            case 'id': return mark(*v.national(r, self.country))
            case 'mail': return mark('email', self.mail())
            case 'role': return f'{r.choice(ROLES)}@{r.choice(DOMAINS)}'
            case 'phone': return mark('phone', v.phone(r, self.country))
            case 'iban': return mark('iban', v.iban(r, lang))
            case 'card': return mark('payment_card', v.card(r))
            case 'acct':
                if lang == 'da': return mark('dk.konto', v.konto(r))
                if lang == 'nb': return mark('no.kontonummer', v.no_konto(r))
                if lang == 'sv': return 'BG ' + mark('se.bankgiro', v.bankgiro(r)) if r.random() < 0.6 else 'PG ' + mark('se.plusgiro', v.plusgiro(r))
                return mark('iban', v.iban(r, lang))
            case 'addr': return mark('address', self.address())
            case 'plate': return mark('plate', v.plate(r, self.country))
            case 'ip': return mark('ip', v.ip(r))
            case 'dobv': return mark('birth_date', f'{v.day(r):{r.choice((self.labels["date"], "%d.%m.%Y", "%Y-%m-%d"))}}')
            case 'date': return self.date()
            case 'order' | 'invoice' | 'case' | 'cust': return v.reference(r)
            case 'serial': return r.choice((v.digits(r, 8), v.digits(r, 10), v.digits(r, 14), f'{r.choice("ABKMS")}{v.digits(r, 9)}'))
            case 'org': return v.org(r, lang)
            case 'ocr': return v.ocr(r)
            case 'ean': return v.ean(r)
            case 'isbn': return v.isbn(r)
            case 'pnr': return f'10{r.randrange(10_000_000, 30_000_000)}'
            case 'ts': return v.timestamp(r)
            case 'amt': return v.amount(r, lang)
            case 'hash': return v.sha(r)
            case 'guid': return v.guid(r)
            case 'coord': return v.coordinates(r)
            case 'ver': return v.version(r)
        raise KeyError(name)

    def fill(self, template):
        text = re.sub(r'\{(\w+)\}', lambda m: self.slot(m[1]), template)
        return KEYWORD.sub(lambda m: self.mark('keyword.' + m[1].rstrip('?'), m[2], m[1].endswith('?')), text)

    def sentences(self, pool, n):
        return [self.fill(s) for s in self.r.sample(pool, min(n, len(pool)))]

    # ------------------------------------------------------------------ styles

    def body(self, personal, impersonal, sensitive=0, general=0):
        t, lang = self.texts, self.lang
        parts = self.sentences(t.PERSONAL[lang], personal) + self.sentences(t.IMPERSONAL[lang], impersonal) + self.sentences(t.SENSITIVE[lang], sensitive) + self.sentences(t.GENERAL[lang], general)
        self.r.shuffle(parts)
        return parts

    def letter(self):
        return self.r.choice(self.texts.HEADINGS[self.lang]) + '\n\n' + self.r.choice(('\n', ' ', '\n\n')).join(self.body(3, 2, self.r.random() < 0.25, 0)) + '\n'

    def noise(self):
        return '\n'.join(self.body(0, 5, 0, self.r.random() < 0.3)) + '\n'

    def policy(self):
        return self.r.choice(self.texts.HEADINGS[self.lang]) + '\n' + ' '.join(self.body(0, 2, 0, 4)) + '\n'

    def sensitive(self):
        return ' '.join(self.body(0, 1, 2, 0)) + '\n'

    def form(self):
        kinds = self.r.sample(['id', 'phone', 'mail', 'acct', 'addr', 'plate', 'dob', 'name', 'order', 'invoice', 'case', 'cust', 'org', 'ocr', 'serial', 'iban', 'card'], 7)
        slots = {'dob': 'dobv'}
        lines = [f'{self.header(k)}{self.r.choice((": ", ":", chr(9), ":  "))}{self.slot(slots.get(k, k))}' for k in kinds]
        return '\n'.join(lines) + '\n'

    def table(self, sep=None, rows=None):
        sep = sep or self.r.choice((';', '\t', ';'))
        kinds = ['name'] + self.r.sample(['id', 'phone', 'mail', 'order', 'invoice', 'cust', 'serial', 'org'], 4)
        head = sep.join(self.header(k) for k in kinds)
        lines = [sep.join(self.slot(k) for k in kinds) for _ in range(rows or self.r.randrange(4, 11))]
        return head + '\n' + '\n'.join(lines) + '\n'

    def log(self):
        r, lines = self.r, []
        for _ in range(5):
            stamp = f'{dt.datetime(2026, 1, 1) + dt.timedelta(seconds=r.randrange(20_000_000)):%Y-%m-%d %H:%M:%S},{r.randrange(1000):03}'
            lines.append(r.choice((f'{stamp} INFO request {v.guid(r)} took {r.randrange(9000)} ms', f'{stamp} WARN job={v.digits(r, 10)} retry in {r.randrange(100)} s', f'{stamp} INFO user {self.slot("mail")} from {self.slot("ip")} agent Mozilla/5.0 (Windows NT 10.0; rv:{r.randrange(90, 130)}.0)',
                                   f'{stamp} DEBUG build {v.version(r)} sha {v.sha(r)}', f'{stamp} ERROR order {v.reference(r)} ts={v.timestamp(r)}', f'{stamp} INFO GET /api/v2/items/{v.digits(r, 10)}?page={r.randrange(90)} 200 {r.randrange(99999)}')))
        return '\n'.join(lines) + '\n'

    # held-out only

    def chat(self):
        return '\n'.join(f'[{self.r.randrange(8, 18):02}:{self.r.randrange(60):02}] {line}' for line in self.body(3, 2, self.r.random() < 0.2)) + '\n'

    def dump(self):
        kinds = self.r.sample(['id', 'phone', 'mail', 'acct', 'addr', 'plate', 'name', 'order', 'invoice', 'case', 'cust', 'org', 'ocr', 'iban', 'card'], 7)
        width = 28
        return '\n'.join(f'{(self.header(k) + " ").ljust(width, ".")}: {self.slot(k)}' for k in kinds) + '\n'

    def journal(self):
        return f'{self.date()} kl. {self.r.randrange(8, 17):02}.{self.r.randrange(60):02}. ' + ' '.join(self.body(1, 1, 2)) + '\n'

    def invoice(self):
        lines = [f'{self.header(k):<22}{self.slot(k)}' for k in ('org', 'invoice', 'cust', 'order')]
        lines += [f'{self.r.randrange(1, 20):>3}  {v.ean(self.r)}  {self.r.randrange(10, 999):>6},00  {self.r.randrange(1000, 99999):>8},00' for _ in range(4)]
        lines += [f'{self.label("ocr")}{self.slot("ocr")}', f'{self.label("acct")}{self.slot("acct")}', self.slot('name') + '\n' + self.slot('addr')]
        return '\n'.join(lines) + '\n'

    def json(self):
        keys = {'name': 'name', 'id': {'da': 'cpr', 'sv': 'personnummer', 'nb': 'fnr', 'fi': 'hetu', 'is': 'kennitala'}[self.country], 'phone': 'phone', 'mail': 'email', 'order': 'orderId', 'ts': 'created', 'guid': 'uuid', 'cust': 'customerNo', 'iban': 'iban', 'ip': 'clientIp'}
        rows = [', '.join(f'"{keys[k]}": "{self.slot(k)}"' for k in self.r.sample(list(keys), 6)) for _ in range(2)]
        return '[' + ',\n '.join('{' + row + '}' for row in rows) + ']\n'

    def markdown(self):
        return '| ' + self.table(' | ', 5).strip().replace('\n', ' |\n| ') + ' |\n'


STYLES = {
    'train': dict(letter=120, noise=60, policy=25, sensitive=45, form=80, table=35, log=25),
    'heldout': dict(letter=50, noise=40, policy=30, sensitive=30, form=30, table=20, log=15, chat=50, dump=40, journal=30, invoice=25, json=25, markdown=20),
}


def strip(marked):
    """Marked text → text and spans."""
    text, spans, at = '', [], 0
    for m in MARK.finditer(marked):
        text += marked[at:m.start()]
        detector = m[1].rstrip('?')
        span = {'start': len(text), 'end': len(text) + len(m[2]), 'detector': detector}
        if m[1].endswith('?'):
            span['optional'] = True
        spans.append(span)
        text += m[2]
        at = m.end()
    return text + marked[at:], spans


def main():
    OUT.mkdir(exist_ok=True)
    for part, styles in STYLES.items():
        for lang in LANGS:
            r = random.Random(f'sporhund {part} {lang}')
            writer, lines = Writer(part, lang, r), []
            for style, times in styles.items():
                times = max(times * 7 // (30 if lang == 'is' else 10), 1)
                for _ in range(times):
                    writer.country = r.choice(('da', 'sv', 'nb', 'fi')) if lang == 'en' else lang
                    text, spans = strip(getattr(writer, style)())
                    line = {'text': text, 'lang': lang, 'style': style, 'spans': spans}
                    if style in ENDINGS and r.random() < 0.7:
                        line['name'] = style + ENDINGS[style]
                    if text.strip():
                        lines.append(json.dumps(line, ensure_ascii=False))
            (OUT / f'{part}-{lang}.jsonl').write_text('\n'.join(lines) + '\n')


if __name__ == '__main__':
    main()
