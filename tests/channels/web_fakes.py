"""A doorway that answers from the real answers without an engine, for tests of the web chat."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.answers import Library
from bot.messages import Incoming, Reply, Turn


class FakeDoorway:
    """Answers a button with its topic, and text with the topic that a word in it names."""

    WORDS = {"parents": "own_it_4_parents_told", "choose": "own_it_1_decisions", "kill": "crisis_selfharm_suicide"}

    def __init__(self, library: Library) -> None:
        """Answer from ``library``."""
        self.library, self.off = library, False
        self.heard: list[Incoming] = []
        self.forgotten: list[str] = []
        self.delay = 0.0
        self.extra: Reply | None = None

    async def handle(self, incoming: Incoming) -> Turn:
        """Answer as the engine would, as far as the channel can tell."""
        self.heard.append(incoming)
        await asyncio.sleep(self.delay)
        book = self.library.book
        topic = "own_it_3_seen_alone"
        if incoming.payload:
            topic = incoming.payload.removeprefix("/").partition("{")[0]
        elif incoming.text:
            topic = next((t for w, t in self.WORDS.items() if w in incoming.text), topic)
        reply = book.reply(topic, place=incoming.place)
        crisis = topic.startswith("crisis_")
        replies = (reply, replace(self.extra, answer=topic)) if self.extra else (reply,)
        return Turn(
            "crisis" if crisis else "answered",
            replies,
            topic,
            0.9,
            (topic,),
            forget=topic == "delete_my_data",
            awaiting_place=topic == "gp_contact",
        )

    async def forget(self, person: str) -> None:
        """Note who was forgotten."""
        self.forgotten.append(person)
