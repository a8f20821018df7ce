"""Understanding one message, step by step, without Rasa.

The steps are the pipeline of ``config.yml``; Rasa's components (`bot.nlu.components`) and the
command-line tools run the same ones.
"""

from __future__ import annotations

import re
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import cached_property

from bot.messages import Understanding
from bot.nlu.age import find_age
from bot.nlu.context import (
    asks_to_delete,
    continues,
    find_reader,
    follow_up,
    is_postcode,
    only_introduces,
    without_correction,
    without_introduction,
)
from bot.nlu.danger import DangerClassifier, Heard
from bot.nlu.encoder import Encoder, Vectors
from bot.nlu.finding import ANY, CLASSIFIER, CRISIS, SUPPORT, Finding
from bot.nlu.foreign import ForeignModel, language_of
from bot.nlu.phrases import Ruling, SafetyRules
from bot.nlu.safety import Thresholds, combine
from bot.nlu.spelling import Speller
from bot.nlu.text import clauses, segments, words_of
from bot.nlu.topics import OUT_OF_SCOPE, Guess, TopicModel

# A part of a message answers on its own only when it is this sure: a second answer nobody asked
# for is worse than none.
_PART_BAR = 0.90
# Nothing vague is a cry for the menu, or out of scope when it leans on the question before, unless it is this sure.
_VAGUE_BAR = 0.80
# Another language is read with less certainty than English; English that is understood is not taken for one.
_FOREIGN_BAR, _FOREIGN_CRISIS_BAR = 0.2, 0.6
_SURELY_ENGLISH = 0.7
# The topic is rather danger than anything else, and the danger classifier is not rather sure of the contrary.
_TOPIC_IS_DANGER, _NOT_HARMLESS = 0.5, 0.3
# Danger that the classifier alone finds is doubtful when it is less sure than this.
_SURELY_DANGER = 0.998
# Surer than this of a topic that is about rights: measured on tests/safety and on questions nobody had trained on.
_SURELY_OURS = 0.93
_SURELY_FOR_HELP = 0.97
_ASKS_FOR_SOMEBODY = re.compile(
    r"\b(?:who|where|how|some(?:one|body)|talk\w*|speak\w*|camhs|counsel\w+|therap\w+|gp|doctor|nurse|"
    r"(?<!please )(?:help|support)(?! (?:me|please)))\b"
)
_LONE_LETTER = re.compile(r"\W*[a-z]\W*")
_NO_RIGHTS = frozenset({"medical_advice", "bot_privacy", "bot_identity", "delete_my_data"})
_HARDLY = 0.1  # what goes on with a topic less likely than this does not
FOREIGN_KIND = "other_language"  # a danger told in another language, of which only the topic is known
_ALONE = frozenset({"greet", "goodbye", "thanks", "affirm", "deny", "state_age", "help", "other_language", OUT_OF_SCOPE})


@dataclass
class Parsed:
    """One message on its way through the steps.

    Attributes:
        text: what was typed.
        parts: the whole message first, then each question in it (if more than one).
        mended: ``parts`` after spelling.
        clauses: what safety listens to one by one in a long message, mended.
        encoded: what will be one unit vector for each of ``mended`` and then of ``clauses``.
        typed: what the phrase rules make of the words as typed; ``read``: of them as mended.
        goes_on: how likely the message goes on with each topic, had it been answered just before.
        language: code of the language when it is not English; ``foreign``: its ranking of topics.
    """

    text: str
    parts: list[str] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)
    clauses: list[str] = field(default_factory=list)
    encoded: Future[Vectors] | None = None
    typed: Ruling | None = None
    read: Ruling | None = None
    language: str | None = None
    foreign: tuple[tuple[str, float], ...] = ()
    guesses: list[Guess] = field(default_factory=list)
    goes_on: dict[str, float] = field(default_factory=dict)
    finding: Finding | None = None

    @cached_property
    def every_vector(self) -> Vectors:
        """The vectors of all parts and then of all clauses, shape (sentences, dimensions)."""
        assert self.encoded is not None
        return self.encoded.result()

    @property
    def vectors(self) -> Vectors:
        """One unit vector for each of ``mended``."""
        return self.every_vector[: len(self.mended)]


def spell(parsed: Parsed, speller: Speller) -> None:
    """Split the message into its questions and mend each one's spelling."""
    asked = without_introduction(without_correction(parsed.text))
    questions = segments(asked)
    parsed.parts = [asked, *(questions if len(questions) > 1 else ())]
    parsed.mended = [speller.mend(p) for p in parsed.parts]
    # A clause that is a question too has its vector already.
    known = {words_of(part): part for part in parsed.mended}
    parsed.clauses = [known.get(words_of(c), c) for c in map(speller.mend, clauses(parsed.text))]
    parsed.language = language_of(parsed.text, parsed.mended[0], speller.knows)


def encode(parsed: Parsed, encoder: Encoder) -> None:
    """Begin to give each part and each clause its sentence vector."""
    parsed.encoded = encoder.begin([*parsed.mended, *parsed.clauses])


