"""One answer in all its forms: at each age, to each reader, as the web chat and Telegram show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape

from bot.answers import Answer, Asked, Book, choose
from bot.check.style import MOST_WORDS, OLD_AGE, reading_age, sentences
from bot.messages import BANDS, READERS, Band, Reply
from bot.places import DEFAULT
from bot.preview.bubbles import telegram, web
from bot.preview.words import Words

CHANNELS = ("web", "telegram")
UNKNOWN = "unknown"
_AGES: tuple[Band | None, ...] = (None, *BANDS)
Form = tuple[Asked, Reply]


@dataclass(frozen=True)
class Choice:
    """What of an answer is to be shown; "" stands for all."""

    reader: str
    band: str
    channel: str
    place: str
    part: str

    @classmethod
    def read(cls, query: Mapping[str, str], book: Book) -> Choice:
        """Return the choice that an address makes; what is unknown in it counts as none."""

        def known(name: str, allowed: Iterable[str], otherwise: str = "") -> str:
            given = query.get(name, "")
            return given if given in allowed else otherwise

        return cls(
            reader=known("reader", READERS),
            band=known("band", (UNKNOWN, *BANDS)),
            channel=known("channel", CHANNELS),
            place=known("place", book.places, DEFAULT),
            part=query.get("of", "").partition(".")[2],
        )


class Forms:
    """Shows the forms of one answer."""

    def __init__(self, words: Words, book: Book, answer: Answer, choice: Choice) -> None:
        """Keep what they are made from."""
        self._words, self._say = words, words.say
        self._book, self._answer, self._choice = book, answer, choice

    def html(self) -> str:
        """Return the answer, its narrower questions, kinds and manners."""
        answer = self._answer
        out = [self._section("main", self._words.lines["main"], Asked())]
        for name, part in answer.parts.items():
            title = self._words.fill("part", title=part.title)
            patterns = "".join(f"<li><code>{escape(w.pattern)}</code></li>" for w in part.when)
            when = f'<details id="when-{name}"><summary>{self._say("part_when")}</summary><ul>{patterns}</ul></details>'
            out.append(self._section(f"part-{name}", title, Asked(part=name), when, here=name == self._choice.part))
        for name in answer.kinds:
            title = self._words.fill("kind", name=name.replace("_", " "))
            out.append(self._section(f"kind-{name}", title, Asked(kind=name)))
        for manner in ("simpler", "why"):
            if getattr(answer, manner):
                out.append(self._section(manner, self._words.lines[f"manner_{manner}"], Asked(manner=manner)))
        if answer.support:
            replies = [("", Reply(f"{answer.id}.support", (line,))) for line in answer.support]
            out.append(self._in_section("support", self._words.lines["support"], replies))
        return "".join(out)

    def _section(self, id_: str, title: str, asked: Asked, before: str = "", here: bool = False) -> str:
        return self._in_section(id_, title, self._labelled(asked), before, here)

    def _in_section(
        self, id_: str, title: str, forms: Iterable[tuple[str, Reply]], before: str = "", here: bool = False
    ) -> str:
        body = before + "".join(self._form(label, reply) for label, reply in forms)
        if id_ == "main":
            return f"<section><h2>{escape(title)}</h2>{body}</section>"
        # Folded, because some answers have a dozen of these; open where a button of the chat led to it.
        opened = " open" if here else ""
        return f'<details id="{escape(id_)}" class="fold"{opened}><summary><h2>{escape(title)}</h2></summary>{body}</details>'

    def _labelled(self, asked: Asked) -> Iterator[tuple[str, Reply]]:
        """Yield each different wording with the people it is for."""
        same: dict[str, list[Form]] = {}
        for form in forms(self._book, self._answer, asked, self._choice.place):
            reply = form[1]
            key = repr((form[0].version, reply.text, [c.id for c in reply.contacts], reply.buttons))
            same.setdefault(key, []).append(form)
        versions = 1 + max(found[0][0].version for found in same.values())
        for found in same.values():
            if not any(self._wanted(a) for a, _ in found):
                continue
            label = self._label([a for a, _ in found])
            if versions > 1:
                number = found[0][0].version + 1
                label += ", " + self._words.fill("version", number=number, of=versions)
            yield label, found[0][1]

    def _wanted(self, asked: Asked) -> bool:
        return self._choice.reader in ("", asked.reader) and self._choice.band in ("", asked.band or "unknown")

    def _label(self, asked: list[Asked]) -> str:
        words, out = self._words.lines, []
        by_reader = {r: [a.band for a in asked if a.reader == r] for r in READERS}
        if all(len(bands) == len(_AGES) for bands in by_reader.values()):
            return f"{words['everyone']}, {words['any_age']}"
        if len({tuple(bands) for bands in by_reader.values()}) == 1:
            by_reader, name = {READERS[0]: by_reader[READERS[0]]}, words["everyone"]
        else:
            name = ""
        for reader, bands in by_reader.items():
            if bands:
                ages = [words[f"band_{b or 'unknown'}"] for b in bands]
                aged = words["any_age"] if len(bands) == len(_AGES) else ", ".join(ages)
                out.append(f"{name or words[f'reader_{reader}']}, {aged}")
        return "; ".join(out)

    def _form(self, label: str, reply: Reply) -> str:
        strings = self._words.strings
        looks = {"web": web(reply, strings), "telegram": telegram(reply, self._book, strings)}
        shown = "".join(
            f'<div class="look"><p class="where">{self._say(f"channel_{channel}")}</p>{look}</div>'
            for channel, look in looks.items()
            if self._choice.channel in ("", channel)
        )
        head = f"<h3>{escape(label)}</h3>" if label else ""
        return f'<div class="form">{head}{self._measures(reply)}<div class="looks">{shown}</div></div>'

    def _measures(self, reply: Reply) -> str:
        age = reading_age(" ".join(reply.text))
        longest = max(map(len, reply.text))
        every = [len(s.split()) for message in reply.text for s in sentences(message)] or [0]
        age_words = "measure_age_high" if age > OLD_AGE else "measure_age" if age else "measure_short"
        parts = (
            (age > OLD_AGE, self._say(age_words, age=f"{age:.0f}")),
            (False, self._say("measure_words", words=sum(every))),
            (longest > self._words.most, self._say("measure_message", length=longest, most=self._words.most)),
            (max(every) > MOST_WORDS, self._say("measure_sentence", length=max(every), most=MOST_WORDS)),
        )
        said = " ".join(f'<span class="mark soft">{text}</span>' if over else text for over, text in parts)
        return f'<p class="measures">{said}</p>'


def forms(book: Book, answer: Answer, asked: Asked, place: str) -> Iterator[Form]:
    """Yield the answer for every reader, age and turn of its versions; ``asked`` says what the question is about."""
    for reader in READERS:
        for band in _AGES:
            who = Asked(band, reader, asked.part, asked.kind, 0, asked.manner)
            words, messages = choose(answer, who)
            turns = len(words.versions) if messages in words.versions else 1
            for version in range(turns):
                who = Asked(band, reader, asked.part, asked.kind, version, asked.manner)
                yield who, book.reply(answer.id, who, place)
