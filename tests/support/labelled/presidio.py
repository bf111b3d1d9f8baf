#!/usr/bin/env python3
"""Microsoft Presidio's recognisers on the labelled set, counted as `sporhund evaluate` counts: for a comparison on the same files.

Needs presidio-analyzer 2.2 (no language model: only its pattern recognisers, which is what knows numbers, mail, phone, IBAN, card, IP).
Run: python3 tests/support/labelled/presidio.py tests/labelled/heldout-*.jsonl
"""
import json
import sys
from collections import defaultdict

import spacy
from presidio_analyzer import RecognizerRegistry, predefined_recognizers as known
from presidio_analyzer.nlp_engine import NlpArtifacts

LANGS = {'da': 'da', 'sv': 'sv', 'nb': 'nb', 'fi': 'fi', 'is': 'is', 'en': 'en'}
ENTITIES = {'EMAIL_ADDRESS': 'email', 'PHONE_NUMBER': 'phone', 'IBAN_CODE': 'iban', 'CREDIT_CARD': 'payment_card', 'IP_ADDRESS': 'ip', 'SE_PERSONNUMMER': 'se.personnummer',
            'FI_PERSONAL_IDENTITY_CODE': 'fi.hetu', 'SWEDISH_PERSONNUMMER': 'se.personnummer', 'DK_CPR': 'dk.cpr', 'NO_FODSELSNUMMER': 'no.fodselsnummer', 'IS_KENNITALA': 'is.kennitala'}


def recognisers():
    made = [known.EmailRecognizer(supported_language='en'), known.PhoneRecognizer(supported_language='en', supported_regions=('DK', 'SE', 'NO', 'FI', 'IS')), known.IbanRecognizer(), known.CreditCardRecognizer(), known.IpRecognizer()]
    made += [getattr(known, name)() for name in dir(known) if name.startswith(('Fi', 'Se', 'Swed', 'Dk', 'Danish', 'No', 'Norw')) and name.endswith('Recognizer')]
    return made


def main(files):
    made, blank = recognisers(), spacy.blank('en')
    right, wrong, found, missed = (defaultdict(int) for _ in range(4))
    for file in files:
        for line in open(file):
            labelled = json.loads(line)
            text, spans = labelled['text'], labelled['spans']
            doc = blank(text)
            artifacts = NlpArtifacts([], doc, [t.text for t in doc], [t.idx for t in doc], None, 'en')
            hits = set()
            for recogniser in made:
                for hit in recogniser.analyze(text, recogniser.supported_entities, artifacts) or []:
                    if hit.entity_type in ENTITIES and hit.score >= 0.5 - (0.1 + 1e-9 if hit.entity_type == 'PHONE_NUMBER' else 0):
                        hits.add((ENTITIES[hit.entity_type], hit.start, hit.end))
            seen = set()
            for detector, start, end in hits:
                match = [i for i, s in enumerate(spans) if s['detector'] == detector and s['start'] < end and start < s['end']]
                seen.update(match)
                (right if match else wrong)[detector] += 1
            for i, span in enumerate(spans):
                if span['detector'] in set(ENTITIES.values()):
                    (found if i in seen else missed)[span['detector']] += 1
    print('recognisers:', ', '.join(type(r).__name__ for r in made))
    for d in sorted(set(found) | set(missed) | set(wrong)):
        p = right[d] / max(right[d] + wrong[d], 1)
        r = found[d] / max(found[d] + missed[d], 1)
        print(f'{d:20} spans {found[d] + missed[d]:5} findings {right[d] + wrong[d]:5} precision {p:.3f} recall {r:.3f}')


if __name__ == '__main__':
    main(sys.argv[1:])
