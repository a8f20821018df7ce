"""Rules about the questions: enough of them, each in one place only, tests apart from training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from bot.check.files import Files, Question
from bot.check.problems import Problem, did_you_mean, rule
from bot.check.topics import KINDS, NOT_TOPICS, TOPICS, topics

LEAST_TRAINING = 25
LEAST_TESTS = 5
# "hi" or "thank you" can be said in no other way; from four words on there is another way.
_TELLING_WORDS = 4


@rule("nlu", "domain")
def every_topic_has_enough_questions(files: Files) -> Iterator[Problem]:
    """From fewer than 25 ways of asking, a topic is not learnt."""
    counts = Counter(q.topic for q in files.training)
    for topic in topics(files):
        if counts[topic] < LEAST_TRAINING:
            what = f"{topic} has {counts[topic]} training questions; it takes {LEAST_TRAINING}."
            mend = f"Add {LEAST_TRAINING - counts[topic]} more ways that people ask it."
            yield Problem(_where(files, "nlu", topic), what, mend)
    kinds = Counter(q.kind for q in files.training if q.topic == "out_of_scope")
    for kind in sorted(KINDS):
        if kinds[kind] < LEAST_TRAINING:
            what = f"out_of_scope of the kind {kind} has {kinds[kind]} training questions; it takes {LEAST_TRAINING}."
            yield Problem(_where(files, "nlu", "out_of_scope"), what, "Add more.")


@rule("questions", "domain")
def every_topic_has_test_questions(files: Files) -> Iterator[Problem]:
    """A topic that is not tested may be misunderstood without anybody noticing."""
    counts = Counter(q.topic for q in files.tests)
    for topic in topics(files):
        if counts[topic] < LEAST_TESTS:
            what = f"{topic} has {counts[topic]} test questions; it takes {LEAST_TESTS}."
            mend = f"Add {LEAST_TESTS - counts[topic]} more to tests/questions, in other words than in data/nlu."
            yield Problem(_where(files, "questions", topic), what, mend)


@rule("nlu", "domain")
def questions_belong_to_a_topic(files: Files) -> Iterator[Problem]:
    """Questions of a topic that does not exist teach the bot to say nothing."""
    known = set(topics(files))
    for document in files.documents["nlu"].values():
        for number, block in enumerate(document.data["nlu"]):
            topic, kind = block["intent"], (block.get("metadata") or {}).get("kind")
            where = document.where(("nlu", number, "intent"))
            if topic not in known:
                yield Problem(where, f"there is no topic '{topic}'.", did_you_mean(topic, known, "Topics are in domain.yml."))
            elif topic == "out_of_scope" and kind not in KINDS:
                mend = did_you_mean(str(kind), KINDS, f"Kinds: {', '.join(sorted(KINDS))}.")
                yield Problem(where, f"out_of_scope has no kind '{kind}'.", mend)


@rule("nlu")
def training_stubs_are_filled_in(files: Files) -> Iterator[Problem]:
    """``ownit new topic`` leaves marks where a person has to write."""
    yield from (_stub(q) for q in files.training if "TO DO" in q.text)


@rule("questions")
def test_stubs_are_filled_in(files: Files) -> Iterator[Problem]:
    """``ownit new topic`` leaves marks where a person has to write."""
    yield from (_stub(q) for q in files.tests if "TO DO" in q.text)


def _stub(question: Question) -> Problem:
    return Problem(question.where, f"{question.topic} has a stub for a question.", "Write questions in its place.")


@rule("questions", "domain")
def test_questions_belong_to_a_topic(files: Files) -> Iterator[Problem]:
    """A test of a topic that does not exist can never pass."""
    known = set(topics(files))
    for document in files.documents["questions"].values():
        for topic in document.data:
            if topic not in known:
                mend = did_you_mean(topic, known, "Topics are in domain.yml.")
                yield Problem(document.where((topic,)), f"there is no topic '{topic}'.", mend)


@rule("follow_ups", "domain")
def follow_ups_belong_to_topics(files: Files) -> Iterator[Problem]:
    """What people say next goes on with one topic or moves to another; both must exist."""
    known = set(topics(files))
    for document in files.documents["follow_ups"].values():
        for after, lines in document.data.items():
            for keys, topic in [((after,), after), *(((after, "moves", t), t) for t in lines["moves"])]:
                if topic not in known:
                    mend = did_you_mean(topic, known, "Topics are in domain.yml.")
                    yield Problem(document.where(keys), f"there is no topic '{topic}'.", mend)
            if after in lines["moves"]:
                where = document.where((after, "moves", after))
                yield Problem(where, f"'{after}' cannot move to itself.", "Put the lines under 'stays:'.")


@rule("nlu")
def training_questions_are_plain(files: Files) -> Iterator[Problem]:
    """Brackets and a leading slash mean something to the engine; a lost dash loses the question."""
    for document in files.documents["nlu"].values():
        for number, block in enumerate(document.data["nlu"]):
            where, _, line = document.where(("nlu", number, "examples")).rpartition(":")
            for offset, raw in enumerate(block["examples"].splitlines(), 1):
                text, at = raw.strip(), f"{where}:{int(line) + offset}"
                if text == "-":
                    yield Problem(at, "There is a dash and no question.", "Write a question after it, or delete the line.")
                elif text and not text.startswith("- "):
                    yield Problem(
                        at, f"'{text[:40]}' has no dash, so it is not read.", "Start the line with a dash and a space."
                    )
                elif text and (text[2:].lstrip().startswith("/") or set(text) & set("[]{}")):
                    yield Problem(at, f"'{text[2:42]}' holds a / at its start or a bracket.", "Write it in plain words.")


@rule("nlu")
def training_questions_stand_once(files: Files) -> Iterator[Problem]:
    """The same words under two topics teach the bot to be unsure."""
    seen: dict[str, Question] = {}
    for question in files.training:
        if not question.key:
            continue
        if question.key in seen:
            first = seen[question.key]
            also = "" if first.topic == question.topic else f", under {first.topic}"
            # "consent?" beside "consent" does no harm within one topic.
            warning = first.topic == question.topic and first.text.lower() != question.text.lower()
            what = f"'{question.text[:60]}' stands in {first.where} too{also}."
            yield Problem(question.where, what, "Keep one of them.", warning)
        else:
            seen[question.key] = question


@rule("nlu", "questions")
def test_questions_are_not_trained_on(files: Files) -> Iterator[Problem]:
    """A test question the bot has learnt by heart tests nothing."""
    trained = {q.key: q.where for q in files.training if q.key}
    known: dict[str, list[Question]] = {}
    for question in files.tests:
        if question.key in trained and len(question.key.split()) >= _TELLING_WORDS:
            known.setdefault(question.where.rpartition(":")[0], []).append(question)
    mend = "Put them in other words, or take them out of data/nlu."
    for found in known.values():
        lines = ", ".join(q.where.rpartition(":")[2] for q in found)
        example = f"'{found[0].text[:60]}' (see {trained[found[0].key]})"
        yield Problem(found[0].where, f"test questions that were trained on test nothing: lines {lines}, as {example}.", mend)


@rule("questions")
def test_questions_stand_once(files: Files) -> Iterator[Problem]:
    """A test question that is counted twice makes the figures look surer than they are."""
    seen: dict[str, Question] = {}
    for question in files.tests:
        first = seen.setdefault(question.key or question.text, question)
        if first is not question:
            also = "" if first.topic == question.topic else f", under {first.topic}"
            what = f"the test question '{question.text[:60]}' stands in {first.where} too{also}."
            yield Problem(question.where, what, "Keep one of them.")


def _where(files: Files, kind: str, topic: str) -> str:
    """Return where questions of ``topic`` stand, or the file where they belong."""
    for document in files.documents[kind].values():
        if kind == "questions" and topic in document.data:
            return document.where((topic,))
        if kind == "nlu":
            for number, block in enumerate(document.data["nlu"]):
                if block["intent"] == topic:
                    return document.where(("nlu", number))
    group = next((g for g, names in TOPICS.items() if topic in names), "own_it")
    folder = "data/nlu" if kind == "nlu" else "tests/questions"
    return f"{folder}/{group}.yml:1"


assert not NOT_TOPICS & {t for names in TOPICS.values() for t in names}
