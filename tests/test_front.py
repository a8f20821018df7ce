"""What the front says of itself: whether an engine answers, and how old the list of surgeries is."""

from __future__ import annotations

import asyncio
import json
import math
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot import front, metrics
from bot.errors import EngineError
from bot.fading import Fading
from bot.messages import Incoming, Reply, Turn
from bot.settings import Settings


class Engine:
    """An engine that is up or is not, and counts how many messages it has in hand."""

    up = False
    in_hand = most = 0

    async def ask(self, incoming: Incoming) -> Turn:
        """Answer while up."""
        self.in_hand += 1
        self.most = max(self.most, self.in_hand)
        await asyncio.sleep(0)
        self.in_hand -= 1
        if not self.up:
            raise EngineError("engine", "ConnectError")
        return Turn("answered", (Reply("bot_identity", ("Hello.",)),), "bot_identity", 1.0, ("bot_identity",))


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def health(engine: Engine, tmp_path: Path) -> front.Health:
    settings = Settings({"OWNIT_VAR": str(tmp_path)})
    return front.Health(engine, SimpleNamespace(state="off"), settings)  # type: ignore[arg-type]


def status(health: front.Health) -> int:
    return asyncio.run(health.is_ready(None)).status_code  # type: ignore[arg-type]


def gauge(name: str) -> float | None:
    return metrics.REGISTRY.get_sample_value(name)


def test_it_is_ready_only_once_a_model_has_answered_and_not_after_the_engine_is_gone(
    health: front.Health, engine: Engine
) -> None:
    assert status(health) == 503
    engine.up = True
    assert status(health) == 200
    asyncio.run(health.look())
    assert gauge("ownit_engine_up") == 1
    engine.up = False
    asyncio.run(health.look())
    assert status(health) == 503
    assert gauge("ownit_engine_up") == 0


def test_an_engine_is_probed_once_at_a_time(health: front.Health, engine: Engine) -> None:
    """Rasa lets the second of two messages of one conversation wait for a second."""

    async def together() -> None:
        watch = asyncio.create_task(health.watch())
        await asyncio.gather(*(health.is_ready(None) for _ in range(5)))  # type: ignore[arg-type]
        watch.cancel()

    asyncio.run(together())
    assert engine.most == 1


def test_who_is_ready_says_so_at_once_while_the_engine_is_looked_after(health: front.Health, engine: Engine) -> None:
    async def meanwhile() -> int:
        await health.look()
        async with health._turn:
            return (await asyncio.wait_for(health.is_ready(None), 1)).status_code  # type: ignore[arg-type]

    engine.up = True
    assert asyncio.run(meanwhile()) == 200


def test_however_many_ask_none_waits_for_an_engine_that_hangs(health: front.Health) -> None:
    async def meanwhile() -> int:
        async with health._turn:
            return (await asyncio.wait_for(health.is_ready(None), 1)).status_code  # type: ignore[arg-type]

    assert asyncio.run(meanwhile()) == 503


def test_what_is_held_of_people_goes_though_nobody_writes(health: front.Health) -> None:
    held: Fading[str, int] = Fading(10, 0)
    held._kept["somebody"] = (0.0, 1)
    asyncio.run(health.look())
    assert not held._kept


def test_an_engine_that_is_gone_is_noticed_within_seconds() -> None:
    assert max(front._PROBE_EVERY.values()) <= 5


@pytest.mark.parametrize(("noted", "days"), [("list_date", 40), (None, 0), ("broken", 0)])
def test_the_age_of_the_list_of_surgeries_is_counted_by_its_own_date(
    health: front.Health, tmp_path: Path, noted: str | None, days: int
) -> None:
    (tmp_path / "gp").mkdir()
    (tmp_path / "gp" / "practices.csv").write_text("", encoding="utf-8")
    if noted:
        note = json.dumps({noted: (date.today() - timedelta(days=40)).isoformat()})
        (tmp_path / "gp" / "practices.meta.json").write_text(note, encoding="utf-8")
    asyncio.run(health.look())
    # A day's change at midnight, and the machine's own zone, may lie between.
    assert abs((gauge("ownit_gp_list_days") or 0) - days) <= 1


def test_without_a_list_its_age_is_no_number(health: front.Health) -> None:
    asyncio.run(health.look())
    assert math.isnan(gauge("ownit_gp_list_days") or 0)
