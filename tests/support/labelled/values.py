"""Synthetic values: national numbers, accounts, phones, addresses, and what only looks like them.

National numbers are of ranges that nobody holds or that authorities publish for tests: CPR with the highest serials of a day,
Swedish serials 980-999, Norwegian month + 80 or individual numbers 950-999, Finnish 900-999, Icelandic RR 14 and 15.
"""
import datetime as dt
import hashlib
import uuid

import phonenumbers

LISTED = [1960, 1962, 1964, 1965, 1966, 1967, 1969, 1970, 1974, 1975, 1978, 1980, 1981, 1982, 1983, 1984, 1985, 1986, 1987,
          1988, 1989, 1990, 1991, 1992, 1994, 1995]


def weighted(digits, weights):
    return sum(int(d) * w for d, w in zip(digits, weights))


def luhn(body):
    """The check digit behind `body`."""
    total = sum(sum(divmod(int(d) * (2 if i % 2 == 0 else 1), 10)) for i, d in enumerate(reversed(body)))
    return str(-total % 10)


def day(r, first=1935, last=2024):
    start = dt.date(first, 1, 1)
    return start + dt.timedelta(days=r.randrange((dt.date(last, 12, 31) - start).days))


def digits(r, n):
    return ''.join(r.choice('0123456789') for _ in range(n))


