"""Rules about words: those of the NHS service manual that a machine can see.

They are a floor. Whether somebody of 12 understands a sentence is only known when one has read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.check.files import Files, Passage
from bot.check.problems import Problem, rule
from bot.markdown import parse

MOST_WORDS, FAR_TOO_MANY = 20, 28
OLD_AGE, TOO_OLD_AGE = 11.0, 14.0
_LEAST_WORDS = 25  # a reading age of fewer words says nothing
_PHONE = re.compile(r"(?<![\w£])(?:\+?\d[\d ()-]{3,}\d)(?!\w)")
# What may be typed: services known by their number.
_NAMED_NUMBERS = frozenset({"18000", "18001111"})
_DATE = re.compile(r"20\d\d-\d\d-\d\d")
_FREEPHONE = re.compile(r"\b0800\b")
_MEDICINE = (
    r"(?:paracetamol|ibuprofen|aspirin|antibiotics?|antidepressants?|inhalers?|insulin|tablets?|pills?|capsules?|doses?|dosage|"
    r"medicines?|medications?|painkillers?|mg|mcg|milligrams?|ml|millilitres?|spoonfuls?|puffs?|creams?|vitamins?)"
)
_MANY = r"two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty"
_AMOUNT = re.compile(rf"\b(?:\d[\d.,]*|{_MANY})\s*(?:x\s*)?(?:\w+\s+)?{_MEDICINE}\b|\b{_MEDICINE}\s+(?:of\s+)?\d", re.I)
_ABSOLUTE = re.compile(r"\b(always|never|will not be told|won't be told|guarantee[ds]?|completely|no matter what)\b", re.I)
_CONFIDENTIAL = frozenset({"own_it_3_seen_alone", "own_it_4_parents_told", "define_confidentiality", "bot_privacy"})
_AVOID = (
    (re.compile(r"\bchemists?\b", re.I), "pharmacy", False),
    (re.compile(r"\bGP practices?\b|\bmedical centres?\b", re.I), "GP surgery", False),
    (re.compile(r"\b(?:ring|rings|ringing)\b", re.I), "call", False),
    (re.compile(r"\bshould(?:n't)?\b", re.I), "can, or normally", True),
    (re.compile(r"\bit depends\b", re.I), "the condition itself", True),
    (re.compile(r"\byour GP\b(?! surger)"), "a GP", True),
    (re.compile(r"\bunder 16s\b|\bunder-16s\b", re.I), "people aged under 16", True),
    (re.compile(r"\be\.g\.|\bi\.e\.|\betc\b", re.I), "for example, that is, and so on", True),
    (re.compile(r"\bmental illness\b", re.I), "mental health problems", True),
)
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
_END = re.compile(r"(?<=[.!?…])[\"')\]]*\s+|\n|:\s+(?=\")|:$|;\s+")
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*|\d[\d:.,]*")
# Words that every reader of this resource meets and that count as plain, however long they are.
_KNOWN = frozenset(
    {"nhs", "pharmacy", "pharmacist", "confidential", "confidentiality", "appointment", "appointments", "hospital"}
    | {"medicine", "medicines", "prescription", "prescriptions", "parent", "parents", "carer", "carers", "surgery"}
    | {"surgeries", "emergency"}
)


@rule()
def no_phone_number_is_typed(files: Files) -> Iterator[Problem]:
    """A number stands once, in data/places; one that is typed in an answer will not be changed with it."""
    for passage, number, message in _messages(files):
        for found in phone_numbers(message):
            mend = "Put it in data/places and name the contact under contacts."
            yield Problem(passage.where(number), f"the phone number '{found}' is typed in {passage.name}.", mend)


def phone_numbers(text: str) -> list[str]:
    """Return the phone numbers typed in a text, apart from 999, NHS 111 and the relay's."""
    found = [m.strip() for m in _PHONE.findall(text) if not _DATE.fullmatch(m.strip())]
    found = [m for m in found if len(re.sub(r"\D", "", m)) >= 5 and re.sub(r"\D", "", m) not in _NAMED_NUMBERS]
    return found or _FREEPHONE.findall(text)


@rule()
def no_amount_of_medicine(files: Files) -> Iterator[Problem]:
    """A number beside a medicine can be read as a dose, and this bot gives none."""
    for passage, number, message in _messages(files):
        for match in _AMOUNT.finditer(message):
            what = f"'{match.group()}' puts a number beside a medicine word, in {passage.name}."
            yield Problem(passage.where(number), what, "Leave the number out; a pharmacist or NHS 111 says how much.")


