"""Times Presidio's pattern recognisers on a file: `presidio.py FILE`.

Prints the median of five runs in milliseconds and the number of findings. The spaCy pipeline is a blank
one, since recognisers of patterns need no model.
"""

import logging
import statistics
import sys
import time

import spacy
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer,
    EmailRecognizer,
    IbanRecognizer,
    IpRecognizer,
    PhoneRecognizer,
)

logging.disable(logging.WARNING)


class Blank(SpacyNlpEngine):
    """A spaCy engine whose only pipeline splits words."""

    def __init__(self):
        super().__init__()
        self.nlp = {"en": spacy.blank("en")}

    def load(self):
        pass


registry = RecognizerRegistry(
    recognizers=[
        CreditCardRecognizer(),
        EmailRecognizer(),
        IbanRecognizer(),
        IpRecognizer(),
        PhoneRecognizer(),
    ]
)
analyzer = AnalyzerEngine(
    registry=registry, nlp_engine=Blank(), supported_languages=["en"]
)
with open(sys.argv[1], encoding="utf-8") as file:
    text = file.read()
times = []
for _ in range(5):
    begun = time.perf_counter()
    found = analyzer.analyze(text=text, language="en")
    times.append(time.perf_counter() - begun)
print(f"{statistics.median(times) * 1e3:.1f}\t{len(found)}")
