"""Calls of the webhook: only Telegram's own are taken, whatever the others send."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import requests

from bot.channels.telegram import PATH
from tests.channels.telegram_front import QUESTION, Front, Person
from tests.telegram_fake import TOKEN, FakeTelegram

ANN = 600_001


@pytest.fixture(scope="module")
def hook() -> Iterator[Front]:
    with FakeTelegram() as telegram, Front(telegram, webhook=True) as front:
        front.wait_for("ready")
        yield front


def _post(front: Front, body: bytes, secret: str | None) -> int:
    headers = {} if secret is None else {"X-Telegram-Bot-Api-Secret-Token": secret}
    return requests.post(front.url + PATH, data=body, headers=headers, timeout=5).status_code


def _update(text: str = QUESTION) -> bytes:
    chat = {"id": ANN, "type": "private", "first_name": "Canary"}
    return json.dumps({"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": chat, "text": text}}).encode()


@pytest.mark.parametrize("secret", [None, "", "wrong", "é", TOKEN])
def test_a_forged_update_is_refused_and_never_read(secret: str | None, hook: Front) -> None:
    assert _post(hook, _update(), secret if secret != "é" else "\xe9") == 403
    assert _post(hook, b"garbage", secret if secret != "é" else "\xe9") == 403
    assert hook.doorway.heard == []


@pytest.mark.parametrize("body", [b"", b"{", b"[1,2]", b"5", b"null", b"{}", b'{"update_id":"1"}', b'{"update_id":true}'])
def test_a_broken_update_is_refused_and_never_read(body: bytes, hook: Front) -> None:
    assert _post(hook, body, hook.telegram.webhook["secret_token"]) == 400
    assert hook.doorway.heard == []


@pytest.mark.parametrize("body", [b"[" * 100_000, b"x" * 600_000, b'{"update_id":1,' + b" " * 600_000])
def test_a_monstrous_update_is_refused(body: bytes, hook: Front) -> None:
    assert _post(hook, body, hook.telegram.webhook["secret_token"]) == 400


@pytest.mark.parametrize(
    "content", ["{}", '{"message":5}', '{"message":{"chat":5}}', '{"message":{"chat":{"id":"x","type":"private"}}}']
)
def test_an_update_that_nobody_can_read_is_taken_and_passed_over(content: str, hook: Front) -> None:
    body = json.dumps({"update_id": 5, **json.loads(content)}).encode()
    assert _post(hook, body, hook.telegram.webhook["secret_token"]) == 200
    assert hook.doorway.heard == []


def test_the_webhook_needs_its_own_secret_and_names_its_updates(hook: Front) -> None:
    (call,) = hook.telegram.called("setWebhook")
    assert call["url"] == "https://bot.example.org" + PATH
    assert len(call["secret_token"]) == 64
    assert TOKEN.partition(":")[2] not in call["secret_token"]
    assert "edited_message" in json.loads(call["allowed_updates"])
    assert requests.get(hook.url + PATH, timeout=5).status_code == 405


def test_a_front_that_is_full_lets_telegram_keep_the_update(hook: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook.channel._lanes, "_most", 0)
    hook.telegram.says(ANN, QUESTION)
    hook.telegram.wait(lambda: 503 in hook.telegram.webhook_answers)
    assert hook.doorway.heard == []
    monkeypatch.undo()
    assert len(Person(hook.telegram, ANN).gets(0)) == 1