def look(parsed: Parsed, rules: SafetyRules) -> None:
    """Let the phrase rules look for danger in the raw text, and in the mended one: "sucidle" is no rule's word."""
    parsed.typed = rules.rule(parsed.text)
    if parsed.mended[0] != words_of(parsed.text):
        parsed.read = rules.rule(parsed.mended[0])


def classify(parsed: Parsed, model: TopicModel) -> None:
    """Guess the topic of each part."""
    parsed.guesses = [model.guess(v, t) for v, t in zip(parsed.vectors, parsed.mended, strict=True)]
    parsed.goes_on = model.goes_on(parsed.vectors[0], parsed.mended[0], parsed.guesses[0])


def classify_foreign(parsed: Parsed, model: ForeignModel) -> None:
    """Rank the topics of a message in another language; English that is well understood stays English."""
    lead = parsed.guesses[0]
    if lead.topic != "other_language" and lead.confidence >= _SURELY_ENGLISH:
        parsed.language = None
    if parsed.language:
        parsed.foreign = model.ranking(parsed.text)


def check_safety(parsed: Parsed, rules: SafetyRules, danger: DangerClassifier, bars: Thresholds) -> None:
    """Weigh what the phrase rules found against what the classifier makes of the vectors."""
    assert parsed.typed is not None
    asks = parsed.typed.asks
    ours = asks or _is_surely_ours(parsed.guesses[0])
    # The classifier has learnt from messages; of a lone letter, sent too early, it thinks anything.
    lone = _LONE_LETTER.fullmatch(parsed.mended[0])
    heard = danger.hear(parsed.every_vector, [*parsed.mended, *parsed.clauses])
    scores = {} if lone else heard.score()
    by_topic = sum(share for topic, share in parsed.guesses[0].ranking if topic.startswith("crisis_"))
    if by_topic >= _TOPIC_IS_DANGER and scores.get(ANY, 0.0) >= _NOT_HARMLESS:
        scores[ANY] = max(scores[ANY], by_topic)
    parsed.finding = combine(_by_rule(parsed), scores, ours, rules, bars)
    if parsed.finding and parsed.finding.rule == CLASSIFIER and _asks_for_help(parsed):
        parsed.finding = replace(parsed.finding, tier=SUPPORT)
    if asks and parsed.typed.in_passing:
        parsed.finding = parsed.finding and replace(parsed.finding, tier=SUPPORT)
    if asks and (parsed.finding is None or parsed.finding.tier != CRISIS):
        parsed.finding = _beside_the_question(parsed, parsed.typed.in_passing, heard, rules, bars) or parsed.finding
    if parsed.finding is None or parsed.finding.tier != CRISIS:
        parsed.finding = _in_another_language(parsed) or parsed.finding


def _is_guessed(parsed: Parsed) -> bool:
    """Return whether the classifier alone finds danger: no rule finds anything, even mild."""
    found = parsed.finding
    return bool(found and found.rule == CLASSIFIER and found.kind != FOREIGN_KIND and not _by_rule(parsed))


def _is_doubtful(parsed: Parsed) -> bool:
    """Return whether a danger may be none, if the conversation says so (`bot.converse`)."""
    found = parsed.finding
    return bool(found and found.score < _SURELY_DANGER and _is_guessed(parsed))


def _is_surely_ours(guess: Guess) -> bool:
    """Return whether a message surely asks about a right or a visit: no statement of danger is that sure of another topic."""
    topic, share = next((t, p) for t, p in guess.ranking if not t.startswith("crisis_"))
    return share >= _SURELY_OURS and topic not in _ALONE and topic not in _NO_RIGHTS


def _asks_for_help(parsed: Parsed) -> bool:
    """Return whether a message surely asks where to get help with feelings: that answer, and support, is what it wants.

    It has to ask in so many words: "i'm so anxious i can't leave the house" sounds as if it did.

    On messages nobody had trained on, this spares one ordinary question in five hundred the interruption, and costs no danger.
    """
    surely = dict(parsed.guesses[0].ranking).get("mental_health_access", 0.0) >= _SURELY_FOR_HELP
    return surely and bool(_ASKS_FOR_SOMEBODY.search(parsed.mended[0]))


def _by_rule(parsed: Parsed) -> Finding | None:
    """Return what the rules find in the words as typed, or else, where they are English, as mended."""
    found, mended = (ruling.finding if ruling else None for ruling in (parsed.typed, parsed.read))
    if mended is None or parsed.language or (found and found.tier == CRISIS):
        return found
    return mended if found is None or mended.tier == CRISIS else found


def _in_another_language(parsed: Parsed) -> Finding | None:
    dangers = [(t, p) for t, p in parsed.foreign if t.startswith("crisis_")]
    share = sum(p for _, p in dangers)
    if share < _FOREIGN_CRISIS_BAR:
        return None
    return Finding(FOREIGN_KIND, dangers[0][0], CRISIS, CLASSIFIER, share, parsed.language or "en")


