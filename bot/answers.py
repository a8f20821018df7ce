"""What the bot says: reads ``data/answers``, chooses an answer, serves an edited one at once.

`choose` is the pure core. `Book` holds one good reading of the files, `Library` keeps the last good
one while an editor's save is broken, and `AnswerBook` is the class that Rasa's ``endpoints.yml``
names as its NLG.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from bot.content import BUTTON_NOTICES, GROUPS, TOPICS, Document, read_shaped
from bot.errors import ContentError
from bot.logs import get_logger
from bot.messages import BANDS, Band, Button, Reader, Reply
from bot.places import DEFAULT, NEVER_HIDDEN, Place, load_places
from bot.settings import Settings

log = get_logger(__name__)


@dataclass(frozen=True)
class Words:
    """One way of saying an answer.

    Attributes:
        versions: lists of short messages that take turns (one list for most answers).
        by_age: messages for each band, or empty when age changes nothing.
    """

    versions: tuple[tuple[str, ...], ...]
    by_age: Mapping[Band, tuple[str, ...]] = field(default_factory=dict)
    contacts: tuple[str, ...] | None = None
    related: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Part:
    """A narrower question inside a topic, recognised by words and reachable by its button."""

    title: str
    when: tuple[re.Pattern[str], ...]
    words: Words
    by_reader: Mapping[str, Words]
    sources: tuple[Mapping[str, str], ...]
    covers: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """Everything ``data/answers`` says about one topic or notice."""

    id: str
    group: str
    title: str
    words: Words
    by_reader: Mapping[str, Words]
    kinds: Mapping[str, Words]
    languages: Mapping[str, str]
    parts: Mapping[str, Part]
    simpler: tuple[str, ...]
    why: tuple[str, ...]
    support: tuple[str, ...]
    covers: tuple[str, ...]
    sources: tuple[Mapping[str, str], ...]
    checked_on: str
    check_by: str
    reviewed_by: str

    @property
    def contacts(self) -> Iterator[str]:
        """Every contact that any of its words names, some more than once."""
        parts = (words for part in self.parts.values() for words in (part.words, *part.by_reader.values()))
        for words in (self.words, *self.by_reader.values(), *self.kinds.values(), *parts):
            yield from words.contacts or ()

    def part_for(self, message: str) -> str | None:
        """Return the part that ``message`` (lower case, no apostrophes) asks about, if any."""
        return next((p for p, part in self.parts.items() if any(w.search(message) for w in part.when)), None)


@dataclass(frozen=True)
class Asked:
    """For whom and how an answer is wanted."""

    band: Band | None = None
    reader: Reader | None = None
    part: str | None = None
    kind: str | None = None
    version: int = 0
    manner: str | None = None  # "simpler" | "why" | "more"


def choose(answer: Answer, asked: Asked) -> tuple[Words, tuple[str, ...]]:
    """Return the words of ``answer`` that fit, and its messages for that person.

    A part, a kind and a manner are what the question is about, so they win over who is asking;
    then the reader (of the part, if there is one), then the age band. What has no variant falls
    back to the plain text: there is always something to say.
    """
    words = answer.words
    if asked.part and asked.part in answer.parts:
        part = answer.parts[asked.part]
        words = part.by_reader.get(asked.reader or "", part.words)
    elif asked.kind and asked.kind in answer.kinds:
        words = answer.kinds[asked.kind]
    elif asked.manner == "simpler" and answer.simpler:
        return words, answer.simpler
    elif asked.manner == "why" and answer.why:
        return words, answer.why
    elif asked.reader and asked.reader in answer.by_reader:
        words = answer.by_reader[asked.reader]
    if asked.band and asked.band in words.by_age:
        return words, words.by_age[asked.band]
    return words, words.versions[asked.version % len(words.versions)]


@dataclass(frozen=True)
class Book:
    """All answers and places, read together at one moment."""

    answers: Mapping[str, Answer]
    places: Mapping[str, Place]

    @classmethod
    def load(cls, content: Path) -> Book:
        """Read ``answers/*.yml`` and ``places/*.yml`` under ``content``, and try each answer for each place.

        Raises:
            ContentError: the first thing found wrong; ``ownit check`` lists them all.
        """
        answers: dict[str, Answer] = {}
        documents = {g: read_shaped(content / "answers" / f"{g}.yml", "answers") for g in GROUPS}
        for group, document in documents.items():
            answers |= {id_: read_answer(id_, group, data, document) for id_, data in document.data.items()}
        book = cls(answers, load_places(content / "places", partial(read_shaped, schema="places")))
        book._prove(documents)
        return book

    def _prove(self, documents: Mapping[str, Document]) -> None:
        """Say every answer in every way: what fails now must not fail in front of somebody in danger."""
        for group, topics in TOPICS.items():
            for topic in set(topics) - set(self.answers):
                raise ContentError(documents[group].where(), f"there is no answer to {topic}.", f"Give '{topic}:' back.")
        for id_ in NEVER_HIDDEN - set(self.places[DEFAULT].contacts):
            raise ContentError(f"data/places/{DEFAULT}.yml", f"'{id_}' is gone, a line for people in danger.", "Give it back.")
        for answer in self.answers.values():
            for asked, keys in variants(answer):
                where = documents[answer.group].where((answer.id, *keys))
                for place in self.places:
                    try:
                        self.reply(answer.id, asked, place)
                    except Exception as error:
                        raise ContentError(where, f"this cannot be shown ({error!r}).", "`make check` says why.") from error

    def place(self, id_: str | None) -> Place:
        """Return the place with this id, or England when there is none."""
        return self.places.get(id_ or DEFAULT) or self.places[DEFAULT]

    def reply(self, id_: str, asked: Asked = Asked(), place: str | None = None, fill: Mapping[str, str] | None = None) -> Reply:
        """Return the answer ``id_`` as one reply.

        Args:
            asked: for whom it is.
            place: whose contacts to show.
            fill: values for the ``$name`` marks of a notice; what has no value stays as it is.
        """
        answer = self.answers[id_]
        words, messages = choose(answer, asked)
        part = answer.parts.get(asked.part or "")
        contacts = words.contacts if words.contacts is not None else answer.words.contacts
        related = words.related if words.related is not None else answer.words.related
        for name, value in (fill or {}).items():
            messages = tuple(m.replace(f"${name}", value) for m in messages)
        return Reply(
            answer=f"{id_}.{asked.part}" if part else id_,
            text=messages,
            buttons=self.buttons(related or ()),
            contacts=self.place(place).shown(contacts or (), asked.band, date.today()),
            sources=(part.sources if part else ()) or answer.sources,
            checked_on=answer.checked_on,
            draft=not answer.reviewed_by,
        )

    def buttons(self, ids: Sequence[str]) -> tuple[Button, ...]:
        """Return a button for each topic, ``topic.part`` or notice in ``ids``."""
        return tuple(Button(self.title(i), payload_of(i)) for i in ids)

    def title(self, id_: str) -> str:
        """Return the question that ``topic`` or ``topic.part`` answers, as a button says it."""
        topic, _, part = id_.partition(".")
        answer = self.answers[topic]
        return answer.parts[part].title if part else answer.title

    @cached_property
    def payloads(self) -> frozenset[str]:
        """Every payload that one of our own buttons may carry; all else is refused."""
        topics = (topic for group in TOPICS.values() for topic in group)
        parts = (f"{a.id}.{p}" for a in self.answers.values() for p in a.parts)
        return frozenset(payload_of(i) for i in (*topics, *BUTTON_NOTICES, *parts))


def payload_of(id_: str) -> str:
    """Return the payload of the button for ``topic`` or ``topic.part``."""
    topic, _, part = id_.partition(".")
    return f'/{topic}{{"part":"{part}"}}' if part else f"/{topic}"


def id_of(payload: str) -> str:
    """Return the ``topic`` or ``topic.part`` whose button carries ``payload``: `payload_of` turned round."""
    topic, _, part = payload.removeprefix("/").partition("{")
    return f"{topic}.{json.loads('{' + part)['part']}" if part else topic


def read_answer(id_: str, group: str, data: Mapping[str, Any], document: Document) -> Answer:
    """Turn one entry of an answers file (already of the right shape) into an `Answer`.

    Raises:
        ContentError: a ``when`` is not a regular expression.
    """

    def words(entry: Mapping[str, Any]) -> Words:
        text = entry["text"]
        versions = tuple(map(tuple, text)) if isinstance(text[0], list) else (tuple(text),)
        lists = {k: tuple(entry[k]) if k in entry else None for k in ("contacts", "related")}
        return Words(versions, {b: tuple(t) for b, t in entry.get("by_age", {}).items()}, **lists)

    def part(name: str, entry: Mapping[str, Any]) -> Part:
        try:
            when = tuple(re.compile(w) for w in entry["when"])
        except re.error as error:
            where = document.where((id_, "parts", name, "when"))
            raise ContentError(where, f"'{error.pattern!s}' is not a pattern: {error}.", "Write plain words.") from error
        readers = {r: words(v) for r, v in entry.get("by_reader", {}).items()}
        lists = (tuple(entry.get(name, ())) for name in ("sources", "covers"))
        return Part(entry["title"], when, words(entry), readers, *lists)

    return Answer(
        id=id_,
        group=group,
        title=data["title"],
        words=words(data),
        by_reader={r: words(v) for r, v in data.get("by_reader", {}).items()},
        kinds={k: words(v) for k, v in data.get("kinds", {}).items()},
        languages={code: line["text"] for code, line in data.get("languages", {}).items()},
        parts={p: part(p, v) for p, v in data.get("parts", {}).items()},
        simpler=tuple(data.get("simpler", ())),
        why=tuple(data.get("why", ())),
        support=tuple(data.get("support", ())),
        covers=tuple(data.get("covers", ())),
        sources=tuple(data.get("sources", ())),
        checked_on=data["checked_on"],
        check_by=data["check_by"],
        reviewed_by=data["reviewed_by"],
    )


def variants(answer: Answer) -> Iterator[tuple[Asked, tuple[Any, ...]]]:
    """Yield each way of asking that leads to words of its own, with the keys at which they stand."""
    asks: list[tuple[dict[str, Any], tuple[Any, ...], Words]] = [({}, (), answer.words)]
    asks += [({"reader": r}, ("by_reader", r), w) for r, w in answer.by_reader.items()]
    for p, part in answer.parts.items():
        asks.append(({"part": p}, ("parts", p), part.words))
        asks += [({"part": p, "reader": r}, ("parts", p, "by_reader", r), w) for r, w in part.by_reader.items()]
    asks += [({"kind": k}, ("kinds", k), w) for k, w in answer.kinds.items()]
    asks += [({"manner": m}, (m,), answer.words) for m in ("simpler", "why") if getattr(answer, m)]
    bands: tuple[Band | None, ...] = (None, *BANDS)
    for fields, keys, words in asks:
        for band in bands:
            at = (*keys, "by_age", band) if band in words.by_age else keys
            for version in range(len(words.versions)):
                yield Asked(band=band, version=version, **fields), at


class Library:
    """The newest good `Book`: looks at the files' times, and reads again when one changed."""

    def __init__(self, content: Path) -> None:
        """Read the files for the first time.

        Raises:
            ContentError: they are broken, and there is no earlier reading to fall back on.
        """
        self._content = content
        self.broken: ContentError | None = None
        self._stamp = self._times()
        self._book = Book.load(content)

    @property
    def book(self) -> Book:
        """The newest good reading; a broken save keeps the one before and is logged once."""
        if (times := self._times()) != self._stamp:
            self._stamp = times
            try:
                self._book = Book.load(self._content)
                self.broken = None
                log.info("answers_reloaded")
            except ContentError as error:
                self.broken = error
                log.error("answers_broken", where=error.where, what=error.what, mend=error.mend)
        return self._book

    def _times(self) -> tuple[tuple[str, int], ...]:
        # For every message: `Path.glob` would take five times as long.
        files = (file for folder in ("answers", "places") for file in os.scandir(self._content / folder))
        try:
            return tuple(sorted((f.path, f.stat().st_mtime_ns) for f in files if f.name.endswith(".yml")))
        except OSError:
            return ()  # what is missing is told by reading


class AnswerBook:
    """Rasa's NLG: says the answer that the rules chose, in the words that fit the conversation."""

    def __init__(self, endpoint_config: object = None, domain: object = None) -> None:
        """Read the answers; Rasa passes its endpoint and domain, which are not needed."""
        self._library = Library(Settings.from_env().content)

    async def generate(self, utter_action: str, tracker: Any, output_channel: str, **_: Any) -> dict[str, Any]:
        """Return the message for ``utter_action``; never None, which Rasa would turn to silence."""
        from bot.converse import turn_for
        from bot.memory import read_tracker, summary

        heard = read_tracker(tracker)
        turn = turn_for(utter_action.removeprefix("utter_"), heard, self._library.book)
        said = summary(turn, heard.memory)
        if tracker.get_latest_input_channel() in ("web", "telegram", "ask"):
            return {"custom": turn.as_dict(), "said": said}
        return {
            "text": "\n\n".join(line for reply in turn.replies for line in reply.text),
            "buttons": [{"title": b.title, "payload": b.payload} for r in turn.replies for b in r.buttons],
            "said": said,
        }
