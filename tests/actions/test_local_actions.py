"""The actions Rasa calls: what they hand on, how long they take, and what they keep to themselves."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import local
from actions.gp_directory import Directory, GpDirectoryError, Paths
from actions.local import FindBorough, FindGp, home_of, led_with, online_service
from bot.settings import Settings


def bot(*answers: str) -> dict[str, Any]:
    """Return the event of one turn of the bot."""
    return {"event": "bot", "metadata": {"said": {"answers": list(answers)}}}


def tracker(text: str, events: list[dict[str, Any]] | None = None, asked: bool = False, **metadata: Any) -> Tracker:
    message = {"text": text, "metadata": metadata}
    return Tracker("somebody", {"awaiting_place": asked}, message, events or [], False, None, {}, "")


def found_by(action: Action, tracker: Tracker) -> Any:
    """Return the slot an action sets, or None when it sets none."""
    events = asyncio.run(action.run(CollectingDispatcher(), tracker, {}))
    return events[0]["value"] if events else None


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    return Directory.open(Paths(tmp_path_factory.mktemp("none") / "none.csv"))


@pytest.fixture
def shared(directory: Directory, monkeypatch: pytest.MonkeyPatch) -> Directory:
    monkeypatch.setattr(local, "shared_directory", lambda: directory)
    return directory


@pytest.mark.slow
@pytest.mark.usefixtures("shared")
class TestWithTables:
    def test_a_postcode_is_looked_up_and_the_answer_handed_on(self) -> None:
        found = found_by(FindGp(), tracker("W2 1NY", asked=True))
        assert found["notices"] == ("gp_no_directory",)
        assert found["links"]["who_covers"].endswith("/W21NY")

    def test_a_pin_is_looked_up_whatever_the_text(self) -> None:
        assert found_by(FindGp(), tracker("/gp_contact", location=[51.515, -0.175]))["kind"] == "pin"

    def test_a_button_asks_for_a_place(self) -> None:
        assert found_by(FindGp(), tracker("/gp_contact", [bot("gp_found")]))["notices"] == ("gp_ask_place",)

    def test_a_place_of_the_pages_area_is_meant_before_others_of_its_name(self) -> None:
        anywhere = found_by(FindGp(), tracker("acton", asked=True))
        here = found_by(FindGp(), tracker("acton", asked=True, place="north-west-london"))
        assert anywhere["choices"] == ("Acton, Ealing", "Acton, Shropshire")
        assert (here["label"], here["borough"]) == ("Acton", "Ealing")

    def test_the_boroughs_of_a_place_are_all_known(self, directory: Directory) -> None:
        assert len(home_of("north-west-london", directory)) == 8
        assert home_of("england", directory) == home_of(None, directory) == home_of("nowhere", directory) == frozenset()

    def test_a_borough_in_a_message_is_found_and_nothing_else_of_it(self) -> None:
        assert found_by(FindBorough(), tracker("complain about a gp in hillingdon")) == {"borough": "Hillingdon"}
        assert found_by(FindBorough(), tracker("i want to complain")) is None
        assert found_by(FindBorough(), tracker("/feedback")) is None


def test_an_action_that_takes_too_long_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = threading.Event()
    monkeypatch.setattr(local, "DEADLINE", 0.05)
    monkeypatch.setattr(local, "shared_directory", lambda: let_go.wait(30))

    async def in_time() -> Any:
        events = await FindGp().run(CollectingDispatcher(), tracker("W2 1NY"), {})
        let_go.set()
        return events[0]["value"]

    assert asyncio.run(in_time()) is None


def test_a_broken_table_ends_in_no_answer_and_not_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Directory:
        raise GpDirectoryError("postcodes", "is damaged.", "Build it again.")

    monkeypatch.setattr(local, "shared_directory", broken)
    assert found_by(FindGp(), tracker("W2 1NY")) is None
    assert found_by(FindBorough(), tracker("complain in ealing")) is None


def test_broken_places_cost_only_the_question_which_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "places").mkdir()
    (tmp_path / "places" / "here.yml").write_text("name: [", encoding="utf-8")
    monkeypatch.setenv("OWNIT_CONTENT", str(tmp_path))
    local.shared_library.cache_clear()
    assert local.shared_places() == {}
    local.shared_library.cache_clear()


def test_the_last_turns_are_known_by_the_notice_they_led_with() -> None:
    events = [
        bot("gp_found"),
        {"event": "user"},
        bot("own_it_1_decisions"),
        bot("crisis.support", "gp_not_found"),
        {"event": "bot"},
    ]
    assert led_with(events) == ["gp_found", "", "gp_not_found"]


@pytest.mark.parametrize("value", [None, "", "off", " off "])
def test_no_postcode_leaves_the_machine_unless_an_operator_says_so(value: str | None) -> None:
    assert online_service(Settings({} if value is None else {"OWNIT_POSTCODES_ONLINE": value})) is None


def test_an_operator_may_ask_postcodes_io_or_a_copy_of_it() -> None:
    services = [online_service(Settings({"OWNIT_POSTCODES_ONLINE": value})) for value in ("on", "http://10.0.0.9/")]
    assert [s and s._base for s in services] == ["https://api.postcodes.io", "http://10.0.0.9"]