@rule()
def no_absolute_promise(files: Files) -> Iterator[Problem]:
    """Privacy has exceptions, so an answer about it promises nothing."""
    for passage, number, message in _messages(files):
        if passage.answer not in _CONFIDENTIAL:
            continue
        for match in _ABSOLUTE.finditer(message):
            what = f"'{match.group()}' is a promise that may not hold, in {passage.name}."
            # bot_privacy speaks of what this software does, which can be said for certain.
            warning = passage.answer == "bot_privacy"
            yield Problem(passage.where(number), what, "Write normally or usually, and the exception.", warning)


@rule()
def plain_words(files: Files) -> Iterator[Problem]:
    """Words to avoid, with the ones to use (NHS service manual; STY-03, STY-06, STY-07)."""
    for passage, number, message in _messages(files):
        for pattern, better, warning in _AVOID:
            for match in pattern.finditer(message):
                what = f"'{match.group()}' is a word to avoid, in {passage.name}."
                yield Problem(passage.where(number), what, f"Write {better}.", warning)
        if _EMOJI.search(message):
            yield Problem(
                passage.where(number), f"{passage.name} holds an emoji.", "Say it in words: screen readers read its name."
            )


@rule()
def short_sentences(files: Files) -> Iterator[Problem]:
    """A long sentence loses readers at its middle."""
    for passage, number, message in _messages(files):
        for sentence in sentences(message):
            count = len(_WORD.findall(sentence))
            if count > MOST_WORDS:
                what = f"a sentence of {count} words in {passage.name}: '{sentence[:160]}'"
                mend = f"Make two of it: up to {MOST_WORDS} words."
                yield Problem(passage.where(number), what, mend, count <= FAR_TOO_MANY)


@rule()
def low_reading_age(files: Files) -> Iterator[Problem]:
    """Each answer is read by people of 11; the measure is only a floor."""
    worst: dict[str, tuple[float, Passage]] = {}
    for passage in files.passages:
        # What professionals read may use the terms of their work.
        if "professional" in passage.keys:
            continue
        age = reading_age(" ".join(passage.messages))
        if passage.answer not in worst or age > worst[passage.answer][0]:
            worst[passage.answer] = (age, passage)
    for age, passage in worst.values():
        if age <= OLD_AGE:
            continue
        hardest = max((s for m in passage.messages for s in sentences(m)), key=_hardness)
        number = next(i for i, m in enumerate(passage.messages) if hardest in sentences(m))
        what = f"{passage.name} needs a reading age of about {age:.0f} (aim: 9 to 11). Hardest: '{hardest}'"
        yield Problem(
            passage.where(number), what, "Use shorter words and sentences (this measure is only a floor).", age <= TOO_OLD_AGE
        )


def sentences(text: str) -> list[str]:
    """Return the sentences of a message, without its marks."""
    lines = ("".join(s.text for s in line) for block in parse(text) for line in block.lines)
    return [s.strip() for line in lines for s in _END.split(line) if s and _WORD.search(s)]


def reading_age(text: str) -> float:
    """Return the age at which a text can be read: the Flesch-Kincaid grade plus five years.

    A text too short to say gives 0. Words that this resource cannot do without count as plain.
    """
    found = [w for s in sentences(text) for w in _WORD.findall(s)]
    if len(found) < _LEAST_WORDS:
        return 0.0
    return max(0.0, _grade(len(found), len(sentences(text)), sum(map(syllables, found))) + 5)


def _grade(words: int, count: int, sounds: int) -> float:
    return 0.39 * words / count + 11.8 * sounds / words - 15.59


def _hardness(sentence: str) -> float:
    found = _WORD.findall(sentence)
    # Two long words in a row are not yet hard: a short sentence counts as if it had ten words.
    return _grade(len(found), 1, round(sum(map(syllables, found)) * len(found) / max(10, len(found))))


def syllables(word: str) -> int:
    """Return about how many syllables an English word has."""
    word = word.lower().strip("'’-")
    if word in _KNOWN:
        return min(2, _vowels(word))
    if word[:1].isdigit() or len(word) <= 3:
        return 1
    return _vowels(word)


def _vowels(word: str) -> int:
    short = re.sub(r"(?:[^laeiouy]es|[^td]ed|[^l]e)$", lambda m: m.group()[0], word)
    return max(1, len(re.findall(r"[aeiouy]+", short)))


def _messages(files: Files) -> Iterator[tuple[Passage, int, str]]:
    for passage in files.passages:
        for number, message in enumerate(passage.messages):
            yield passage, number, message
