"""What is said to the bot is nowhere afterwards: no log, file, temporary file or key of Redis holds a word of it."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.commands.train import ensure_model
from bot.processes import free_port
from bot.settings import ROOT
from tests.engine.parts import Browser, Parts
from tests.telegram_fake import TOKEN, FakeTelegram

pytestmark = pytest.mark.engine

CHAT = 7381920465
NUMBER = "943 476 5919"
# Words that stand nowhere in the bot's own files.
MARKS = (
    "zebracorn", "quillamina", "xyloquent", "NW10 4UY", "NW104UY", "51.54321", "-0.19876", "51.543", NUMBER, "9434765919",
    "07700 900987", "quill.amina@example.org", str(CHAT), "Canary", TOKEN.partition(":")[2], "snorkelbury", "grimblewick",
)  # fmt: skip
SAID = (
    "hi im quillamina from snorkelbury school, can i see the zebracorn doctor on my own, im 14",
    "and my mum xyloquent?",
    f"my nhs number is {NUMBER} call me on 07700 900987 or quill.amina@example.org",
    "where is my nearest gp",
    "NW10 4UY",
    "gp near snorkelbury nw104uy zebracorn",
    "school nurse at grimblewick",
    "zebracorn zebracorn xyloquent grimblewick",
    "i want to kill myself says quillamina zebracorn",
    "/restart zebracorn",
    '/state_age{"age_band":"zebracorn"}',
    "<b>zebracorn</b> {quillamina} [xyloquent](https://grimblewick.example)",
    "why?",
    "x" * 1200 + " zebracorn",
)


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a bot that heard the marked words on both channels, in good times and bad, and has ended."""
    ensure_model()
    folder, port = tmp_path_factory.mktemp("marked"), free_port()
    (folder / "began").touch()
    time.sleep(0.05)
    with FakeTelegram() as telegram:
        env = {
            "OWNIT_LOG": "debug",
            "REDIS_URL": f"redis://127.0.0.1:{port}/0",
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_URL": telegram.url,
            "PYTHONFAULTHANDLER": "1",
        }
        with Parts(folder, **env) as parts:
            # Redis writes down every value it was ever given.
            parts.start_redis(port, "--appendonly", "yes", "--appendfsync", "always", "--save", "")
            parts.start("engine", more=("--debug",))
            parts.start("actions", "front")
            _talk(parts, telegram)
            _stumble(parts, telegram)
            (folder / "keys").write_text("\n".join(_redis_dump(port)))
    return folder


def _talk(parts: Parts, telegram: FakeTelegram) -> None:
    person = Browser(parts.front)
    for text in SAID:
        person.says(text, place="north-west-london")
    person.says(location={"latitude": 51.54321, "longitude": -0.19876})
    for number, text in enumerate(SAID, 1):
        telegram.says(CHAT, text)
        telegram.answers(CHAT, number, seconds=30)
    telegram.sends(CHAT, location={"latitude": 51.54321, "longitude": -0.19876})
    telegram.sends(CHAT, sticker={"file_id": "zebracorn", "file_unique_id": "q", "width": 1, "height": 1, "type": "regular",
                                  "is_animated": False, "is_video": False})  # fmt: skip
    telegram.edits(CHAT, "zebracorn edited", after=1)
    telegram.answers(CHAT, len(SAID) + 2, seconds=30)
    person.close()


