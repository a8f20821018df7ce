"""The link to Telegram from start to stop: polls, networks, tokens, restarts, copies. Nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import requests

from bot.channels import telegram as channel_module
from bot.channels.telegram import PATH
from bot.messages import Reply, Turn
from bot.settings import ROOT, Settings
from tests.channels.telegram_front import QUESTION, Front, Person, said
from tests.telegram_fake import TOKEN, FakeTelegram

pytestmark = pytest.mark.slow

ANN, BEN = 600_001, 600_002


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as telegram:
        yield telegram


@pytest.fixture
def ann(telegram: FakeTelegram) -> Person:
    return Person(telegram, ANN)


@pytest.fixture
def ben(telegram: FakeTelegram) -> Person:
    return Person(telegram, BEN)


# Polling


def test_no_webhook_is_open_while_polling(telegram: FakeTelegram) -> None:
    with Front(telegram) as front:
        front.wait_for("ready")
        assert requests.post(front.url + PATH, json={"update_id": 1}, timeout=5).status_code == 404


def test_polls_wait_long_and_confirm_what_was_taken(telegram: FakeTelegram, ann: Person) -> None:
    with Front(telegram) as front:
        front.wait_for("ready")
        first = telegram.says(ANN, QUESTION)
        ann.gets(0)
        telegram.wait(telegram.settled)
    polls = telegram.called("getUpdates")
    assert [int(p["offset"]) for p in polls[:2]] == [0, 0]
    assert int(polls[1]["timeout"]) >= 10
    assert int(polls[-1]["offset"]) == first + 1


def test_updates_over_the_limit_of_one_poll_are_all_answered(telegram: FakeTelegram) -> None:
    telegram.page = 7
    chats = range(700_000, 700_025)
    for chat in chats:
        telegram.says(chat, "hello")
    with Front(telegram) as front:
        front.doorway.echo = True
        telegram.wait(lambda: len(telegram.messages) >= len(chats))
        telegram.wait(telegram.settled)
    assert sorted(m.chat for m in telegram.messages) == list(chats)
    assert max(int(p["limit"]) for p in telegram.called("getUpdates")) == 100


def test_what_was_said_while_the_bot_was_down_is_answered_once(telegram: FakeTelegram, ann: Person) -> None:
    with Front(telegram) as front:
        front.wait_for("ready")
        ann.says("one")
    telegram.says(ANN, "two")
    with Front(telegram):
        ann.gets(1)
        ann.says("three")
    assert len(ann.got) == 3


def test_what_was_taken_just_before_a_stop_is_not_answered_again(
    telegram: FakeTelegram, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "_FIRST_WAIT", 5.0)
    with Front(telegram) as front:
        front.wait_for("ready")
        ann.says("one")
        telegram.wait(telegram.settled)
        telegram.says(ANN, "two")
        telegram.fails(502, times=99, method="getUpdates")
        ann.gets(1)
        front.wait_for("retrying")
        telegram._faults.clear()
    assert telegram.settled()
    with Front(telegram) as front:
        ann.says("three")
    assert len(ann.got) == 3


def test_a_poll_answered_badly_loses_nothing(telegram: FakeTelegram, ann: Person) -> None:
    with Front(telegram) as front:
        front.doorway.echo = True
        front.wait_for("ready")
        telegram.fails(502, times=1, method="getUpdates")
        telegram.drops(after=True, method="getUpdates")
        telegram.refuses(409, "Conflict: terminated by other getUpdates request", method="getUpdates")
        for text in ("one", "two", "three"):
            telegram.says(ANN, text)
        telegram.answers(ANN, 3, 10)
        front.wait_for("ready")
    assert [m.text for m in ann.got] == said("one", "two", "three")


def test_a_server_that_holds_no_poll_is_polled_all_the_same(telegram: FakeTelegram, ann: Person) -> None:
    telegram.holds = False
    with Front(telegram) as front:
        front.doorway.echo = True
        front.wait_for("ready")
        for text in ("one", "two"):
            ann.says(text)
    assert [m.text for m in ann.got] == said("one", "two")


def test_what_has_no_number_is_passed_over(telegram: FakeTelegram, ann: Person) -> None:
    telegram.noise = [{"message": {}}, 5, None, {"update_id": True}, {"update_id": "1"}]
    with Front(telegram) as front:
        front.wait_for("ready")
        assert ann.says(QUESTION)
        telegram.wait(telegram.settled)


def test_numbers_that_begin_anew_after_a_silent_week_are_followed(telegram: FakeTelegram, ann: Person) -> None:
    with Front(telegram) as front:
        front.wait_for("ready")
        ann.says(QUESTION)
        telegram.wait(telegram.settled)
        telegram.renumbers()
        ann.says(QUESTION)
        telegram.wait(telegram.settled)
    assert len(ann.got) == 2


def test_a_webhook_that_cannot_be_taken_away_is_no_reason_not_to_poll(telegram: FakeTelegram, ann: Person) -> None:
    telegram.refuses(404, "Not Found", method="deleteWebhook")
    with Front(telegram) as front:
        front.wait_for("ready")
        assert ann.says(QUESTION)


def test_a_fault_of_our_own_does_not_make_the_bot_deaf(
    telegram: FakeTelegram, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Front(telegram) as front:
        front.wait_for("ready")
        take, calls = front.channel._take_all, []

        async def failing_once(raw: list[dict[str, object]]) -> None:
            calls.append(raw)
            if len(calls) == 1:
                raise RuntimeError("a fault")
            await take(raw)

        monkeypatch.setattr(front.channel, "_take_all", failing_once)
        ann.says(QUESTION)  # taken by the poll that was waiting already
        ann.says(QUESTION)
        assert len(calls) > 1


def test_going_from_webhook_to_polling_and_back_loses_nothing(telegram: FakeTelegram, ann: Person) -> None:
    for n, webhook in enumerate((True, False, True)):
        telegram.says(ANN, f"before {n}")
        with Front(telegram, webhook=webhook) as front:
            front.doorway.echo = True
            telegram.answers(ANN, 2 * n + 1)
            ann.says(f"then {n}")
            telegram.wait(telegram.settled)
    assert [m.text for m in ann.got] == said("before 0", "then 0", "before 1", "then 1", "before 2", "then 2")


def test_a_menu_that_telegram_will_not_set_costs_nothing(telegram: FakeTelegram, ann: Person) -> None:
    telegram.floods(300, method="setMyCommands")
    with Front(telegram) as front:
        front.wait_for("ready")
        assert ann.says(QUESTION)


@pytest.mark.parametrize(
    ("status", "method"), [(404, "getMyCommands"), (502, "setMyCommands"), (400, "setMyDescription"), (404, "getMyDescription")]
)
def test_one_part_of_the_introduction_that_fails_costs_none_of_the_others(
    status: int, method: str, telegram: FakeTelegram
) -> None:
    telegram.refuses(status, "Not now", method=method)
    with Front(telegram):
        telegram.wait(lambda: telegram.short_description)
    assert telegram.commands
    assert bool(telegram.description) == (method != "setMyDescription")


def test_the_menu_is_not_set_again_at_every_start(telegram: FakeTelegram) -> None:
    for _ in range(2):
        with Front(telegram) as front:
            front.wait_for("ready")
            telegram.wait(lambda: telegram.short_description)
            telegram.wait(lambda: telegram.called("getMyShortDescription"))
    assert len(telegram.called("setMyCommands")) == 1


# Starting


@pytest.mark.parametrize("webhook", [False, True])
def test_without_network_at_the_start_the_rest_runs_and_telegram_comes_later(
    webhook: bool, telegram: FakeTelegram, ann: Person
) -> None:
    telegram.cut()
    telegram.says(ANN, QUESTION)
    with Front(telegram, webhook=webhook) as front:
        front.wait_for("retrying")
        assert requests.get(front.url, timeout=5).status_code == 404, "the front serves"
        telegram.mend()
        front.wait_for("ready", 10)
        assert len(ann.gets(0)) == 1


def test_a_wrong_token_is_tried_seldom_and_works_once_it_is_right(
    telegram: FakeTelegram, ann: Person, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(channel_module, "_TOKEN_WAIT", 0.3)
    telegram.token = "1:revoked"
    with Front(telegram) as front:
        front.wait_for("retrying")
        assert requests.get(front.url, timeout=5).status_code == 404, "the front serves"
        telegram.token = TOKEN
        front.wait_for("ready")
        assert ann.says(QUESTION)
    assert "InvalidToken" in str([vars(r) for r in caplog.records])
    assert TOKEN not in str([vars(r) for r in caplog.records])


def test_without_a_token_one_line_says_how_to_add_telegram(telegram: FakeTelegram, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with Front(telegram, token="") as front:
        assert front.channel.state == "off"
        assert requests.post(front.url + PATH, timeout=5).status_code == 404
    assert telegram.calls == []
    assert [r.fields["to_add_it"] for r in caplog.records if r.msg == "telegram_off"] == [  # type: ignore[attr-defined]
        "set TELEGRAM_BOT_TOKEN to the token that @BotFather gave you"
    ]


# Stopping, copies, and an engine that is down


@pytest.mark.parametrize("webhook", [False, True])
def test_an_answer_in_hand_is_delivered_before_the_front_stops(webhook: bool, telegram: FakeTelegram, ann: Person) -> None:
    with Front(telegram, webhook=webhook) as front:
        front.doorway.waits["slowly"] = 0.8
        telegram.says(ANN, "slowly")
        telegram.wait(lambda: front.doorway.heard)
    assert len(ann.got) == 1


def test_a_poll_that_ends_in_the_moment_of_the_stop_does_not_hold_it_up(
    telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    polls: list[int] = []

    async def ends_just_then(wait: int, most: int = 100) -> list[dict[str, object]]:
        polls.append(wait)
        # Python 3.10 forgets a cancellation where what was waited for is there at the same moment.
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(wait)
        return []

    with Front(telegram) as front:
        front.wait_for("ready")
        monkeypatch.setattr(front.channel, "_get_updates", ends_just_then)
        telegram.says(ANN, QUESTION)  # ends the poll that was under way
        telegram.wait(lambda: polls)
        front.stop()
    assert front.channel.state == "off"


def test_two_copies_behind_one_address_answer_each_message_once(telegram: FakeTelegram, ann: Person) -> None:
    with Front(telegram, webhook=True) as one, Front(telegram, webhook=True) as two:
        one.wait_for("ready")
        two.wait_for("ready")
        for n, url in enumerate((one.url, two.url, one.url, two.url)):
            telegram.deliver_to = url
            (one if url == one.url else two).doorway.echo = True
            ann.says(str(n))
        assert one.doorway.heard
        assert two.doorway.heard
    assert [m.text for m in ann.got] == said("0", "1", "2", "3")


@pytest.mark.parametrize("webhook", [False, True])
def test_while_the_engine_is_down_everybody_gets_one_apology_with_help(
    webhook: bool, telegram: FakeTelegram, ann: Person, ben: Person, settings: Settings
) -> None:
    nowhere = Settings({**settings.env, "OWNIT_ENGINE_URL": f"http://127.0.0.1:{_free_port()}"})
    with Front(telegram, webhook=webhook, engine=nowhere) as front:
        front.wait_for("ready")
        (sorry,) = ann.says(QUESTION)
        (crisis,) = ben.says("i want to kill myself")
        assert "999" in sorry.text
        assert "999" in crisis.text
        assert sorry.text != crisis.text
        health = requests.get(f"{front.url}/health/ready", timeout=5)
        assert (health.status_code, health.json()["telegram"]) == (503, "ready")


def test_with_two_engines_each_message_gets_one_reply(telegram: FakeTelegram, settings: Settings) -> None:
    people = [Person(telegram, 600_010 + n) for n in range(8)]
    with _engine() as one, _engine() as two:
        both = Settings({**settings.env, "OWNIT_ENGINE_URL": f"{one.url},{two.url}"})
        with Front(telegram, engine=both) as front:
            front.wait_for("ready")
            for person in people:
                assert [m.text for m in person.says(QUESTION)] == ["Hello."]
        assert one.asked + two.asked >= len(people)
    assert len(telegram.messages) == len(people)


class _Engine(ThreadingHTTPServer):
    """An engine that says hello to everybody."""

    asked = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Hello(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        turn = Turn("answered", (Reply("greet", ("Hello.",)),), "greet", 1.0, ("greet",))
        said = json.dumps([{"custom": turn.as_dict()}]).encode()
        self.server.asked += 1  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@contextmanager
def _engine() -> Iterator[_Engine]:
    with _Engine(("127.0.0.1", 0), _Hello) as engine:
        Thread(target=engine.serve_forever, daemon=True).start()
        yield engine
        engine.shutdown()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_token_is_in_no_output_of_a_front_that_debugs_through_every_fault(
    telegram: FakeTelegram, ann: Person, settings: Settings
) -> None:
    env = {
        **settings.env, "OWNIT_PORT": str(_free_port()), "OWNIT_ENGINE_URL": f"http://127.0.0.1:{_free_port()}",
        "OWNIT_LOG": "debug", "PYTHONASYNCIODEBUG": "1", "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": telegram.url,
    }  # fmt: skip
    telegram.fails(502, method="getMe")
    telegram.drops(method="getUpdates")
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.front"], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        telegram.says(ANN, "zebracorn")
        telegram.answers(ANN, 1, 60)
        telegram.drops()
        ann.says("zebracorn")
        telegram.cut()
        time.sleep(0.5)
        telegram.token = "1:revoked"
        telegram.mend()
        telegram.wait(lambda: [r for r in telegram.calls if r[0] == "getUpdates"], 5)
    finally:
        os.kill(process.pid, signal.SIGTERM)
        said, _ = process.communicate(timeout=20)
    assert "telegram_ready" in said
    for secret in (TOKEN, TOKEN.partition(":")[2], "zebracorn", str(ANN), "Canary", "Traceback"):
        assert secret not in said
