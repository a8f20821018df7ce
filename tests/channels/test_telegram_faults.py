"""Telegram stumbles while we answer: floods, failures, lost links, people who block. Nothing lost, nothing twice."""

from __future__ import annotations

import logging
import time

import pytest

from bot.messages import Incoming, Turn
from tests.channels.telegram_front import QUESTION, Front, Person, said
from tests.telegram_fake import FakeTelegram

pytestmark = pytest.mark.slow


def test_one_who_blocked_the_bot_holds_up_nobody(front: Front, telegram: FakeTelegram, ann: Person, ben: Person) -> None:
    telegram.blocked.add(ann.chat)
    telegram.says(ann.chat, QUESTION)
    assert ben.says(QUESTION)
    telegram.blocked.discard(ann.chat)
    assert len(ann.says(QUESTION)) == 1


def test_a_flooded_message_is_sent_once_after_the_wait_and_others_go_on(
    front: Front, telegram: FakeTelegram, ann: Person, ben: Person
) -> None:
    telegram.floods(1, chat=ann.chat)
    telegram.says(ann.chat, QUESTION)
    telegram.wait(lambda: telegram.called("sendMessage", ann.chat))
    ben.says(QUESTION)
    assert ann.got == []
    (answer,) = ann.gets(0)
    first, second = [at for m, f, at in telegram.calls if m == "sendMessage" and int(f["chat_id"]) == ann.chat]
    assert second - first >= 1
    assert answer.at > ben.got[0].at


@pytest.mark.parametrize("trouble", ["502", "500 twice", "dropped", "dropped twice"])
def test_a_failed_send_is_tried_again_until_it_arrives_once(
    trouble: str, front: Front, telegram: FakeTelegram, ann: Person
) -> None:
    times = 2 if "twice" in trouble else 1
    if "dropped" in trouble:
        telegram.drops(times)
    else:
        telegram.fails(int(trouble[:3]), times)
    front.doorway.echo = True
    ann.says("one")
    ann.says("two")
    assert [m.text for m in ann.got] == said("one", "two")


def test_a_message_whose_receipt_was_lost_is_rather_sent_again_than_lost(
    front: Front, telegram: FakeTelegram, ann: Person
) -> None:
    front.doorway.echo = True
    telegram.drops(after=True)
    ann.says("one", number=2)
    assert [m.text for m in ann.got] == said("one", "one")


def test_words_arrive_although_telegram_refuses_their_marks(front: Front, telegram: FakeTelegram, ann: Person) -> None:
    telegram.refuses(400, "Bad Request: can't parse entities: unsupported start tag")
    (answer,) = ann.says(QUESTION)
    assert answer.text.startswith("Yes, you can ask")
    assert answer.html == answer.text
    assert answer.buttons


def test_words_arrive_although_telegram_refuses_their_buttons(front: Front, telegram: FakeTelegram, ann: Person) -> None:
    telegram.refuses(400, "Bad Request: BUTTON_DATA_INVALID", 2)
    (answer,) = ann.says(QUESTION)
    assert answer.text.startswith("Yes, you can ask")
    assert not answer.buttons


def test_a_chat_that_is_gone_stops_nobody(front: Front, telegram: FakeTelegram, ann: Person, ben: Person) -> None:
    telegram.refuses(400, "Bad Request: chat not found")
    telegram.says(ann.chat, QUESTION)
    telegram.wait(lambda: telegram.called("sendMessage", ann.chat))
    assert ben.says(QUESTION)
    assert ann.says(QUESTION)


def test_a_group_that_has_moved_is_left_where_it_is_now(group: int, telegram: FakeTelegram) -> None:
    new = group - 1_000_000
    telegram.people[new] = "supergroup"
    telegram.refuses(400, "Bad Request: group chat was upgraded", 1, "sendMessage", migrate_to_chat_id=new)
    telegram.refuses(400, "Bad Request: group chat was upgraded", 1, "leaveChat", migrate_to_chat_id=new)
    telegram.sends(group, "group", text=QUESTION)
    telegram.wait(lambda: new in telegram.left)


