"""Rules about answers: what they point to, what they cover, and that every one of them renders."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from bot.answers import Answer, Asked, Book, payload_of, variants
from bot.check.files import Files
from bot.check.problems import Problem, did_you_mean, rule
from bot.check.topics import FIXED, KINDS, TOPICS, topics
from bot.content import name_of
from bot.markdown import to_plain, to_tree
from bot.messages import Reply, Turn
from bot.places import NEVER_HIDDEN
from bot.settings import ROOT

_PAYLOAD_BYTES = 64  # Telegram's limit for what a button sends
_TELEGRAM_UNITS = 4096
# What the software puts in for a $mark of a notice; a surgery's links have marks of their own names.
_MARKS = frozenset(
    {"age", "place", "list_date", "names", "link", "name", "address", "postcode", "phone", "tel", "miles"}
    | set(json.loads((ROOT / "actions" / "gp_directory" / "data" / "links.json").read_text(encoding="utf-8")))
)
_MARK = re.compile(r"\$([A-Za-z_]+)")
_LINK = re.compile(r"\]\(([^)]*)\)")
_HIDDEN = re.compile(r"\s*(?:- +|title: +)(?:[^\"'\s].*\s#|&)")
_ENTITY = re.compile(r"&#?\w+;")
_CURLY = tuple("\u2018\u2019\u201c\u201d")
_COPIED = re.compile("[\u2018\u2019\u201c\u201d\u00a0\u00ad\u200b-\u200f\u2028\u202f\ufeff]")
# Where the software names a notice: reply("sorry"), _notice("empty", …).
_NAMED = re.compile(r"""(?:\breply|_notice)\(\s*["']([a-z0-9_]+)["']""")


@rule()
def every_topic_has_its_answer(files: Files) -> Iterator[Problem]:
    """A topic without an answer would be met with silence."""
    for group, names in TOPICS.items():
        for topic in names:
            document = files.entries.get(topic)
            file = f"data/answers/{group}.yml"
            if document is None and topic not in files.known:
                mend = f"Add an entry '{topic}:' to {file}, or give the one you renamed its name back."
                yield Problem(f"{file}:1", f"there is no answer to the topic {topic}.", mend)
            elif document and document.path.stem != group:
                yield Problem(document.where((topic,)), f"{topic} stands in the wrong file.", f"Move it to {file}.")


@rule("answers")
def every_notice_is_used(files: Files) -> Iterator[Problem]:
    """An answer that is no topic must be named by the software, else nobody ever reads it."""
    source, known = _source(), set(topics(files))
    for id_, document in files.entries.items():
        if id_ in known or re.search(rf"""["'`]{re.escape(id_)}["'`]""", source):
            continue
        mend = did_you_mean(id_, known, "Make it a topic (ownit new topic …), or a part of another answer.")
        what = f"'{id_}' is no topic, and the software uses no notice of that name, so nobody reads it."
        # Notices stand in two files only; a stray one there does no harm.
        yield Problem(document.where((id_,)), what, mend, document.path.stem in ("chat", "local"))


@rule("answers")
def every_notice_the_software_uses_exists(files: Files) -> Iterator[Problem]:
    """A notice that is taken out would leave the software without words."""
    for id_ in sorted(set(_NAMED.findall(_source())) - set(files.entries)):
        yield Problem("data/answers/chat.yml:1", f"the software uses a notice '{id_}' that is not there.", f"Add '{id_}:'.")


@rule()
def related_questions_exist(files: Files) -> Iterator[Problem]:
    """A button must lead somewhere, and have a title."""
    known = files.known | {f"{a.id}.{p}" for a in files.answers.values() for p in a.parts}
    for document, keys, ids in _lists_named("related", files):
        for number, id_ in enumerate(ids):
            where = document.where((*keys, number))
            topic = id_.split(".")[0]
            # That a whole topic is missing is told once, by its own rule.
            if topic in FIXED - files.known:
                continue
            # Of an answer that cannot be read, the parts are not known.
            if topic not in files.known or (topic in files.answers and id_ not in known):
                mend = did_you_mean(id_, known, "Use the name of a topic, or topic.part.")
                yield Problem(where, f"there is no question '{id_}' to go on with.", mend)
            elif id_ in files.answers and not files.answers[id_].title:
                yield Problem(where, f"'{id_}' has no title, so its button would be empty.", "Give it a title.")


@rule("answers", "places")
def contacts_exist(files: Files) -> Iterator[Problem]:
    """A mistyped contact would silently not be shown."""
    known = {c for p in files.places.values() for c in p.contacts}
    for document, keys, ids in _lists_named("contacts", files):
        for number, id_ in enumerate(ids):
            # That one of the lines of crisis is gone is told once, by the rule of places.
            if id_ not in known | NEVER_HIDDEN:
                mend = did_you_mean(id_, known, "Contacts are in data/places/*.yml.")
                yield Problem(document.where((*keys, number)), f"there is no contact '{id_}'.", mend)


@rule()
def payloads_fit_a_button(files: Files) -> Iterator[Problem]:
    """Telegram refuses a whole message for one payload that is too long."""
    for answer in files.answers.values():
        for id_, keys in [(answer.id, (answer.id,)), *((f"{answer.id}.{p}", (answer.id, "parts", p)) for p in answer.parts)]:
            size = len(payload_of(id_).encode())
            if size > _PAYLOAD_BYTES:
                where = files.entries[answer.id].where(keys)
                what = f"the name {id_} makes a button of {size} bytes; {_PAYLOAD_BYTES} fit."
                yield Problem(where, what, "Choose a shorter name.")


@rule("places")
def every_variant_renders(files: Files) -> Iterator[Problem]:
    """Every age band, reader, part and kind must come out on the web and on Telegram, in one message each."""
    from bot.channels.telegram_render import Words as Around
    from bot.channels.telegram_render import bubbles, units

    around = Around(_around())
    book = Book(files.answers, files.places)
    for answer in files.answers.values():
        for asked, keys in variants(answer):
            where = files.entries[answer.id].where((answer.id, *keys))
            try:
                size = max(_units(book, answer, asked, place, bubbles, units, around) for place in files.places)
            except KeyError:
                continue  # a related question or contact that does not exist: told by its own rule
            except Exception as error:  # noqa: BLE001 - whatever breaks here would break in front of a person
                yield Problem(where, f"this cannot be shown ({error}).", "Compare it with the entry above.")
                continue
            if size >= _TELEGRAM_UNITS:
                what = f"with its contacts this has {size} characters on Telegram; {_TELEGRAM_UNITS} fit in one message."
                yield Problem(where, what, "Shorten it, or name fewer contacts.")


@rule("checklist")
def the_checklist_is_covered(files: Files) -> Iterator[Problem]:
    """Every line of the checklist must be claimed by an answer, and every claim must be a line of it."""
    document = files.documents["checklist"]["checklist"]
    known = {**document.data["must"], **document.data["may"]}
    claimed: set[str] = set()
    for entry, keys, ids in _lists_named("covers", files):
        claimed.update(ids)
        for number, id_ in enumerate(ids):
            if id_ not in known:
                mend = did_you_mean(id_, known, "The lines are in data/checklist.yml.")
                yield Problem(entry.where((*keys, number)), f"the checklist has no line '{id_}'.", mend)
    if files.known - set(files.answers):
        return
    for id_, meaning in document.data["must"].items():
        if id_ not in claimed:
            mend = f"Write '{id_}' in the covers of the answer that says it."
            yield Problem(document.where(("must", id_)), f"no answer covers {id_} ({meaning}).", mend)


@rule()
def topics_name_their_sources(files: Files) -> Iterator[Problem]:
    """What we say about rights and health must rest on something a reader can look up."""
    grounded = {t for group, names in TOPICS.items() if group != "chat" for t in names}
    for id_ in sorted(grounded & set(files.answers)):
        if not files.answers[id_].sources:
            mend = "Add sources: with a name, an address and the day it was seen."
            yield Problem(files.entries[id_].where((id_,)), f"{id_} names no source.", mend)


@rule()
def answers_with_a_review_name_a_person(files: Files) -> Iterator[Problem]:
    """A signature is a name, not a word such as "yes"."""
    for id_, answer in files.answers.items():
        name = answer.reviewed_by
        if name and (len(name.split()) < 2 or name.lower() in ("to do", "to be done", "not yet")):
            mend = 'Write first and last name, or "" until somebody has signed.'
            yield Problem(files.entries[id_].where((id_, "reviewed_by")), f"reviewed_by is '{name}', which names nobody.", mend)


@rule()
def marks_are_ones_the_software_fills(files: Files) -> Iterator[Problem]:
    """A mistyped $mark would be read by a person as it stands."""
    for passage in files.passages:
        for number, message in enumerate(passage.messages):
            for mark in _MARK.findall(message):
                if mark not in _MARKS or passage.answer in topics(files):
                    mend = did_you_mean(mark, _MARKS, "Write the words themselves.")
                    yield Problem(passage.where(number), f"nothing fills in '${mark}' here.", mend)


@rule()
def stubs_are_filled_in(files: Files) -> Iterator[Problem]:
    """``ownit new topic`` leaves marks where a person has to write."""
    for id_ in files.answers:
        document = files.entries[id_]
        for keys, line in document.lines.items():
            if keys[:1] == (id_,) and "TO DO" in str(_value(document.data, keys)):
                where = document.where().rpartition(":")[0]
                yield Problem(f"{where}:{line}", f"{name_of(keys)} is a stub.", "Write it, without TO DO.")


def _value(data: Any, keys: tuple[Any, ...]) -> Any:
    """Return the text at ``keys``, or nothing for a whole list or entry."""
    for key in keys:
        data = data[key]
    return data if isinstance(data, str) else ""


@rule()
def small_markdown_is_whole(files: Files) -> Iterator[Problem]:
    """Half a mark would be shown as stars or brackets."""
    for passage in files.passages:
        for number, message in enumerate(passage.messages):
            where = passage.where(number)
            if "**" in to_plain(message):
                yield Problem(where, "bold text is opened with ** and not closed.", "Put ** before and after the words.")
            if message[0] in "“‘”’" or message.count('"') % 2:
                mend = 'Quotes around a text are straight ("), those inside it come in pairs, each as \\".'
                yield Problem(where, f"a quote is lost or curly in {passage.name}.", mend)
            if found := _ENTITY.search(message):
                yield Problem(where, f"'{found.group()}' is shown as it stands.", "Write the sign itself, such as & or '.")
            if message.lstrip().startswith("#"):
                yield Problem(where, "this is a heading, which the chat does not show.", "Use **bold** words.")
            for link in _LINK.findall(message):
                if not re.match(r"(https|tel|sms):|\$", link):
                    yield Problem(where, f"the link goes to '{link}'.", "A link starts with https://.")


@rule()
def nothing_hides_behind_a_hash(files: Files) -> Iterator[Problem]:
    """A # or & outside quotes has a meaning of its own, so that a part of the text would never be said."""
    lines = {d.path: d.path.read_text(encoding="utf-8").splitlines() for d in files.documents["answers"].values()}
    texts = [(p.document.path, p.where(n), f"a text of {p.name}") for p in files.passages for n in range(len(p.messages))]
    texts += [(document.path, document.where(keys), name_of(keys)) for document, keys, _ in _titles(files)]
    for path, where, name in texts:
        if found := _HIDDEN.match(lines[path][int(where.rpartition(":")[2]) - 1]):
            yield Problem(where, f"a {found.group()[-1]} cuts off {name}.", 'Put the whole text in "double quotes".')


@rule()
def texts_are_typed_plainly(files: Files) -> Iterator[Problem]:
    """Curly quotes and odd spaces come along when words are copied; they look wrong beside the others."""
    texts = [(p.where(n), p.name, message) for p in files.passages for n, message in enumerate(p.messages)]
    texts += [(document.where(keys), name_of(keys), title) for document, keys, title in _titles(files)]
    for where, name, text in texts:
        if found := _COPIED.search(text):
            sign = found.group().strip()
            what = f"a curly quote ({sign})" if sign in _CURLY else "an odd space or a sign that cannot be seen"
            mend = "Type it again by hand: quotes and apostrophes are straight."
            yield Problem(where, f"{name} holds {what}.", mend, True)


@rule()
def patterns_can_match(files: Files) -> Iterator[Problem]:
    """A message is compared in small letters and without apostrophes: a pattern that has them never fits."""
    for id_ in files.answers:
        document = files.entries[id_]
        for part, entry in document.data[id_].get("parts", {}).items():
            for number, pattern in enumerate(entry.get("when", ())):
                if re.search(r"[A-Z'\u2018\u2019]", re.sub(r"\\[A-Z]", "", pattern)):
                    where = document.where((id_, "parts", part, "when", number))
                    yield Problem(where, f"'{pattern}' never fits.", "Write small letters, and dont for don't.")


def _titles(files: Files) -> Iterator[tuple[Any, tuple[Any, ...], str]]:
    """Yield the title of every answer and part, with its file and keys."""
    for id_ in files.answers:
        document = files.entries[id_]
        entry = document.data[id_]
        for keys, variant in [((id_,), entry), *(((id_, "parts", p), part) for p, part in entry.get("parts", {}).items())]:
            if "title" in variant:
                yield document, (*keys, "title"), variant["title"]


@rule()
def kinds_are_known(files: Files) -> Iterator[Problem]:
    """The understanding knows a fixed list of kinds; words for another one would never be said."""
    dangers = {
        d.data["kind"]: d.data["topic"] for d in files.documents["safety"].values() if d.data.keys() >= {"kind", "topic"}
    }
    for id_, answer in files.answers.items():
        document = files.entries[id_]
        if "safety" in files.unread and id_ != "out_of_scope":
            continue
        allowed = KINDS if id_ == "out_of_scope" else {k for k, topic in dangers.items() if topic == id_}
        for kind in answer.kinds:
            if kind not in allowed:
                mend = did_you_mean(kind, allowed, f"Kinds here: {', '.join(sorted(allowed)) or 'none'}.")
                yield Problem(document.where((id_, "kinds", kind)), f"nothing is ever of the kind '{kind}' here.", mend)
        for kind in sorted(allowed - set(answer.kinds)):
            yield Problem(
                document.where((id_, "kinds")), f"there are no words for the kind '{kind}'.", f"Add '{kind}:' to kinds."
            )


@rule()
def translations_are_reviewed_and_fresh(files: Files) -> Iterator[Problem]:
    """A line in another language is as good as the English it was made from and the person who read it."""
    for id_, answer in files.answers.items():
        document = files.entries[id_]
        lines = document.data[id_].get("languages", {})
        waiting = [language for language, line in lines.items() if not line["reviewed_by"]]
        if waiting:
            what = f"no speaker has reviewed the lines in {', '.join(waiting)}."
            yield Problem(document.where((id_, "languages")), what, "Let one read them and put the name in reviewed_by.", True)
        for language, line in lines.items():
            if line.get("of", answer.checked_on) < answer.checked_on:
                what = f"the line in '{language}' was made from the English of {line['of']}, which was changed since."
                mend = f"Let a speaker look at it and put of: {answer.checked_on}."
                yield Problem(document.where((id_, "languages", language)), what, mend, True)


def _lists_named(key: str, files: Files) -> Iterator[tuple[Any, tuple[Any, ...], list[str]]]:
    """Yield every list with this key, wherever in an answer it stands, with its file and keys."""
    for id_ in files.answers:
        document = files.entries[id_]
        for keys, variant in _within(document.data[id_], (id_,)):
            yield document, (*keys, key), variant.get(key, [])


def _within(entry: Mapping[str, Any], keys: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Mapping[str, Any]]]:
    """Yield an entry and every variant in it, each with its keys."""
    yield keys, entry
    for name in ("by_reader", "kinds", "parts"):
        for variant, words in entry.get(name, {}).items():
            yield from _within(words, (*keys, name, variant))


def _units(book: Book, answer: Answer, asked: Asked, place: str, bubbles: Any, units: Any, around: Any) -> int:
    reply: Reply = book.reply(answer.id, asked, place)
    key = (reply.text, tuple(c.id for c in reply.contacts), reply.answer, place)
    if key not in _SEEN:
        for message in reply.text:
            if not to_tree(message):
                raise ValueError("a message is empty")
        shown = bubbles(Turn("answered", (reply,)), around)
        _SEEN[key] = sum(units(b.html) + 2 for b in shown)
    return _SEEN[key]


_SEEN: dict[Any, int] = {}


def _around() -> dict[str, str]:
    """Return the words around an answer on Telegram."""
    strings = json.loads((ROOT / "widget" / "strings.json").read_text(encoding="utf-8"))
    return {**strings["widget"], **strings.get("telegram", {})}


@cache
def _source() -> str:
    """Return all code that may name a notice (the rules of this folder do not count)."""
    files: list[Path] = []
    for pattern in ("bot/**/*.py", "actions/**/*.py", "widget/*.js", "widget/pages/*.html", "widget/*.json"):
        files += [f for f in ROOT.glob(pattern) if "check" not in f.relative_to(ROOT).parts]
    return "\n".join(f.read_text(encoding="utf-8") for f in sorted(files))