def _beside_the_question(parsed: Parsed, over: bool, heard: Heard, rules: SafetyRules, bars: Thresholds) -> Finding | None:
    """Return the crisis that stands beside a question about rights, in a clause of its own.

    "can i get a note for swimming, i dont want to show what i do to my arms" asks and tells;
    "i used to have anorexia, can i ask not to be told my weight" only tells in passing: it is ``over``.
    """
    for row, clause in enumerate(parsed.clauses, len(parsed.mended)):
        ruling = rules.rule(clause)
        if ruling.asks or (over and ruling.in_passing):
            continue
        found = combine(ruling.finding, heard.score(row), False, rules, bars)
        if found and found.tier == CRISIS and found.score >= bars.beside:
            return found
    return None


def conclude(parsed: Parsed, bar: float) -> tuple[str, float, Understanding]:
    """Return the intent for the rules, its confidence, and all that was understood.

    Args:
        parsed: a message that has been through the steps.
        bar: confidence below which the bot asks what was meant (intent ``nlu_fallback``).
    """
    finding, lead = parsed.finding, parsed.guesses[0]
    continued = follow_up(parsed.text)
    age = find_age(parsed.text)
    topics, words = _questions(parsed, bar)
    understanding = Understanding(
        topics=tuple(topics),
        ranking=lead.ranking,
        kind=lead.kind,
        band=age.band if age else None,
        reader=find_reader(parsed.text),
        follow_up=continued,
        words=tuple(words),
        safety=(finding.kind, finding.tier) if finding else None,
        guessed=_is_guessed(parsed),
        doubtful=_is_doubtful(parsed),
        continues=continues(parsed.text),
        goes_on=tuple((t, p) for t, p in parsed.goes_on.items() if p >= _HARDLY),
        lasting=bool(age and not age.hypothetical and not age.other),
        asks_to_delete=asks_to_delete(parsed.text),
        language=finding.language if finding and finding.language != "en" else parsed.language or "en",
    )
    if finding and finding.tier == CRISIS:
        return finding.topic, finding.score, understanding
    if is_postcode(parsed.text):
        return "gp_contact", 1.0, replace(understanding, topics=(("gp_contact", 1.0),))
    if continued == "age":
        return "state_age", 1.0, understanding
    if continued:
        return "follow_up", 1.0, understanding
    if parsed.language:
        return _in_their_language(parsed, understanding)
    topic, confidence = topics[0]
    if (confidence < bar or topic == OUT_OF_SCOPE) and only_introduces(parsed.text):
        return "greet", 1.0, replace(understanding, topics=(("greet", 1.0),))
    # "health thing" is no cry for the menu: a vague word is met with choices unless it clearly is one.
    if topic == OUT_OF_SCOPE:
        # "does that go for hospitals too" sounds foreign alone, and is not when it leans on the question before.
        back_home = lead.kind == "other_nation" and "england" in words_of(parsed.text)
        unsure = understanding.continues and (confidence < _VAGUE_BAR or back_home)
    else:
        unsure = confidence < (_VAGUE_BAR if topic == "help" else bar)
    return "nlu_fallback" if unsure else topic, confidence, understanding


def _in_their_language(parsed: Parsed, understanding: Understanding) -> tuple[str, float, Understanding]:
    """Return the topic asked about in another language, or the answer about languages when it is not clear."""
    # "I don't speak English" comes out next to not understanding a doctor.
    ranking = tuple((t, p) for t, p in parsed.foreign if not t.startswith("crisis_") and t != "tip_ask_again")
    topic, share = next(((t, p) for t, p in ranking[:1] if p >= _FOREIGN_BAR and t not in _ALONE), ("other_language", 1.0))
    return topic, share, replace(understanding, topics=((topic, share),), ranking=ranking or understanding.ranking)


def _questions(parsed: Parsed, bar: float) -> tuple[list[tuple[str, float]], list[str]]:
    """Return the topics asked about with their confidence, and the words of each."""
    whole = parsed.guesses[0]
    parts = [
        (g.topic, g.confidence, words_of(t))
        for g, t in zip(parsed.guesses[1:], parsed.parts[1:], strict=False)
        if g.confidence >= _PART_BAR and g.topic not in _ALONE and not g.topic.startswith("crisis_")
    ]
    found: dict[str, tuple[float, str]] = {}
    for topic, confidence, text in parts:
        found.setdefault(topic, (confidence, text))
    if len(found) >= 2:
        return [(t, c) for t, (c, _) in found.items()], [w for _, w in found.values()]
    if len(found) == 1 and (whole.confidence < bar or whole.topic in _ALONE):
        ((topic, (confidence, _)),) = found.items()
        return [(topic, confidence)], [words_of(parsed.text)]
    # A topic of danger without a finding is not one of danger: the safety step has the last word.
    ranking = [(t, p) for t, p in whole.ranking if not t.startswith("crisis_")]
    rest = sum(share for _, share in ranking)
    confidence = whole.confidence if ranking[0][0] == whole.topic else ranking[0][1] / rest
    return [(ranking[0][0], confidence)], [words_of(parsed.text)]