def test_the_notice_that_a_group_has_moved_asks_for_nothing(group: int, telegram: FakeTelegram, ben: Person) -> None:
    telegram.sends(group, "group", migrate_to_chat_id=group - 1_000_000)
    ben.says(QUESTION)
    assert telegram.called("leaveChat", group) == []


def test_a_group_that_cannot_be_left_hears_its_line_once(group: int, telegram: FakeTelegram) -> None:
    telegram.refuses(403, "Forbidden: bot is not a member of the group chat", 1, "leaveChat")
    telegram.sends(group, "group", text=QUESTION)
    telegram.sends(group, "group", text=QUESTION)
    telegram.wait(lambda: group in telegram.left)
    assert len(telegram.to(group)) == 1


@pytest.mark.parametrize("trouble", ["fails", "drops"])
def test_a_press_is_acknowledged_however_telegram_stumbles(
    trouble: str, front: Front, telegram: FakeTelegram, ann: Person
) -> None:
    (first,) = ann.says(QUESTION)
    if trouble == "fails":
        telegram.fails(method="answerCallbackQuery")
    else:
        telegram.drops(method="answerCallbackQuery")
    ann.presses(first, first.buttons[0][0])
    telegram.wait(lambda: all(telegram._presses.values()))


def test_a_press_too_old_to_acknowledge_is_answered_all_the_same(front: Front, telegram: FakeTelegram, ann: Person) -> None:
    (first,) = ann.says(QUESTION)
    telegram.refuses(400, "Bad Request: query is too old and response timeout expired", 1, "answerCallbackQuery")
    telegram.refuses(400, "Bad Request: message can't be edited", 1, "editMessageReplyMarkup")
    assert ann.presses(first, first.buttons[0][0])


def test_a_typing_sign_that_fails_costs_nothing(front: Front, telegram: FakeTelegram, ann: Person) -> None:
    telegram.fails(method="sendChatAction")
    front.doorway.waits["slowly"] = 0.6
    assert ann.says("slowly")


def test_a_lost_link_loses_no_message_and_fills_no_log(
    front: Front, telegram: FakeTelegram, ann: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    front.doorway.echo = True
    ann.says("before")
    telegram.cut()
    for text in ("one", "two", "three"):
        telegram.says(ann.chat, text)
    time.sleep(0.6)
    telegram.mend()
    telegram.answers(ann.chat, 4, 12)
    ann.says("after")
    assert [m.text for m in ann.got] == said("before", "one", "two", "three", "after")
    assert len([r for r in caplog.records if r.name.startswith("ownit")]) < 20


def test_a_link_lost_while_answering_delivers_on_its_return(front: Front, telegram: FakeTelegram, ann: Person) -> None:
    front.doorway.waits["slowly"] = 0.5
    telegram.says(ann.chat, "slowly")
    telegram.wait(lambda: front.doorway.heard)
    telegram.cut()
    time.sleep(0.6)
    assert ann.got == []
    telegram.mend()
    assert len(telegram.answers(ann.chat, 1, 12)) == 1


def test_a_fault_of_our_own_gets_one_apology_with_help(
    front: Front, telegram: FakeTelegram, ann: Person, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    handle = front.doorway.handle

    async def failing(incoming: Incoming) -> Turn:
        if incoming.text == "bad":
            raise RuntimeError("zebracorn")
        return await handle(incoming)

    monkeypatch.setattr(front.doorway, "handle", failing)
    (sorry,) = ann.says("bad")
    (answer,) = ann.says(QUESTION)
    assert "999" in sorry.text
    assert answer.text.startswith("Yes, you can ask")
    assert "zebracorn" not in str([vars(r) for r in caplog.records])
