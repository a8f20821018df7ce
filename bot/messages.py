"""The plain messages that pass between a channel, the doorway and the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Band = Literal["U13", "13-15", "16-17", "18+"]
Reader = Literal["young_person", "parent", "professional"]
Outcome = Literal["answered", "clarified", "out_of_scope", "crisis", "refused", "sorry"]

BANDS: tuple[Band, ...] = ("U13", "13-15", "16-17", "18+")
READERS: tuple[Reader, ...] = ("young_person", "parent", "professional")
# Less sure than this: ask what was meant. One wrong answer given outright is worse than three needless questions.
SURE = 0.65


@dataclass(frozen=True)
class Incoming:
    """One message from a person: exactly one of text, payload or location is set.

    Attributes:
        person: conversation id; random or a keyed hash, it never names anybody.
        channel: ``web``, ``telegram`` or ``ask``.
        text: what they typed, as it came.
        payload: one of our own buttons' payloads, such as ``/own_it_5_pharmacy``.
        location: latitude and longitude of a pin they chose to send, in degrees.
        place: id of a file in ``data/places``, named by the page or poster they came from.
    """

    person: str
    channel: str
    text: str | None = None
    payload: str | None = None
    location: tuple[float, float] | None = None
    place: str | None = None


@dataclass(frozen=True)
class Button:
    """One tap that sends ``payload`` (at most 64 bytes: Telegram's callback limit)."""

    title: str
    payload: str


@dataclass(frozen=True)
class Contact:
    """One service a person can reach, as a channel shows it.

    ``phone`` and ``sms`` hold digits and spaces; ``sms_word`` is the word to send, if any.
    """

    id: str
    name: str
    what: str = ""
    who: str = ""
    hours: str = ""
    phone: str = ""
    sms: str = ""
    sms_word: str = ""
    web: str = ""
    bsl: str = ""


@dataclass(frozen=True)
class Reply:
    """One answer: short messages in small Markdown, then contacts, buttons and its source.

    Attributes:
        answer: id of the answer in ``data/answers``, with ``.part`` where one was asked for.
        text: the short messages, one bubble each.
        draft: whether a named clinician has still to sign this answer.
    """

    answer: str
    text: tuple[str, ...]
    buttons: tuple[Button, ...] = ()
    contacts: tuple[Contact, ...] = ()
    sources: tuple[Mapping[str, str], ...] = ()
    checked_on: str = ""
    draft: bool = True


@dataclass(frozen=True)
class Turn:
    """What the bot says to one message, and how it came to say it.

    Attributes:
        topic: the topic answered first.
        confidence: calibrated probability (0 to 1) that ``topic`` is what was asked.
        topics: every topic answered, in order.
        choices: topics offered when the bot asked what was meant.
        kind: finer kind of an out-of-scope or crisis outcome.
        awaiting_place: whether the bot has just asked where the person is.
        forget: whether the stored conversation must be removed now.
    """

    outcome: Outcome
    replies: tuple[Reply, ...]
    topic: str | None = None
    confidence: float = 0.0
    topics: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    age_band: Band | None = None
    kind: str | None = None
    awaiting_place: bool = False
    forget: bool = False
    language: str = "en"

    def as_dict(self) -> dict[str, Any]:
        """Return the turn as JSON-able data (the engine's ``custom`` part)."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Turn:
        """Rebuild a turn from `as_dict` data that has been through JSON."""
        replies = tuple(
            Reply(
                answer=r["answer"],
                text=tuple(r["text"]),
                buttons=tuple(Button(**b) for b in r["buttons"]),
                contacts=tuple(Contact(**c) for c in r["contacts"]),
                sources=tuple(r["sources"]),
                checked_on=r["checked_on"],
                draft=r["draft"],
            )
            for r in data["replies"]
        )
        lists = {k: tuple(data[k]) for k in ("topics", "choices")}
        return cls(**{**data, **lists, "replies": replies})


@dataclass(frozen=True)
class Understanding:
    """What the understanding part found in one message; all optional but the topic.

    Attributes:
        topics: (topic, confidence) of each question found, the leading one first.
        ranking: (topic, probability) of the likeliest topics for the leading question.
        kind: finer kind of ``out_of_scope``.
        band: age band of the person asked about.
        reader: who is asking.
        follow_up: how the message continues the one before (`bot.nlu.context.follow_up`): ``age``, ``why``, ``choice:2`` …
        safety: ``(kind, tier)`` with tier ``crisis`` or ``support``.
        guessed: whether nothing but the classifier found that danger, so that its kind is a guess.
        doubtful: whether it did so, and is not quite sure.
        language: ISO 639-1 code of the message.
        words: lower-case text without apostrophes, for a topic's parts; dropped after use.
        continues: whether the message leans on the one before ("and prescriptions?").
        goes_on: (topic, probability) of the topics it would go on with, had they been answered just before.
        lasting: whether ``band`` is the person's own for the rest of the conversation.
        asks_to_delete: whether the words tell the bot to delete what it keeps.
    """

    topics: tuple[tuple[str, float], ...] = ()
    ranking: tuple[tuple[str, float], ...] = ()
    kind: str | None = None
    band: Band | None = None
    reader: Reader | None = None
    follow_up: str | None = None
    safety: tuple[str, str] | None = None
    guessed: bool = False
    doubtful: bool = False
    language: str = "en"
    words: tuple[str, ...] = field(default=(), repr=False)
    continues: bool = False
    goes_on: tuple[tuple[str, float], ...] = ()
    lasting: bool = True
    asks_to_delete: bool = False
