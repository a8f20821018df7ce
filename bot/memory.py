"""What one conversation remembers: topics and an age band, read from Rasa's tracker events.

Nothing a person typed is in here, so a stored conversation can be rebuilt without their words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.answers import id_of
from bot.messages import Band, Reader, Turn, Understanding

# Topics with services of one area in them: after these a bare place name says whose.
LOCAL = frozenset({"gp_contact", "school_nurse", "feedback"})
# After these a bare place name may ask for a GP surgery, too.
_MAY_NAME_A_PLACE = LOCAL | {"gp_register"}
# A choice offered with this share is what a bare age or follow-up after it means.
_LEADS = 0.4
# A crisis keeps help in view for this many of the next replies.
HELP_STAYS = 3


@dataclass(frozen=True)
class Memory:
    """What earlier turns left behind.

    Attributes:
        band: the age band, if known; ``reader``: who asks, if it is not the young person.
        topic: the last topic that a follow-up can continue, or the likeliest of the choices just offered.
        part: the part of it, if a narrower question was answered.
        earlier: the topic before that one.
        choices: topics (or ``topic.part``) that the turn just before offered, or answered together.
        asked: whether it asked which of them was meant; ``listed``: whether they were more than next questions.
        misses: how many turns in a row the bot had to ask what was meant.
        crises: kind of danger (or topic, where that is all that is known) -> crisis replies so far;
            ``crisis``, ``crisis_kind``: topic and kind of the last; ``since_crisis``: turns since then, or None;
            ``supports``: short lines of support so far.
        awaiting_place: whether the turn just before asked where the person is;
            ``place_open``: whether a place may still come: asked for a little earlier, or good to know;
            ``place_misses``: how many in a row were none.
        notice: the answer that the turn just before led with.
        found: what the action server found in this turn.
        place: id of the place, if known.
    """

    band: Band | None = None
    reader: Reader | None = None
    topic: str | None = None
    part: str | None = None
    earlier: str | None = None
    choices: tuple[str, ...] = ()
    asked: bool = False
    listed: bool = False
    misses: int = 0
    crises: Mapping[str, int] = field(default_factory=dict)
    supports: int = 0
    crisis: str | None = None
    crisis_kind: str | None = None
    notice: str = ""
    since_crisis: int | None = None
    awaiting_place: bool = False
    place_open: bool = False
    place_misses: int = 0
    found: Mapping[str, Any] | None = None
    place: str | None = None

    @property
    def help_stays(self) -> bool:
        """Whether the last crisis is so near that help stays in view."""
        return self.since_crisis is not None and self.since_crisis < HELP_STAYS


@dataclass(frozen=True)
class Heard:
    """The message of this turn and the memory it meets; ``intent`` is what chose the rule."""

    understanding: Understanding
    memory: Memory
    part: str | None = None
    pressed: bool = False
    intent: str = ""


def summary(turn: Turn, before: Memory) -> dict[str, Any]:
    """Return what a later turn needs of this one; it is all that is stored of it."""
    choices, listed = _choices(turn, before)
    return {
        # Counted on, because older turns are not kept for ever and no crisis text may come twice in a row.
        "crises": _counted(turn, before),
        "outcome": turn.outcome,
        # Of whoever was asked about; it stands in until the writer says their own age.
        "band": turn.age_band,
        "topic": turn.topic,
        "topics": list(turn.topics),
        "choices": list(choices),
        "listed": listed,
        "asked": bool(turn.choices),
        "likeliest": _likeliest(turn),
        "kind": turn.kind,
        "awaiting_place": turn.awaiting_place,
        "place_open": turn.awaiting_place or before.awaiting_place or bool({turn.topic, before.topic} & _MAY_NAME_A_PLACE),
        "answers": [r.answer for r in turn.replies],
        "forget": turn.forget,
    }


def _counted(turn: Turn, before: Memory) -> dict[str, int]:
    if turn.outcome != "crisis":
        return dict(before.crises)
    told = turn.kind or turn.topic or ""
    return {**before.crises, told: before.crises.get(told, 0) + 1}


def _likeliest(turn: Turn) -> str | None:
    """Return the first of the choices offered, if it clearly leads."""
    first = turn.choices[0] if turn.outcome == "clarified" and turn.choices else None
    return continuable([first]) if first and first == turn.topic and turn.confidence >= _LEADS else None


def _choices(turn: Turn, before: Memory) -> tuple[tuple[str, ...], bool]:
    """Return what "the second one" can mean next, and whether it was listed to choose from.

    That is what was offered, or what was answered together; of these another may be chosen after the first.
    Otherwise it is the buttons.
    """
    answered = tuple(dict.fromkeys(r.answer for r in turn.replies if r.answer.partition(".")[0] in turn.topics))
    if turn.choices or len(answered) > 1:
        return turn.choices or answered, True
    if before.listed and turn.topic in {c.partition(".")[0] for c in before.choices}:
        return before.choices, True
    return tuple(id_of(b.payload) for r in turn.replies for b in r.buttons), False


def recall(said: Iterable[Mapping[str, Any]], slots: Mapping[str, Any], found: Mapping[str, Any] | None) -> Memory:
    """Return the memory that earlier turns' summaries and the slots amount to.

    Args:
        said: summaries of earlier turns, oldest first.
        slots: ``age_band``, ``reader`` and ``place``.
        found: what the action server found in this turn, if it was asked.
    """
    turns = list(said)
    topic = part = earlier = None
    misses = place_misses = 0
    crisis, kind, since = None, None, None
    for turn in turns:
        misses = misses + 1 if turn["outcome"] == "clarified" else 0
        place_misses = place_misses + 1 if turn["awaiting_place"] else 0
        since = None if since is None else since + 1
        if turn["outcome"] == "crisis":
            crisis, kind, since = turn["topic"], turn["kind"], 0
        elif turn["kind"] == "other_nation" and turn.get("asked"):
            # Asked of another country: "and in england" goes on with it.
            earlier = topic
            topic, part = turn["choices"][0], None
        elif turn["outcome"] == "answered" and (name := continuable(turn["topics"])):
            earlier = topic if topic != name else earlier
            topic = name
            part = next((a.partition(".")[2] for a in turn["answers"] if a.startswith(f"{name}.")), None)
    last = turns[-1] if turns else {}
    if (likeliest := last.get("likeliest")) and likeliest != topic:
        topic, part, earlier = likeliest, None, topic
    return Memory(
        band=slots.get("age_band") or last.get("band"),
        reader=slots.get("reader"),
        place=slots.get("place"),
        topic=topic,
        part=part,
        earlier=earlier,
        choices=tuple(last.get("choices", ())),
        asked=bool(last.get("asked")),
        listed=bool(last.get("listed")),
        misses=misses,
        # Of the version before this one a number may be left.
        crises=crises if isinstance(crises := last.get("crises"), dict) else {},
        supports=sum(a.endswith(".support") for t in turns for a in t["answers"]),
        crisis=crisis,
        crisis_kind=kind,
        since_crisis=since,
        awaiting_place=bool(last.get("awaiting_place")),
        place_open=bool(last.get("place_open")),
        place_misses=place_misses,
        notice=next(iter(last.get("answers", ())), ""),
        found=found,
    )


_CHAT = frozenset(
    {
        "greet",
        "goodbye",
        "thanks",
        "affirm",
        "deny",
        "help",
        "state_age",
        "delete_my_data",
        "out_of_scope",
        "bot_identity",
    }
)


def continuable(topics: Iterable[str]) -> str | None:
    """Return the last of ``topics`` that "and when im 16?" could mean, or None."""
    return next((t for t in reversed(list(topics)) if t not in _CHAT), None)


def read_tracker(tracker: Any) -> Heard:
    """Return the turn that a Rasa tracker is in the middle of."""
    events = tracker.applied_events()
    last_user = max((i for i, e in enumerate(events) if e.type_name == "user"), default=0)
    said = [e.metadata["said"] for e in events[:last_user] if e.type_name == "bot" and "said" in e.metadata]
    found = next(
        (e.value for e in reversed(events[last_user:]) if e.type_name == "slot" and e.key == "found" and e.value), None
    )
    slots = {name: tracker.get_slot(name) for name in ("age_band", "reader", "place")}
    latest = tracker.latest_message
    parse = (latest.parse_data if latest else None) or {}
    metadata = (latest.metadata if latest else None) or {}
    slots["place"] = metadata.get("place") or slots["place"]
    part = next((e["value"] for e in parse.get("entities", ()) if e.get("entity") == "part"), None)
    memory = recall(said, slots, found)
    intent = (parse.get("intent") or {}).get("name") or ""
    raw = parse.get("understanding")
    if raw is None:
        return Heard(Understanding(topics=((intent, 1.0),)), memory, part, pressed=True, intent=intent)
    return Heard(understanding_from(raw), memory, part, intent=intent)


def understanding_from(raw: Mapping[str, Any]) -> Understanding:
    """Rebuild an `Understanding` from its JSON form."""
    pairs = {k: tuple((t, float(p)) for t, p in raw[k]) for k in ("topics", "ranking", "goes_on")}
    safety = tuple(raw["safety"]) if raw["safety"] else None
    return Understanding(**{**raw, **pairs, "safety": safety, "words": tuple(raw["words"])})
