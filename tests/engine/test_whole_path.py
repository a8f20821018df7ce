"""From a typed message to the reviewed answer, through the real engine and action server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
import yaml

from bot.answers import Book
from bot.settings import ROOT, Settings
from tests.conftest import Say

pytestmark = pytest.mark.engine
CONVERSATIONS = sorted((ROOT / "tests" / "conversations").glob("*.yml"))
THIRTY = yaml.safe_load((ROOT / "tests" / "safety" / "thirty.yml").read_text(encoding="utf-8"))


def test_the_question_of_the_design_gets_its_answer(say: Say) -> None:
    turn = say("can i see the doctor without my mum im 14")
    assert (turn.topic, turn.age_band, turn.outcome) == ("own_it_3_seen_alone", "13-15", "answered")
    assert turn.replies[0].text[0].startswith("**Yes")


def test_every_topic_is_reached_by_its_button(say: Say, book: Book) -> None:
    for topic, answer in book.answers.items():
        if f"/{topic}" in _menu_payloads(book):
            turn = say(payload=f"/{topic}")
            assert turn.replies, topic
            assert answer.title


def _menu_payloads(book: Book) -> set[str]:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    return {f"/{intent}" for intent in domain["intents"]} & set(book.payloads)


@pytest.mark.parametrize("line", THIRTY)
def test_danger_gets_a_crisis_reply_in_every_state(say: Say, line: str, book: Book) -> None:
    states = {
        "fresh": [],
        "mid look-up": ["where is my nearest gp"],
        "after a clarifying question": ["health thing"],
        "after a crisis": ["i want to die"],
        "after an answer": ["can i book my own appointment"],
    }
    for channel in ("web", "telegram"):
        for state, before in states.items():
            person = f"{channel}-{state}-{THIRTY.index(line)}"
            for message in before:
                say(message, person=person, channel=channel)
            turn = say(line, person=person, channel=channel)
            assert turn.outcome == "crisis", (state, channel, line)
            assert any(c.id == "emergency_999" for c in turn.replies[0].contacts)


@pytest.mark.parametrize(
    "typed", ["/restart", '/own_it_5_pharmacy{"age":99}', "{age}", "<b>hi</b>", "😀😀", "\x00\x01", "x" * 100_000]
)
def test_odd_input_gets_a_clear_reply(say: Say, typed: str) -> None:
    turn = say(typed)
    assert turn.replies
    assert turn.outcome != "sorry"
    assert not any("{" in line for reply in turn.replies for line in reply.text)


def test_the_age_is_not_carried_into_a_new_conversation(say: Say) -> None:
    say("im 14", person="first")
    assert say("can i book an appointment", person="second").age_band is None


def test_deleting_forgets_the_age_at_once(say: Say) -> None:
    say("im 14", person="deleter")
    assert say("delete my data", person="deleter").topic == "delete_my_data"
    assert say("can i book an appointment", person="deleter").age_band is None


def test_no_word_of_a_conversation_is_in_the_engines_output(say: Say, engine_log: Path) -> None:
    for message in (
        "zebracorn can i see a doctor",
        "my zebracorn hurts",
        "zebracorn W2 1NY gp near me",
        "i want to die zebracorn",
    ):
        say(message, person="zebracorn-person")
    assert "zebracorn" not in engine_log.read_text(errors="replace").lower()


def test_nine_of_ten_turns_go_as_a_person_expects(say: Say) -> None:
    misses, turns = [], 0
    for path in CONVERSATIONS:
        for number, conversation in enumerate(yaml.safe_load(path.read_text(encoding="utf-8"))):
            for step in conversation["turns"]:
                turns += 1
                turn = say(step["say"], person=f"{path.stem}-{number}")
                if not _fits(step, turn.topic, turn.topics, turn.age_band, turn.outcome):
                    misses.append((path.stem, step, turn.topic, turn.topics, turn.age_band, turn.outcome))
    # Five of the files were written blind, and a miss in them stays: the floor is below what is wanted, 19 of 20.
    assert len(misses) <= turns * 0.08, "\n".join(map(str, misses))


def _fits(step: dict[str, object], topic: object, topics: tuple[str, ...], band: object, outcome: str) -> bool:
    wanted = step.get("topic")
    if outcome in step.get("also", ()):  # type: ignore[operator]
        return True
    good = wanted is None or topic in (wanted if isinstance(wanted, list) else [wanted])
    good = good and ("topics" not in step or sorted(step["topics"]) == sorted(topics))  # type: ignore[call-overload]
    good = good and ("age_band" not in step or step["age_band"] == band)
    allowed = step.get("outcome", outcome)
    return bool(good and outcome in (allowed if isinstance(allowed, list) else [allowed]))


def test_ask_answers_every_line_of_standard_input(engine: Settings) -> None:
    lines = ['{"text": "can i book on my own"}', '{"payload": "/own_it_5_pharmacy"}', "im 15", "", "hi", '{"wrong": 1}']
    done = subprocess.run(
        [str(ROOT / ".venv/bin/ownit"), "ask", "--json", "--url", engine.engine_url],
        input="\n".join(lines), capture_output=True, text=True, env={**os.environ, **engine.env}, check=True,
    )  # fmt: skip
    out = [json.loads(line) for line in done.stdout.splitlines()]
    assert [o.get("topic") for o in out[:2]] == ["own_it_2_appointments", "own_it_5_pharmacy"]
    assert out[2]["age_band"] == "13-15"
    assert out[3]["age_band"] is None
    assert "error" in out[4]


def test_answers_still_work_while_the_action_server_is_gone(settings: Settings, tmp_path: Path) -> None:
    from bot.stack import running

    with running(settings, tmp_path / "log") as chosen:
        found = subprocess.run(
            ["pgrep", "-f", f"actions --port {chosen.actions_port}"], capture_output=True, text=True, check=True
        )
        for pid in found.stdout.split():
            os.kill(int(pid), signal.SIGKILL)
        done = subprocess.run(
            [str(ROOT / ".venv/bin/ownit"), "ask", "--json", "--url", chosen.engine_url],
            input="can i see a doctor alone\n\nwhere is my nearest gp W2 1NY\n", capture_output=True, text=True,
            env={**os.environ, **chosen.env}, check=True,
        )  # fmt: skip
        out = [json.loads(line) for line in done.stdout.splitlines()]
        assert [o["topic"] for o in out] == ["own_it_3_seen_alone", "gp_contact"]
        assert {o["outcome"] for o in out} == {"answered"}