def _stumble(parts: Parts, telegram: FakeTelegram) -> None:
    """Say the words while something is wrong."""
    person = Browser(parts.front)
    marked = "zebracorn quillamina gp near NW10 4UY"
    for body in (b'{"id": "zebracorn-1", "text": "z"', b'{"text": "quillamina"}', b"zebracorn" * 2000, b"\xffzebracorn"):
        person.post(content=body)
    person.post(json={"id": "message-1", "payload": "/zebracorn"})
    person.post("/api/helpful", json={"answer": "zebracorn", "helpful": True})
    httpx.post(f"{parts.front}/", data={"text": marked}, trust_env=False)
    httpx.get(f"{parts.front}/zebracorn?q=quillamina", trust_env=False)
    httpx.get(f"{parts.front}/chat?school_nurse=quillamina", trust_env=False)
    for name in ("actions", "engine", "redis"):
        parts.signal(name, signal.SIGSTOP)
        person.says(marked)
        telegram.says(CHAT, marked)
        telegram.wait(telegram.settled)
        person.says(marked)
        parts.signal(name, signal.SIGCONT)
    telegram.fails(502, times=2)
    telegram.says(CHAT, marked)
    engine, actions = f"{parts.urls['engine']}/webhooks/rest/webhook", f"{parts.urls['actions']}/webhook"
    httpx.post(engine, content=b'{"message": "zebracorn', trust_env=False)
    httpx.post(engine, json={"sender": CHAT, "message": ["zebracorn"]}, trust_env=False)
    httpx.post(actions, json={"next_action": "zebracorn", "tracker": {"a": marked}}, trust_env=False)
    httpx.post(actions, content=b"zebracorn", trust_env=False)
    parts.signal("actions", signal.SIGKILL)
    person.says(marked)
    parts.signal("engine", signal.SIGKILL)
    person.says(marked)
    person.says("i want to die zebracorn")
    before = len(telegram.to(CHAT))
    telegram.says(CHAT, marked)
    telegram.answers(CHAT, before + 1, seconds=30)
    person.close()


def _redis_dump(port: int) -> Iterator[str]:
    import redis

    client = redis.Redis(port=port)
    for key in client.scan_iter():
        yield f"{key!r} {client.get(key)!r}"


def _written_since(folder: Path) -> Iterator[Path]:
    """Every file under the bot's folder, and what was written in the project's folder meanwhile."""
    began = (folder / "began").stat().st_mtime
    yield from (p for p in folder.rglob("*") if p.is_file())
    for top in ROOT.iterdir():
        if top.name not in (".git", "tests", "docs", "__pycache__") and not top.name.startswith((".venv", ".pytest", ".hypo")):
            files = top.rglob("*") if top.is_dir() else [top]
            yield from (p for p in files if p.is_file() and p.stat().st_mtime >= began)


@pytest.mark.parametrize("mark", MARKS)
def test_a_marked_word_is_in_no_file_log_or_stored_conversation(aftermath: Path, mark: str) -> None:
    found = [p for p in _written_since(aftermath) if mark.lower().encode() in p.read_bytes().lower()]
    assert not found


def test_the_words_went_everywhere_they_could_have_been_kept(aftermath: Path) -> None:
    written = {p.name for p in aftermath.rglob("*") if p.is_file() and p.stat().st_size}
    assert {"engine.log", "front.log", "actions.log", "redis.log"} <= written
    assert any(name.endswith(".aof") for name in written)
    front = (aftermath / "logs" / "front.log").read_text()
    assert front.count('"event": "message"') > 2 * len(SAID)
    assert '"event": "engine_failed"' in front
    assert '"level": "error"' in (aftermath / "logs" / "engine.log").read_text()


def test_what_is_kept_of_a_conversation_is_its_topics_and_its_age_band(aftermath: Path) -> None:
    kept = (aftermath / "keys").read_text()
    assert '"topic": "gp_contact"' in kept
    assert '"13-15"' in kept
    texts = set(re.findall(r'"text": (null|".*?")', kept))
    assert texts <= {"null", '""'}


def test_a_log_line_names_no_conversation(aftermath: Path) -> None:
    people = re.findall(r"ownit:([\w-]+)", (aftermath / "keys").read_text())
    logs = "".join(p.read_text(errors="replace") for p in (aftermath / "logs").iterdir())
    assert people
    assert not [person for person in people if person != "probe" and person in logs]
