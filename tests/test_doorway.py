"""The doorway never raises and never stays silent."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from bot.doorway import MESSAGES_A_MINUTE, Doorway
from bot.errors import EngineError
from bot.messages import Incoming, Reply, Turn
from bot.settings import Settings


class FakeEngine:
    """Answers with the text it was given, slowly if told, or fails."""

    def __init__(self, error: Exception | None = None, wait: float = 0.0) -> None:
        self.error, self.wait = error, wait
        self.asked: list[str] = []

    async def ask(self, incoming: Incoming) -> Turn:
        self.asked.append(incoming.text or incoming.payload or "")
        await asyncio.sleep(self.wait)
        if self.error:
            raise self.error
        return Turn("answered", (Reply("echo", (incoming.text or "",)),), "echo", 1.0, ("echo",))


def handle(settings: Settings, engine: FakeEngine, *incoming: Incoming, limited: bool = True) -> list[Turn]:
    doorway = Doorway(settings, engine, limited)  # type: ignore[arg-type]

    async def together() -> list[Turn]:
        return list(await asyncio.gather(*(doorway.handle(i) for i in incoming)))

    return asyncio.run(together())


def text(message: str, person: str = "p") -> Incoming:
    return Incoming(person, "web", text=message)


@pytest.mark.parametrize("error", [EngineError("engine", "down"), RuntimeError("bug"), KeyError("x")])
def test_whatever_breaks_the_person_gets_an_apology_with_help_in_it(settings: Settings, error: Exception) -> None:
    (turn,) = handle(settings, FakeEngine(error), text("can i see a doctor"))
    assert turn.outcome == "sorry"
    assert turn.replies[0].contacts


@pytest.mark.parametrize("message", ["i want to kill myself", "ive taken loads of tablets", "my uncle touches me"])
def test_a_message_of_danger_gets_its_crisis_reply_even_when_the_engine_is_down(settings: Settings, message: str) -> None:
    (turn,) = handle(settings, FakeEngine(EngineError("engine", "down")), text(message))
    assert turn.outcome == "crisis"


def test_a_crisis_message_is_read_even_when_it_is_too_long_or_too_many(settings: Settings) -> None:
    long = "i went to school and " * 100 + "i want to kill myself"
    (turn,) = handle(settings, FakeEngine(), text(long))
    assert turn.outcome == "crisis"
    flood = [text("hi")] * (MESSAGES_A_MINUTE + 5) + [text("i want to kill myself")]
    assert handle(settings, FakeEngine(), *flood)[-1].outcome == "crisis"


def test_whoever_deletes_again_and_again_is_slowed_down_as_well(settings: Settings) -> None:
    async def flood() -> list[str]:
        doorway = Doorway(settings, FakeEngine())  # type: ignore[arg-type]
        outcomes = []
        for _ in range(MESSAGES_A_MINUTE):
            outcomes.append((await doorway.handle(text("hi"))).outcome)
            await doorway.forget("p")
        return [*outcomes, (await doorway.handle(text("hi"))).outcome]

    assert asyncio.run(flood()) == ["answered"] * MESSAGES_A_MINUTE + ["refused"]


def test_who_asked_to_be_forgotten_while_the_engine_was_away_is_forgotten_on_its_return(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.doorway._TRY_AGAIN", 0.001)
    engine = FakeEngine(EngineError("engine", "down"))

    async def outage() -> list[str]:
        doorway = Doorway(settings, engine)  # type: ignore[arg-type]
        await doorway.forget("p")
        while len(engine.asked) < 3:
            await asyncio.sleep(0)
        engine.error = None
        await asyncio.gather(*doorway._later)
        return engine.asked

    assert set(asyncio.run(outage())) == {"/delete_my_data"}


def test_other_people_are_answered_while_a_long_message_is_read(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    read, answered, meanwhile = threading.Event(), threading.Event(), []

    def slowly(_: object, text: str) -> None:
        read.set()
        meanwhile.append(answered.wait(5))

    monkeypatch.setattr("bot.nlu.phrases.SafetyRules.find", slowly)

    async def both() -> Turn:
        doorway = Doorway(settings, FakeEngine())  # type: ignore[arg-type]
        long = asyncio.create_task(doorway.handle(text("my story " * 200, person="a")))
        while not read.is_set():
            await asyncio.sleep(0)
        turn = await doorway.handle(text("hi", person="b"))
        answered.set()
        await long
        return turn

    assert asyncio.run(both()).outcome == "answered"
    assert meanwhile == [True]


@pytest.mark.parametrize(("message", "language"), [("Chcę umrzeć", "pl"), ("quiero morir", "es")])
def test_without_the_engine_danger_in_another_language_gets_its_line_first(
    settings: Settings, message: str, language: str
) -> None:
    doorway = Doorway(settings, FakeEngine(EngineError("engine", "down")))  # type: ignore[arg-type]
    turn = asyncio.run(doorway.handle(text(message)))
    assert turn.outcome == "crisis"
    assert turn.replies[0].text[0] == doorway.library.book.answers[str(turn.topic)].languages[language]


def test_even_where_everything_broke_there_is_an_apology_with_help_in_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    doorway = Doorway(settings, FakeEngine())  # type: ignore[arg-type]
    monkeypatch.setattr("bot.answers.Book.reply", lambda *_, **__: 1 / 0)
    turn = asyncio.run(doorway.handle(text("hi" * 600)))
    assert turn.outcome == "sorry"
    assert turn.replies[0].contacts


def test_typed_payloads_reach_the_engine_as_plain_words(settings: Settings) -> None:
    engine = FakeEngine()
    handle(settings, engine, text('/own_it_5_pharmacy{"age":99}'), text("/restart"))
    assert not any(asked.startswith("/") for asked in engine.asked)


def test_only_our_own_buttons_may_carry_a_payload(settings: Settings) -> None:
    engine = FakeEngine()
    bad, good = handle(
        settings, engine, Incoming("p", "web", payload="/restart"), Incoming("p", "web", payload="/own_it_5_pharmacy")
    )
    assert bad.outcome == "refused"
    assert good.outcome == "answered"
    assert engine.asked == ["/own_it_5_pharmacy"]


@pytest.mark.parametrize("message", ["", "   ", "\x00\u202e", "/"])
def test_nothing_typed_gets_a_kind_word(settings: Settings, message: str) -> None:
    (turn,) = handle(settings, FakeEngine(), text(message))
    assert turn.replies[0].answer == "empty"


def test_a_personal_number_is_masked_before_the_engine_and_the_person_is_told(settings: Settings) -> None:
    engine = FakeEngine()
    (turn,) = handle(settings, engine, text("my nhs number is 943 476 5919 can i book"))
    assert "943" not in engine.asked[0]
    assert turn.replies[0].answer == "personal_details"


def test_fifty_messages_in_a_second_are_answered_or_politely_refused(settings: Settings) -> None:
    turns = handle(settings, FakeEngine(), *[text(f"hi {n}") for n in range(50)])
    assert len(turns) == 50
    assert {t.outcome for t in turns} == {"answered", "refused"}


def test_one_persons_messages_are_answered_in_order_and_one_at_a_time(settings: Settings) -> None:
    engine = FakeEngine(wait=0.01)
    turns = handle(settings, engine, *[text(str(n)) for n in range(6)])
    assert engine.asked == [str(n) for n in range(6)]
    assert [t.replies[0].text[0] for t in turns] == engine.asked


def test_the_off_switch_turns_every_answer_into_help(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "off").write_text("maintenance")
    off = Settings({**settings.env, "OWNIT_VAR": str(tmp_path)})
    (turn,) = handle(off, FakeEngine(), text("can i see a doctor"))
    assert turn.replies[0].answer == "off"
    assert turn.replies[0].contacts


def test_personal_details_are_spoken_of_after_help_and_before_an_answer(settings: Settings) -> None:
    broken = FakeEngine(EngineError("engine", "gone"))
    crisis, plain = (
        handle(settings, broken, text("i want to kill myself, call 07700 900123")),
        handle(settings, FakeEngine(), text("my number is 07700 900123")),
    )
    assert [r.answer for r in crisis[0].replies][-1] == "personal_details"
    assert plain[0].replies[0].answer == "personal_details"


def test_a_pin_reaches_the_engine_rounded(settings: Settings) -> None:
    class Pins(FakeEngine):
        async def ask(self, incoming: Incoming) -> Turn:
            self.asked.append(str(incoming.location))
            return await super().ask(incoming)

    engine = Pins()
    handle(settings, engine, Incoming("p", "web", location=(51.512345, -0.123456)))
    assert engine.asked[0] == "(51.512, -0.123)"
