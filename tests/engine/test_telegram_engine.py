"""A conversation in Telegram with the real engine behind it, by polling and by webhook."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.settings import Settings
from tests.actions.gp_directory.gp_helpers import as_csv, invented
from tests.channels.telegram_front import Front, Person
from tests.telegram_fake import FakeTelegram

pytestmark = pytest.mark.engine
# Paddington, to more decimals than may get past the channel.
PIN = {"latitude": 51.517532, "longitude": -0.173571}


@pytest.fixture(scope="module", autouse=True)
def surgeries(engine: Settings) -> None:
    """Give the action server, which looks for a new list at each look-up, a list of invented surgeries."""
    path = engine.var / "gp" / "practices.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_text(as_csv(invented()), encoding="utf-8")


@pytest.fixture(scope="module", params=["polling", "webhook"])
def front(request: pytest.FixtureRequest, engine: Settings) -> Iterator[Front]:
    with FakeTelegram() as telegram:
        with Front(telegram, webhook=request.param == "webhook", engine=engine) as front:
            front.wait_for("ready")
            yield front
        assert [r for r in telegram.refused if r[0] != "getUpdates"] == []


def _person(front: Front, chat: int) -> Person:
    return Person(front.telegram, chat)


def test_a_conversation_from_start_to_delete(front: Front) -> None:
    ann = _person(front, 810_001)
    (welcome,) = ann.says("/start nwl")
    assert "16 or over" in welcome.text

    (answer,) = ann.says("can i see the doctor without my mum im 14")
    assert answer.html.startswith("<b>Yes")

    (told,) = ann.presses(answer, answer.buttons[0][0])
    assert told.text != answer.text
    front.telegram.wait(lambda: answer.buttons[0][0].startswith("✓ "))

    (why,) = ann.says("why?")
    assert why.text not in (told.text, answer.text)

    *_, ask = ann.says("where is my nearest gp", number=2)
    assert ask.asks_location

    first, *_ = ann.sends(location=PIN)
    assert first.markup == {"remove_keyboard": True}
    front.telegram.wait(lambda: any("Quillfeather" in m.text for m in ann.got))
    front.telegram.wait(lambda: ann.got[-1].buttons)  # the last message of an answer has buttons

    (aged,) = ann.says("can i book an appointment")
    (deleted,) = ann.says("/delete")
    assert deleted.text.startswith("Done. I've deleted")
    (again,) = ann.says("can i book an appointment")
    eve = _person(front, 810_005)
    eve.says("/delete")  # she asked the same by the other way of receiving messages
    (stranger,) = eve.says("can i book an appointment")
    assert again.text == stranger.text != aged.text


def test_danger_is_met_with_help_in_every_kind_of_message(front: Front) -> None:
    ben = _person(front, 810_002)
    photo = [{"file_id": "f", "file_unique_id": "u", "width": 9, "height": 9}]
    for reply in (ben.says("i want to die"), ben.sends(photo=photo, caption="i want to die")):
        assert "999" in reply[0].text
        assert "can only read words" not in reply[0].text


def test_danger_at_the_end_of_the_longest_message_is_met_with_help(front: Front) -> None:
    long = "so yesterday at school we had maths and then lunch. " * 78
    (reply,) = _person(front, 810_006).says(f"{long[:4_070]} i want to kill myself")
    assert "999" in reply.text
    assert "That was a lot to read" not in reply.text


def test_a_pin_that_nobody_asked_for_finds_surgeries_all_the_same(front: Front) -> None:
    dan = _person(front, 810_007)
    dan.sends(location=PIN)
    front.telegram.wait(lambda: any("Quillfeather" in m.text for m in dan.got))


@pytest.mark.parametrize("typed", ["/restart", '/own_it_5_pharmacy{"age":99}', "/session_start", "<b>&</b>", "😀"])
def test_typed_marks_and_payloads_run_nothing(typed: str, front: Front) -> None:
    eve = _person(front, 810_003)
    (reply,) = eve.says(typed)
    assert "We've started again" not in reply.text
    assert '"age"' not in reply.text


def test_six_quick_messages_are_answered_in_order(front: Front) -> None:
    cat = _person(front, 810_004)
    questions = ["can i see a doctor alone", "what is a pharmacy for", "will my parents be told"] * 2
    for question in questions:
        front.telegram.says(cat.chat, question)
    got = [m.text for m in cat.gets(0, 6)]
    assert len(got) == 6
    assert got[:3] != got[1:4]
    assert got[0].startswith("Yes, you can ask")
