"""``ownit off`` and ``ownit on``: one file that the running bot looks at."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.cli import main
from bot.doorway import Doorway
from bot.engine import Engine
from bot.messages import Incoming
from bot.settings import Settings


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OWNIT_VAR", str(tmp_path / "var"))
    return tmp_path / "var"


def test_off_and_on_can_be_said_twice(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [main(["off"]), main(["off"])] == [0, 0]
    assert (var / "off").exists()
    assert [main(["on"]), main(["on"])] == [0, 0]
    assert not (var / "off").exists()
    assert "It was on already." in capsys.readouterr().out


def test_whoever_turns_it_on_again_reads_why_it_was_off(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["off", "the pharmacy answer is out of date"]) == 0
    assert main(["on"]) == 0
    assert "the pharmacy answer is out of date" in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("OWNIT_VAR", str(tmp_path / "file"))
    assert main(["off"]) == 1


def test_a_bot_that_is_off_gives_the_help_reply_and_still_answers_danger(var: Path) -> None:
    main(["off"])
    settings = Settings.from_env({"OWNIT_VAR": str(var), "OWNIT_KEY": "k" * 40})

    async def ask(text: str) -> tuple[str, str]:
        engine = Engine("http://127.0.0.1:9")
        turn = await Doorway(settings, engine, limited=False).handle(Incoming("somebody", "web", text=text))
        await engine.close()
        return turn.outcome, turn.replies[0].answer

    assert asyncio.run(ask("can i see a doctor alone")) == ("sorry", "off")
    assert asyncio.run(ask("i want to kill myself"))[0] == "crisis"
