#!/usr/bin/env python3
"""Makes tests/labelled/{second,final}-*.jsonl: whole documents in other styles than make.py's sentences (mail threads, personnel forms,
minutes, invoices, exports with odd headers, spaced-out OCR, contracts, CVs, dumps of databases, privacy policies).

Written by somebody who had not written the detectors. `second` was measured once, before anybody looked at its errors; then its kinds of
errors were worked on. `final` was written at the same time, before that work, and measured behind it. Names, streets and templates are
neither make.py's nor each other's; only the makers of values (values.py) are shared.

Run as make.py is:  python3 tests/support/labelled/fresh.py
"""
import json
import os
import random
import time

from faker import Faker

import fresh_final
import fresh_second
import make
import values as v

TIMES = 14


class Document(make.Writer):
    """Fills a whole document of one set and language."""

    def __init__(self, texts, lang, r):
        self.part, self.lang, self.r, self.texts = 'fresh', lang, r, texts
        self.country = lang
        self.faker = Faker({'en': 'en_GB'}.get(lang, make.LANGS[lang]))
        self.faker.seed_instance(r.randrange(1 << 30))

    def person(self):
        r, people = self.r, self.texts.PEOPLE[self.lang]
        if r.random() < 0.6:
            return r.choice(people[0].split()), r.choice(people[1].split(','))
        return self.faker.first_name(), self.faker.last_name()

    def address(self):
        r = self.r
        streets, flats, towns = self.texts.PLACES['da' if self.lang == 'en' else self.lang]
        number = f'{r.randrange(1, 160)}{r.choice(("", "", "", "A", " B"))}'
        return f'{r.choice(streets)} {number}{r.choice(flats) if r.random() < 0.4 else ""}{r.choice((", ", ", ", chr(10)))}{r.choice(towns)}'

    def slot(self, name):
        r, lang = self.r, self.lang
        match name:
            case 'caddr': return self.mark('address', self.address(), optional=True)
            case 'cphone': return self.mark('phone', v.phone(r, self.country), optional=True)
            case 'spaced': return ' '.join(super().slot('name')) if r.random() < 0 else super().slot('name')
            case 'boxed':
                detector, value = v.national(r, self.country)
                return self.mark(detector, ' '.join(c for c in value if c.isalnum()))
            case 'broken':
                detector, value = v.national(r, self.country)
                while '-' not in value or not value[:6].isdigit():
                    detector, value = v.national(r, self.country)
                return self.mark(detector, value.replace('-', '-\n', 1))
            case 'date': return f'{v.day(r, 2016, 2026):{r.choice(("%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y"))}}'
            case 'dobv': return self.mark('birth_date', f'{v.day(r, 1940, 2015):{r.choice(("%d.%m.%Y", "%Y-%m-%d", "%d-%m-%Y"))}}')
            case 'time': return f'{r.randrange(7, 18):02}:{r.randrange(60):02}'
            case 'num': return v.digits(r, r.choice((4, 5, 6)))
            case 'empno': return self.mark('employee_number', v.digits(r, r.choice((4, 5, 6))))
            case 'ten': return r.choice((v.digits(r, 10), v.ten_like_date(r)))
            case 'eight': return str(r.randrange(10, 99)) + v.digits(r, 6)
            case 'eleven': return v.digits(r, 11)
            case 'twelve': return v.digits(r, 12)
            case 'acct' if lang == 'en': return self.mark('iban', v.iban(r, 'da'))
        return super().slot(name)

    def rows(self, line, least=5, most=12):
        """A line of a table, several times."""
        return '\n'.join(self.fill(line) for _ in range(self.r.randrange(least, most)))

    def document(self, template):
        """`<<line>>` is a line of a table."""
        while '<<' in template:
            before, rest = template.split('<<', 1)
            line, template = rest.split('>>', 1)
            yield self.fill(before)
            yield self.rows(line)
        yield self.fill(template)


def main():
    os.environ['TZ'] = 'UTC'  # times of day in Unix seconds
    time.tzset()
    for part, texts in (('second', fresh_second), ('final', fresh_final)):
        for lang in ('da', 'sv', 'nb', 'fi', 'en'):
            r = random.Random(f'sporhund fresh {part} {lang}')
            writer, lines = Document(texts, lang, r), []
            for name, template in [*texts.DOCUMENTS[lang], *texts.ANY]:
                for _ in range(TIMES):
                    writer.country = r.choice(('da', 'sv', 'nb', 'fi')) if lang == 'en' else lang
                    text, spans = make.strip(''.join(writer.document(template)))
                    lines.append(json.dumps({'text': text, 'lang': lang, 'name': name, 'spans': spans}, ensure_ascii=False))
            (make.OUT / f'{part}-{lang}.jsonl').write_text('\n'.join(lines) + '\n')


if __name__ == '__main__':
    main()