def cpr(r):
    if r.random() < 0.04:
        return f'0101{r.choice(LISTED) % 100:02}{9900 + r.randrange(99)}'
    while True:
        d = day(r)
        head = f'{d:%d%m%y}' + (str(r.choice((38, 39))) if d.year < 1937 else str(r.choice((97, 98, 99))))
        for tail in r.sample(range(100), 100):
            number = head + f'{tail:02}'
            if weighted(number, (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0:
                return number


def personnummer(r):
    d = day(r)
    co = 60 if r.random() < 0.06 else 0
    body = f'{d:%y%m}{d.day + co:02}{r.randrange(980, 1000)}'
    return f'{d.year // 100}', body + luhn(body)


def fodselsnummer(r):
    while True:
        d = day(r, 1940, 2024)
        if d.year < 2000 or r.random() < 0.5:
            month, serial = d.month, r.randrange(950, 1000)
        else:
            month, serial = d.month + 80, r.randrange(500, 1000)
        if d.year >= 2000 and month < 80:
            serial = r.randrange(950, 1000)
        dday = d.day + (40 if r.random() < 0.08 else 0)
        body = f'{dday:02}{month:02}{d:%y}{serial}'
        k1 = -weighted(body, (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11
        k2 = -weighted(body + str(k1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
        if k1 < 10 and k2 < 10:
            return body + f'{k1}{k2}'


def hetu(r):
    d = day(r, 1935, 2024)
    sign = r.choice('---YX') if d.year < 2000 else r.choice('AAAB')
    serial = r.randrange(900, 1000)
    return f'{d:%d%m%y}{sign}{serial}' + '0123456789ABCDEFHJKLMNPRSTUVWXY'[int(f'{d:%d%m%y}{serial}') % 31]


def kennitala(r):
    while True:
        d = day(r)
        head = f'{d:%d%m%y}{r.choice((14, 15))}'
        p = -weighted(head, (3, 2, 7, 6, 5, 4, 3, 2)) % 11
        if p < 10:
            return head + f'{p}{9 if d.year < 2000 else 0}'


def national(r, lang):
    """(detector, value) in one of the written forms."""
    if lang == 'da':
        n = cpr(r)
        a, b = n[:6], n[6:]
        form = r.choices(('{a}-{b}', '{n}', '{a} {b}', '{a} - {b}', '{a}\u2013{b}', '{a}\u2011{b}', '{d}.{m}.{y}-{b}', '{a}.{b}'),
                         (60, 14, 8, 4, 3, 3, 3, 2))[0]
        return 'dk.cpr', form.format(a=a, b=b, n=n, d=n[:2], m=n[2:4], y=n[4:6])
    if lang == 'sv':
        c, n = personnummer(r)
        form = r.choices(('{a}-{b}', '{c}{a}-{b}', '{c}{n}', '{n}', '{a} {b}', '{c}{a} {b}'), (45, 22, 14, 8, 4, 4))[0]
        return 'se.personnummer', form.format(a=n[:6], b=n[6:], n=n, c=c)
    if lang == 'nb':
        n = fodselsnummer(r)
        form = r.choices(('{a} {b}', '{n}', '{a}-{b}', '{a}\u00a0{b}', '{d}.{m}.{y} {b}'), (50, 40, 4, 4, 2))[0]
        return 'no.fodselsnummer', form.format(a=n[:6], b=n[6:], n=n, d=n[:2], m=n[2:4], y=n[4:6])
    if lang == 'fi':
        n = hetu(r)
        return 'fi.hetu', n if r.random() < 0.9 else n.lower() if r.random() < 0.5 else n.replace('-', '\u2013')
    if lang == 'is':
        n = kennitala(r)
        return 'is.kennitala', r.choices((f'{n[:6]}-{n[6:]}', n, f'{n[:6]} {n[6:]}'), (80, 12, 8))[0]
    return national(r, r.choice(('da', 'sv', 'nb', 'fi')))


def phone(r, lang, bare=False):
    """A number of the country's plan, in one of the written forms."""
    while True:
        number = written_phone(r, lang, bare)
        region = {'da': 'DK', 'nb': 'NO', 'sv': 'SE', 'fi': 'FI', 'is': 'IS'}[lang]
        if phonenumbers.is_valid_number(phonenumbers.parse(number, region)):
            return number


def written_phone(r, lang, bare):
    if lang == 'da':
        n = r.choice(('20', '21', '26', '30', '31', '40', '42', '50', '51', '60', '61', '71', '33', '35', '43', '86', '98')) + digits(r, 6)
        forms, cc = (f'{n[:2]} {n[2:4]} {n[4:6]} {n[6:]}', f'{n[:4]} {n[4:]}', f'{n[:2]} {n[2:5]} {n[5:]}', n), '45'
        weights = (60, 22, 5, 13)
    elif lang == 'nb':
        n = '6805' + digits(r, 4) if r.random() < 0.3 else r.choice(('4', '9')) + r.choice('015') + digits(r, 6)
        forms, cc, weights = (f'{n[:3]} {n[3:5]} {n[5:]}', f'{n[:2]} {n[2:4]} {n[4:6]} {n[6:]}', n), '47', (60, 27, 13)
    elif lang == 'sv':
        n = '70174' + f'{r.randrange(605, 700):04}' if r.random() < 0.3 else r.choice(('70', '72', '73', '76', '79')) + digits(r, 7)
        forms, cc = (f'0{n[:2]}-{n[2:5]} {n[5:7]} {n[7:]}', f'0{n[:2]}-{n[2:5]}{n[5:]}', f'0{n[:2]} {n[2:5]} {n[5:7]} {n[7:]}', f'0{n}'), '46'
        weights = (60, 15, 15, 10)
        if r.random() < 0.2:
            return f'08-{r.randrange(120, 790)} {digits(r, 2)} {digits(r, 2)}'
    elif lang == 'fi':
        n = r.choice(('40', '41', '44', '45', '50')) + digits(r, 7)
        forms, cc, weights = (f'0{n[:2]} {n[2:5]} {n[5:]}', f'0{n[:2]} {n[2:]}', f'0{n[:2]}-{n[2:]}', f'0{n}'), '358', (60, 15, 15, 10)
    else:
        n = r.choice('678') + digits(r, 6)
        forms, cc, weights = (f'{n[:3]} {n[3:]}', f'{n[:3]}-{n[3:]}', n), '354', (60, 30, 10)
    if not bare and r.random() < 0.35:
        sep = r.choice((' ', ' ', '', ' (0)')) if lang in ('sv', 'fi') else r.choice((' ', ''))
        body = r.choice(forms)
        return r.choice((f'+{cc}', f'+{cc}', f'00{cc}')) + sep + (body.lstrip('0') if lang in ('sv', 'fi') else body)
    return r.choices(forms[:-1] if bare else forms, weights[:-1] if bare else weights)[0]


def iban(r, lang):
    cc, n = {'da': ('DK', 14), 'sv': ('SE', 20), 'nb': ('NO', 11), 'fi': ('FI', 14), 'is': ('IS', 22)}.get(lang) or r.choice(
        (('DK', 14), ('DE', 18), ('SE', 20)))
    body = digits(r, n)
    check = 98 - int(body + ''.join(str(ord(c) - 55) for c in cc) + '00') % 97
    s = f'{cc}{check:02}{body}'
    return s if r.random() < 0.35 else ' '.join(s[i:i + 4] for i in range(0, len(s), 4))


def card(r):
    body = r.choice(('4571', '4111', '5413', '5219', '4925', '2223')) + digits(r, 11)
    n = body + luhn(body)
    return r.choices((' '.join(n[i:i + 4] for i in range(0, 16, 4)), n, '-'.join(n[i:i + 4] for i in range(0, 16, 4))), (60, 30, 10))[0]


def konto(r):
    reg, acct = f'{r.randrange(400, 9999):04}', f'{r.randrange(10 ** 6, 10 ** 10)}'
    return r.choice((f'{reg}-{acct}', f'{reg} {acct}', f'{reg} {acct.zfill(10)}'))


def no_konto(r):
    while True:
        n = f'{r.randrange(1000, 9999)}{r.randrange(1, 99):02}{digits(r, 4)}'
        k = -weighted(n, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
        if k < 10:
            n += str(k)
            return r.choice((f'{n[:4]}.{n[4:6]}.{n[6:]}', f'{n[:4]} {n[4:6]} {n[6:]}', n))


def bankgiro(r):
    body = f'{r.randrange(100, 6000)}{digits(r, 3)}'
    n = body + luhn(body)
    return f'{n[:-4]}-{n[-4:]}'


def plusgiro(r):
    body = str(r.randrange(1000, 999999))
    body = body + luhn(body)
    return f'{body[:-1]}-{body[-1]}' if r.random() < 0.5 else f'{body[:-5]} {body[-5:-3]} {body[-3:-1]}-{body[-1]}'.strip()


def plate(r, lang):
    up = lambda n, of='ABCDEFGHJKLMNPRSTUVXYZ': ''.join(r.choice(of) for _ in range(n))
    if lang == 'sv':
        return up(3, 'ABCDEFGHJKLMNPRSTUWXYZ') + r.choice((' ', '')) + digits(r, 2) + r.choice(digits(r, 1) + 'ABCD')
    if lang == 'fi':
        return f'{up(3)}-{r.randrange(10, 999)}'
    if lang == 'is':
        return f'{up(2)} {r.choice("ABCDE")}{digits(r, 2)}'
    n = f'{r.randrange(10000, 99999)}'
    return up(2) + r.choice((f' {n[:2]} {n[2:]}', f' {n}', n))


def ip(r):
    if r.random() < 0.2:
        return f'2a0{r.randrange(1, 9)}:{r.randrange(16, 9999):x}:{r.randrange(16, 9999):x}::{r.randrange(1, 9999):x}'
    return f'{r.choice((2, 5, 31, 37, 62, 77, 80, 83, 87, 93, 94, 130, 176, 185, 188, 193, 194, 212, 213))}.{r.randrange(256)}.{r.randrange(256)}.{r.randrange(1, 255)}'


# ------------------------------------------------------------------ what only looks like it

def ean(r):
    body = r.choice(('57', '73', '70', '64', '69')) + digits(r, 10)
    return body + str(-(sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(body))) % 10)


def isbn(r):
    body = '978' + r.choice(('87', '91', '82', '951', '9979'))
    body += digits(r, 12 - len(body))
    c = str(-(sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(body))) % 10)
    return f'{body[:3]}-{body[3:5]}-{body[5:9]}-{body[9:12]}-{c}'


def cvr(r):
    while True:
        n = f'{r.randrange(10, 45)}{digits(r, 6)}'
        if weighted(n, (2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0:
            return r.choice((n, n, f'{n[:2]} {n[2:4]} {n[4:6]} {n[6:]}', f'{n[:4]} {n[4:]}', f'DK{n}', f'DK-{n}'))


def se_org(r):
    body = '55' + r.choice('6789') + digits(r, 6)
    n = body + luhn(body)
    return r.choice((f'{n[:6]}-{n[6:]}', f'{n[:6]}-{n[6:]}', n))


def no_org(r):
    while True:
        n = r.choice('89') + digits(r, 7)
        k = -weighted(n, (3, 2, 7, 6, 5, 4, 3, 2)) % 11
        if k < 10:
            n += str(k)
            return r.choice((f'{n[:3]} {n[3:6]} {n[6:]}', n, f'NO {n[:3]} {n[3:6]} {n[6:]} MVA'))


def ytunnus(r):
    while True:
        n = digits(r, 7)
        k = -weighted(n, (7, 9, 10, 5, 8, 4, 2)) % 11
        if k < 10:
            return f'{n}-{k}'


def org(r, lang):
    return {'da': cvr, 'sv': se_org, 'nb': no_org, 'fi': ytunnus}.get(lang, cvr)(r)


def ten_like_date(r):
    """Ten digits that begin with a date, as order numbers made of dates do."""
    d = day(r, 1990, 2026)
    return r.choice((f'{d:%d%m%y}{digits(r, 4)}', f'{d:%y%m%d}{digits(r, 4)}'))


def reference(r):
    return r.choices((digits(r, 10), ten_like_date(r), digits(r, 8), digits(r, 7), f'{r.randrange(2015, 2027)}-{digits(r, 6)}',
                      digits(r, 12), digits(r, 11), f'{digits(r, 6)}-{digits(r, 4)}', f'{digits(r, 4)}-{digits(r, 6)}',
                      f'{r.choice("ABKMS")}{digits(r, 7)}'), (4, 2, 3, 2, 2, 2, 2, 2, 1, 2))[0]


def ocr(r):
    body = digits(r, r.choice((9, 11, 12, 15, 18)))
    return body + luhn(body)


def timestamp(r):
    d = dt.datetime(2025, 1, 1) + dt.timedelta(seconds=r.randrange(60_000_000))
    return r.choice((f'{d:%Y-%m-%d %H:%M:%S}', f'{d:%Y-%m-%dT%H:%M:%SZ}', f'{d:%Y%m%d%H%M%S}', str(int(d.timestamp())),
                     f'{d:%d-%m-%Y %H:%M}', f'{d:%Y%m%d%H%M}', str(int(d.timestamp() * 1000))))


def amount(r, lang):
    n = r.randrange(100, 99_999_999)
    s = f'{n:,}'
    if lang == 'da':
        return s.replace(',', '.') + ',' + digits(r, 2) + ' kr.'
    if lang in ('sv', 'nb', 'fi'):
        return s.replace(',', ' ') + r.choice((',00', '')) + {'sv': ' kr', 'nb': ' kroner', 'fi': ' euroa'}[lang]
    return s + '.00'


def sha(r):
    return hashlib.sha256(digits(r, 20).encode()).hexdigest()[:r.choice((16, 32, 40, 64))]


def guid(r):
    return str(uuid.UUID(int=r.getrandbits(128), version=4))


def coordinates(r):
    return f'{r.uniform(55, 66):.6f}, {r.uniform(8, 25):.6f}'


def version(r):
    return r.choice((f'{r.randrange(1, 20)}.{r.randrange(30)}.{r.randrange(50)}', f'10.0.{r.randrange(10000, 29999)}.{r.randrange(1, 9999)}',
                     f'v{r.randrange(1, 9)}.{r.randrange(20)}.{r.randrange(20)}.{r.randrange(20)}'))
